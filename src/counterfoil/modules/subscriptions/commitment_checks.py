"""What a commitment is checked for when it is agreed, and what its defaults come to.

Always holds: what passes can be settled for every term to come, without a refusal in the billing run; of the
lines that count towards a commitment, none counts towards another one (caps may overlap).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from counterfoil.core.calendar import (
    Interval,
    IntervalUnit,
    Period,
    as_instant,
    format_instant,
    parse_instant,
)
from counterfoil.core.calendar.intervals import MAX_COUNT
from counterfoil.core.commitments import SAME_PRICE, Measure, Remainder, Source
from counterfoil.core.commitments.instalments import MAX_INSTALMENTS
from counterfoil.core.errors import Conflict, CounterfoilError, InvalidInput
from counterfoil.core.money import Money, parse_decimal, unit_of
from counterfoil.core.pricing.reading import choice_at, count_at, object_at
from counterfoil.core.rating import RatingInput, rate_line
from counterfoil.modules.catalog import QuantitySource
from counterfoil.modules.subscriptions import commitment_planning as planning
from counterfoil.modules.subscriptions.commitment_types import (
    CommitmentKind,
    CommitmentPeriod,
    OnCancel,
    SubscriptionCommitment,
)
from counterfoil.modules.subscriptions.passing import paid_from
from counterfoil.modules.subscriptions.planning import end_of, main_interval
from counterfoil.store.guards import check_metadata, check_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.core.money import Unit
    from counterfoil.modules.catalog import Price
    from counterfoil.modules.subscriptions.commitment_types import NewCommitment
    from counterfoil.modules.subscriptions.types import Subscription

MAX_COMMITMENTS: Final = 50
"""The most commitments that one subscription may have."""

_ONLY_PREPAID: Final = ("instalments", "rollover_limit")


def agreed(
    id_: UUID,
    new: NewCommitment,
    subscription: Subscription,
    prices: Sequence[Price],
    others: Sequence[SubscriptionCommitment],
    *,
    earliest: datetime,
    now: datetime,
) -> SubscriptionCommitment:
    """The commitment with its defaults, or what refuses it.

    ``prices`` are those of the subscription's items, ``others`` its running commitments; it may not begin
    before ``earliest``.  Raises ``InvalidInput`` naming the field, and ``Conflict`` where lines would count
    twice.
    """
    check_text(new.name, "name", longest=255)
    check_text(new.external_id, "external_id", longest=255)
    check_metadata(new.meta)
    unit = unit_of(subscription.currency)
    _check_kind(new)
    if len(others) >= MAX_COMMITMENTS:
        raise Conflict("there are too many commitments", allowed=f"up to {MAX_COMMITMENTS}")
    counted = _counted(new, prices)
    interval, renews = _period(new, counted or prices)
    made = SubscriptionCommitment(
        id=id_,
        external_id=new.external_id,
        subscription_id=subscription.id,
        name=new.name or _NAMES[new.kind],
        kind=new.kind,
        price_codes=None if new.price_codes is None else list(new.price_codes),
        measure=new.measure,
        size=_size(new, unit),
        price=_price(new, counted, subscription.currency),
        overage=(new.overage or SAME_PRICE).to_json(),
        true_up=new.kind is CommitmentKind.MINIMUM and new.true_up is not False,
        drawn_by_usage=new.drawn_by_usage,
        draw_order=[source.value for source in new.order.sources],
        period=new.period,
        interval_unit=interval.unit,
        interval_count=interval.count,
        renews=renews,
        prorated=new.prorated and new.period is CommitmentPeriod.BILLING_PERIOD,
        remainder=new.remainder,
        rollover_limit=new.rollover_limit,
        instalments=_instalments(new, unit, renews=renews),
        on_cancel=_on_cancel(new),
        starts_at=_start(new, subscription, earliest),
        meta=new.meta,
        version=1,
        created_at=now,
        updated_at=now,
    )
    _check_core(made, subscription, unit)
    _check_overlap(made, others)
    return made


_NAMES: Final = {
    CommitmentKind.MINIMUM: "Minimum commitment",
    CommitmentKind.PREPAID: "Prepaid commitment",
    CommitmentKind.CAP: "Spend cap",
}


def _refused(field: str, message: str, allowed: str) -> InvalidInput:
    return InvalidInput(message, field=field, allowed=allowed)


def _check_kind(new: NewCommitment) -> None:
    """What goes with which kind."""
    if new.kind is not CommitmentKind.PREPAID:
        for name in _ONLY_PREPAID:
            if getattr(new, name) is not None:
                raise _refused(name, f"{name} is for what is prepaid", "only with kind prepaid")
        if new.remainder is not Remainder.BREAKAGE:
            raise _refused(
                "remainder", "only what was paid ahead rolls over", "breakage, or rollover with kind prepaid"
            )
    if new.kind is not CommitmentKind.MINIMUM and new.true_up:
        raise _refused("true_up", f"a {new.kind} has no true-up", "true with kind minimum only")
    if new.kind is CommitmentKind.CAP:
        given = {"overage": new.overage, "price": new.price, "on_cancel": new.on_cancel}
        for name, value in given.items():
            if value is not None:
                raise _refused(name, f"{name} does not go with a cap", "a minimum or prepaid commitment")
        if new.measure is not Measure.AMOUNT or not new.drawn_by_usage:
            field = "measure" if new.measure is not Measure.AMOUNT else "drawn_by_usage"
            raise _refused(field, "a cap is on what usage costs", "an amount, drawn by usage")
    if new.remainder is Remainder.ROLLOVER:
        if new.measure is Measure.QUANTITY or new.renews is False:
            raise _refused("remainder", "nothing can roll over", "an amount that renews")
    elif new.rollover_limit is not None:
        raise _refused("rollover_limit", "nothing rolls over", "only with remainder rollover")
    if new.order.sources[0] is not Source.INCLUDED:
        raise _refused(
            "order", "included units are free before a price applies", "an order that begins with included"
        )
    if new.on_cancel is OnCancel.PRORATED and new.kind is CommitmentKind.PREPAID:
        raise _refused("on_cancel", "instalments that are left are due or not", "due, waived")


def _counted(new: NewCommitment, prices: Sequence[Price]) -> list[Price]:
    """The prices whose lines count."""
    if new.price_codes is None:
        return [price for price in prices if price.quantity_source is QuantitySource.USAGE]
    known = {price.code: price for price in prices}
    if not new.price_codes or len(set(new.price_codes)) != len(new.price_codes):
        raise _refused("price_codes", "price_codes names none, or one twice", "each code once")
    for index, code in enumerate(new.price_codes):
        if code not in known:
            raise _refused(
                f"price_codes.{index}",
                f"the subscription has no price {code!r}",
                ", ".join(sorted(known)) or "none: the subscription has no prices",
            )
    return [price for price in prices if price.code in new.price_codes]


def _period(new: NewCommitment, prices: Sequence[Price]) -> tuple[Interval, bool]:
    if new.period is CommitmentPeriod.BILLING_PERIOD:
        for name, given in (
            ("interval_unit", new.interval_unit),
            ("interval_count", new.interval_count != 1),
        ):
            if given:
                allowed = "none, or an interval with period term"
                raise _refused(name, "a billing period has its own length", allowed)
        return main_interval(price.interval for price in prices), new.renews is not False
    if new.interval_unit is None:
        raise _refused("interval_unit", "a term needs a length", "day, week, month, quarter, half_year, year")
    try:
        return Interval(new.interval_unit, new.interval_count), new.renews is True
    except InvalidInput as error:
        error.field = "interval_count"
        raise


def _size(new: NewCommitment, unit: Unit) -> Decimal:
    if new.size <= 0:
        raise _refused("size", "a commitment of nothing is none", "more than 0")
    if new.measure is Measure.AMOUNT:
        Money.of(new.size, unit, field="size")
        if new.rollover_limit is not None:
            if new.rollover_limit < 0:
                raise _refused("rollover_limit", "a negative amount cannot be carried", "0 or more")
            Money.of(new.rollover_limit, unit, field="rollover_limit")
    return new.size


def _price(new: NewCommitment, counted: Sequence[Price], currency: str) -> Decimal | None:
    """What the whole of a quantity costs: as agreed, or as its one price makes it."""
    if new.measure is Measure.AMOUNT:
        if new.price is not None:
            raise _refused("price", "an amount is its own price", "none for an amount")
        return None
    if new.price is not None:
        if new.price < 0:
            raise _refused("price", "price is below zero", "0 or more")
        return Money.of(new.price, unit_of(currency), field="price").to_decimal()
    codes = {price.code for price in counted}
    if len(codes) != 1:
        raise _refused(
            "price", "what the quantity costs is unclear", "a price, or price_codes with exactly one code"
        )
    try:
        rated = rate_line(
            RatingInput(pricing=counted[-1].pricing(currency), quantity=new.size, unit=unit_of(currency))
        )
    except CounterfoilError as refused:
        raise _refused(
            "price", f"the price {counted[-1].code} does not say what the quantity costs", "a price"
        ) from refused
    return rated.amount.to_decimal()


def _on_cancel(new: NewCommitment) -> OnCancel:
    if new.on_cancel is not None:
        return new.on_cancel
    by_period = new.period is CommitmentPeriod.BILLING_PERIOD and new.kind is CommitmentKind.MINIMUM
    return OnCancel.PRORATED if by_period else OnCancel.DUE


def _start(new: NewCommitment, subscription: Subscription, earliest: datetime) -> datetime:
    if new.starts_at is None:
        return max(earliest, paid_from(subscription))
    start = as_instant(new.starts_at, field="starts_at")
    end = end_of(subscription)
    if start < earliest or (end is not None and end <= start):
        before = "" if end is None else f", before {format_instant(end)}"
        raise _refused(
            "starts_at", "the commitment cannot begin then", f"from {format_instant(earliest)} on{before}"
        )
    return start


def _instalments(new: NewCommitment, unit: Unit, *, renews: bool) -> Mapping[str, Any] | None:
    """The instalments in their stored form."""
    if new.instalments is None:
        return None
    given = object_at(new.instalments, ("count", "interval_unit", "interval_count", "parts"), "instalments")
    if given.get("parts") is None:
        return {
            "count": _counted_at(given, "count", MAX_INSTALMENTS),
            "interval_unit": choice_at(given, "interval_unit", IntervalUnit.MONTH, "instalments").value,
            "interval_count": _counted_at(given, "interval_count", MAX_COUNT),
        }
    if renews or given.get("count") is not None:
        raise _refused(
            "instalments.parts",
            "dates are for one term",
            "a count and an interval where the commitment renews",
        )
    parts = given["parts"]
    if not isinstance(parts, list) or not parts:
        raise _refused("instalments.parts", "there are no parts", "a list of due_at with weight or amount")
    read = [_part(part, f"instalments.parts.{index}", unit) for index, part in enumerate(parts)]
    if len({"amount" in part for part in read}) != 1:
        raise _refused("instalments.parts", "some parts have an amount", "all parts, or none")
    return {"parts": read}


def _counted_at(given: Mapping[str, object], key: str, most: int) -> int:
    """A whole number from 1 on; 1 where it is absent."""
    count = count_at(given, key, "instalments")
    if count is None:
        return 1
    if not 1 <= count <= most:
        raise _refused(f"instalments.{key}", f"{key} is out of range", f"a whole number from 1 to {most}")
    return count


def _part(data: object, path: str, unit: Unit) -> dict[str, str]:
    given = object_at(data, ("due_at", "weight", "amount"), path)
    due_at = given.get("due_at")
    if not isinstance(due_at, str):
        raise _refused(f"{path}.due_at", "due_at is missing", "an instant")
    read = {"due_at": format_instant(parse_instant(due_at, field=f"{path}.due_at"))}
    if given.get("amount") is not None:
        amount = Money.of(
            parse_decimal(cast("str", given["amount"]), field=f"{path}.amount"), unit, field=f"{path}.amount"
        )
        return read | {"amount": amount.amount_text()}
    weight = parse_decimal(cast("str", given.get("weight") or "1"), field=f"{path}.weight")
    if weight <= 0:
        raise _refused(f"{path}.weight", "an instalment weighs nothing", "more than 0")
    return read | {"weight": f"{weight:f}"}


def _check_core(made: SubscriptionCommitment, subscription: Subscription, unit: Unit) -> None:
    """Let core refuse now what it would refuse in the run; instalments lie within their term."""
    cycle = planning.commitment_cycle(subscription, made)
    term = planning.first_term(made.id, subscription, made)
    planning.agreement(made, term)
    plan = planning.plan_of(term, unit)
    if plan is not None:
        period = Period(term.start_at, term.end_at)
        if not all(period.start <= part.due_at < period.end for part in plan.parts):
            raise _refused(
                "instalments",
                "an instalment is due outside its term",
                f"from {format_instant(period.start)}, before {format_instant(period.end)}",
            )
    assert cycle.period_at(term.start_at).end == term.end_at


def _check_overlap(made: SubscriptionCommitment, others: Sequence[SubscriptionCommitment]) -> None:
    """Refuse lines that would count towards two commitments, and so be paid or drawn twice."""
    if made.kind is CommitmentKind.CAP:
        return
    for other in others:
        if other.kind is CommitmentKind.CAP:
            continue
        shared = (
            made.price_codes is None
            or other.price_codes is None
            or set(made.price_codes) & set(other.price_codes)
        )
        if shared:
            raise Conflict(
                f"lines would count towards {other.name} as well",
                field="price_codes",
                allowed="prices that no other running commitment counts",
            )
