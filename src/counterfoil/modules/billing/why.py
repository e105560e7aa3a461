"""Why is there no line?  Which rule leaves the usage of a meter out, at an instant, on a subscription.

Owns: the order of the rules and what each says.  Does not own: the rules themselves; each is asked where it
is kept.
Always holds: the first rule that applies answers, in the order in which billing meets them; nothing is
written.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from counterfoil.core.calendar import format_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.core.ids import show_id
from counterfoil.core.rating import Cadence, LineKind
from counterfoil.core.states.invoice import InvoiceState
from counterfoil.modules.billing.late import late_of_line
from counterfoil.modules.billing.late_types import LateState
from counterfoil.modules.billing.why_types import Why, WhyCode
from counterfoil.modules.catalog import meters_by_ids, prices_by_ids
from counterfoil.modules.invoicing import billed_lines, invoices_by_ids, void_lines
from counterfoil.modules.subscriptions import get_subscription, item_cycle, item_end, items_of
from counterfoil.modules.usage import UsageWindow, count_events, meter_named, read_meter
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.billing.why_types import WhyQuestion
    from counterfoil.modules.catalog import Meter, Price
    from counterfoil.modules.invoicing import Invoice, InvoiceLine
    from counterfoil.modules.subscriptions import Subscription, SubscriptionItem
    from counterfoil.store import Uow


@dataclass(frozen=True, slots=True)
class _Piece:
    """One price of the subscription, with the service period in which the instant lies."""

    subscription: Subscription
    item: SubscriptionItem
    price: Price
    meter: Meter
    start: datetime
    end: datetime

    def says(self, code: WhyCode, sentence: str, **facts: Any) -> Why:
        """An answer about it."""
        return Why(code, sentence, self.price.id, self.price.code, self.start, self.end, facts)


async def why_no_line(uow: Uow, subscription_id: UUID, question: WhyQuestion) -> list[Why]:
    """Why the usage of a meter or a price at an instant is on no line: for each price that reads it.

    Raises ``NotFound`` for an unknown subscription or meter, ``InvalidInput`` where not one of meter and
    price is named.
    """
    check_text(question.price, "price", longest=100)
    if (question.meter is None) == (question.price is None):
        field = "meter" if question.meter is None else "price"
        raise InvalidInput("name a meter or a price", field=field, allowed="one of meter and price, not both")
    subscription = await get_subscription(uow, subscription_id)
    items = (await items_of(uow, [subscription_id])).get(subscription_id, [])
    prices = await prices_by_ids(uow, {item.price_id for item in items})
    asked = await _asked(uow, question, prices)
    if not asked:
        return [_unread(question, prices)]
    whole = _outside(subscription, question.at)
    if whole is not None:
        return [whole]
    by_code: dict[str, list[SubscriptionItem]] = defaultdict(list)
    for item in items:
        if item.price_id in asked:
            by_code[prices[item.price_id].code].append(item)
    meters = await meters_by_ids(uow, {price.meter_id for price in asked.values() if price.meter_id})
    answers: list[Why] = []
    for same in by_code.values():
        found = _running(subscription, same, prices, question.at)
        if isinstance(found, Why):
            answers.append(found)
            continue
        price = prices[found.price_id]
        if price.meter_id is None:
            text = f"The price {price.code} charges no usage: it reads no meter."
            answers.append(Why(WhyCode.NO_PRICE_READS_METER, text, price.id, price.code))
            continue
        piece = _piece(subscription, found, price, meters[price.meter_id], question.at)
        answers.append(await _answer(uow, piece, question.at))
    return answers


async def _asked(uow: Uow, question: WhyQuestion, prices: Mapping[UUID, Price]) -> dict[UUID, Price]:
    """The prices of the subscription that the question is about."""
    if question.meter is not None:
        meter = await meter_named(uow, question.meter)
        return {id_: price for id_, price in prices.items() if price.meter_id == meter.id}
    named = question.price
    return {id_: one for id_, one in prices.items() if named in (one.code, show_id("price", id_))}


def _unread(question: WhyQuestion, prices: Mapping[UUID, Price]) -> Why:
    codes = sorted({price.code for price in prices.values()})
    has = f"its prices are {', '.join(codes)}" if codes else "it has no prices"
    text = f"No price of this subscription reads the meter {question.meter}: {has}."
    if question.meter is None:
        text = f"This subscription has no price {question.price}: {has}."
    return Why(WhyCode.NO_PRICE_READS_METER, text, facts={"price_codes": codes})


def _outside(subscription: Subscription, at: datetime) -> Why | None:
    """Whether the instant lies outside the time in which the subscription charges anything."""
    trial = subscription.trial_ends_at
    end = min(
        (one for one in (subscription.ended_at, subscription.cancel_at, subscription.expires_at) if one),
        default=None,
    )
    if at < subscription.started_at:
        return _at(WhyCode.BEFORE_START, "The subscription begins on {}.", starts_at=subscription.started_at)
    if end is not None and end <= at:
        return _at(WhyCode.AFTER_END, "The subscription ends on {}.", ends_at=end)
    if trial is not None and at < trial:
        return _at(WhyCode.IN_TRIAL, "The trial lasts until {}: its usage is free.", trial_ends_at=trial)
    return None


def _at(code: WhyCode, sentence: str, **instant: datetime) -> Why:
    ((name, at),) = instant.items()
    return Why(code, sentence.format(_day(at)), facts={name: format_instant(at)})


def _running(
    subscription: Subscription, items: Sequence[SubscriptionItem], prices: Mapping[UUID, Price], at: datetime
) -> SubscriptionItem | Why:
    """The item of one price that runs at an instant, or why none does."""
    covering = [item for item in items if item.started_at <= at and not _ended(subscription, item, at)]
    paused = subscription.paused_at
    is_paused = paused is not None and paused <= at
    if covering and not is_paused:
        return covering[-1]
    price = prices[items[0].price_id]
    earlier = [item for item in items if item.started_at <= at]
    later = [item for item in items if item.started_at > at]
    if is_paused or (earlier and later):
        since = paused if is_paused else max(item.ended_at for item in earlier if item.ended_at)
        assert since is not None
        answer = _at(WhyCode.PAUSED, "The subscription is paused since {}: nothing is billed.", since=since)
    elif later:
        starts = min(item.started_at for item in later)
        answer = _at(WhyCode.BEFORE_START, f"The price {price.code} begins on {{}}.", starts_at=starts)
    else:
        ends = max(end for item in earlier if (end := item_end(subscription, item)) is not None)
        answer = _at(WhyCode.AFTER_END, f"The price {price.code} ended on {{}}.", ends_at=ends)
    return replace(answer, price_id=price.id, price_code=price.code)


def _ended(subscription: Subscription, item: SubscriptionItem, at: datetime) -> bool:
    end = item_end(subscription, item)
    return end is not None and end <= at


def _piece(
    subscription: Subscription, item: SubscriptionItem, price: Price, meter: Meter, at: datetime
) -> _Piece:
    whole = item_cycle(subscription, item, price.interval).period_at(at)
    end = item_end(subscription, item)
    last = whole.end if end is None else min(whole.end, end)
    return _Piece(subscription, item, price, meter, max(whole.start, item.started_at), last)


async def _answer(uow: Uow, piece: _Piece, at: datetime) -> Why:
    """Why the usage of a price that runs is on no line."""
    lines = (await billed_lines(uow, [(piece.item.id, at)]))[piece.item.id]
    mine = [line for line in lines if line.service_start <= at and line.kind is not LineKind.CREDIT]
    charge = next((line for line in mine if line.kind is LineKind.CHARGE), None)
    if charge is not None:
        piece = replace(piece, start=charge.service_start, end=charge.service_end)
        return await _billed(uow, piece, charge, mine)
    if piece.subscription.billing_error is not None:
        reason = piece.subscription.billing_error
        return piece.says(WhyCode.BILLING_HELD, f"Billing is on hold: {reason}", reason=reason)
    voided = []
    if at < piece.item.billed_to:
        voided = await void_lines(uow, piece.subscription.id, piece.item.id, at)
    if voided:
        invoice = (await invoices_by_ids(uow, [voided[-1].invoice_id]))[voided[-1].invoice_id]
        text = f"Its invoice {_called(invoice)} was voided, and nothing has billed the period since."
        return piece.says(WhyCode.INVOICE_VOID, text, **_facts(invoice))
    nothing = await _uncounted(uow, piece)
    due = piece.start if piece.price.cadence is Cadence.IN_ADVANCE else piece.end
    due = max(due, piece.item.bill_from or due)
    if due > uow.now:
        told = f" {nothing.sentence}" if nothing else ""
        text = f"The period is billed on {_day(due)}, and not before.{told}"
        more: Mapping[str, Any] = {"so_far": nothing.code.value, **nothing.facts} if nothing else {}
        return piece.says(WhyCode.NOT_DUE_YET, text, due_at=format_instant(due), **more)
    text = f"The period is due since {_day(due)}: the next billing run bills it."
    return piece.says(WhyCode.DUE, text, due_at=format_instant(due))


async def _billed(uow: Uow, piece: _Piece, charge: InvoiceLine, lines: Sequence[InvoiceLine]) -> Why:
    """What there is to say of a period that has a line."""
    invoices = await invoices_by_ids(uow, {line.invoice_id for line in lines})
    invoice = invoices[charge.invoice_id]
    facts = _facts(invoice) | {
        "line": charge.position,
        "amount": charge.charged.amount_text(),
        "quantity": str(charge.quantity),
        "lines": [
            {
                "invoice_id": show_id("invoice", line.invoice_id),
                "invoice": invoices[line.invoice_id].number,
                "line": line.position,
                "kind": line.kind.value,
                "amount": line.charged.amount_text(),
            }
            for line in lines
        ],
    }
    if invoice.status is InvoiceState.DRAFT:
        until = format_instant(invoice.finalise_at)
        text = f"It is line {charge.position} of a draft, which is rated again and final on {until}."
        return piece.says(WhyCode.ON_DRAFT, text, finalise_at=until, **facts)
    late = await late_of_line(uow, charge.id)
    if LateState.WAITING in late:
        came = late[LateState.WAITING].events
        text = (
            f"{_events(came)} came or became void after invoice {invoice.number} was final:"
            " the next one makes up for it."
        )
        return piece.says(WhyCode.LATE_USAGE_WAITING, text, events=came, **facts)
    if LateState.TOO_LATE in late:
        one = late[LateState.TOO_LATE]
        text = (
            f"{_events(one.events)} came too late, after invoice {invoice.number} was final and the time for"
            " adjustments was over: counted as usage, and billed by no line."
        )
        more = {"events": one.events, "last_received_at": format_instant(one.last_received_at)}
        return piece.says(WhyCode.LATE_GRACE_OVER, text, **more, **facts)
    if not any(line.charged.minor for line in lines):
        nothing = await _uncounted(uow, piece)
        if nothing is not None:
            return replace(nothing, facts={**facts, **nothing.facts})
        if not charge.quantity:
            text = f"Its events come to zero, on line {charge.position} of invoice {invoice.number}."
            return piece.says(WhyCode.QUANTITY_ZERO, text, **facts)
    text = f"It is line {charge.position} of invoice {invoice.number}: {charge.charged}."
    return piece.says(WhyCode.BILLED, text, **facts)


async def _uncounted(uow: Uow, piece: _Piece) -> Why | None:
    """Why the price counts no event of the period; ``None`` if it does."""
    customer, subscription = piece.subscription.customer_id, piece.subscription.id
    narrow = UsageWindow(0, customer, subscription, piece.start, piece.end, filters=piece.price.filters)
    wide = replace(narrow, key=1, filters={})
    meter = piece.meter
    read = await read_meter(uow, meter, [narrow, wide])
    if read[0].events:
        return None
    sent = await count_events(uow, meter.event_name, wide)
    name = meter.event_name
    facts = {"events": sent.all, "own": sent.own, "void": sent.void, "of_meter": read[1].events}
    if read[1].events:
        text = f"The filters of the price let none of {_events(read[1].events)} of the meter pass."
        filters = {key: list(values) for key, values in piece.price.filters.items()}
        return piece.says(WhyCode.FILTERED_OUT, text, filters=filters, **facts)
    if sent.own:
        text = (
            f"The meter {meter.code} counts none of {_events(sent.own)} named {name}: by its filters, or"
            " because they lack what it counts."
        )
        filters = {key: list(values) for key, values in meter.filters.items()}
        return piece.says(WhyCode.FILTERED_OUT, text, filters=filters, **facts)
    if sent.all:
        text = f"All of {_events(sent.all)} named {name} name other subscriptions of the customer."
        return piece.says(WhyCode.OTHER_SUBSCRIPTION, text, **facts)
    if sent.void:
        text = f"All of {_events(sent.void)} named {name} were voided."
        return piece.says(WhyCode.EVENTS_VOID, text, **facts)
    text = f"The customer has no event named {name} in the period."
    return piece.says(WhyCode.NO_EVENTS, text, **facts)


def _facts(invoice: Invoice) -> dict[str, Any]:
    return {"invoice_id": show_id("invoice", invoice.id), "invoice": invoice.number}


def _called(invoice: Invoice) -> str:
    return invoice.number or show_id("invoice", invoice.id)


def _events(count: int) -> str:
    return f"{count:,} event{'' if count == 1 else 's'}"


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
