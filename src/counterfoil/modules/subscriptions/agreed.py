"""What a subscription pays when: the plan's prices, those it overrides, and those of its own.

Owns: which price holds in which part of a subscription's time.  Does not own: what a price costs (catalog),
periods (core).  Always holds: the stretches of the prices with one code tile the subscription's time, each
beginning where the one before it ends.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import as_instant
from counterfoil.core.errors import CounterfoilError, InvalidInput
from counterfoil.modules.catalog import NewPrice, create_own_prices

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from counterfoil.modules.catalog import PlanVersion, Price
    from counterfoil.modules.subscriptions.types import PriceOverride
    from counterfoil.store import Uow

MAX_OVERRIDES: Final = 200


@dataclass(frozen=True, slots=True)
class Stretch:
    """A price in ``[start, end)``; ``end`` is ``None`` where it goes on.  ``field``: what brought it."""

    price: Price
    start: datetime
    end: datetime | None
    field: str


@dataclass(frozen=True, slots=True)
class OverrideTime:
    """The override with this ``index`` among those given holds in ``[start, end)`` for the price ``code``."""

    index: int
    code: str
    start: datetime
    end: datetime | None


def taken(version: PlanVersion | None, codes: Collection[str] | None) -> list[Price]:
    """The prices of a plan's version that are wanted, in its order; all of them if no code is given."""
    given = [] if version is None else list(version.prices)
    if codes is None:
        return given
    known = [price.code for price in given]
    for code in codes:
        if code not in known:
            raise InvalidInput(
                f"the plan has no price {code!r}",
                field="price_codes",
                allowed=", ".join(known) or "none: there is no plan with prices",
            )
    return [price for price in given if price.code in codes]


def own_stretches(prices: Sequence[Price], start: datetime) -> list[Stretch]:
    """Prices of the subscription's own hold from its start on."""
    return [Stretch(price, start, None, f"prices.{index}.meter_id") for index, price in enumerate(prices)]


def plan_stretches(
    prices: Sequence[Price], times: Sequence[OverrideTime], own: Sequence[Price], start: datetime, field: str
) -> list[Stretch]:
    """The plan's prices, each cut where one of ``own`` (as many as ``times``) takes its place."""
    by_code: defaultdict[str, list[OverrideTime]] = defaultdict(list)
    for time in times:
        by_code[time.code].append(time)
    found: list[Stretch] = []
    for price in prices:
        reached: datetime | None = start
        for time in by_code[price.code]:
            assert reached is not None
            if reached < time.start:
                found.append(Stretch(price, reached, time.start, field))
            found.append(Stretch(own[time.index], time.start, time.end, f"overrides.{time.index}.code"))
            reached = time.end
        if reached is not None:
            found.append(Stretch(price, reached, None, field))
    return found


def read_times(
    overrides: Sequence[PriceOverride], prices: Iterable[Price], start: datetime
) -> list[OverrideTime]:
    """When each override holds, in the order of time; ``InvalidInput`` where they overlap or hold never.

    ``prices`` are the plan's; ``start`` is the subscription's.
    """
    if len(overrides) > MAX_OVERRIDES:
        raise InvalidInput(
            "there are too many overrides", field="overrides", allowed=f"up to {MAX_OVERRIDES}"
        )
    codes = [price.code for price in prices]
    times = sorted(
        (_time(index, override, codes, start) for index, override in enumerate(overrides)),
        key=lambda time: (time.start, time.index),
    )
    last: dict[str, OverrideTime] = {}
    for time in times:
        before = last.get(time.code)
        if before is not None and (before.end is None or time.start < before.end):
            later = max(time.index, before.index)
            raise InvalidInput(
                f"two overrides of the price {time.code} hold at the same time",
                field=f"overrides.{later}.starts_at",
                allowed="times that do not overlap; each ends before its ends_at",
            )
        last[time.code] = time
    return times


def _time(index: int, override: PriceOverride, codes: Sequence[str], start: datetime) -> OverrideTime:
    field = f"overrides.{index}"
    if override.code not in codes:
        raise InvalidInput(
            f"the plan has no price {override.code!r} to override",
            field=f"{field}.code",
            allowed=", ".join(codes) or "none: there is no plan with prices",
        )
    begin, end = override.starts_at, override.ends_at
    begin = start if begin is None else max(as_instant(begin, field=f"{field}.starts_at"), start)
    if end is not None:
        end = as_instant(end, field=f"{field}.ends_at")
        if end <= begin:
            raise InvalidInput(
                "the override ends before it begins",
                field=f"{field}.ends_at",
                allowed="a time after starts_at and after the subscription's start",
            )
    return OverrideTime(index, override.code, begin, end)


def never_paid(times: Sequence[OverrideTime], start: datetime) -> set[str]:
    """The codes of the plan's prices that overrides replace for the subscription's whole time."""
    reached: dict[str, datetime | None] = {}
    for time in times:
        if reached.get(time.code, start) == time.start:
            reached[time.code] = time.end
    return {code for code, end in reached.items() if end is None}


async def make_own(uow: Uow, new: Sequence[NewPrice]) -> list[Price]:
    """The subscription's own prices; ``InvalidInput`` names ``prices.<n>.…``."""
    return await create_own_prices(uow, new) if new else []


async def make_overrides(
    uow: Uow, overrides: Sequence[PriceOverride], version: PlanVersion, currency: str
) -> list[Price]:
    """The prices that take the place of the plan's; ``InvalidInput`` names ``overrides.<n>.…``."""
    replaced = {price.code: price for price in version.prices}
    new = [_replacing(replaced[override.code], override, currency) for override in overrides]
    try:
        return await make_own(uow, new)
    except CounterfoilError as refused:
        if refused.field is not None:
            field = refused.field.replace("prices.", "overrides.", 1)
            refused.field = field.replace(f"params.{currency}", "params", 1)
        raise


def _replacing(price: Price, override: PriceOverride, currency: str) -> NewPrice:
    return NewPrice(
        code=price.code,
        name=price.name,
        description=price.description,
        feature_id=price.feature_id,
        unit=price.unit,
        model=price.model if override.model is None else override.model,
        params={currency: override.params},
        terms=price.terms_in(currency),
        meter_id=price.meter_id,
        filters=price.filters,
        quantity_source=price.quantity_source,
        interval_unit=price.interval_unit,
        interval_count=price.interval_count,
        cadence=price.cadence,
        tax_rate_ids=price.tax_rate_ids,
    )
