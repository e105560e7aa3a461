"""``counterfoil clock``: a sandbox's business time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from counterfoil.core.errors import InvalidInput, NotFound, WrongState
from counterfoil.faces.cli.output import counted, pairs, show_json, steps
from counterfoil.faces.cli.session import Json, Tenant, tenant_command
from counterfoil.faces.cli.subscriptions import SHOWN, held_in, show_held, subscriptions_json

if TYPE_CHECKING:
    from datetime import datetime

    from counterfoil.modules.billing import Billed

InstantArgument = Annotated[
    str, typer.Argument(metavar="INSTANT", help="2026-07-01T00:00:00Z; a day alone is its midnight in UTC.")
]


def read_instant(text: str, field: str = "INSTANT") -> datetime:
    """An instant as a command takes it."""
    from counterfoil.core.calendar import parse_instant

    return parse_instant(f"{text}T00:00:00Z" if len(text) == 10 else text, field=field)


def only_in_sandbox(tenant: Tenant, what: str) -> None:
    """Refuse in the live environment."""
    if tenant.live:
        raise WrongState(
            f"{tenant.place} is live and runs in real time; {what} needs a sandbox",
            allowed="--environment test",
        )


@tenant_command
async def show(tenant: Tenant, as_json: Json = False) -> None:
    """Show the business time of an environment."""
    from counterfoil.core.calendar import format_instant
    from counterfoil.modules.identity import find_clock

    async with tenant.unit() as uow:
        clock = await find_clock(uow)
        now = uow.now
    if as_json:
        show_json({"environment": tenant.environment.name, "now": now, "test_clock": clock is not None})
        return
    kind = "real time" if clock is None else "test clock"
    pairs({"environment": tenant.place, "now": f"{format_instant(now.replace(microsecond=0))} ({kind})"})


@tenant_command
async def set_(tenant: Tenant, instant: InstantArgument) -> None:
    """Give a sandbox a test clock that stands at INSTANT, before anything else is done in it."""
    from counterfoil.core.calendar import format_instant
    from counterfoil.modules.identity import create_clock, find_clock

    only_in_sandbox(tenant, "a test clock")
    target = read_instant(instant)
    async with tenant.unit() as uow:
        clock = await find_clock(uow)
        if clock is not None:
            raise InvalidInput(
                f"the test clock stands at {format_instant(clock.now_at)} and only moves on",
                allowed="counterfoil clock advance INSTANT",
            )
        await create_clock(uow, target, "cli")
    pairs({"environment": tenant.place, "now": format_instant(target)})


@tenant_command
async def advance(tenant: Tenant, instant: InstantArgument, as_json: Json = False) -> None:
    """Move a sandbox's test clock forward, billing all that falls due on the way, in order."""
    from counterfoil.core.calendar import format_instant
    from counterfoil.modules.billing import advance_clock
    from counterfoil.modules.identity import find_clock

    only_in_sandbox(tenant, "a test clock")
    target = read_instant(instant)
    async with tenant.unit() as uow:
        if await find_clock(uow) is None:
            raise NotFound("this sandbox has no test clock", allowed="counterfoil clock set INSTANT")
    with steps("advancing") as step:

        async def reached(at: datetime, done: Billed) -> None:
            step(f"{format_instant(at)}: {done_in_words(done)}")

        done = await advance_clock(tenant.store, tenant.scope, target, reached)
    async with tenant.unit() as uow:
        held = await held_in(uow, None if as_json else SHOWN)
    if as_json:
        show_json(
            {
                "now": target,
                "drafted": done.drafted,
                "finalised": done.finalised,
                "held": len(held.subscriptions),
                "held_subscriptions": subscriptions_json(held),
            }
        )
        return
    pairs({"environment": tenant.place, "now": format_instant(target), "billed": done_in_words(done)})
    show_held(held)


def done_in_words(done: Billed) -> str:
    """The invoices of a billing run; which subscriptions are held then, ``show_held`` says."""
    return f"{counted(done.drafted, 'invoice')} drafted, {done.finalised:,} finalised"
