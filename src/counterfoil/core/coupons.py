"""Coupons: how long one holds, from which charges it is taken, what it takes from the lines of an invoice.

Owns: the time of a discount, what it covers, the order of several, the sharing of an amount.
Does not own: what one discount takes of one line (``core.rating.discounts``), who may redeem a coupon.
Always holds: per cents are taken before amounts, each kind in the order in which it was agreed; no line falls
below zero; what an amount takes from the lines of an invoice is together never more than the amount.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from counterfoil.core.calendar import Cycle, Interval, IntervalUnit
from counterfoil.core.money import Money, round_money
from counterfoil.core.rating import Cadence, Discount, DiscountKind, rate_line, share_discount

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.core.money import Unit
    from counterfoil.core.rating import RatedLine, RatingInput


class CouponDuration(StrEnum):
    """How long a coupon is taken once it is redeemed."""

    ONCE = "once"
    """On one invoice: the first on which it takes anything."""
    REPEATING = "repeating"
    """For some periods or months."""
    FOREVER = "forever"
    """Until it is ended."""


class DurationUnit(StrEnum):
    """What a repeating coupon is counted in."""

    PERIOD = "period"
    """Of the subscription: its longest interval."""
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a coupon is for: all that each set names one of; an empty set names everything."""

    product_ids: AbstractSet[UUID] = frozenset()
    plan_ids: AbstractSet[UUID] = frozenset()
    price_codes: AbstractSet[str] = frozenset()

    def covers(self, sold: Sold) -> bool:
        """Whether it is for this."""
        return (
            (not self.product_ids or not self.product_ids.isdisjoint(sold.product_ids))
            and (not self.plan_ids or sold.plan_id in self.plan_ids)
            and (not self.price_codes or sold.price_code in self.price_codes)
        )


@dataclass(frozen=True, slots=True)
class Sold:
    """A price on a subscription: its code, the plan that it is paid under, the products that it is of.

    ``counted``: units of it can be told apart as the first and the others.
    """

    price_code: str
    plan_id: UUID | None
    product_ids: AbstractSet[UUID]
    counted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A coupon as it was redeemed: what it takes from what is charged in the time in which it holds.

    Either ``percent``, of all or of the ``first_units``, or ``amounts`` by currency, in major units.
    ``number`` orders discounts as they were agreed; ``ref`` is the public id.
    """

    number: int
    ref: str
    name: str
    percent: Decimal | None
    amounts: Mapping[str, Decimal]
    first_units: Decimal | None
    once: bool
    starts_at: datetime
    ends_at: datetime | None
    coverage: Coverage

    def holds(self, cadence: Cadence, start: datetime, end: datetime) -> bool:
        """Whether it is taken from a charge for ``[start, end)``.

        What is paid in advance counts by the instant at which it begins, what is paid in arrears by the
        instant at which it ends: so a time of three periods takes it from three of either.
        """
        if cadence is Cadence.IN_ADVANCE:
            return self.starts_at <= start and (self.ends_at is None or start < self.ends_at)
        return self.starts_at < end and (self.ends_at is None or end <= self.ends_at)

    def takes_from(self, sold: Sold, currency: str) -> bool:
        """Whether it takes anything from a price in a currency."""
        if self.percent is None:
            return currency in self.amounts and self.coverage.covers(sold)
        return (self.first_units is None or sold.counted) and self.coverage.covers(sold)


def holds_until(
    duration: CouponDuration,
    unit: DurationUnit | None,
    count: int | None,
    starts_at: datetime,
    cycle: Cycle,
    *,
    begins: bool,
) -> datetime | None:
    """When a coupon that is redeemed from ``starts_at`` on ends; ``None``: by itself never.

    ``cycle`` is the subscription's.  ``begins``: it is charged from that instant on, so that the period in
    which it lies, cut or not, is the first that counts; else the one that runs then is paid already, and as
    many follow.
    """
    if duration is not CouponDuration.REPEATING:
        return None
    assert unit is not None
    assert count is not None
    if unit is DurationUnit.MONTH:
        return Cycle(Interval(IntervalUnit.MONTH), starts_at, cycle.zone).boundary(count)
    if begins:
        return cycle.boundary(cycle.index_at(starts_at) + count)
    return Cycle(cycle.interval, starts_at, cycle.zone).boundary(count)


def rate_discounted(
    lines: Sequence[RatingInput], granted: Sequence[Sequence[Granted]], unit: Unit
) -> list[RatedLine]:
    """The lines of one invoice, each with the discounts that are taken from it; both of one length.

    A per cent is taken from each line.  An amount is taken once: it is shared over its lines in proportion to
    what the discounts before it left of them, by largest remainder.  On an invoice all of whose lines are for
    parts of a period it is the part of it that the longest of them is, but for a coupon that is taken once.
    """
    taken: list[tuple[Discount, ...]] = [() for _ in lines]
    reaching = [{one.number for one in each} for each in granted]
    for one in in_order([one for each in granted for one in each]):
        reached = [index for index, numbers in enumerate(reaching) if one.number in numbers]
        if one.percent is not None:
            for index in reached:
                taken[index] += (_per_cent(one),)
            continue
        left = [rate_line(replace(lines[index], discounts=taken[index])).amount for index in reached]
        part = Fraction(1) if one.once else max(_part_of_period(lines[index]) for index in reached)
        off = round_money(Fraction(one.amounts[unit.code]) * part, unit)
        for index, share in zip(reached, share_discount(off, left), strict=True):
            if share:
                taken[index] += (_amount(one, share),)
    return [
        rate_line(replace(line, discounts=discounts)) for line, discounts in zip(lines, taken, strict=True)
    ]


def _part_of_period(line: RatingInput) -> Fraction:
    """The part of a period that a line is for; usage is not prorated, but it is of a part as well."""
    if line.origin.meter is None or line.share is None:
        return line.proration
    return line.share


def in_order(granted: Sequence[Granted]) -> list[Granted]:
    """Discounts, each once, as they are taken: per cents first, each kind in the order of agreement."""
    each = {one.number: one for one in granted}
    return sorted(each.values(), key=lambda one: (one.percent is None, one.number))


def _per_cent(one: Granted) -> Discount:
    assert one.percent is not None
    kind = DiscountKind.PERCENT if one.first_units is None else DiscountKind.UNITS
    return Discount(kind, one.percent, one.name, one.first_units, one.ref)


def _amount(one: Granted, share: Money) -> Discount:
    return Discount(DiscountKind.AMOUNT, share.to_decimal(), one.name, ref=one.ref)
