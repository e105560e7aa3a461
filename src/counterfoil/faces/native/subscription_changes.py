"""Changes of ``/v1/subscriptions``: another plan, quantity or price, now or at a date; an end."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    IfMatch,
    ListOf,
    PageQuery,
    SubscriptionChangeId,
    SubscriptionId,
    SubscriptionItemId,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.previews import AsPreview, ChangedOut, changed
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.faces.native.subscription_changes_wire import (
    SHARED_LONGER,
    CancelIn,
    ItemPatch,
    PlanChangeIn,
    RepriceIn,
    SubscriptionChangeOut,
    change_to_wire,
)
from counterfoil.modules import billing, subscriptions
from counterfoil.modules.subscriptions import ChangeStatus

router = APIRouter(prefix="/subscriptions", tags=["Subscriptions"], route_class=NativeRoute)
READ, WRITE = allow("subscriptions:read"), allow("subscriptions:write")
_page = page_query("subscription_change")


@router.patch("/{subscription_id}/items/{item_id}", response_model=ChangedOut, dependencies=[WRITE])
async def update_item(
    subscription_id: SubscriptionId,
    item_id: SubscriptionItemId,
    body: ItemPatch,
    uow: Unit,
    if_match: IfMatch,
    preview: AsPreview = False,
) -> Response:
    """Change an item's quantity, now or at a date.

    The item ends and another begins.  What was billed in advance beyond the change is given back and what
    begins is charged for the rest of the period, each on a line of its own.
    """
    return await changed(
        uow,
        lambda: billing.change_quantity(
            uow,
            subscription_id,
            item_id,
            body.quantity,
            behavior=body.behavior,
            when=body.when,
            at=body.at,
            expected_version=if_match,
        ),
        preview=preview,
    )


@router.post("/{subscription_id}/items/{item_id}/reprice", response_model=ChangedOut, dependencies=[WRITE])
async def reprice(
    subscription_id: SubscriptionId,
    item_id: SubscriptionItemId,
    body: RepriceIn,
    uow: Unit,
    if_match: IfMatch,
    preview: AsPreview = False,
) -> Response:
    """Give an item another price, of the subscription's own, now or at a date.

    With the behavior `none` it holds from the end of the period that runs: for a price in advance, from the
    next renewal on.
    """
    return await changed(
        uow,
        lambda: billing.reprice(
            uow,
            subscription_id,
            item_id,
            body.from_wire(),
            behavior=body.behavior,
            when=body.when,
            at=body.at,
            shared_usage=body.shared_usage,
            expected_version=if_match,
        ),
        preview=preview,
    )


@router.post("/{subscription_id}/change-plan", response_model=ChangedOut, dependencies=[WRITE])
async def change_plan(
    subscription_id: SubscriptionId,
    body: PlanChangeIn,
    uow: Unit,
    if_match: IfMatch,
    preview: AsPreview = False,
) -> Response:
    """Put a subscription on another plan, or another version of its plan, now or at a date.

    A price that both plans have goes on untouched; prices with the same code take each other's place, with
    the same quantity; the others end or begin.  The currency stays.  A price with another interval begins a
    new cycle, or keeps the anchor, as the subscription's policy says.
    """
    return await changed(
        uow,
        lambda: billing.change_plan(
            uow,
            subscription_id,
            body.from_wire(),
            when=body.when,
            at=body.at,
            expected_version=if_match,
        ),
        preview=preview,
    )


@router.post("/{subscription_id}/cancel", response_model=ChangedOut, dependencies=[WRITE])
async def cancel(
    subscription_id: SubscriptionId,
    body: CancelIn,
    uow: Unit,
    if_match: IfMatch,
    preview: AsPreview = False,
) -> Response:
    """End a subscription now, at the end of its period or at an instant ahead.

    Now: the last invoice is drafted at once, with what runs in arrears up to now, and what `credit` gives
    back of what was billed in advance; by default nothing.
    """
    return await changed(
        uow,
        lambda: billing.cancel(
            uow,
            subscription_id,
            body.when,
            at=body.at,
            credit=body.credit,
            shared_usage=body.shared_usage,
            expected_version=if_match,
        ),
        preview=preview,
    )


@router.post("/{subscription_id}/reactivate", response_model=ChangedOut, dependencies=[WRITE])
async def reactivate(
    subscription_id: SubscriptionId,
    uow: Unit,
    if_match: IfMatch,
    shared_usage: Annotated[bool, Query(description=SHARED_LONGER)] = False,
    preview: AsPreview = False,
) -> Response:
    """Take back a cancellation whose date has not come.

    It is refused if another subscription of the customer bills the same usage from then on, unless
    `shared_usage` says that this is meant.
    """
    return await changed(
        uow,
        lambda: subscriptions.reactivate_subscription(
            uow, subscription_id, shared_usage=shared_usage, expected_version=if_match
        ),
        preview=preview,
    )


@router.get("/{subscription_id}/changes", response_model=ListOf[SubscriptionChangeOut], dependencies=[READ])
async def list_changes(
    subscription_id: SubscriptionId,
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    status: Annotated[ChangeStatus | None, Query(description="Only those in this status")] = None,
) -> Response:
    """Changes of a subscription that were asked for ahead of their time, newest first."""
    page = await subscriptions.list_changes(uow, subscription_id, query, status=status)
    return shown(list_of("subscription_change", page, change_to_wire))


@router.get(
    "/{subscription_id}/changes/{change_id}", response_model=SubscriptionChangeOut, dependencies=[READ]
)
async def get_change(subscription_id: SubscriptionId, change_id: SubscriptionChangeId, uow: Unit) -> Response:
    """One change that was asked for ahead of its time."""
    return shown(change_to_wire(await subscriptions.get_change(uow, subscription_id, change_id)))


@router.post(
    "/{subscription_id}/changes/{change_id}/cancel",
    response_model=SubscriptionChangeOut,
    dependencies=[WRITE],
)
async def cancel_change(
    subscription_id: SubscriptionId, change_id: SubscriptionChangeId, uow: Unit
) -> Response:
    """Take back a change whose date has not come."""
    return shown(change_to_wire(await subscriptions.cancel_change(uow, subscription_id, change_id)))
