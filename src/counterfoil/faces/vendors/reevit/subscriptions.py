"""Reevit's subscriptions: list, create, get, update, cancel, resume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from counterfoil.core.errors import InvalidInput, NotFound
from counterfoil.core.ids import parse_id
from counterfoil.core.money import unit_of
from counterfoil.core.proration import ProrationBehavior
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
from counterfoil.modules.customers import ensure_customer, resolve_customers
from counterfoil.modules.subscriptions import (
    CancelWhen,
    SubscriptionChanges,
    SubscriptionFilter,
    list_renewals,
    resume_subscription,
    update_subscription,
)

if TYPE_CHECKING:
    from counterfoil.modules.subscriptions import ListedSubscription, Renewal

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
    found = await list_renewals(uow, wanted, OffsetQuery(query.limit, query.offset))
    return vendor_answer([subscription_to_wire(one, renewal, org) for one, renewal in found])


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
    return await _one(uow, made.id, org, 201)


@router.get("/{id}", operation_id="getSubscription", response_model=Subscription, dependencies=[READ])
async def get(id: str, uow: Unit, org: OrgId) -> Response:
    """One subscription."""
    return await _one(uow, _id(id), org)


@router.patch("/{id}", operation_id="updateSubscription", response_model=Subscription, dependencies=[WRITE])
async def update(
    id: str, body: SubscriptionUpdate, uow: Unit, org: OrgId, key: IdempotencyKey = None
) -> Response:
    """Change plan, amount or interval from the next renewal on; metadata and method at once."""
    await billing.catch_up(uow, _id(id))
    subscription, renewal = await _found(uow, _id(id))
    before = subscription_to_wire(subscription, renewal, org)
    check_kept(body, before)
    with in_their_words(price_words(subscription.currency)):
        price = repriced(body, before, renewal)
        if price is not None:
            at_renewal = ProrationBehavior.NONE
            await billing.reprice(uow, subscription.id, renewal.item_ids[0], price, behavior=at_renewal)
        if fields := changes_of(body):
            await update_subscription(uow, subscription.id, SubscriptionChanges(fields))
    return await _one(uow, subscription.id, org)


@router.post(
    "/{id}/cancel", operation_id="cancelSubscription", response_model=Subscription, dependencies=[WRITE]
)
async def cancel(id: str, uow: Unit, org: OrgId, key: IdempotencyKey = None) -> Response:
    """End a subscription at once; what was paid in advance is not given back."""
    after = await billing.cancel(uow, _id(id), CancelWhen.NOW)
    return await _one(uow, after.id, org)


@router.post(
    "/{id}/resume", operation_id="resumeSubscription", response_model=Subscription, dependencies=[WRITE]
)
async def resume(id: str, uow: Unit, org: OrgId, key: IdempotencyKey = None) -> Response:
    """Bill a paused subscription again from now on; one that is canceled stays so."""
    after = await resume_subscription(uow, _id(id))
    return await _one(uow, after.id, org)


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


async def _one(uow: Unit, id_: UUID, org: str, status: int = 200) -> Response:
    return vendor_answer(subscription_to_wire(*await _found(uow, id_), org), status)


async def _found(uow: Unit, id_: UUID) -> tuple[ListedSubscription, Renewal]:
    found = await list_renewals(uow, SubscriptionFilter(ids=[id_]), OffsetQuery(1))
    if not found:
        raise NotFound("no such subscription", field="id", allowed="the id of a subscription")
    return found[0]
