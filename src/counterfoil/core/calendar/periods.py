"""``Period``: a half-open span of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterfoil.core.calendar.instants import assert_utc, format_instant, microseconds_between
from counterfoil.core.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Period:
    """The time from ``start`` up to, but not including, ``end``; never empty."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if assert_utc(self.start) >= assert_utc(self.end):
            raise InvalidInput(
                "a period must end after it starts",
                field="end",
                allowed=f"a time after {format_instant(self.start)}",
            )

    def contains(self, instant: datetime) -> bool:
        """Whether the instant is in the period; its end is not."""
        return self.start <= assert_utc(instant) < self.end

    def covers(self, other: Period) -> bool:
        """Whether the whole of ``other`` is in this period."""
        return self.start <= other.start and other.end <= self.end

    def overlap(self, other: Period) -> Period | None:
        """What the two have in common; ``None`` where they only touch or lie apart."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None

    @property
    def microseconds(self) -> int:
        """The exact length."""
        return microseconds_between(self.start, self.end)

    def __str__(self) -> str:
        return f"[{format_instant(self.start)}, {format_instant(self.end)})"
