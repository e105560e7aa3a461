"""Replay: final invoices worked out again from what is stored, and compared with what they say.

Owns: what each kind of line is rebuilt from, and where a rebuilt invoice differs.  Does not own: rating,
totals, the paper (each is the code that made the invoice).
Always holds: nothing is written; usage is taken as it was known when the invoice became final, so what came,
or was voided, later changes nothing; an invoice that differs names every place with both values.

A charge is rated again from its price and usage or quantity, with the discounts that it tells; a credit, an
adjustment and what a commitment adds are done again from their explanations; taxes, totals and the texts of
the paper follow from the lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.errors import CounterfoilError, NotFound
from counterfoil.core.money import decimal_text
from counterfoil.core.rating import Explanation, LineKind, RatedLine, rate_line, read_explanation, redo
from counterfoil.core.tax import TaxRounding
from counterfoil.modules.billing.charges import charge_of_line, rating_input
from counterfoil.modules.billing.readings import read_usage_of
from counterfoil.modules.billing.replay_types import Difference, Replayed, ReplayQuery
from counterfoil.modules.catalog import QuantitySource, prices_by_ids
from counterfoil.modules.customers import resolve_customers
from counterfoil.modules.invoicing import (
    as_it_stands,
    as_written,
    issuers_for,
    lines_of,
    list_invoices,
    paper_texts,
    totals_of,
)
from counterfoil.store import PageQuery

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from counterfoil.modules.billing.charges import Charge, Reading
    from counterfoil.modules.catalog import Meter
    from counterfoil.modules.invoicing import DraftInvoice, Invoice, InvoiceLine, Issuer, NewLine
    from counterfoil.store import Uow

BATCH: Final = 100
"""Invoices in one transaction."""
_OF_INVOICE: Final = ("subtotal", "tax", "total", "taxes", "discounts")
_OF_LINE: Final = ("quantity", "amount", "tax", "total", "taxes")


async def replay_invoices(uow: Uow, query: ReplayQuery, *, limit: int = BATCH) -> Replayed:
    """Rebuild a page of a customer's final invoices; ``after`` is ``None`` once all are done.

    Raises ``NotFound`` for an unknown customer.
    """
    customer_id = (await resolve_customers(uow, [query.customer])).get(query.customer)
    if customer_id is None:
        raise NotFound("no such customer", field="customer", allowed="a customer's id or external id")
    page = await list_invoices(uow, PageQuery(limit, query.after), customer_id=customer_id)
    final = [one for one in page.items if one.finalised_at is not None and one.finalised_at <= query.as_of]
    done = await _replayed(uow, final)
    return replace(done, after=page.items[-1].id if page.has_more else None)


async def _replayed(uow: Uow, invoices: Sequence[Invoice]) -> Replayed:
    lines = await lines_of(uow, [one.id for one in invoices])
    issuers = await issuers_for(uow, {one.issuer_id for one in invoices}) if invoices else {}
    rebuilt = await _Rebuilt.load(uow, [(one, line) for one in invoices for line in lines[one.id]])
    differences: list[Difference] = []
    for invoice in invoices:
        differences += _differences(uow, invoice, lines[invoice.id], issuers[invoice.issuer_id], rebuilt)
    return Replayed(
        invoices=len(invoices),
        lines=sum(len(lines[one.id]) for one in invoices),
        from_explanations=rebuilt.from_explanations,
        differences=tuple(differences),
    )


class _Rebuilt:
    """The lines of a batch of invoices, worked out again."""

    def __init__(
        self,
        charges: Mapping[UUID, tuple[Charge, Reading | None]],
        meters: Mapping[UUID, Meter],
        from_explanations: int,
    ) -> None:
        self._charges = charges
        self._meters = meters
        self.from_explanations = from_explanations

    @classmethod
    async def load(cls, uow: Uow, lines: Sequence[tuple[Invoice, InvoiceLine]]) -> _Rebuilt:
        """What their charges look up, in statements that depend on meters and details only."""
        rated = [
            (invoice, line)
            for invoice, line in lines
            if line.kind is LineKind.CHARGE and line.price_id is not None
        ]
        prices = await prices_by_ids(uow, {line.price_id for _, line in rated if line.price_id is not None})
        charges: dict[UUID, Charge] = {}
        unknown = 0
        for invoice, line in rated:
            charge = replace(charge_of_line(invoice, line, prices), known_at=invoice.known_at)
            if charge.price.quantity_source is QuantitySource.USAGE and invoice.known_at is None:
                unknown += 1
            else:
                charges[line.id] = charge
        meters, readings = await read_usage_of(uow, list(charges.values()))
        found = {id_: (charge, readings.get(place)) for place, (id_, charge) in enumerate(charges.items())}
        return cls(found, meters, unknown)

    def line(self, invoice: Invoice, line: InvoiceLine) -> NewLine:
        """The line as it should be; raises what rating raises."""
        return replace(as_it_stands(invoice, line), rated=self._rated(line))

    def _rated(self, line: InvoiceLine) -> RatedLine:
        known = self._charges.get(line.id)
        if known is None:
            redone = redo(line.explanation, line.charged.unit)
            return RatedLine(redone, redone, read_explanation(line.explanation))
        charge, reading = known
        told = Explanation.from_json(line.explanation)
        discounts = tuple(applied.discount for applied in told.discounts)
        return rate_line(replace(rating_input(charge, reading, self._meters), discounts=discounts))


def _differences(
    uow: Uow, invoice: Invoice, lines: Sequence[InvoiceLine], issuer: Issuer, rebuilt: _Rebuilt
) -> list[Difference]:
    """Every place where an invoice is not what its lines, rebuilt, make of it."""
    fresh: list[NewLine] = []
    for line in lines:
        try:
            fresh.append(rebuilt.line(invoice, line))
        except CounterfoilError as refused:
            return [_place(invoice, line.position, "explanation", line.charged, refused.message)]
    # An issuer may have changed how tax is rounded since; the invoice does not say how it was then.
    others = [one for one in TaxRounding if one is not issuer.tax_rounding]
    found: list[list[Difference]] = []
    for rounding in (issuer.tax_rounding, *others):
        totals = totals_of(fresh, invoice.unit, rounding)
        found.append(list(_compared(invoice, lines, as_written(uow, invoice, fresh, totals))))
        if not found[-1]:
            return []
    return found[0]


def _compared(invoice: Invoice, lines: Sequence[InvoiceLine], told: DraftInvoice) -> Iterator[Difference]:
    same = True
    # A line that adds nothing to any sum would not be missed by them.
    gap = next((place for place, line in enumerate(lines, 1) if line.position != place), None)
    if gap is not None:
        same = False
        yield _place(invoice, gap, "position", None, gap)
    for before, after in zip(lines, told.lines, strict=True):
        for path, stored, fresh in _unlike("explanation", before.explanation, after.explanation):
            same = False
            yield _place(invoice, before.position, path, stored, fresh)
        for name in _OF_LINE:
            if getattr(before, name) != getattr(after, name):
                same = False
                yield _place(invoice, before.position, name, getattr(before, name), getattr(after, name))
    for name in _OF_INVOICE:
        if getattr(invoice, name) != getattr(told.invoice, name):
            same = False
            yield _place(invoice, None, name, getattr(invoice, name), getattr(told.invoice, name))
    seller, buyer = invoice.seller, invoice.buyer
    if same and seller is not None and buyer is not None:
        # Of the same texts the same paper is made, byte by byte.
        papers = (paper_texts(*one, seller, buyer) for one in ((invoice, lines), (told.invoice, told.lines)))
        for path, stored, fresh in _unlike("document", *papers):
            yield _place(invoice, None, path, stored, fresh)


def _unlike(path: str, stored: Any, rebuilt: Any) -> Iterator[tuple[str, Any, Any]]:
    """The places at which two JSON values differ, with what is there in each; ``None``: nothing."""
    if isinstance(stored, Mapping) and isinstance(rebuilt, Mapping):
        for key in [*stored, *(key for key in rebuilt if key not in stored)]:
            yield from _unlike(f"{path}.{key}", stored.get(key), rebuilt.get(key))
    elif isinstance(stored, list) and isinstance(rebuilt, list) and len(stored) == len(rebuilt):
        for index, (before, after) in enumerate(zip(stored, rebuilt, strict=True)):
            yield from _unlike(f"{path}.{index}", before, after)
    elif stored != rebuilt:
        yield path, stored, rebuilt


def _place(invoice: Invoice, line: int | None, field: str, stored: Any, rebuilt: Any) -> Difference:
    return Difference(invoice.id, invoice.number, line, field, _text(stored), _text(rebuilt))


def _text(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(_text, value)) or "none"
    if isinstance(value, Decimal):
        return decimal_text(value)
    return "nothing" if value is None else str(value)
