"""``AnchorRule``: how somebody says where their billing periods begin, and the cycle that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from counterfoil.core.calendar.anchors import aligned_anchor, anchor_on_date, anchor_on_day, anchor_on_weekday
from counterfoil.core.calendar.cycles import Cycle
from counterfoil.core.errors import InvalidInput

if TYPE_CHECKING:
    from counterfoil.core.calendar.intervals import Interval


class Alignment(StrEnum):
    """What billing periods follow."""

    ANNIVERSARY = "anniversary"
    """The instant of the start, or what is said of the anchor."""
    CALENDAR = "calendar"
    """The calendar: local midnights, Mondays, first days of the month, quarter, half-year or year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorRule:
    """Where periods begin: at most one of an instant, a ``weekday`` and a ``day`` (with or without a month).

    Nothing said, the anchor is the start.  ``day`` is 1 to 31, ``month`` 1 to 12, ``weekday`` 1 (Monday) to
    7.  Rules that contradict each other are ``InvalidInput``.
    """

    alignment: Alignment = Alignment.ANNIVERSARY
    at: datetime | None = None
    day: int | None = None
    month: int | None = None
    weekday: int | None = None

    def __post_init__(self) -> None:
        said = [name for name in ("at", "day", "weekday") if getattr(self, name) is not None]
        if self.month is not None and self.day is None:
            raise InvalidInput(
                "a billing month needs its day", field="billing_day", allowed="a day of the month"
            )
        if said and self.alignment is Alignment.CALENDAR:
            raise InvalidInput(
                "the calendar has its own anchors",
                field="alignment",
                allowed=f"{Alignment.ANNIVERSARY.value} with an anchor of one's own",
            )
        if len(said) > 1:
            raise InvalidInput(
                "there are two anchors", field="anchor", allowed="an instant, a weekday or a billing day"
            )

    def cycle(self, interval: Interval, start: datetime, zone: str) -> Cycle:
        """The cycle of a subscription that starts at ``start``; what ``interval`` cannot have is refused."""
        return Cycle(interval, self._anchor(interval, start, zone), zone)

    def _anchor(self, interval: Interval, start: datetime, zone: str) -> datetime:
        if self.alignment is Alignment.CALENDAR:
            return aligned_anchor(interval, start, zone)
        if self.weekday is not None:
            return anchor_on_weekday(interval, start, self.weekday, zone)
        if self.day is not None and self.month is not None:
            return anchor_on_date(interval, start, self.month, self.day, zone)
        if self.day is not None:
            return anchor_on_day(interval, start, self.day, zone)
        return start if self.at is None else self.at
