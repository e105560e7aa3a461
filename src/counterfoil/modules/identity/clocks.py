"""Use cases of test clocks: a sandbox's business time, which stands until it is moved.

A clock is never taken away: business time would jump, past due dates that nothing then looks at.  Whoever
wants another time makes another sandbox.  Moving it step by step through everything that falls due is a
flow of billing, which calls ``set_clock`` for each step.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from counterfoil.core.calendar import format_instant
from counterfoil.core.errors import AlreadyExists, InvalidInput, NotFound, WrongState
from counterfoil.modules.identity import repository
from counterfoil.modules.identity.audit import audit
from counterfoil.modules.identity.types import EnvironmentKind, TestClock
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from counterfoil.store import Uow


async def create_clock(uow: Uow, now_at: datetime, name: str) -> TestClock:
    """Stop this sandbox's business time at ``now_at``, in any direction from real time.

    Raises ``WrongState`` in a live environment and ``AlreadyExists`` where there is a clock.
    """
    check_text(name, "name", longest=100)
    environment = await repository.get_environment(uow, uow.environment_id)
    if environment.kind is not EnvironmentKind.SANDBOX:
        raise WrongState("the live environment runs in real time", allowed="a test clock in a sandbox")
    if await repository.clock(uow) is not None:
        raise AlreadyExists("this sandbox has a test clock", allowed="one clock a sandbox; advance it")
    clock = TestClock(uow.new_id(), environment.id, name.strip(), now_at, 1, uow.wall, uow.wall)
    await repository.add_clock(uow, clock)
    await audit(uow, "test_clock.created", "test_clock", clock.id, {"now_at": now_at})
    uow.announce("test_clock.created", "test_clock", clock.id, 1, {"now_at": now_at})
    return clock


async def get_clock(uow: Uow, clock_id: UUID | None = None) -> TestClock:
    """The clock of this environment, or ``NotFound`` (also: another id than its own)."""
    clock = await repository.clock(uow)
    if clock is None or clock_id not in (None, clock.id):
        raise NotFound("no such test clock")
    return clock


async def find_clock(uow: Uow) -> TestClock | None:
    """The clock of this environment, if it has one."""
    return await repository.clock(uow)


async def set_clock(uow: Uow, instant: datetime) -> TestClock:
    """Move this environment's clock forward; the next unit of work has ``instant`` as its ``now``.

    Raises ``NotFound`` without a clock, ``InvalidInput`` for an instant before the clock's (the same is
    fine and changes nothing).
    """
    before = await get_clock(uow)
    if instant < before.now_at:
        raise InvalidInput(
            "a test clock moves forward only",
            field="to",
            allowed=f"{format_instant(before.now_at)} or later",
        )
    if instant == before.now_at:
        return before
    after = replace(before, now_at=instant, version=before.version + 1, updated_at=uow.wall)
    await repository.save_clock(uow, after)
    uow.announce("test_clock.moved", "test_clock", after.id, after.version, {"now_at": instant})
    return after
