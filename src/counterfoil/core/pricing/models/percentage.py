"""Percentage: a share of the amounts that events carry, with a fee for each event.

Some may be free: the first ``free_events``, as long as their amounts are within ``free_amount`` in all.  An
event that is free altogether pays no fee; of one that crosses the free amount, what lies beyond it is
charged, and the fee.  An event's own charge may have a least and a most; free events have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text, exact_context
from counterfoil.core.pricing.exact import ZERO, less, lesser, minus, plus, times
from counterfoil.core.pricing.measured import QUANTITY_ALONE, Detail, Need
from counterfoil.core.pricing.parts import Part, PartKind, priced
from counterfoil.core.pricing.reading import (
    count_at,
    decimal_at,
    object_at,
    optional_decimal_at,
    percent_at,
    percent_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from counterfoil.core.money import Exact
    from counterfoil.core.pricing.measured import Measured


@dataclass(frozen=True, slots=True)
class Params:
    """``rate`` is the share (``rate_percent`` 2.5 is 0.025); amounts are in the price's currency."""

    rate: Decimal
    fixed_per_event: Decimal = ZERO
    free_events: int | None = None
    free_amount: Decimal | None = None
    min_per_event: Decimal | None = None
    max_per_event: Decimal | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Params:
        """The parameters as written, or ``InvalidInput`` naming the field at fault."""
        own = ("fixed_per_event", "free_events", "free_amount", "min_per_event", "max_per_event")
        object_at(data, ("rate_percent", *own))
        least, most = optional_decimal_at(data, "min_per_event"), optional_decimal_at(data, "max_per_event")
        if least is not None and most is not None and most < least:
            raise InvalidInput(
                "max_per_event is below min_per_event",
                field="max_per_event",
                allowed=f"{decimal_text(least)} or more",
            )
        return cls(
            percent_at(data, "rate_percent"),
            decimal_at(data, "fixed_per_event", default=ZERO),
            count_at(data, "free_events", least=1),
            optional_decimal_at(data, "free_amount", above_zero=True),
            least,
            most,
        )

    def to_json(self) -> dict[str, object]:
        """The parameters as ``from_json`` reads them, complete."""
        free, least, most = (
            None if value is None else decimal_text(value)
            for value in (self.free_amount, self.min_per_event, self.max_per_event)
        )
        return {
            "rate_percent": percent_text(self.rate),
            "fixed_per_event": decimal_text(self.fixed_per_event),
            "free_events": self.free_events,
            "free_amount": free,
            "min_per_event": least,
            "max_per_event": most,
        }

    @property
    def gives_free(self) -> bool:
        """Whether anything is free."""
        return self.free_events is not None or self.free_amount is not None

    @property
    def need(self) -> Need:
        """Each event's amount where it matters by itself, else their number if each pays a fee."""
        if self.gives_free or self.min_per_event is not None or self.max_per_event is not None:
            return Need(Detail.AMOUNTS)
        return Need(Detail.EVENTS) if self.fixed_per_event else QUANTITY_ALONE

    def free_of(self, index: int, amount: Exact, before: Exact) -> Exact:
        """How much of the amount of event ``index`` is free, after amounts of ``before`` in all."""
        if not self.gives_free or (self.free_events is not None and index >= self.free_events):
            return ZERO
        if self.free_amount is None:
            return amount
        left = minus(self.free_amount, before)
        return lesser(amount, left) if less(ZERO, left) else ZERO


def rate(params: Params, used: Measured) -> tuple[Part, ...]:
    """What is free, the share, the fees, the events at the least and at the most; each if there is any."""
    with exact_context():
        if params.need.detail is Detail.AMOUNTS:
            return _by_event(params, used.amounts or ())
        events = Decimal(used.events or 0)
        return _charged(params, used.quantity, events)


def _charged(params: Params, amount: Exact, events: Decimal) -> tuple[Part, ...]:
    share = priced(PartKind.PERCENT, amount, amount, params.rate)
    if not events or not params.fixed_per_event:
        return (share,)
    return (share, priced(PartKind.EVENTS, ZERO, events, params.fixed_per_event))


def _by_event(params: Params, amounts: Sequence[Exact]) -> tuple[Part, ...]:
    """Events that are charged alike are one part together, so that a million of them are told in five."""
    before: Exact = ZERO
    free: Exact = ZERO
    sums: dict[PartKind, Exact] = {}
    counts: dict[PartKind, int] = {}
    for index, amount in enumerate(amounts):
        given = params.free_of(index, amount, before)
        before, free = plus(before, amount), plus(free, given)
        if params.gives_free and _wholly_free(params, index, before):
            continue
        owed = minus(amount, given)
        kind = _kind(params, owed)
        sums[kind] = plus(sums.get(kind, ZERO), owed)
        counts[kind] = counts.get(kind, 0) + 1
    parts: list[Part] = [priced(PartKind.INCLUDED, free, free, ZERO)] if free else []
    plain = Decimal(counts.get(PartKind.PERCENT, 0))
    parts += _charged(params, sums.get(PartKind.PERCENT, ZERO), plain)
    for kind, bound in ((PartKind.MINIMUM, params.min_per_event), (PartKind.MAXIMUM, params.max_per_event)):
        if kind in counts:
            assert bound is not None
            parts.append(priced(kind, sums[kind], Decimal(counts[kind]), bound))
    return tuple(parts)


def _wholly_free(params: Params, index: int, running: Exact) -> bool:
    """Whether the event, with which the amounts come to ``running``, lies within what is free."""
    if params.free_events is not None and index >= params.free_events:
        return False
    return params.free_amount is None or not less(params.free_amount, running)


def _kind(params: Params, owed: Exact) -> PartKind:
    charge = plus(times(owed, params.rate), params.fixed_per_event)
    if params.min_per_event is not None and less(charge, params.min_per_event):
        return PartKind.MINIMUM
    if params.max_per_event is not None and less(params.max_per_event, charge):
        return PartKind.MAXIMUM
    return PartKind.PERCENT
