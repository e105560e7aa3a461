"""Reevit's subscriptions: list, create, get, update, cancel, resume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from counterfoil.core.errors import InvalidInput, NotFound
from counterfoil.core.ids import parse_id
from counterfoil.core.money import unit_of
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.errors import in_their_words
from counterfoil.faces.kit.vendor_paging import OffsetQuery
from counterfoil.faces.kit.vendor_wire import vendor_answer
from counterfoil.faces.vendors.reevit.auth import IdempotencyKey, OrgId, ReevitRoute
from counterfoil.faces.vendors.reevit.convert import (
    STATES,
    changes_of,
    check_kept,
    new_subscription,
    price_words,
    repriced,
    subscription_to_wire,
)
from counterfoil.faces.vendors.reevit.wire import (
    ListQuery,
    Subscription,
    SubscriptionCreate,
    SubscriptionUpdate,
)
from counterfoil.modules import billing
from counterfoil.modules.customers import ensure_customer, external_ids_of_customers, resolve_customers
from counterfoil.modules.subscriptions import (
    CancelWhen,
    SubscriptionChanges,
    SubscriptionFilter,
    get_subscription,
    renewals_of,
    reprice_item,
    resume_subscription,
    search_subscriptions,
    update_subscription,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.faces.vendors.reevit.wire import SubscriptionRow
    from counterfoil.modules import subscriptions

router = APIRouter(prefix="/v1/subscriptions", tags=["Subscriptions"], route_class=ReevitRoute)
READ, WRITE = allow("subscriptions:read"), allow("subscriptions:write")


@router.get("", operation_id="listSubscriptions", response_model=list[Subscription], dependencies=[READ])
async def list_(uow: Unit, org: OrgId, query: Annotated[ListQuery, Query()]) -> Response:
    """Subscriptions, newest first."""
    wanted = SubscriptionFilter(
        customer_ids=None if query.customer_id is None else await _customers(uow, query.customer_id),
        plan_ids=None if query.plan_id is None else _plans(query.plan_id),
        plan_reference=query.plan_id,
        statuses=None if query.status is None else STATES[query.status],
        created_from=query.created_after,
        created_to=query.created_before,
    )
    page = OffsetQuery(query.limit, query.offset)
    found = await search_subscriptions(uow, wanted, page, count=False)
    return vendor_answer(await _shown(uow, found.items, org))


@router.post(
    "",
    operation_id="createSubscription",
    status_code=201,
    response_model=Subscription,
    dependencies=[WRITE],
)
async def create(body: SubscriptionCreate, uow: Unit, org: OrgId, key: IdempotencyKey = None) -> Response:
    """Have a customer pay an amount at an interval, from now on and in advance."""
    unit_of(body.currency)
    with in_their_words({"external_id": "customer_id", "name": "customer_id"}):
        customer = await ensure_customer(uow, body.customer_id)
    with in_their_words(price_words(body.currency)):
        made = await billing.subscribe(uow, new_subscription(body, customer.id))
    return await _one(uow, made, org, 201)


@router.get("/{id}", operation_id="getSubscription", response_model=Subscription, dependencies=[READ])
async def get(id: str, uow: Unit, org: OrgId) -> Response:
    """One subscription."""
    return await _one(uow, await get_subscription(uow, _id(id)), org)


@router.patch("/{id}", operation_id="updateSubscription", response_model=Subscription, dependencies=[WRITE])
async def update(
    id: str, body: SubscriptionUpdate, uow: Unit, org: OrgId, key: IdempotencyKey = None
) -> Response:
    """Change plan, amount or interval from the next renewal on; metadata and method at once."""
    after = await get_subscription(uow, _id(id))
    renewal = (await renewals_of(uow, [after]))[after.id]
    [before] = await _shown(uow, [after], org)
    check_kept(body, before)
    with in_their_words(price_words(after.currency)):
        price = repriced(body, before, renewal)
        if price is not None:
            after = await reprice_item(uow, after.id, renewal.item_ids[0], price)
        if fields := changes_of(body):
            after = await update_subscription(uow, after.id, SubscriptionChanges(fields))
    return await _one(uow, after, org)


@router.post(
    "/{id}/cancel", operation_id="cancelSubscription", response_model=Subscription, dependencies=[WRITE]
)
async def cancel(id: str, uow: Unit, org: OrgId, key: IdempotencyKey = None) -> Response:
    """End a subscription at once; what was paid in advance is not given back."""
    return await _one(uow, await billing.cancel(uow, _id(id), CancelWhen.NOW), org)


@router.post(
    "/{id}/resume", operation_id="resumeSubscription", response_model=Subscription, dependencies=[WRITE]
)
async def resume(id: str, uow: Unit, org: OrgId, key: IdempotencyKey = None) -> Response:
    """Bill a paused subscription again from now on; one that is canceled stays so."""
    return await _one(uow, await resume_subscription(uow, _id(id)), org)


def _id(text: str) -> UUID:
    try:
        return parse_id("subscription", text) if text.startswith("sub_") else UUID(text)
    except (InvalidInput, ValueError):
        raise NotFound("no such subscription", field="id", allowed="the id of a subscription") from None


def _plans(text: str) -> list[UUID] | None:
    """The plan whose public id a text is; ``None`` for any other text."""
    try:
        return [parse_id("plan", text)]
    except InvalidInput:
        return None


async def _customers(uow: Unit, text: str) -> list[UUID]:
    """The customer that a text names by its public or external id, if there is one."""
    return list((await resolve_customers(uow, [text])).values())


async def _one(uow: Unit, subscription: subscriptions.Subscription, org: str, status: int = 200) -> Response:
    [row] = await _shown(uow, [subscription], org)
    return vendor_answer(row, status)


async def _shown(uow: Unit, found: Sequence[subscriptions.Subscription], org: str) -> list[SubscriptionRow]:
    """Subscriptions with what they renew with and whose they are, each read at once for all of them."""
    renewals = await renewals_of(uow, found)
    customers = await external_ids_of_customers(uow, {one.customer_id for one in found})
    return [subscription_to_wire(one, renewals[one.id], customers[one.customer_id], org) for one in found]
