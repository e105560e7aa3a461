"""What a subscription pays when: the plan's prices, those it overrides, and those of its own.

Owns: which price holds in which part of a subscription's time.  Does not own: what a price costs (catalog),
periods (core).  Always holds: the stretches of the prices with one code tile the subscription's time, each
beginning where the one before it ends.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import as_instant, format_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.modules.catalog import NewPrice

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from counterfoil.modules.catalog import PlanVersion, Price
    from counterfoil.modules.subscriptions.types import PriceOverride

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


def taken(version: PlanVersion | None, codes: Collection[str] | None, path: str = "") -> list[Price]:
    """The prices of a plan's version that are wanted, in its order; all of them if no code is given.

    ``path`` stands before the names of fields in refusals, here and below.
    """
    given = [] if version is None else list(version.prices)
    if codes is None:
        return given
    known = [price.code for price in given]
    for code in codes:
        if code not in known:
            raise InvalidInput(
                f"the plan has no price {code!r}",
                field=f"{path}price_codes",
                allowed=", ".join(known) or "none: there is no plan with prices",
            )
    return [price for price in given if price.code in codes]


def own_stretches(
    prices: Sequence[Price], start: datetime, end: datetime | None = None, path: str = ""
) -> list[Stretch]:
    """Prices of the subscription's own hold from the start to the end of what they were given for."""
    return [
        Stretch(price, start, end, f"{path}prices.{index}.meter_id") for index, price in enumerate(prices)
    ]


def plan_stretches(
    prices: Sequence[Price],
    times: Sequence[OverrideTime],
    own: Sequence[Price],
    start: datetime,
    field: str,
    end: datetime | None = None,
    path: str = "",
) -> list[Stretch]:
    """The plan's prices in ``[start, end)``, each cut where one of ``own`` (as many as ``times``) holds."""
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
            found.append(Stretch(own[time.index], time.start, time.end, f"{path}overrides.{time.index}.code"))
            reached = time.end
        if reached is not None and reached != end:
            found.append(Stretch(price, reached, end, field))
    return found


def read_times(
    overrides: Sequence[PriceOverride],
    prices: Iterable[Price],
    start: datetime,
    end: datetime | None = None,
    path: str = "",
) -> list[OverrideTime]:
    """When each override holds, in the order of time; ``InvalidInput`` where they overlap or hold never.

    ``prices`` are the plan's, which are paid in ``[start, end)``.
    """
    if len(overrides) > MAX_OVERRIDES:
        raise InvalidInput(
            "there are too many overrides", field=f"{path}overrides", allowed=f"up to {MAX_OVERRIDES}"
        )
    codes = [price.code for price in prices]
    times = sorted(
        (
            _time(override, index, codes, (start, end), f"{path}overrides.{index}")
            for index, override in enumerate(overrides)
        ),
        key=lambda time: (time.start, time.index),
    )
    last: dict[str, OverrideTime] = {}
    for time in times:
        before = last.get(time.code)
        if before is not None and (before.end is None or time.start < before.end):
            later = max(time.index, before.index)
            raise InvalidInput(
                f"two overrides of the price {time.code} hold at the same time",
                field=f"{path}overrides.{later}.starts_at",
                allowed="times that do not overlap; each ends before its ends_at",
            )
        last[time.code] = time
    return times


def _time(
    override: PriceOverride,
    index: int,
    codes: Sequence[str],
    paid: tuple[datetime, datetime | None],
    field: str,
) -> OverrideTime:
    start, last = paid
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
                allowed="a time after starts_at and after what is paid begins",
            )
    if last is not None:
        if last <= begin:
            raise InvalidInput(
                "the override begins when the phase has ended",
                field=f"{field}.starts_at",
                allowed=f"a time before {format_instant(last)}",
            )
        end = last if end is None else min(end, last)
    return OverrideTime(index, override.code, begin, end)


def never_paid(times: Sequence[OverrideTime], start: datetime, end: datetime | None = None) -> set[str]:
    """The codes of the plan's prices that overrides replace for the whole of ``[start, end)``."""
    reached: dict[str, datetime | None] = {}
    for time in times:
        if reached.get(time.code, start) == time.start:
            reached[time.code] = time.end
    return {code for code, at in reached.items() if at == end}


def replacing(price: Price, override: PriceOverride, currency: str) -> NewPrice:
    """The price that takes the place of a plan's: with other parameters, or of another model."""
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
