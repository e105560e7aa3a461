"""Lines that give back or correct what was billed: on the invoice, in the books, and in law 5's index."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from counterfoil.core.calendar import Cycle, Interval, IntervalUnit, Period
from counterfoil.core.errors import AlreadyExists, WrongState
from counterfoil.core.ledger import AccountCode, Side
from counterfoil.core.money import Money
from counterfoil.core.proration import prorate
from counterfoil.core.rating import (
    Cadence,
    Explanation,
    LineKind,
    RatedCharge,
    credit_line,
    delta_line,
    read_explanation,
)
from counterfoil.core.states.invoice import InvoiceState
from counterfoil.modules.invoicing import (
    InvoiceLine,
    NewAmounts,
    NewLine,
    as_it_stands,
    billed_lines,
    explain,
    get_invoice,
    lines_of,
    replace_amounts,
    void_invoice,
)
from counterfoil.modules.invoicing.document import document
from counterfoil.store import Uow
from tests.modules.invoicing.test_finalising import posted
from tests.modules.invoicing.world import VAT, World, at, line
from tests.support.observe import plans, statements

NOBODY: dict[str, Any] = {"name": "", "address": {}, "tax_number": None, "email": None, "footer": None}


def credit(of: InvoiceLine, start: str, end: str = "2026-02-01") -> NewLine:
    """What a monthly fee gives back from a day on."""
    told = read_explanation(of.explanation)
    assert isinstance(told, Explanation)
    month = Cycle(Interval(IntervalUnit.MONTH), at("2026-01-01"), "UTC")
    unused = prorate(Period(at(start), at(end)), month)
    rated = credit_line(told, of.charged, Money.zero(of.charged.unit), unused, of="line 1 of INV-000001")
    return NewLine(
        kind=LineKind.CREDIT,
        of_line_id=of.id,
        description=of.description,
        service_start=at(start),
        service_end=at(end),
        cadence=of.cadence,
        rated=rated,
        taxes=(VAT,),
        subscription_item_id=of.subscription_item_id,
        price_id=of.price_id,
    )


async def billed(world: World, uow: Uow, amount: str, item: UUID) -> InvoiceLine:
    """The line of a finalised invoice over a fee for January with 19 % VAT."""
    invoice = await world.open(line(amount, VAT, item=item))
    return (await lines_of(uow, [invoice.id]))[invoice.id][0]


async def test_a_credit_stands_beside_a_charge_and_lowers_its_tax(world: World, uow: Uow) -> None:
    """31.00 billed; from the 18th on, 14 of 31 days: −14.00.  With a fee of 50.00: 36.00 + 6.84 = 42.84."""
    old = await billed(world, uow, "31", uuid4())
    invoice = await world.open(credit(old, "2026-01-18"), line("50", VAT))
    assert [str(part) for part in (invoice.subtotal, invoice.tax, invoice.total)] == [
        "36.00 EUR",
        "6.84 EUR",
        "42.84 EUR",
    ]
    given, _ = (await lines_of(uow, [invoice.id]))[invoice.id]
    assert (given.kind, given.of_line_id, given.amount.minor, given.tax.minor) == (
        LineKind.CREDIT,
        old.id,
        -1400,
        -266,
    )
    assert explain(given).matches
    assert await posted(uow, invoice.id) == [
        [
            (AccountCode.RECEIVABLE, Side.DEBIT, 4284),
            (AccountCode.DEFERRED_REVENUE, Side.CREDIT, 3600),
            (AccountCode.TAX_PAYABLE, Side.CREDIT, 684),
        ]
    ]


async def test_an_invoice_below_zero_is_paid_at_once_and_goes_to_the_customers_credit(
    world: World, uow: Uow
) -> None:
    """−14.00 of a fee and 10.00 of usage: −4.00, 19 % of that is −0.76; −4.76 are owed to the customer."""
    old = await billed(world, uow, "31", uuid4())
    invoice = await world.open(credit(old, "2026-01-18"), line("10", VAT, cadence=Cadence.IN_ARREARS))
    assert (invoice.status, invoice.total.minor, invoice.amount_due.minor) == (InvoiceState.PAID, -476, 0)
    assert await posted(uow, invoice.id) == [
        [
            (AccountCode.CUSTOMER_CREDIT, Side.CREDIT, 476),
            (AccountCode.REVENUE, Side.CREDIT, 1000),
            (AccountCode.DEFERRED_REVENUE, Side.DEBIT, 1400),
            (AccountCode.TAX_PAYABLE, Side.DEBIT, 76),
        ]
    ]


async def test_a_period_is_charged_once_and_corrected_as_often_as_needed(world: World, uow: Uow) -> None:
    item = uuid4()
    old = await billed(world, uow, "31", item)
    start = "2026-01-01"
    first = await world.open(credit(old, start))
    fresh = line("40", VAT, item=item).rated
    assert isinstance(fresh, RatedCharge)
    delta = replace(
        line("40", VAT, item=item),
        kind=LineKind.ADJUSTMENT,
        of_line_id=old.id,
        rated=delta_line(fresh, [old.amount, first.subtotal]),
    )
    await world.open(delta)
    with pytest.raises(AlreadyExists):
        await world.open(line("31", VAT, item=item))
    found = (await billed_lines(uow, [(item, at("2026-01-31"))]))[item]
    assert [(one.kind, one.amount.minor) for one in found] == [
        (LineKind.CHARGE, 3100),
        (LineKind.CREDIT, -3100),
        (LineKind.ADJUSTMENT, 4000),
    ]


async def test_the_billed_lines_of_items_are_those_that_stand_and_reach_beyond_an_instant(
    world: World, uow: Uow
) -> None:
    item, other, unbilled = uuid4(), uuid4(), uuid4()
    january = await billed(world, uow, "31", item)
    february = await world.draft(line("28", item=item, start="2026-02-01", end="2026-03-01"))
    await world.draft(line("5", item=other))
    gone = await world.open(credit(january, "2026-01-18"), line("50"))
    async with world.on("2026-02-02") as unit:
        await void_invoice(unit, gone.id)
    with statements(world.store) as seen:
        found = await billed_lines(
            uow, [(item, at("2026-01-15")), (other, at("2026-02-01")), (unbilled, at("2026-01-01"))]
        )
    assert len(seen) == 2
    assert "Seq Scan on invoice_lines" not in await plans(uow, seen)  # which index serves is the planner's
    assert [one.invoice_id for one in found[item]] == [january.invoice_id, february.id]
    assert (found[other], found[unbilled]) == ([], [])
    assert await billed_lines(uow, []) == {}


async def test_what_was_given_back_in_part_is_not_voided_before_that_is(world: World, uow: Uow) -> None:
    """31.00 with 14.00 given back: voided too, the customer would have 14.00 for which nothing was billed."""
    old = await billed(world, uow, "31", uuid4())
    given = await world.open(credit(old, "2026-01-18"), line("50"))
    async with world.on("2026-02-02") as unit:
        with pytest.raises(WrongState, match=f"{given.number} gives back or corrects lines") as refused:
            await void_invoice(unit, old.invoice_id)
        assert refused.value.allowed is not None
        assert f"once {given.number} is void" in refused.value.allowed
    assert (await get_invoice(uow, old.invoice_id)).status is InvoiceState.OPEN
    async with world.on("2026-02-02") as unit:
        await void_invoice(unit, given.id)
        assert (await void_invoice(unit, old.invoice_id)).status is InvoiceState.VOID


async def test_a_draft_written_again_keeps_the_ids_of_its_lines_and_what_it_gives_back(
    world: World, uow: Uow
) -> None:
    old = await billed(world, uow, "31", uuid4())
    draft = await world.draft(credit(old, "2026-01-18"), line("50", VAT))
    given, fee = (await lines_of(uow, [draft.id]))[draft.id]
    again = NewAmounts(draft.id, (as_it_stands(draft, given), replace(line("60", VAT), id=fee.id)))
    async with world.on("2026-02-01") as unit:
        await replace_amounts(unit, [again])
    after = (await lines_of(uow, [draft.id]))[draft.id]
    assert [one.id for one in after] == [given.id, fee.id]
    assert replace(after[0], tax=given.tax, total=given.total, taxes=given.taxes) == given
    assert (await get_invoice(uow, draft.id)).total.minor == 5474  # 19 % on 60.00 - 14.00


async def test_the_paper_says_what_is_given_back_and_of_what(world: World, uow: Uow) -> None:
    old = await billed(world, uow, "31", uuid4())
    invoice = await world.open(credit(old, "2026-01-18"))
    lines = (await lines_of(uow, [invoice.id]))[invoice.id]
    [shown] = document(invoice, lines, NOBODY, NOBODY)["lines"]
    assert (shown["description"], shown["period"], shown["amount"]) == (
        "Credit: Platform fee",
        "18 Jan 2026 – 31 Jan 2026",
        "−14.00",
    )
    assert shown["steps"] == [
        "Billed on line 1 of INV-000001: 31.00 EUR",
        "Not used (14 of 31 days): 31 × 14/31 = 14",
    ]
