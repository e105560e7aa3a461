"""``counterfoil subscription``: what runs, what the billing run put on hold, and letting it try again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from counterfoil.core.errors import InvalidInput, NotFound
from counterfoil.faces.cli.customers import Limit, find_customer
from counterfoil.faces.cli.invoices import day
from counterfoil.faces.cli.output import counted, note, say, show_json, table
from counterfoil.faces.cli.session import Json, Tenant, tenant_command

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from counterfoil.faces.kit.units import Uow
    from counterfoil.modules.subscriptions import Subscription

SHOWN: Final = 50
"""How many rows the tables of a run show."""


Name = Annotated[str, typer.Argument(metavar="ID", help="The subscription's id (sub_…) or external id.")]


@dataclass(frozen=True, slots=True)
class Named:
    """Subscriptions with the names of their customers and the codes of their plans."""

    subscriptions: Sequence[Subscription]
    customers: dict[UUID, str]
    plans: dict[UUID, str]


@tenant_command
async def list_subscriptions(
    tenant: Tenant,
    customer: Annotated[str | None, typer.Option(help="Only this customer's: id or external id.")] = None,
    status: Annotated[
        str | None, typer.Option(help="Only those in this state: draft, active, cancelled …")
    ] = None,
    held: Annotated[bool, typer.Option("--held", help="Only those that billing put on hold.")] = False,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List subscriptions, newest first, with the reason where billing put one on hold."""
    from counterfoil.core.states import SubscriptionState
    from counterfoil.faces.kit.units import PageQuery
    from counterfoil.modules.subscriptions import list_subscriptions

    if status is not None and status not in list(SubscriptionState):
        raise InvalidInput("--status is not a state", field="status", allowed=", ".join(SubscriptionState))
    async with tenant.unit() as uow:
        page = await list_subscriptions(
            uow,
            PageQuery(limit),
            customer_id=None if customer is None else await find_customer(uow, customer),
            status=None if status is None else SubscriptionState(status),
            held=True if held else None,
        )
        found = await named_subscriptions(uow, page.items)
    if as_json:
        show_json(subscriptions_json(found))
        return
    kind = "such subscriptions" if customer or status else "held subscriptions" if held else "subscriptions"
    table(
        None,
        ["subscription", "customer", "plan", "status", "next billing", "held"],
        [
            [
                _id(one),
                found.customers[one.customer_id],
                _plan(found, one),
                one.status.value,
                "–" if one.next_billing_at is None else day(one.next_billing_at, one.zone),
                one.billing_error or "–",
            ]
            for one in page.items
        ],
        empty=f"no {kind} in {tenant.place}",
    )
    if page.has_more:
        note(f"the newest {limit}; --limit shows more")


@tenant_command
async def retry(
    tenant: Tenant,
    subscription: Name,
    as_json: Json = False,
) -> None:
    """Let billing try a held subscription again, once the cause is mended."""
    from counterfoil.modules.subscriptions import get_subscription, retry_billing

    async with tenant.unit() as uow:
        id_ = await find_subscription(uow, tenant, subscription)
        before = await get_subscription(uow, id_)
        after = await retry_billing(uow, id_)
        found = await named_subscriptions(uow, [after])
    if as_json:
        show_json(subscriptions_json(found)[0])
    elif before.billing_error is None:
        say(f"{subscription} is not held; nothing changed")
    else:
        say(f"{subscription} is released: the next billing run takes it up")
        note(f"it was held for: {before.billing_error}")


async def held_in(uow: Uow, named: int | None = None) -> Named:
    """Every subscription that is held here, the first made first; ``named`` of them with names, or all."""
    from counterfoil.faces.kit.units import MAX_PAGE, PageQuery
    from counterfoil.modules.subscriptions import list_subscriptions

    found: list[Subscription] = []
    query = PageQuery(MAX_PAGE)
    while True:
        page = await list_subscriptions(uow, query, held=True)
        found += page.items
        if not page.has_more:
            return await named_subscriptions(uow, found[::-1], named)
        query = PageQuery(MAX_PAGE, found[-1].id)


def show_held(held: Named) -> None:
    """Which subscriptions are held, for whom and why; nothing without any."""
    if not held.subscriptions:
        return
    rows = [
        [_id(one), held.customers[one.customer_id], one.billing_error or ""]
        for one in held.subscriptions[:SHOWN]
    ]
    say(f"{counted(len(held.subscriptions), 'subscription')} held, and billed no more:", "bold yellow")
    table(None, ["subscription", "customer", "reason"], rows)
    if len(held.subscriptions) > SHOWN:
        note(f"… and {len(held.subscriptions) - SHOWN:,} more: counterfoil subscription list --held")
    note("once the cause is mended: counterfoil subscription retry ID")


def subscriptions_json(named: Named) -> list[dict[str, Any]]:
    """Subscriptions for programs."""
    from counterfoil.core.ids import show_id

    return [
        {
            "id": _id(one),
            "external_id": one.external_id,
            "customer_id": show_id("customer", one.customer_id),
            "customer": named.customers[one.customer_id],
            "plan": None if one.plan_id is None else named.plans[one.plan_id],
            "plan_reference": one.plan_reference,
            "status": one.status.value,
            "paused_at": one.paused_at,
            "cancel_at": one.cancel_at,
            "ended_at": one.ended_at,
            "next_billing_at": one.next_billing_at,
            "billing_error": one.billing_error,
        }
        for one in named.subscriptions
    ]


async def find_subscription(uow: Uow, tenant: Tenant, name: str) -> UUID:
    """The subscription with this id or external id, or ``NotFound`` with what one can do."""
    from counterfoil.modules.subscriptions import resolve_subscriptions

    known = (await resolve_subscriptions(uow, [name])).get(name)
    if known is None:
        raise NotFound(
            f"there is no subscription {name} in {tenant.place}",
            field="ID",
            allowed="an id (sub_…) or external id; counterfoil subscription list",
        )
    return known.id


async def named_subscriptions(
    uow: Uow, subscriptions: Sequence[Subscription], first: int | None = None
) -> Named:
    """Subscriptions with the names of those that are shown: the first ones, or all."""
    from counterfoil.modules.catalog import plans_by_ids
    from counterfoil.modules.customers import names_of_customers

    shown = subscriptions[:first]
    plans = await plans_by_ids(uow, {one.plan_id for one in shown if one.plan_id is not None})
    return Named(
        subscriptions,
        await names_of_customers(uow, {one.customer_id for one in shown}),
        {id_: plan.code for id_, plan in plans.items()},
    )


def _plan(named: Named, subscription: Subscription) -> str:
    if subscription.plan_id is None:
        return subscription.plan_reference or "–"
    return named.plans[subscription.plan_id]


def _id(subscription: Subscription) -> str:
    from counterfoil.core.ids import show_id

    return show_id("subscription", subscription.id)
