"""The spans of a new subscription: one without phases, one for each of them, tiling its time.

Owns: where each phase begins and ends, and refusing phases that overlap or leave a gap.  Does not own: what
is paid in a span (``agreed``, ``agreeing``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import as_instant, format_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from typing import Any
    from uuid import UUID

    from counterfoil.modules.catalog import NewPrice
    from counterfoil.modules.subscriptions.types import NewPhase, NewSubscription, PriceOverride

MAX_PHASES: Final = 50


@dataclass(frozen=True, slots=True)
class Span:
    """What is asked for in ``[start, end)``; ``path`` stands before the names of its fields in refusals.

    ``plan_path`` is there for a span that says its own plan, and empty where the subscription's is taken.
    """

    start: datetime
    end: datetime | None
    path: str
    plan_path: str
    plan_id: UUID | None
    plan_version_id: UUID | None
    price_codes: Collection[str] | None
    prices: Sequence[NewPrice]
    overrides: Sequence[PriceOverride]
    quantities: Mapping[str, Decimal]
    defaults: Mapping[str, Decimal]
    name: str | None = None
    discounts: Sequence[Any] = ()

    def field(self, name: str) -> str:
        """How a refusal names the field of this span."""
        return f"{self.path}{name}"


def spans_of(new: NewSubscription, start: datetime) -> list[Span]:
    """The spans of a new subscription that begins at ``start``; ``InvalidInput`` names ``phases.<n>.…``."""
    if not new.phases:
        return [
            Span(
                start=start,
                end=None,
                path="",
                plan_path="",
                plan_id=new.plan_id,
                plan_version_id=new.plan_version_id,
                price_codes=new.price_codes,
                prices=new.prices,
                overrides=new.overrides,
                quantities=new.quantities,
                defaults={},
            )
        ]
    for field in ("prices", "overrides"):
        if getattr(new, field):
            raise InvalidInput(
                f"{field} of a subscription with phases hold in one of them",
                field=field,
                allowed=f"phases.0.{field}; none beside phases",
            )
    first = new.phases[0].starts_at
    if first is not None and as_instant(first, field="phases.0.starts_at") != start:
        raise InvalidInput(
            "the first phase does not begin with the subscription",
            field="phases.0.starts_at",
            allowed=f"{format_instant(start)}, or nothing",
        )
    return phase_spans(new.phases, start, new)


def phase_spans(phases: Sequence[NewPhase], start: datetime, defaults: NewSubscription) -> list[Span]:
    """The spans of phases, the first of which begins at ``start``; the subscription's fields are defaults."""
    if len(phases) > MAX_PHASES:
        raise InvalidInput("there are too many phases", field="phases", allowed=f"up to {MAX_PHASES}")
    bounds = [start, *(_bound(phases, index) for index in range(len(phases) - 1)), _last(phases)]
    found = []
    for index, phase in enumerate(phases):
        begin, end = bounds[index], bounds[index + 1]
        assert begin is not None
        if end is not None and end <= begin:
            field = "ends_at" if phase.ends_at is not None else "starts_at"
            where = index if phase.ends_at is not None else index + 1
            raise InvalidInput(
                "the phase ends before it begins",
                field=f"phases.{where}.{field}",
                allowed=f"a time after {format_instant(begin)}",
            )
        check_text(phase.name, f"phases.{index}.name", longest=255)
        own = phase.plan_id is not None or phase.plan_version_id is not None
        found.append(
            Span(
                start=begin,
                end=end,
                path=f"phases.{index}.",
                plan_path=f"phases.{index}." if own else "",
                plan_id=phase.plan_id if own else defaults.plan_id,
                plan_version_id=phase.plan_version_id if own else defaults.plan_version_id,
                price_codes=_codes(phase, defaults, own=own),
                prices=phase.prices,
                overrides=phase.overrides,
                quantities=phase.quantities,
                defaults=defaults.quantities,
                name=phase.name,
                discounts=phase.discounts,
            )
        )
    return found


def _codes(phase: NewPhase, defaults: NewSubscription, *, own: bool) -> Collection[str] | None:
    """Which prices of its plan a phase takes: the subscription's choice holds for the subscription's plan."""
    if phase.price_codes is not None or own:
        return phase.price_codes
    return defaults.price_codes


def _bound(phases: Sequence[NewPhase], index: int) -> datetime:
    """Where the phase ends and the next begins, as one of them, or both, say."""
    end, begin = phases[index].ends_at, phases[index + 1].starts_at
    end_field, begin_field = f"phases.{index}.ends_at", f"phases.{index + 1}.starts_at"
    end = None if end is None else as_instant(end, field=end_field)
    begin = None if begin is None else as_instant(begin, field=begin_field)
    if end is None and begin is None:
        raise InvalidInput(
            "a phase that another one follows needs an end",
            field=end_field,
            allowed=f"a time here, or as {begin_field}",
        )
    if end is not None and begin is not None and begin != end:
        wrong = "overlaps the phase before it" if begin < end else "leaves a gap after the phase before it"
        raise InvalidInput(
            f"the phase {wrong}",
            field=begin_field,
            allowed=f"{format_instant(end)}, where that one ends, or nothing",
        )
    known = begin if end is None else end
    assert known is not None
    return known


def _last(phases: Sequence[NewPhase]) -> datetime | None:
    end = phases[-1].ends_at
    return None if end is None else as_instant(end, field=f"phases.{len(phases) - 1}.ends_at")
