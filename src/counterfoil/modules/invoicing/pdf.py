"""An invoice as PDF, by Typst in process.

Always holds: what people wrote reaches the template as data only, never as its source, so it is inert; the
same invoice gives the same bytes; only the fonts that come with Typst are used, so it looks the same
everywhere.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import typst

from counterfoil.modules.invoicing.document import document
from counterfoil.modules.invoicing.repository import invoices as repository
from counterfoil.modules.invoicing.repository import issuers as issuers_repository
from counterfoil.modules.invoicing.repository import lines as lines_repository
from counterfoil.modules.invoicing.types import seller_of
from counterfoil.store.types import json_text

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.invoicing.types import Invoice
    from counterfoil.store import Uow

_TEMPLATE: Final = Path(__file__).parent / "templates" / "invoice.typ"


async def invoice_pdf(uow: Uow, invoice_id: UUID) -> tuple[Invoice, bytes]:
    """An invoice and its paper; a draft's says that it is one.  ``NotFound``.

    A finalised invoice names seller and buyer as they were then; a draft as they are now.
    """
    invoice = await repository.get(uow, invoice_id)
    lines = await lines_repository.of_invoices(uow, [invoice_id])
    seller, buyer = invoice.seller, invoice.buyer
    if seller is None or buyer is None:
        seller = seller_of(await issuers_repository.get(uow, invoice.issuer_id))
        buyer = (await repository.buyers(uow, [invoice.customer_id]))[invoice.customer_id]
        buyer["parts"] = (await lines_repository.parts(uow, [invoice_id])).get(invoice_id, [])
    content = document(invoice, lines[invoice_id], seller, buyer)
    return invoice, await asyncio.to_thread(render, content, invoice.finalised_at or invoice.updated_at)


def render(content: dict[str, Any], at: datetime, form: Literal["pdf", "png"] = "pdf", **options: Any) -> Any:
    """The document's bytes, dated ``at``; as ``png``, a list of them where there are several pages."""
    # A compiler serves one thread at a time and takes 2 ms to make, so each document has its own.
    compiler = typst.Compiler(
        str(_TEMPLATE),
        root=str(_TEMPLATE.parent),
        ignore_system_fonts=True,
        sys_inputs={"document": json_text(content)},
    )
    return compiler.compile(format=form, timestamp=at, **options)
