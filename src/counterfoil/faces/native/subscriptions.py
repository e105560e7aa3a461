"""``/v1/subscriptions``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from counterfoil.core.states import SubscriptionState
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    CustomerId,
    IfMatch,
    ListOf,
    PageQuery,
    SubscriptionId,
    listed,
    page_query,
    shown,
)
from counterfoil.faces.native.commitments_wire import commitments_of
from counterfoil.faces.native.previews import PREVIEWED, AsPreview, ChangedOut, changed, show_subscription
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.faces.native.subscription_lifetime_wire import PauseIn, ResumeIn
from counterfoil.faces.native.subscriptions_wire import (
    SubscriptionIn,
    SubscriptionOut,
    SubscriptionPatch,
    to_wires,
)
from counterfoil.modules import billing
from counterfoil.modules.subscriptions import (
    get_subscription,
    items_of,
    list_subscriptions,
    phases_of,
    retry_billing,
    update_subscription,
)

router = APIRouter(prefix="/subscriptions", tags=["Subscriptions"], route_class=NativeRoute)
READ, WRITE = allow("subscriptions:read"), allow("subscriptions:write")
_page = page_query("subscription")


@router.post("", status_code=201, response_model=SubscriptionOut, responses=PREVIEWED, dependencies=[WRITE])
async def create(body: SubscriptionIn, uow: Unit, preview: AsPreview = False) -> Response:
    """Subscribe a customer to a plan, to prices of the subscription's own, or to both.

    A plan's price that is overridden for a time has an item for each part of the time.

    An event that names no subscription counts for each of its customer's subscriptions.  So a plan that is
    billed by a meter which another running subscription of the customer is billed by is refused, unless
    `shared_usage` says that this is meant.
    """
    grants = [grant.from_wire() for grant in body.credit_grants]
    commitments = commitments_of(body.commitments)
    return await changed(
        uow,
        lambda: billing.subscribe(uow, body.from_wire(), grants, commitments=commitments),
        preview=preview,
        status=201,
    )


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
    return shown(listed("subscription", page, to_wires(page.items, items, phases)))


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


@router.post("/{subscription_id}/pause", response_model=ChangedOut, dependencies=[WRITE])
async def pause(
    subscription_id: SubscriptionId,
    uow: Unit,
    if_match: IfMatch,
    body: PauseIn | None = None,
    preview: AsPreview = False,
) -> Response:
    """Stop billing now, at the period's end or at an instant ahead, until the subscription is resumed.

    What runs in arrears is billed up to then; what was billed in advance is not given back.
    """
    wanted = body or PauseIn()
    return await changed(
        uow,
        lambda: billing.pause(
            uow,
            subscription_id,
            when=wanted.when,
            at=wanted.at,
            resume_at=wanted.resume_at,
            expected_version=if_match,
        ),
        preview=preview,
    )


@router.post("/{subscription_id}/resume", response_model=ChangedOut, dependencies=[WRITE])
async def resume(
    subscription_id: SubscriptionId,
    uow: Unit,
    if_match: IfMatch,
    body: ResumeIn | None = None,
    preview: AsPreview = False,
) -> Response:
    """Bill a paused subscription again, from now on or from a date: nothing for the pause, nothing twice."""
    at = None if body is None else body.at
    return await changed(
        uow,
        lambda: billing.resume(uow, subscription_id, at=at, expected_version=if_match),
        preview=preview,
    )


@router.post("/{subscription_id}/retry-billing", response_model=SubscriptionOut, dependencies=[WRITE])
async def retry(subscription_id: SubscriptionId, uow: Unit) -> Response:
    """Let a subscription that could not be billed be tried again, once its cause is mended."""
    return await show_subscription(uow, await retry_billing(uow, subscription_id))
