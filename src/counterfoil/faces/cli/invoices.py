"""``counterfoil invoice``: list, show, explain, pdf."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from counterfoil.core.errors import InvalidInput, NotFound, Unavailable
from counterfoil.faces.cli.customers import Limit, find_customer
from counterfoil.faces.cli.output import note, pairs, say, show_json, table
from counterfoil.faces.cli.session import Json, Tenant, tenant_command

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.core.money import Money
    from counterfoil.faces.kit.units import Uow
    from counterfoil.modules.invoicing import Invoice, InvoiceLine

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The invoice's number, or its id (inv_…).")]


@tenant_command
async def list_invoices(
    tenant: Tenant,
    status: Annotated[
        str | None, typer.Option(help="Only those in this state: draft, open, paid, void …")
    ] = None,
    customer: Annotated[str | None, typer.Option(help="Only this customer's: id or external id.")] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List invoices, newest first."""
    from counterfoil.core.states import InvoiceState
    from counterfoil.faces.kit.units import PageQuery
    from counterfoil.modules.invoicing import list_invoices

    if status is not None and status not in list(InvoiceState):
        raise InvalidInput("--status is not a state", field="status", allowed=", ".join(InvoiceState))
    async with tenant.unit() as uow:
        customer_id = None if customer is None else await find_customer(uow, customer)
        page = await list_invoices(
            uow,
            PageQuery(limit),
            customer_id=customer_id,
            status=None if status is None else InvoiceState(status),
        )
        names = await names_on(uow, page.items)
    if as_json:
        show_json([invoice_json(one, names) for one in page.items])
        return
    kind = "invoices" if status is None and customer is None else "such invoices"
    invoice_table(page.items, names, empty=f"no {kind} in {tenant.place}")
    if page.has_more:
        note(f"the newest {limit}; --limit shows more")


@tenant_command
async def show(tenant: Tenant, number: Number, as_json: Json = False) -> None:
    """Show an invoice with its lines."""
    from counterfoil.core.money import decimal_text
    from counterfoil.modules.invoicing import lines_of

    async with tenant.unit() as uow:
        invoice = await find(uow, number)
        lines = (await lines_of(uow, [invoice.id]))[invoice.id]
        names = await names_on(uow, [invoice], lines)
    if as_json:
        show_json({**invoice_json(invoice, names), "lines": [line_json(line) for line in lines]})
        return
    pairs(
        {
            "invoice": title(invoice),
            "customer": names[invoice.customer_id],
            "period": span(invoice.period_start, invoice.period_end, invoice.zone),
            "status": invoice.status.value,
            **({} if invoice.due_at is None else {"due": local_date(invoice.due_at, invoice.zone)}),
        }
    )
    say("")
    rows: list[list[str]] = [
        [
            str(line.position),
            _described(line, invoice, names),
            span(line.service_start, line.service_end, invoice.zone),
            quantity(line.quantity),
            money(line.charged),
        ]
        for line in lines
    ]
    rows.append(["", "", "", "", ""])
    for one in invoice.discounts:
        rows.append(["", f"{one.name}, taken off above", "", "", f"({money(one.amount)})"])
    rows.append(["", "subtotal", "", "", money(invoice.subtotal)])
    for tax in invoice.taxes:
        rows.append(["", f"{tax.name} {decimal_text(tax.percent)} %", "", "", money(tax.tax)])
    rows.append(["", f"total {invoice.currency}", "", "", money(invoice.total)])
    table(None, ["", "line", "service period", "quantity>", f"{invoice.currency}>"], rows)
    note(f"why a line is what it is: counterfoil invoice explain {title(invoice)} LINE")


def _described(line: InvoiceLine, invoice: Invoice, names: dict[UUID, str]) -> str:
    """What a line is for, and whose it is where that is not the invoice's customer."""
    told = line.description if line.kind == "charge" else f"{line.kind.value}: {line.description}"
    whose = line.customer_id
    return told if whose is None or whose == invoice.customer_id else f"{names[whose]}: {told}"


@tenant_command
async def explain(
    tenant: Tenant,
    number: Number,
    line: Annotated[int, typer.Argument(metavar="LINE", help="Which line, from 1.")],
    as_json: Json = False,
) -> None:
    """Explain how a line of an invoice came about, step by step, and do the sum again."""
    from counterfoil.modules.invoicing import explain_line

    async with tenant.unit() as uow:
        invoice = await find(uow, number)
        found = await explain_line(uow, invoice.id, line)
    if as_json:
        show_json(
            {
                "line": line_json(found.line),
                "steps": [{"text": step.text, "amount": step.amount} for step in found.steps],
                "redone": found.redone.amount_text(),
                "matches": found.matches,
            }
        )
    else:
        say(f"{title(invoice)}, line {line}: {found.line.description}", "bold")
        table(None, ["step", "amount>"], [[step.text, step.amount or ""] for step in found.steps])
        say(f"worked out again from what is stored: {found.redone.amount_text()} {invoice.currency}")
    if not found.matches:
        raise Unavailable(f"the sum done again is not the line's {found.line.charged.amount_text()}")


@tenant_command
async def pdf(
    tenant: Tenant,
    number: Number,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to (default: NUMBER.pdf)")
    ] = None,
) -> None:
    """Write an invoice as PDF."""
    from counterfoil.modules.invoicing import invoice_pdf

    async with tenant.unit() as uow:
        invoice, content = await invoice_pdf(uow, (await find(uow, number)).id)
    # A number is the seller's own text; a file name must not lead elsewhere.
    path = output or Path(f"{title(invoice).replace('/', '-')}.pdf")
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from None
    say(str(path))


async def find(uow: Uow, number: str) -> Invoice:
    """The invoice of this number or id."""
    from counterfoil.core.ids import parse_id
    from counterfoil.faces.kit.units import PageQuery
    from counterfoil.modules.invoicing import get_invoice, list_invoices

    if number.startswith("inv_"):
        return await get_invoice(uow, parse_id("invoice", number, field="NUMBER"))
    page = await list_invoices(uow, PageQuery(1), number=number)
    if not page.items:
        raise NotFound(f"there is no invoice {number}", field="NUMBER", allowed="a number or an id (inv_…)")
    return page.items[0]


async def names_on(
    uow: Uow, invoices: Sequence[Invoice], lines: Sequence[InvoiceLine] = ()
) -> dict[UUID, str]:
    """The names of the invoices' customers, and of those whose lines these are."""
    from counterfoil.modules.customers import names_of_customers

    whose = {line.customer_id for line in lines if line.customer_id is not None}
    return await names_of_customers(uow, {one.customer_id for one in invoices} | whose)


def invoice_table(invoices: Sequence[Invoice], names: dict[UUID, str], *, empty: str = "none") -> None:
    """Invoices as a table."""
    rows = [
        [
            title(one),
            names[one.customer_id],
            span(one.period_start, one.period_end, one.zone),
            one.status.value,
            money(one.subtotal),
            money(one.tax),
            money(one.total),
            one.currency,
        ]
        for one in invoices
    ]
    columns = ["invoice", "customer", "period", "status", "net>", "tax>", "total>", ""]
    table(None, columns, rows, empty=empty)


def title(invoice: Invoice) -> str:
    """An invoice's number; a draft's id."""
    from counterfoil.core.ids import show_id

    return invoice.number or show_id("invoice", invoice.id)


def day(instant: datetime, zone: str) -> str:
    """An instant where the invoice is read, short: the day alone where it is its midnight."""
    from counterfoil.core.calendar import parse_zone, to_local

    text = f"{to_local(instant, parse_zone(zone)):%Y-%m-%d %H:%M}"
    return text.removesuffix(" 00:00")


def local_date(instant: datetime, zone: str) -> str:
    """The day on which an instant lies where the invoice is read."""
    from counterfoil.core.calendar import parse_zone, to_local

    return f"{to_local(instant, parse_zone(zone)):%Y-%m-%d}"


def span(start: datetime, end: datetime, zone: str) -> str:
    """A half-open span."""
    return f"{day(start, zone)} → {day(end, zone)}"


def money(amount: Money) -> str:
    """An amount for people: thousands apart, the currency elsewhere."""
    return f"{amount.to_decimal():,f}"


def quantity(number: Decimal) -> str:
    """A quantity for people: thousands apart, every digit kept."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def invoice_json(invoice: Invoice, names: dict[UUID, str]) -> dict[str, Any]:
    """An invoice for programs."""
    from counterfoil.core.ids import show_id

    return {
        "id": show_id("invoice", invoice.id),
        "number": invoice.number,
        "customer_id": show_id("customer", invoice.customer_id),
        "customer": names[invoice.customer_id],
        "status": invoice.status.value,
        "currency": invoice.currency,
        "period_start": invoice.period_start,
        "period_end": invoice.period_end,
        "finalised_at": invoice.finalised_at,
        "discount": invoice.discount.amount_text(),
        "subtotal": invoice.subtotal.amount_text(),
        "tax": invoice.tax.amount_text(),
        "total": invoice.total.amount_text(),
        "amount_due": invoice.amount_due.amount_text(),
    }


def line_json(line: InvoiceLine) -> dict[str, Any]:
    """A line for programs."""
    from counterfoil.core.ids import show_id

    return {
        "position": line.position,
        "kind": line.kind.value,
        "of_line_id": None if line.of_line_id is None else show_id("invoice_line", line.of_line_id),
        "commitment_term_id": (
            None if line.commitment_term_id is None else show_id("commitment_term", line.commitment_term_id)
        ),
        "description": line.description,
        "service_start": line.service_start,
        "service_end": line.service_end,
        "quantity": line.quantity,
        "amount": line.amount.amount_text(),
        "tax": line.tax.amount_text(),
        "subscription_id": None
        if line.subscription_id is None
        else show_id("subscription", line.subscription_id),
        "customer_id": None if line.customer_id is None else show_id("customer", line.customer_id),
        "tax_treatment": line.tax_treatment,
        "tax_reason": line.tax_reason,
        "total": line.total.amount_text(),
    }
