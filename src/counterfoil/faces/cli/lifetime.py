"""``counterfoil subscription show``, ``trial``, ``term``, ``reactivate``: how a contract goes on and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from counterfoil.core.errors import InvalidInput
from counterfoil.faces.cli.clocks import read_instant
from counterfoil.faces.cli.invoices import day
from counterfoil.faces.cli.lifecycle import show_changed
from counterfoil.faces.cli.output import counted, note, say, show_json, table
from counterfoil.faces.cli.session import Json, Tenant, tenant_command
from counterfoil.faces.cli.subscriptions import (
    Name,
    find_subscription,
    named_subscriptions,
    subscriptions_json,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from counterfoil.modules.subscriptions import Phase, Subscription

SHARED = typer.Option(
    "--shared-usage", help="The time that comes with it may bill usage that another subscription bills."
)


@tenant_command
async def show(tenant: Tenant, subscription: Name, as_json: Json = False) -> None:
    """Show one subscription: its state, trial, term and phases, and what it pays when."""
    from counterfoil.core.ids import show_id
    from counterfoil.core.money import decimal_text
    from counterfoil.modules.catalog import prices_by_ids
    from counterfoil.modules.subscriptions import get_subscription, item_end, items_of, phases_of

    async with tenant.unit() as uow:
        one = await get_subscription(uow, await find_subscription(uow, tenant, subscription))
        found = await named_subscriptions(uow, [one])
        items = (await items_of(uow, [one.id])).get(one.id, [])
        phases = (await phases_of(uow, [one])).get(one.id, [])
        prices = await prices_by_ids(uow, {item.price_id for item in items})
    ends = {item.id: item_end(one, item) for item in items}
    if as_json:
        shown = subscriptions_json(found)[0] | _agreed_json(one)
        shown["phases"] = [
            {"name": phase.name, "starts_at": phase.starts_at, "ends_at": phase.ends_at} for phase in phases
        ]
        shown["items"] = [
            {
                "id": show_id("subscription_item", item.id),
                "price": prices[item.price_id].code,
                "quantity": decimal_text(item.quantity),
                "started_at": item.started_at,
                "ended_at": ends[item.id],
                "billed_to": item.billed_to,
            }
            for item in items
        ]
        show_json(shown)
        return
    say(f"{show_id('subscription', one.id)} of {found.customers[one.customer_id]}: {one.status.value}")
    for line in _agreed(one, phases):
        note(line)
    rows = [
        [
            prices[item.price_id].name,
            decimal_text(item.quantity),
            day(item.started_at, one.zone),
            _day(ends[item.id], one.zone),
            day(item.billed_to, one.zone),
        ]
        for item in items
    ]
    table(None, ["price", "quantity", "from", "to", "billed to"], rows, empty="nothing is paid")


@tenant_command
async def trial(
    tenant: Tenant,
    subscription: Name,
    until: Annotated[
        str | None,
        typer.Option(help="Let it end then: 2026-07-01T00:00:00Z; a day alone is its midnight in UTC."),
    ] = None,
    at_end: Annotated[
        str | None, typer.Option("--at-end", help="What its end does: convert, expire, need_payment_method.")
    ] = None,
    convert: Annotated[bool, typer.Option("--convert", help="End it now: what is paid begins.")] = False,
    shared_usage: Annotated[bool, SHARED] = False,
    as_json: Json = False,
) -> None:
    """Let the trial of a subscription end now, at another time, or otherwise."""
    from counterfoil.modules import billing
    from counterfoil.modules.subscriptions import TrialEnd

    if convert == (until is not None or at_end is not None):
        allowed = "--convert alone, or --until and --at-end"
        raise InvalidInput("what shall become of the trial?", field="--convert", allowed=allowed)
    if at_end is not None and at_end not in list(TrialEnd):
        raise InvalidInput("--at-end is not an outcome", field="--at-end", allowed=", ".join(TrialEnd))
    instant = None if until is None else read_instant(until, "--until")
    async with tenant.unit() as uow:
        id_ = await find_subscription(uow, tenant, subscription)
        if convert:
            after = await billing.end_trial(uow, id_, shared_usage=shared_usage)
        else:
            end = None if at_end is None else TrialEnd(at_end)
            after = await billing.change_trial(uow, id_, instant, end, shared_usage=shared_usage)
        found = await named_subscriptions(uow, [after])
    assert after.trial_ends_at is not None
    told = f"its trial ends on {day(after.trial_ends_at, after.zone)}"
    show_changed(
        found, as_json, f"{subscription} is {after.status.value}" if convert else f"{subscription}: {told}"
    )


@tenant_command
async def term(
    tenant: Tenant,
    subscription: Name,
    every: Annotated[
        str | None, typer.Option(help="The length of a term: month, year …, or 2:year for two of them.")
    ] = None,
    renew: Annotated[bool, typer.Option("--renew", help="Another term follows each.")] = False,
    renewals: Annotated[int | None, typer.Option(help="How often; without limit if not given.")] = None,
    until: Annotated[str | None, typer.Option(help="A fixed end instead, at which it expires.")] = None,
    open_ended: Annotated[bool, typer.Option("--open-ended", help="It goes on without an end.")] = False,
    shared_usage: Annotated[bool, SHARED] = False,
    as_json: Json = False,
) -> None:
    """Agree anew how long a subscription runs: terms that renew or not, a fixed end, or no end."""
    from counterfoil.modules import billing
    from counterfoil.modules.subscriptions import NewTerm

    if [every is not None, until is not None, open_ended].count(True) != 1:
        allowed = "one of --every, --until and --open-ended"
        raise InvalidInput("how long shall it run?", field="--every", allowed=allowed)
    unit, count = _every(every)
    new = NewTerm(
        interval_unit=unit,
        interval_count=count,
        ends_at=None if until is None else read_instant(until, "--until"),
        auto_renew=renew,
        renewals=renewals,
    )
    async with tenant.unit() as uow:
        id_ = await find_subscription(uow, tenant, subscription)
        after = await billing.change_term(uow, id_, new, shared_usage=shared_usage)
        found = await named_subscriptions(uow, [after])
    show_changed(found, as_json, f"{subscription}: {_term(after)}")


@tenant_command
async def reactivate(
    tenant: Tenant,
    subscription: Name,
    shared_usage: Annotated[bool, SHARED] = False,
    as_json: Json = False,
) -> None:
    """Take back the end of a subscription that was scheduled and has not come."""
    from counterfoil.modules.subscriptions import reactivate_subscription

    async with tenant.unit() as uow:
        id_ = await find_subscription(uow, tenant, subscription)
        after = await reactivate_subscription(uow, id_, shared_usage=shared_usage)
        found = await named_subscriptions(uow, [after])
    show_changed(found, as_json, f"{subscription} goes on as before")


def _every(text: str | None) -> tuple[str | None, int]:
    """``year`` or ``2:year``."""
    if text is None:
        return None, 1
    count, colon, unit = text.rpartition(":")
    if colon and not count.isdecimal():
        raise InvalidInput(
            f"--every {text} is no interval", field="--every", allowed="month, year …, or 2:year"
        )
    return unit, int(count) if colon else 1


def _agreed_json(one: Subscription) -> dict[str, Any]:
    """What is agreed on its time, for programs."""
    return {
        "trial_ends_at": one.trial_ends_at,
        "trial_end_behavior": one.trial_end_behavior,
        "term_ends_at": one.term_ends_at,
        "auto_renew": one.auto_renew,
        "renewals_left": one.renewals_left,
        "expires_at": one.expires_at,
    }


def _agreed(one: Subscription, phases: Sequence[Phase]) -> list[str]:
    """What is agreed on its time, in sentences."""
    told = [f"since {day(one.started_at, one.zone)}; {_term(one)}"]
    if one.trial_ends_at is not None:
        then = (one.trial_end_behavior or "").replace("_", " ")
        told.append(f"trial until {day(one.trial_ends_at, one.zone)}, then: {then}")
    if one.cancel_at is not None:
        told.append(f"cancelled for {day(one.cancel_at, one.zone)}")
    for phase in phases:
        mark = " (now)" if phase.id == one.phase_id else ""
        span = f"{day(phase.starts_at, one.zone)} to {_day(phase.ends_at, one.zone)}"
        told.append(f"phase {phase.name or '–'}: {span}{mark}")
    return told


def _term(one: Subscription) -> str:
    if one.term_ends_at is None:
        return "it goes on without an end"
    end = day(one.term_ends_at, one.zone)
    if not one.auto_renew:
        return f"it expires on {end}"
    times = "" if one.renewals_left is None else f", {counted(one.renewals_left, 'more time')}"
    return f"its term ends on {end} and renews{times}"


def _day(instant: datetime | None, zone: str) -> str:
    return "–" if instant is None else day(instant, zone)
