"""The service periods of what recurs: when each is due, and the share of a whole one that a stub is."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.billing_periods import ItemTerms, service_periods, trial_end
from counterfoil.core.calculator.reading import (
    CYCLE_FIELDS,
    MAX_PERIODS,
    clock_at,
    currency_at,
    instant_at,
    named,
    optional_instant_at,
    policy_at,
    share_text,
    whole_request,
)
from counterfoil.core.calendar import Period, format_instant, parse_zone, to_local
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import round_money, total_of
from counterfoil.core.pricing.reading import choice_at, count_at, decimal_at, flag_at
from counterfoil.core.rating import Cadence
from counterfoil.core.rating.sentences import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from counterfoil.core.billing_periods import ServicePeriod
    from counterfoil.core.calculator.reading import Data
    from counterfoil.core.calendar import Cycle
    from counterfoil.core.money import Money, Rounding, Unit

FIELDS: Final = (
    *CYCLE_FIELDS,
    *("start", "end", "trial_days", "cadence", "prorated", "policy", "from", "until", "count"),
    *("currency", "amount"),
)
DEFAULT_COUNT: Final = 12
_POLICIES: Final = ("day_count", "denominator", "rounding")


def periods(data: Data) -> dict[str, Any]:
    """The periods of what starts at ``start``, from the one that contains ``from`` on.

    They are numbered from 1, the one in which the charging starts.  With ``amount`` (of a whole period) and
    ``currency`` each says what it costs.  ``InvalidInput`` names the field at fault.
    """
    data = whole_request(data, FIELDS)
    clock, start, end = clock_at(data), instant_at(data, "start"), optional_instant_at(data, "end")
    trial = count_at(data, "trial_days", least=1)
    begins = start if trial is None else trial_end(start, trial, clock.zone)
    if end is not None and end <= begins:
        raise InvalidInput(
            "end is not after the start", field="end", allowed=f"later than {format_instant(begins)}"
        )
    cycle, policy = clock.cycle(start), policy_at(data, _POLICIES)
    count = count_at(data, "count", least=1) or DEFAULT_COUNT
    if count > MAX_PERIODS:
        raise InvalidInput("count is out of range", field="count", allowed=f"1 to {MAX_PERIODS}")
    amount, unit = _price(data)
    terms = ItemTerms(
        started_at=begins,
        ended_at=end,
        billed_to=_billed_to(optional_instant_at(data, "from"), begins, end, cycle),
        cadence=choice_at(data, "cadence", Cadence.IN_ADVANCE),
        prorated=flag_at(data, "prorated", default=True),
    )
    until = optional_instant_at(data, "until")
    with named("start"):
        every = service_periods(terms, cycle, policy)
        inside = every if until is None else takewhile(lambda one: one.start < until, every)
        found = list(islice(inside, count))
    first = cycle.index_at(begins)
    told = [_told(one, cycle, cycle.index_at(one.start) - first + 1) for one in found]
    costs = [] if amount is None or unit is None else _costs(told, amount, unit, policy.rounding)
    for one, cost in zip(told, costs, strict=False):
        one["amount"] = cost.amount_text()
    return {
        "zone": clock.zone,
        "anchor": format_instant(cycle.anchor),
        "charged_from": format_instant(begins),
        "currency": None if unit is None else unit.code,
        "total": None if unit is None else total_of(costs, unit).amount_text(),
        "periods": told,
        "steps": [_step(one, clock.zone, amount) for one in told],
    }


def _billed_to(from_: datetime | None, begins: datetime, end: datetime | None, cycle: Cycle) -> datetime:
    """Where the first period that is asked for starts."""
    if from_ is None or from_ <= begins:
        return begins
    start = max(cycle.period_at(from_).start, begins)
    return start if end is None else min(start, end)


def _price(data: Data) -> tuple[Decimal | None, Unit | None]:
    if data.get("amount") is None:
        if data.get("currency") is not None:
            raise InvalidInput("amount is missing", field="amount", allowed="what a whole period costs")
        return None, None
    return decimal_at(data, "amount"), currency_at(data)


def _told(period: ServicePeriod, cycle: Cycle, number: int) -> dict[str, Any]:
    around = cycle.period_at(period.start)
    return {
        "number": number,
        "start": format_instant(period.start),
        "end": format_instant(period.end),
        "due_at": format_instant(period.due_at),
        "stub": Period(period.start, period.end) != around,
        "share": share_text(period.proration),
        "words": period.note,
        "amount": None,
    }


def _costs(told: Sequence[Mapping[str, Any]], amount: Decimal, unit: Unit, rounding: Rounding) -> list[Money]:
    with named("amount"):
        return [round_money(Fraction(amount) * Fraction(one["share"]), unit, rounding) for one in told]


def _step(period: Mapping[str, Any], zone: str, amount: Decimal | None) -> dict[str, str | None]:
    start, end = (local_text(period[key], zone) for key in ("start", "end"))
    text = f"{start} until before {end}"
    if period["words"]:
        text += f", {period['words']}"
    if amount is not None:
        product = "" if period["share"] == "1" else f"{shown(amount)} × {period['share']} = "
        text += f": {product}{period['amount']}"
    return {"step": "period", "text": text, "amount": period["amount"]}


def local_text(instant: str | datetime, zone: str) -> str:
    """An instant as it is read in a zone; the day alone where it is its midnight."""
    at = instant_at({"at": instant}, "at")
    return f"{to_local(at, parse_zone(zone)):%Y-%m-%d %H:%M}".removesuffix(" 00:00")
