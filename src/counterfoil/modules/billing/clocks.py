"""Advancing a test clock: from due instant to due instant, in order, running what falls due at each."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import format_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.core.ids import show_id
from counterfoil.modules import invoicing, subscriptions
from counterfoil.modules.billing.due import run_due
from counterfoil.modules.billing.types import Billed
from counterfoil.modules.identity import get_clock, set_clock, start_operation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.identity import Operation
    from counterfoil.store import Scope, Store, Uow

type Progress = Callable[[datetime, Billed], Awaitable[None]]
"""Told after each step: the instant that was reached and what has been done in all."""

FARTHEST_YEARS: Final = 20
"""How far one call may advance a clock; another call goes on from there."""

ADVANCE_TASK: Final = "billing.advance_clock"


async def request_advance(uow: Uow, clock_id: UUID, target: datetime) -> Operation:
    """Start an operation that advances the clock to ``target``; the worker carries it out.

    Raises ``NotFound``, and ``InvalidInput`` for a target that is not later than the clock.
    """
    clock = await get_clock(uow, clock_id)
    _check(clock.now_at, target)
    operation = await start_operation(
        uow,
        "test_clock.advance",
        {"test_clock_id": show_id("test_clock", clock_id), "target": format_instant(target)},
    )
    uow.defer(
        ADVANCE_TASK,
        organization_id=str(uow.organization_id),
        environment_id=str(uow.environment_id),
        operation_id=str(operation.id),
        target=format_instant(target),
    )
    return operation


async def advance_clock(
    store: Store, scope: Scope, target: datetime, progress: Progress | None = None
) -> Billed:
    """Advance an environment's clock to ``target``, billing at each due instant on the way.

    Interrupted, it can be called again with the same target: what was done stays done.
    """
    async with store.unit(scope) as uow:
        await get_clock(uow)
        if target != uow.now:
            _check(uow.now, target)
    done = await run_due(store, scope)
    while True:
        async with store.unit(scope) as uow:
            upcoming = [at for at in await _due_instants(uow) if at is not None and at <= target]
            # What is due before now is held; it waits for a person, not for time.
            instant = max(min(upcoming, default=target), uow.now)
            if instant > uow.now:
                await set_clock(uow, instant)
        done += await run_due(store, scope)
        if progress is not None:
            await progress(instant, done)
        if instant == target:
            return done


async def _due_instants(uow: Uow) -> tuple[datetime | None, datetime | None]:
    return await subscriptions.earliest_due(uow), await invoicing.earliest_due(uow)


def _check(now: datetime, target: datetime) -> None:
    if target <= now:
        raise InvalidInput(
            f"the clock stands at {format_instant(now)} and goes forward only",
            field="to",
            allowed=f"an instant later than {format_instant(now)}",
        )
    if target - now > timedelta(days=366 * FARTHEST_YEARS):
        raise InvalidInput(
            "that is too far for one call",
            field="to",
            allowed=f"at most {FARTHEST_YEARS} years after {format_instant(now)}",
        )
