"""``counterfoil usage void``, ``correct`` and ``late``, and ``counterfoil subscription why``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from counterfoil.core.errors import InvalidInput
from counterfoil.faces.cli.clocks import read_instant
from counterfoil.faces.cli.customers import Limit
from counterfoil.faces.cli.output import note, say, show_json, table
from counterfoil.faces.cli.session import Json, Tenant, tenant_command
from counterfoil.faces.cli.subscriptions import Name, find_subscription

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterfoil.modules.billing import Why
    from counterfoil.modules.usage import EventHistory

EventId = Annotated[str, typer.Argument(metavar="EVENT", help="The event's id, as it was sent.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept for ever.")]
NEXT = "if its period is on a final invoice, the next one has an adjustment"


@tenant_command
async def void(tenant: Tenant, event: EventId, reason: Reason, as_json: Json = False) -> None:
    """Let no meter count an event any more, for ever; it and its id stay."""
    from counterfoil.modules.usage import void_event

    async with tenant.unit() as uow:
        done = await void_event(uow, event, reason)
    _show(done, as_json, f"{event} is void")


@tenant_command
async def correct(
    tenant: Tenant,
    event: EventId,
    reason: Reason,
    properties: Annotated[
        list[str] | None,
        typer.Option(
            "--property",
            metavar="NAME=VALUE",
            help="What it should have said; repeatable. Properties that are not named stay.",
        ),
    ] = None,
    new_id: Annotated[
        str | None, typer.Option("--id", metavar="TEXT", help="The new event's id (default: a made one)")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="When it happened (default: as before)")
    ] = None,
    as_json: Json = False,
) -> None:
    """Void an event and store another in its place: both or neither."""
    from counterfoil.modules.subscriptions import resolve_subscriptions
    from counterfoil.modules.usage import AcceptedTimes, Correction, correct_event, get_event

    changed = dict(_property(written) for written in properties or [])
    instant = None if at is None else read_instant(at, "--at")
    if not changed and instant is None:
        raise InvalidInput(
            "nothing is corrected", field="--property", allowed="--property NAME=VALUE, or --at INSTANT"
        )
    async with tenant.unit() as uow:
        before = await get_event(uow, event)
        new = Correction(reason, {**before.properties, **changed}, new_id, instant)
        done = await correct_event(
            uow, event, new, subscriptions=resolve_subscriptions, times=AcceptedTimes()
        )
    _show(done, as_json, f"{event} is void; {done.event.id} takes its place")


@tenant_command
async def late(tenant: Tenant, limit: Limit = 50, as_json: Json = False) -> None:
    """List usage that came after its period was billed: what waits for an invoice, and what came too late."""
    from counterfoil.core.calendar import format_instant
    from counterfoil.core.ids import show_id
    from counterfoil.faces.kit.units import PageQuery
    from counterfoil.modules.billing import list_late_usage

    async with tenant.unit() as uow:
        page = await list_late_usage(uow, PageQuery(limit))
    shown = [
        {
            "subscription_id": show_id("subscription", one.subscription_id),
            "line_id": show_id("invoice_line", one.line_id),
            "state": one.state.value,
            "events": one.events,
            "last_received_at": format_instant(one.last_received_at),
        }
        for one in page.items
    ]
    if as_json:
        show_json(shown)
        return
    columns = ["subscription", "line", "state", "events>", "last received"]
    table(None, columns, [[str(value) for value in one.values()] for one in shown], empty="no late usage")
    if page.has_more:
        note(f"the newest {limit}; --limit shows more")


@tenant_command
async def why(
    tenant: Tenant,
    subscription: Name,
    meter: Annotated[str | None, typer.Option(metavar="METER", help="A meter's code or id.")] = None,
    price: Annotated[str | None, typer.Option(metavar="PRICE", help="Or a price's code or id.")] = None,
    at: Annotated[str | None, typer.Option(metavar="INSTANT", help="When it was used (default: now)")] = None,
    as_json: Json = False,
) -> None:
    """Say why usage is on no line of an invoice: which rule left it out."""
    from counterfoil.modules.billing import WhyQuestion, why_no_line

    instant = None if at is None else read_instant(at, "--at")
    async with tenant.unit() as uow:
        id_ = await find_subscription(uow, tenant, subscription)
        found = await why_no_line(uow, id_, WhyQuestion(instant or uow.now, meter, price))
    if as_json:
        show_json([_why_json(one) for one in found])
        return
    for one in found:
        say(f"{one.price_code}: {one.sentence}" if one.price_code else one.sentence)


def _property(written: str) -> tuple[str, Any]:
    """``tokens=900``: a number, ``true``, ``false`` and ``null`` are what they are in JSON, all else text."""
    from counterfoil.core.money import parse_decimal

    name, equals, value = written.partition("=")
    if not name or not equals:
        raise InvalidInput(f"{written} is no property", field="--property", allowed="NAME=VALUE")
    constants: Mapping[str, Any] = {"true": True, "false": False, "null": None}
    if value in constants:
        return name, constants[value]
    try:
        return name, parse_decimal(value)
    except InvalidInput:
        return name, value


def _show(done: EventHistory, as_json: bool, told: str) -> None:
    if as_json:
        void = done.void
        show_json(
            {
                "id": done.event.id,
                "corrects": done.corrects,
                "properties": dict(done.event.properties),
                "void": None if void is None else {"reason": void.reason, "at": void.voided_at},
            }
        )
        return
    say(told)
    note(NEXT)


def _why_json(why: Why) -> dict[str, Any]:
    return {
        "code": why.code.value,
        "sentence": why.sentence,
        "price": why.price_code,
        "period_start": why.start,
        "period_end": why.end,
        "facts": dict(why.facts),
    }
