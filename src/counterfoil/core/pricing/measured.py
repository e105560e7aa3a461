"""``Measured``: what was used, in as much detail as a price needs, and ``Need``: what a price says it needs.

Owns: the forms in which usage reaches a pricing model.  Does not own: how events become quantities
(``core.rating.aggregate`` and the usage stores) or what they cost.
Always holds: no quantity is negative; what a detail lists sums to ``quantity``, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.money import exact_context
from counterfoil.core.pricing.exact import sum_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sized
    from datetime import datetime

    from counterfoil.core.money import Exact

MAX_PIECES: Final = 10_000
"""The most groups or windows of one line: each is a part of its explanation (a year has 8,784 hours)."""


class Detail(StrEnum):
    """What a price must be told of the usage, besides how much it is."""

    QUANTITY = "quantity"
    """Nothing: the quantity is enough."""
    EVENTS = "events"
    """How many events it was."""
    AMOUNTS = "amounts"
    """The amount of each event, in the order of time."""
    GROUPS = "groups"
    """The quantity of each group of events by values of properties."""
    WINDOWS = "windows"
    """The quantity of each window of time."""


class WindowUnit(StrEnum):
    """The units that windows are counted in."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Window:
    """How long each window is: ``Window(MINUTE, 15)`` is a quarter of an hour."""

    unit: WindowUnit
    count: int = 1


@dataclass(frozen=True, slots=True)
class Need:
    """The detail that a price needs; by which properties to group, or how long the windows are."""

    detail: Detail
    group_by: tuple[str, ...] = ()
    window: Window | None = None


QUANTITY_ALONE: Final = Need(Detail.QUANTITY)


@dataclass(frozen=True, slots=True)
class GroupUsage:
    """The quantity of one group: a value (text; ``None`` where absent) for each property, in their order."""

    values: tuple[str | None, ...]
    quantity: Exact


@dataclass(frozen=True, slots=True)
class WindowUsage:
    """The quantity of the window that starts at ``start`` (UTC); windows without usage are left out."""

    start: datetime
    quantity: Exact


@dataclass(frozen=True, slots=True)
class Measured:
    """What was used.  A quantity with at most one detail; those with a list are made by ``of_…``.

    ``InvalidInput`` for a quantity below zero, by its place; ``TooLarge`` for over ``MAX_PIECES`` groups or
    windows.  A correction that makes a period's usage negative has no price: tiers and packages are not
    defined below zero.  It is for the caller to credit the earlier line instead.
    """

    quantity: Exact
    events: int | None = None
    amounts: tuple[Exact, ...] | None = None
    groups: tuple[GroupUsage, ...] | None = None
    windows: tuple[WindowUsage, ...] | None = None

    def __post_init__(self) -> None:
        check_quantity(self.quantity)
        assert self.events is None or self.events >= 0

    @classmethod
    def of_amounts(cls, amounts: Iterable[Exact]) -> Measured:
        """The events of a period, by the amounts that they carry, in the order of time."""
        listed = tuple(amounts)
        return cls(_sum(listed, "amounts"), events=len(listed), amounts=listed)

    @classmethod
    def of_groups(cls, groups: Iterable[GroupUsage], events: int | None = None) -> Measured:
        """Usage by group; no group twice."""
        listed = tuple(groups)
        _check_count(listed, "groups")
        assert len({group.values for group in listed}) == len(listed)
        return cls(_sum([group.quantity for group in listed], "groups"), events, groups=listed)

    @classmethod
    def of_windows(cls, windows: Iterable[WindowUsage], events: int | None = None) -> Measured:
        """Usage by window, the earliest first."""
        listed = tuple(windows)
        _check_count(listed, "windows")
        starts = [window.start for window in listed]
        assert all(start.tzinfo is not None for start in starts)
        assert all(earlier < later for earlier, later in pairwise(starts))
        return cls(_sum([window.quantity for window in listed], "windows"), events, windows=listed)

    def each(self, change: Callable[[Exact], Exact]) -> Measured:
        """The same usage with every quantity that is priced on its own changed; the whole is their sum."""
        if self.amounts is not None:
            return Measured.of_amounts(change(amount) for amount in self.amounts)
        if self.groups is not None:
            changed = (GroupUsage(group.values, change(group.quantity)) for group in self.groups)
            return Measured.of_groups(changed, self.events)
        if self.windows is not None:
            moved = (WindowUsage(window.start, change(window.quantity)) for window in self.windows)
            return Measured.of_windows(moved, self.events)
        return Measured(change(self.quantity), self.events)

    def expect(self, need: Need) -> None:
        """``InvalidInput`` if the detail that is needed is missing; of nothing, every detail is known."""
        missing = need.detail is not Detail.QUANTITY and getattr(self, need.detail.value) is None
        if missing and self.quantity:
            raise InvalidInput(
                f"a quantity alone has no price here: the {need.detail.value} that make it are needed",
                field="quantity",
                allowed=f"the usage with its {need.detail.value}",
            )


def check_quantity(quantity: Exact, field: str = "quantity") -> None:
    """``InvalidInput`` unless the quantity is a finite number, 0 or more."""
    finite = not isinstance(quantity, Decimal) or quantity.is_finite()
    if not finite or quantity < 0:
        raise InvalidInput("a negative quantity has no price", field=field, allowed="0 or more")


def _check_count(pieces: Sized, field: str) -> None:
    if len(pieces) > MAX_PIECES:
        raise TooLarge(f"the usage has too many {field}", field=field, allowed=f"at most {MAX_PIECES}")


def _sum(quantities: Iterable[Exact], field: str) -> Exact:
    listed = list(quantities)
    for index, quantity in enumerate(listed):
        check_quantity(quantity, f"{field}.{index}")
    with exact_context():
        return sum_of(listed)
