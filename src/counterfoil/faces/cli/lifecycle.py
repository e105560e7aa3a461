"""``counterfoil subscription pause``, ``resume`` and ``cancel``: what a person does to one that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from counterfoil.core.errors import InvalidInput
from counterfoil.faces.cli.clocks import read_instant
from counterfoil.faces.cli.invoices import day
from counterfoil.faces.cli.output import note, say, show_json
from counterfoil.faces.cli.session import Json, Tenant, tenant_command
from counterfoil.faces.cli.subscriptions import (
    Name,
    find_subscription,
    named_subscriptions,
    subscriptions_json,
)

if TYPE_CHECKING:
    from counterfoil.faces.cli.subscriptions import Named


@tenant_command
async def pause(
    tenant: Tenant,
    subscription: Name,
    at: Annotated[str | None, typer.Option(help="Let it rest from then on; now by default.")] = None,
    period_end: Annotated[
        bool, typer.Option("--period-end", help="Let it rest from the end of its period on.")
    ] = False,
    until: Annotated[str | None, typer.Option(help="Let it go on then by itself.")] = None,
    as_json: Json = False,
) -> None:
    """Stop billing a subscription, now or later, until it is resumed; it is billed up to then."""
    from counterfoil.modules import billing
    from counterfoil.modules.subscriptions import ChangeWhen

    if period_end and at is not None:
        raise InvalidInput("a pause begins once", field="--at", allowed="either --at or --period-end")
    when = ChangeWhen.PERIOD_END if period_end else ChangeWhen.NOW if at is None else ChangeWhen.AT
    async with tenant.unit() as uow:
        after = await billing.pause(
            uow,
            await find_subscription(uow, tenant, subscription),
            when=when,
            at=None if at is None else read_instant(at, "--at"),
            resume_at=None if until is None else read_instant(until, "--until"),
        )
        found = await named_subscriptions(uow, [after])
    planned = after.next_change_at
    if when is ChangeWhen.NOW or planned is None:
        show_changed(found, as_json, f"{subscription} is paused")
    else:
        show_changed(found, as_json, f"{subscription} rests from {day(planned, after.zone)} on")
    if not as_json:
        note("what was paid ahead is not given back; counterfoil subscription resume ID")


@tenant_command
async def resume(
    tenant: Tenant,
    subscription: Name,
    at: Annotated[str | None, typer.Option(help="Let it go on then; now by default.")] = None,
    as_json: Json = False,
) -> None:
    """Bill a paused subscription again, from now on or from a date; nothing for the pause, nothing twice."""
    from counterfoil.modules import billing

    instant = None if at is None else read_instant(at, "--at")
    async with tenant.unit() as uow:
        after = await billing.resume(uow, await find_subscription(uow, tenant, subscription), at=instant)
        found = await named_subscriptions(uow, [after])
    following = after.next_billing_at
    when = "" if following is None else f"; it is billed next on {day(following, after.zone)}"
    if instant is not None:
        when = f" on {day(instant, after.zone)}"
    show_changed(found, as_json, f"{subscription} goes on{when}")


@tenant_command
async def cancel(
    tenant: Tenant,
    subscription: Name,
    at: Annotated[
        str | None,
        typer.Option(help="End it then: 2026-07-01T00:00:00Z; a day alone is its midnight in UTC."),
    ] = None,
    now: Annotated[bool, typer.Option("--now", help="End it at once.")] = False,
    credit: Annotated[
        str, typer.Option(help="What of what was paid ahead is given back: none, unused or whole.")
    ] = "none",
    shared_usage: Annotated[
        bool,
        typer.Option(
            "--shared-usage",
            help="A later end than before may bill usage that another subscription of the customer bills.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """End a subscription with its period, unless --at or --now says otherwise."""
    from counterfoil.core.proration import CancelCredit
    from counterfoil.modules.billing import cancel
    from counterfoil.modules.subscriptions import CancelWhen

    if credit not in list(CancelCredit):
        raise InvalidInput("--credit is none of them", field="--credit", allowed=", ".join(CancelCredit))
    if now and at is not None:
        raise InvalidInput("a subscription ends once", field="--now", allowed="either --now or --at")
    when = CancelWhen.NOW if now else CancelWhen.PERIOD_END if at is None else CancelWhen.AT
    instant = None if at is None else read_instant(at, "--at")
    async with tenant.unit() as uow:
        id_ = await find_subscription(uow, tenant, subscription)
        after = await cancel(
            uow, id_, when, at=instant, credit=CancelCredit(credit), shared_usage=shared_usage
        )
        found = await named_subscriptions(uow, [after])
    end = after.cancel_at
    told = f"{subscription} has ended" if end is None else f"{subscription} ends on {day(end, after.zone)}"
    show_changed(found, as_json, told)


def show_changed(found: Named, as_json: bool, told: str) -> None:
    """Tell what became of a subscription, or show it for programs."""
    if as_json:
        show_json(subscriptions_json(found)[0])
    else:
        say(told)
