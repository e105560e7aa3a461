"""``counterfoil subscription change-plan``, ``change-quantity``, ``changes``, ``cancel-change``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from counterfoil.core.errors import InvalidInput, NotFound
from counterfoil.core.money import parse_decimal
from counterfoil.faces.cli.clocks import read_instant
from counterfoil.faces.cli.invoices import day, money, span
from counterfoil.faces.cli.lifecycle import show_changed
from counterfoil.faces.cli.output import note, say, show_json, table
from counterfoil.faces.cli.session import Json, Tenant, tenant_command
from counterfoil.faces.cli.subscriptions import Name, find_subscription, named_subscriptions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.proration import ProrationBehavior
    from counterfoil.faces.kit.units import Uow
    from counterfoil.modules.billing import Preview
    from counterfoil.modules.invoicing import DraftInvoice
    from counterfoil.modules.subscriptions import ChangeWhen, ScheduledChange, Subscription

At = Annotated[str | None, typer.Option(help="Then: 2026-07-01T00:00:00Z; a day is its midnight in UTC.")]
PeriodEnd = Annotated[bool, typer.Option("--period-end", help="When the running period ends.")]
Behavior = Annotated[
    str | None,
    typer.Option(help="create_prorations, always_invoice or none; the subscription's policy by default."),
]
AsPreview = Annotated[bool, typer.Option("--preview", help="Show what it would do, and do nothing.")]


@tenant_command
async def change_plan(
    tenant: Tenant,
    subscription: Name,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="The code of the plan.")],
    quantity: Annotated[
        list[str] | None, typer.Option(help="A quantity by the code of its price: seats=12.")
    ] = None,
    at: At = None,
    period_end: PeriodEnd = False,
    behavior: Behavior = None,
    preview: AsPreview = False,
    as_json: Json = False,
) -> None:
    """Put a subscription on another plan, or the published version of its own, now or later."""
    from counterfoil.modules import billing
    from counterfoil.modules.catalog import plans_by_codes
    from counterfoil.modules.subscriptions import PlanChange

    when, instant = read_when(at, period_end=period_end)
    quantities = dict(map(_quantity, quantity or []))
    async with tenant.unit() as uow:
        id_ = await find_subscription(uow, tenant, subscription)
        found = (await plans_by_codes(uow, [plan])).get(plan)
        if found is None:
            raise NotFound(f"there is no plan {plan}", field="PLAN", allowed="the code of a plan")
        change = PlanChange(plan_id=found.id, quantities=quantities, behavior=_behavior(behavior))
        await _done(
            uow,
            lambda: billing.change_plan(uow, id_, change, when=when, at=instant),
            f"{subscription} is on the plan {plan}",
            preview=preview,
            as_json=as_json,
        )


@tenant_command
async def change_quantity(
    tenant: Tenant,
    subscription: Name,
    code: Annotated[str, typer.Argument(metavar="PRICE", help="The code of the price: seats.")],
    quantity: Annotated[str, typer.Argument(metavar="QUANTITY", help="How many.")],
    at: At = None,
    period_end: PeriodEnd = False,
    behavior: Behavior = None,
    preview: AsPreview = False,
    as_json: Json = False,
) -> None:
    """Give a subscription another quantity of a price, such as seats, now or later."""
    from counterfoil.modules import billing

    when, instant = read_when(at, period_end=period_end)
    wanted, chosen = parse_decimal(quantity, field="QUANTITY"), _behavior(behavior)
    async with tenant.unit() as uow:
        id_ = await find_subscription(uow, tenant, subscription)
        item_id = await _running_item(uow, id_, code)
        await _done(
            uow,
            lambda: billing.change_quantity(
                uow, id_, item_id, wanted, behavior=chosen, when=when, at=instant
            ),
            f"{subscription} has {quantity} of {code}",
            preview=preview,
            as_json=as_json,
        )


@tenant_command
async def changes(tenant: Tenant, subscription: Name, as_json: Json = False) -> None:
    """List the changes of a subscription that were asked for ahead of their time, newest first."""
    from counterfoil.faces.kit.units import MAX_PAGE, PageQuery
    from counterfoil.modules.subscriptions import get_subscription, list_changes

    async with tenant.unit() as uow:
        id_ = await find_subscription(uow, tenant, subscription)
        zone = (await get_subscription(uow, id_)).zone
        page = await list_changes(uow, id_, PageQuery(MAX_PAGE))
    rows = [_change_json(one) for one in page.items]
    if as_json:
        show_json(rows)
        return
    table(
        None,
        ["change", "what", "due", "status", "reason"],
        [
            [row["id"], row["kind"], day(row["due_at"], zone), row["status"], row["reason"] or "–"]
            for row in rows
        ],
        empty=f"no changes of {subscription} were scheduled",
    )


@tenant_command
async def cancel_change(
    tenant: Tenant,
    subscription: Name,
    change: Annotated[str, typer.Argument(metavar="CHANGE", help="The change's id (subchg_…).")],
    as_json: Json = False,
) -> None:
    """Take back a change whose date has not come."""
    from counterfoil.core.ids import parse_id
    from counterfoil.modules import subscriptions

    change_id = parse_id("subscription_change", change, field="CHANGE")
    async with tenant.unit() as uow:
        id_ = await find_subscription(uow, tenant, subscription)
        closed = await subscriptions.cancel_change(uow, id_, change_id)
    if as_json:
        show_json(_change_json(closed))
    else:
        say(f"{change} is taken back")


def read_when(at: str | None, *, period_end: bool) -> tuple[ChangeWhen, datetime | None]:
    """When a change takes effect, as the options say it; now without any."""
    from counterfoil.modules.subscriptions import ChangeWhen

    if period_end and at is not None:
        raise InvalidInput("a change comes once", field="--at", allowed="either --at or --period-end")
    if period_end:
        return ChangeWhen.PERIOD_END, None
    return (ChangeWhen.NOW, None) if at is None else (ChangeWhen.AT, read_instant(at, "--at"))


async def _done(
    uow: Uow,
    action: Callable[[], Awaitable[Subscription]],
    told: str,
    *,
    preview: bool,
    as_json: bool,
) -> None:
    """Make a change and tell it, or show what it would do."""
    from counterfoil.modules.billing import previewed

    if preview:
        _show_preview(await previewed(uow, action), as_json)
        return
    after = await action()
    found = await named_subscriptions(uow, [after])
    if after.next_change_at is not None:
        told = f"it will be so from {day(after.next_change_at, after.zone)} on: {told}"
    show_changed(found, as_json, told)


def _show_preview(found: Preview, as_json: bool) -> None:
    if as_json:
        show_json(
            {
                "invoices": [_draft_json(one) for one in found.invoices],
                "next_invoices": [_draft_json(one) for one in found.next_invoices],
            }
        )
        return
    for title, drafts in (("At once", found.invoices), ("Next", found.next_invoices)):
        for draft in drafts:
            zone = draft.invoice.zone
            rows = [
                [line.description, span(line.service_start, line.service_end, zone), money(line.amount)]
                for line in draft.lines
            ]
            day_of = day(draft.invoice.drafted_at, zone)
            table(f"{title}: {money(draft.invoice.total)} on {day_of}", ["line", "for", "net>"], rows)
    if not found.invoices and not found.next_invoices:
        say("no invoice comes of it")
    note("nothing was changed")


def _draft_json(draft: DraftInvoice) -> dict[str, Any]:
    return {
        "drafted_at": draft.invoice.drafted_at,
        "total": draft.invoice.total.amount_text(),
        "currency": draft.invoice.currency,
        "lines": [
            {
                "kind": line.kind.value,
                "description": line.description,
                "service_start": line.service_start,
                "service_end": line.service_end,
                "amount": line.amount.amount_text(),
            }
            for line in draft.lines
        ],
    }


def _change_json(change: ScheduledChange) -> dict[str, Any]:
    from counterfoil.core.ids import show_id

    return {
        "id": show_id("subscription_change", change.id),
        "kind": change.kind.value,
        "due_at": change.due_at,
        "status": change.status.value,
        "reason": change.reason,
        "applied_at": change.applied_at,
    }


async def _running_item(uow: Uow, subscription_id: UUID, code: str) -> UUID:
    from counterfoil.modules.catalog import prices_by_ids
    from counterfoil.modules.subscriptions import items_of, running_from

    running = running_from((await items_of(uow, [subscription_id])).get(subscription_id, []), uow.now)
    prices = await prices_by_ids(uow, {item.price_id for item in running})
    for item in running:
        if prices[item.price_id].code == code:
            return item.id
    known = ", ".join(sorted({prices[item.price_id].code for item in running})) or "none: it has ended"
    raise NotFound(f"the subscription has no price {code}", field="PRICE", allowed=known)


def _quantity(text: str) -> tuple[str, Any]:
    code, sign, number = text.partition("=")
    if not sign:
        raise InvalidInput("--quantity has no =", field="--quantity", allowed="the code of a price: seats=12")
    return code, parse_decimal(number, field="--quantity")


def _behavior(text: str | None) -> ProrationBehavior | None:
    from counterfoil.core.proration import ProrationBehavior

    if text is not None and text not in list(ProrationBehavior):
        raise InvalidInput(
            "--behavior is none of them", field="--behavior", allowed=", ".join(ProrationBehavior)
        )
    return None if text is None else ProrationBehavior(text)
