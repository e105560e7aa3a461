"""The conventions that systems differ in, each with a name; the first of each is the default.

``docs/time.md`` lists them with the sources of their rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import DayCount
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Rounding
from counterfoil.core.pricing.reading import choice_at, object_at

if TYPE_CHECKING:
    from collections.abc import Mapping


class StubDenominator(StrEnum):
    """What a piece of a period is measured against."""

    FULL_CYCLE = "full_cycle"
    """The whole period around it, also where that begins before the subscription (Kill Bill, Lago)."""
    CALENDAR_MONTH = "calendar_month"
    """Each calendar month that it touches, on its own, for the price by the month (Zuora: by month first)."""
    PLAN_YEAR = "plan_year"
    """The year from the anchor, 365 or 366 days, for the price by the year (Zuora: by day)."""


class IntervalChange(StrEnum):
    """What becomes of the periods when the interval changes."""

    RESET = "reset"
    """A new cycle begins at the change, with a whole first period (Stripe, Polar)."""
    KEEP_ANCHOR = "keep_anchor"
    """The new interval counts from the anchor that there was, so its first period is a stub (Lago)."""


class ProrationBehavior(StrEnum):
    """Whether a change in mid-period moves money, and on which invoice (the names are Stripe's)."""

    CREATE_PRORATIONS = "create_prorations"
    """The lines are on the next invoice."""
    ALWAYS_INVOICE = "always_invoice"
    """The lines are invoiced at once."""
    NONE = "none"
    """The running period stays as it was sold."""


class NetRounding(StrEnum):
    """What is rounded, where a change has several lines."""

    SUM_OF_ROUNDED = "sum_of_rounded"
    """Each line; the net is their sum (Flexprice; and every invoice here)."""
    ROUNDED_SUM = "rounded_sum"
    """The net; the lines share it by largest remainder, so they sum to it too."""


class CancelCredit(StrEnum):
    """What is given back when a subscription ends in mid-period (Lago's three choices)."""

    UNUSED = "unused"
    """What was billed for the time after the end."""
    NONE = "none"
    """Nothing."""
    WHOLE = "whole"
    """All that was billed for the period that runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProrationPolicy:
    """The conventions of one subscription.  Two that contradict each other are ``InvalidInput``."""

    day_count: DayCount = DayCount.LOCAL_DAYS
    denominator: StubDenominator = StubDenominator.FULL_CYCLE
    interval_change: IntervalChange = IntervalChange.RESET
    behavior: ProrationBehavior = ProrationBehavior.CREATE_PRORATIONS
    net_rounding: NetRounding = NetRounding.SUM_OF_ROUNDED
    rounding: Rounding = Rounding.HALF_UP

    def __post_init__(self) -> None:
        # The day on which a period ends would be counted in two months, or in two years.
        if self.day_count is DayCount.INCLUSIVE_END and self.denominator is not StubDenominator.FULL_CYCLE:
            raise InvalidInput(
                "an inclusive end is that of the full cycle",
                field="denominator",
                allowed=f"{StubDenominator.FULL_CYCLE.value} with the day count inclusive_end",
            )

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> ProrationPolicy:
        """The policy as written, the default for what is left out, or ``InvalidInput`` naming the field."""
        object_at(data, tuple(DEFAULT.to_json()))
        return cls(
            day_count=choice_at(data, "day_count", DEFAULT.day_count),
            denominator=choice_at(data, "denominator", DEFAULT.denominator),
            interval_change=choice_at(data, "interval_change", DEFAULT.interval_change),
            behavior=choice_at(data, "behavior", DEFAULT.behavior),
            net_rounding=choice_at(data, "net_rounding", DEFAULT.net_rounding),
            rounding=choice_at(data, "rounding", DEFAULT.rounding),
        )

    def to_json(self) -> dict[str, str]:
        """The policy as ``from_json`` reads it, with every field."""
        return {
            "day_count": self.day_count.value,
            "denominator": self.denominator.value,
            "interval_change": self.interval_change.value,
            "behavior": self.behavior.value,
            "net_rounding": self.net_rounding.value,
            "rounding": self.rounding.value,
        }


DEFAULT: Final = ProrationPolicy()
"""Half-open local days of the full cycle, rounded half up line by line."""
