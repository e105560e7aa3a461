"""``/v1/subscriptions``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Response

from counterfoil.core.states import SubscriptionState
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    CustomerId,
    IfMatch,
    ListOf,
    PageQuery,
    SubscriptionId,
    SubscriptionItemId,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.faces.native.subscription_lifetime_wire import PauseIn, ResumeIn
from counterfoil.faces.native.subscriptions_wire import (
    SHARED_LONGER,
    CancelIn,
    ItemPatch,
    RepriceIn,
    SubscriptionIn,
    SubscriptionOut,
    SubscriptionPatch,
    to_wire,
)
from counterfoil.modules import billing
from counterfoil.modules.subscriptions import (
    get_subscription,
    items_of,
    list_subscriptions,
    phases_of,
    reactivate_subscription,
    retry_billing,
    update_subscription,
)

if TYPE_CHECKING:
    from counterfoil.modules.subscriptions import Subscription

router = APIRouter(prefix="/subscriptions", tags=["Subscriptions"], route_class=NativeRoute)
READ, WRITE = allow("subscriptions:read"), allow("subscriptions:write")
_page = page_query("subscription")


async def show_subscription(uow: Unit, subscription: Subscription, status: int = 200) -> Response:
    """The answer that shows a subscription."""
    items = (await items_of(uow, [subscription.id])).get(subscription.id, [])
    phases = (await phases_of(uow, [subscription])).get(subscription.id, ())
    return shown(to_wire(subscription, items, phases), status, version=subscription.version)


@router.post("", status_code=201, response_model=SubscriptionOut, dependencies=[WRITE])
async def create(body: SubscriptionIn, uow: Unit) -> Response:
    """Subscribe a customer to a plan, to prices of the subscription's own, or to both.

    A plan's price that is overridden for a time has an item for each part of the time.

    An event that names no subscription counts for each of its customer's subscriptions.  So a plan that is
    billed by a meter which another running subscription of the customer is billed by is refused, unless
    `shared_usage` says that this is meant.
    """
    grants = [grant.from_wire() for grant in body.credit_grants]
    return await show_subscription(uow, await billing.subscribe(uow, body.from_wire(), grants), 201)


@router.get("", response_model=ListOf[SubscriptionOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    customer_id: Annotated[CustomerId | None, Query(description="Only this customer's")] = None,
    status: Annotated[SubscriptionState | None, Query(description="Only those in this status")] = None,
    plan_reference: Annotated[str | None, Query(description="Only those with this plan reference")] = None,
    external_id: Annotated[str | None, Query(description="Only the one with this external id")] = None,
    held: Annotated[
        bool | None, Query(description="Only those that the billing run put on hold, or only the others")
    ] = None,
) -> Response:
    """Subscriptions, newest first."""
    page = await list_subscriptions(
        uow,
        query,
        customer_id=customer_id,
        status=status,
        plan_reference=plan_reference,
        external_id=external_id,
        held=held,
    )
    items = await items_of(uow, [subscription.id for subscription in page.items])
    phases = await phases_of(uow, page.items)

    def shown_one(one: Subscription) -> SubscriptionOut:
        return to_wire(one, items.get(one.id, []), phases.get(one.id, ()))

    return shown(list_of("subscription", page, shown_one))


@router.get("/{subscription_id}", response_model=SubscriptionOut, dependencies=[READ])
async def get(subscription_id: SubscriptionId, uow: Unit) -> Response:
    """One subscription."""
    return await show_subscription(uow, await get_subscription(uow, subscription_id))


@router.patch("/{subscription_id}", response_model=SubscriptionOut, dependencies=[WRITE])
async def update(
    subscription_id: SubscriptionId, body: SubscriptionPatch, uow: Unit, if_match: IfMatch
) -> Response:
    """Change external id, plan reference, payment method or metadata."""
    return await show_subscription(
        uow, await update_subscription(uow, subscription_id, body.from_wire(if_match))
    )


@router.patch("/{subscription_id}/items/{item_id}", response_model=SubscriptionOut, dependencies=[WRITE])
async def update_item(
    subscription_id: SubscriptionId,
    item_id: SubscriptionItemId,
    body: ItemPatch,
    uow: Unit,
    if_match: IfMatch,
) -> Response:
    """Change an item's quantity, for every service period that is not due yet."""
    changed = await billing.change_quantity(
        uow, subscription_id, item_id, body.quantity, expected_version=if_match
    )
    return await show_subscription(uow, changed)


@router.post(
    "/{subscription_id}/items/{item_id}/reprice", response_model=SubscriptionOut, dependencies=[WRITE]
)
async def reprice(
    subscription_id: SubscriptionId,
    item_id: SubscriptionItemId,
    body: RepriceIn,
    uow: Unit,
    if_match: IfMatch,
) -> Response:
    """Give an item another price, of the subscription's own, for every service period that is not due yet.

    So a price in advance changes with its next renewal, and one in arrears with the running period.
    """
    changed = await billing.reprice(
        uow,
        subscription_id,
        item_id,
        body.from_wire(),
        shared_usage=body.shared_usage,
        expected_version=if_match,
    )
    return await show_subscription(uow, changed)


@router.post("/{subscription_id}/pause", response_model=SubscriptionOut, dependencies=[WRITE])
async def pause(
    subscription_id: SubscriptionId, uow: Unit, if_match: IfMatch, body: PauseIn | None = None
) -> Response:
    """Stop billing now, at the period's end or at an instant ahead, until the subscription is resumed.

    What runs in arrears is billed up to then; what was billed in advance is not given back.
    """
    wanted = body or PauseIn()
    paused = await billing.pause(
        uow,
        subscription_id,
        when=wanted.when,
        at=wanted.at,
        resume_at=wanted.resume_at,
        expected_version=if_match,
    )
    return await show_subscription(uow, paused)


@router.post("/{subscription_id}/resume", response_model=SubscriptionOut, dependencies=[WRITE])
async def resume(
    subscription_id: SubscriptionId, uow: Unit, if_match: IfMatch, body: ResumeIn | None = None
) -> Response:
    """Bill a paused subscription again, from now on or from a date: nothing for the pause, nothing twice."""
    at = None if body is None else body.at
    return await show_subscription(
        uow, await billing.resume(uow, subscription_id, at=at, expected_version=if_match)
    )


@router.post("/{subscription_id}/cancel", response_model=SubscriptionOut, dependencies=[WRITE])
async def cancel(subscription_id: SubscriptionId, body: CancelIn, uow: Unit, if_match: IfMatch) -> Response:
    """End a subscription now, at the end of its period or at an instant ahead.

    Now: what runs in arrears becomes billable up to now; what was billed in advance is not given back.
    """
    ended = await billing.cancel(
        uow,
        subscription_id,
        body.when,
        at=body.at,
        shared_usage=body.shared_usage,
        expected_version=if_match,
    )
    return await show_subscription(uow, ended)


@router.post("/{subscription_id}/reactivate", response_model=SubscriptionOut, dependencies=[WRITE])
async def reactivate(
    subscription_id: SubscriptionId,
    uow: Unit,
    if_match: IfMatch,
    shared_usage: Annotated[bool, Query(description=SHARED_LONGER)] = False,
) -> Response:
    """Take back a cancellation whose date has not come.

    It is refused if another subscription of the customer bills the same usage from then on, unless
    `shared_usage` says that this is meant.
    """
    running = await reactivate_subscription(
        uow, subscription_id, shared_usage=shared_usage, expected_version=if_match
    )
    return await show_subscription(uow, running)


@router.post("/{subscription_id}/retry-billing", response_model=SubscriptionOut, dependencies=[WRITE])
async def retry(subscription_id: SubscriptionId, uow: Unit) -> Response:
    """Let a subscription that could not be billed be tried again, once its cause is mended."""
    return await show_subscription(uow, await retry_billing(uow, subscription_id))
