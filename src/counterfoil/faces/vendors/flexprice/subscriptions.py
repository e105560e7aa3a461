"""Subscriptions: make, read, find, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from counterfoil.core.calendar import format_instant
from counterfoil.core.errors import CounterfoilError, InvalidInput, NotFound, TooLarge
from counterfoil.faces.kit.context import Caller, Unit, allow
from counterfoil.faces.kit.vendor_wire import DateTimeText, vendor_answer
from counterfoil.faces.kit.wire import OffsetQuery
from counterfoil.faces.vendors.flexprice import ids
from counterfoil.faces.vendors.flexprice.auth import FlexpriceRoute
from counterfoil.faces.vendors.flexprice.convert.common import instant_from_wire, pagination
from counterfoil.faces.vendors.flexprice.convert.credit_grants import WORDS as GRANT_WORDS
from counterfoil.faces.vendors.flexprice.convert.credit_grants import grant_from_wire, grant_to_wire
from counterfoil.faces.vendors.flexprice.convert.customers import customer_to_wire
from counterfoil.faces.vendors.flexprice.convert.plans import plan_to_wire
from counterfoil.faces.vendors.flexprice.convert.subscriptions import (
    STATES,
    STATUSES,
    WORDS,
    Parts,
    check_kept,
    subscription_from_wire,
    subscriptions_to_wire,
)
from counterfoil.faces.vendors.flexprice.customers import customer_by_external_id
from counterfoil.faces.vendors.flexprice.errors import in_their_words
from counterfoil.faces.vendors.flexprice.searching import (
    Column,
    ListQuery,
    Names,
    column_of_ids,
    expanded,
    page_of,
    refuse,
    terms_of,
    texts_of,
)
from counterfoil.faces.vendors.flexprice.wire import (
    CancelSubscriptionRequest,
    CreateSubscriptionRequest,
    UpdateSubscriptionRequest,
)
from counterfoil.faces.vendors.flexprice.wire_generated import (
    CancelSubscriptionResponse,
    ListSubscriptionsResponse,
    PaginationResponse,
    SubscriptionFilter,
    SubscriptionResponse,
)
from counterfoil.modules import billing, subscriptions
from counterfoil.modules.catalog import plans_by_ids, prices_by_ids, published_version_of
from counterfoil.modules.customers import CustomerFilter as WantedCustomers
from counterfoil.modules.customers import customers_by_ids, get_customer, search_customers
from counterfoil.modules.subscriptions import CancelWhen
from counterfoil.modules.subscriptions import SubscriptionFilter as Wanted
from counterfoil.modules.wallets import CreditGrantFilter, search_credit_grants

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.faces.vendors.flexprice.wire_generated import CreditGrantResponse
    from counterfoil.modules.catalog import PlanVersion
    from counterfoil.modules.customers import Customer
    from counterfoil.modules.subscriptions import Subscription
    from counterfoil.modules.wallets import NewCreditGrant

router = APIRouter(prefix="/v1", tags=["Subscriptions"], route_class=FlexpriceRoute)
READ, WRITE = allow("subscriptions:read"), allow("subscriptions:write")

_COLUMNS: Final = {
    "id": column_of_ids("subscription", "ids"),
    "customer_id": column_of_ids("customer", "customer_ids"),
    "plan_id": column_of_ids("plan", "plan_ids"),
    "lookup_key": Column("external_ids"),
    "subscription_status": Column("statuses", lambda text: STATES.get(text, ())),
}
_UNSEARCHED: Final = (
    "active_at",
    "billing_cadence",
    "billing_period",
    "effective_date_for_update",
    "invoicing_customer_ids",
    "parent_subscription_ids",
    "subscription_type",
    "trial_end_due_lte",
    "with_coupon_associations",
)
_WHOLE: Final = frozenset({"customer", "plan", "line_items", "credit_grants"})
_NEEDED: Final = {
    "customer": "customers:read",
    "plan": "catalog:read",
    "credit_grants": "credit_grants:read",
}
"""What a key must be able to read besides for a part to be shown; lines and their prices are the
subscription's own."""
_MOST: Final = 1000
_MOST_GRANTS: Final = 100


class SubscriptionQuery(ListQuery):
    """What subscriptions are listed by."""

    subscription_ids: Names | None = None
    customer_id: str | None = None
    external_customer_id: str | None = None
    plan_id: str | None = None
    subscription_status: Names | None = None
    with_line_items: bool = False
    active_at: DateTimeText | None = None
    billing_cadence: Names | None = None
    billing_period: Names | None = None
    invoicing_customer_ids: Names | None = None
    parent_subscription_ids: Names | None = None


@router.post(
    "/subscriptions",
    operation_id="createSubscription",
    status_code=201,
    response_model=SubscriptionResponse,
    dependencies=[WRITE],
)
async def create(body: CreateSubscriptionRequest, uow: Unit, caller: Caller) -> Response:
    """Subscribe a customer to a plan, with the plan's credit grants and those that are given."""
    if body.credit_grants:
        caller.require("credit_grants:write")
    customer = await _customer(uow, body)
    version = await _published(uow, body.plan_id)
    with in_their_words(WORDS):
        new, words = subscription_from_wire(body, customer, version)
    grants = _grants(body)
    end = instant_from_wire(body.end_date, "end_date")
    with in_their_words({**words, **_grant_words(body)}):
        made = await billing.subscribe(uow, new, grants, ends_at=end)
    return await _one(uow, caller, made, 201)


@router.get(
    "/subscriptions",
    operation_id="listSubscriptions",
    response_model=ListSubscriptionsResponse,
    dependencies=[READ],
)
async def list_(query: Annotated[SubscriptionQuery, Query()], uow: Unit, caller: Caller) -> Response:
    """List subscriptions."""
    return await _found(uow, caller, query)


@router.post(
    "/subscriptions/search",
    operation_id="querySubscription",
    response_model=ListSubscriptionsResponse,
    dependencies=[READ],
)
async def search(body: SubscriptionFilter, uow: Unit, caller: Caller) -> Response:
    """Find subscriptions."""
    return await _found(uow, caller, body)


@router.get(
    "/customers/external/{external_id}/subscriptions",
    operation_id="getSubscriptionsForCustomer",
    response_model=ListSubscriptionsResponse,
    dependencies=[READ],
)
async def of_customer(external_id: str, uow: Unit, caller: Caller, expand: str | None = None) -> Response:
    """The subscriptions of the customer with the seller's own id."""
    customer = await customer_by_external_id(uow, external_id)
    wanted = Wanted(customer_ids=[customer.id])
    found = await subscriptions.search_subscriptions(uow, wanted, OffsetQuery(_MOST), count=True)
    parts = frozenset((expand or "").split(",")) | {"line_items"}
    items = await _shown(uow, caller, found.items, parts)
    page = PaginationResponse(total=found.total, limit=len(items), offset=0)
    return vendor_answer(ListSubscriptionsResponse(items=items, pagination=page))


@router.get(
    "/subscriptions/{id}",
    operation_id="getSubscription",
    response_model=SubscriptionResponse,
    dependencies=[READ],
)
async def get(id: str, uow: Unit, caller: Caller) -> Response:
    """Get a subscription with its line items, customer, plan and credit grants."""
    found = await subscriptions.get_subscription(uow, ids.parse("subscription", id))
    return await _one(uow, caller, found)


@router.put(
    "/subscriptions/{id}",
    operation_id="updateSubscription",
    response_model=SubscriptionResponse,
    dependencies=[WRITE],
)
async def update(id: str, body: UpdateSubscriptionRequest, uow: Unit, caller: Caller) -> Response:
    """Say when a subscription ends: at a time, with its period, or not any more."""
    refuse(body, "parent_subscription_id", "status")
    subscription = await subscriptions.get_subscription(uow, ids.parse("subscription", id))
    if body.model_extra:
        check_kept(body, (await _shown(uow, caller, [subscription], _WHOLE))[0])
    at = instant_from_wire(body.cancel_at, "cancel_at")
    if at is not None and body.cancel_at_period_end:
        raise InvalidInput(
            "a subscription ends once", field="cancel_at", allowed="either cancel_at or cancel_at_period_end"
        )
    with in_their_words({"at": "cancel_at"}):
        if at is not None:
            subscription = await billing.cancel(uow, subscription.id, CancelWhen.AT, at=at)
        elif body.cancel_at_period_end:
            subscription = await billing.cancel(uow, subscription.id, CancelWhen.PERIOD_END)
        elif body.cancel_at_period_end is False and subscription.cancel_at is not None:
            subscription = await subscriptions.reactivate_subscription(uow, subscription.id)
    return await _one(uow, caller, subscription)


@router.post(
    "/subscriptions/{id}/cancel",
    operation_id="cancelSubscription",
    response_model=CancelSubscriptionResponse,
    dependencies=[WRITE],
)
async def cancel(id: str, body: CancelSubscriptionRequest, uow: Unit) -> Response:
    """End a subscription now, with its period, or at a time."""
    subscription_id = ids.parse("subscription", id)
    when, at = _end(body)
    with in_their_words({"at": "cancel_at"}):
        after = await billing.cancel(uow, subscription_id, when, at=at)
    effective = after.ended_at or after.cancel_at
    assert effective is not None
    return vendor_answer(
        CancelSubscriptionResponse(
            subscription_id=id,
            status=STATUSES[after.status],
            cancellation_type=body.cancellation_type,
            effective_date=format_instant(effective),
            processed_at=format_instant(uow.now),
            reason=body.reason,
            message="the subscription is cancelled" if after.ended_at else "the cancellation is scheduled",
            proration_details=[],
            total_credit_amount="0",
        )
    )


def _end(body: CancelSubscriptionRequest) -> tuple[CancelWhen, datetime | None]:
    """When a subscription is to end; what cannot be honoured is refused."""
    if body.cancellation_type != "end_of_period":
        refuse(body, "cancel_at_period_end", why=f"does not fit {body.cancellation_type}")
    if body.proration_behavior == "create_prorations":
        allowed = "none"
        raise InvalidInput("nothing is prorated yet", field="proration_behavior", allowed=allowed)
    policies = ("cancel_immediately_invoice_policy", "cancel_immediately_inovice_policy")
    for name in policies:
        if body.cancellation_type == "immediate" and getattr(body, name) == "skip":
            raise InvalidInput(
                "what was used until the end is billed", field=name, allowed="generate_invoice, or none"
            )
    at = instant_from_wire(body.cancel_at, "cancel_at")
    if (at is not None) != (body.cancellation_type == "scheduled_date"):
        allowed = "a time with scheduled_date, and none otherwise"
        raise InvalidInput("cancel_at does not fit cancellation_type", field="cancel_at", allowed=allowed)
    if at is not None:
        return CancelWhen.AT, at
    return (CancelWhen.NOW if body.cancellation_type == "immediate" else CancelWhen.PERIOD_END), None


async def _customer(uow: Unit, body: CreateSubscriptionRequest) -> Customer:
    """The customer whom a new subscription names by one of two ids."""
    if (not body.customer_id) == (not body.external_customer_id):
        raise InvalidInput(
            "a subscription names its customer by one of two ids",
            field="customer_id",
            allowed="either customer_id or external_customer_id",
        )
    if body.external_customer_id:
        return await customer_by_external_id(uow, body.external_customer_id, "external_customer_id")
    try:
        return await get_customer(uow, ids.parse("customer", body.customer_id or "", "customer_id"))
    except NotFound as refused:
        raise (refused if refused.field else refused.within("customer_id")) from None


async def _published(uow: Unit, plan: str) -> PlanVersion:
    plan_id = ids.parse("plan", plan, "plan_id")
    try:
        return await published_version_of(uow, plan_id)
    except CounterfoilError as refused:
        raise refused.within("plan_id") from None


def _grant_words(body: CreateSubscriptionRequest) -> dict[str, str]:
    places = [f"credit_grants.{number}" for number in range(len(body.credit_grants or ()))]
    return {f"{at}.{ours}": f"{at}.{theirs}" for at in places for ours, theirs in GRANT_WORDS.items()}


def _grants(body: CreateSubscriptionRequest) -> list[NewCreditGrant]:
    grants: list[NewCreditGrant] = []
    if len(body.credit_grants or ()) > _MOST_GRANTS:
        allowed = f"at most {_MOST_GRANTS}"
        raise TooLarge("credit_grants has too many entries", field="credit_grants", allowed=allowed)
    for number, one in enumerate(body.credit_grants or ()):
        try:
            grants.append(grant_from_wire(one, with_subscription=True))
        except CounterfoilError as refused:
            raise refused.within(f"credit_grants.{number}") from None
    return grants


async def _one(uow: Unit, caller: Caller, subscription: Subscription, status: int = 200) -> Response:
    return vendor_answer((await _shown(uow, caller, [subscription], _WHOLE))[0], status)


async def _found(uow: Unit, caller: Caller, asked: SubscriptionFilter | SubscriptionQuery) -> Response:
    refuse(asked, *_UNSEARCHED, why="is not searched by yet")
    page, terms = page_of(asked), terms_of(asked, _COLUMNS)
    wanted: dict[str, Any] = terms.values
    if wanted.pop("archived", False):
        wanted["ids"] = []  # a subscription ends; it is never archived
    terms.ids("subscription", "ids", asked, "subscription_ids")
    terms.ids("customer", "customer_ids", asked, "customer_id", "customer_ids")
    terms.ids("plan", "plan_ids", asked, "plan_id")
    if asked.subscription_status:
        terms.among("statuses", [state for one in asked.subscription_status for state in STATES.get(one, ())])
    if asked.external_customer_id:
        named = texts_of(asked, "external_customer_id")
        customers = await search_customers(uow, WantedCustomers(external_ids=named), OffsetQuery(1))
        terms.among("customer_ids", [one.id for one in customers.items])
    found = await subscriptions.search_subscriptions(uow, Wanted(**wanted), page, count=True)
    parts = expanded(asked) | ({"line_items"} if asked.with_line_items else frozenset())
    items = await _shown(uow, caller, found.items, parts)
    return vendor_answer(ListSubscriptionsResponse(items=items, pagination=pagination(found, page)))


async def _shown(
    uow: Unit, caller: Caller, found: Sequence[Subscription], asked: Collection[str]
) -> list[SubscriptionResponse]:
    """Subscriptions with the parts that are asked for, each kind of part read at once for all of them.

    A part of another resource that the key may not read is left out.
    """
    parts = {one for one in asked if one not in _NEEDED or caller.may(_NEEDED[one])}
    of = [one.id for one in found]
    items = await subscriptions.items_of(uow, of) if "line_items" in parts else None
    price_ids = (
        await subscriptions.price_ids_of(uow, of)
        if items is None
        else {id_: [item.price_id for item in some] for id_, some in items.items()}
    )
    prices = await prices_by_ids(uow, {id_ for some in price_ids.values() for id_ in some})
    plans, customers = {}, {}
    if {"plan", "line_items"} & parts and caller.may("catalog:read"):
        plans = await plans_by_ids(uow, {one.plan_id for one in found if one.plan_id is not None})
    if "customer" in parts:
        customers = await customers_by_ids(uow, {one.customer_id for one in found})
    shown = Parts(
        price_ids=price_ids,
        prices=prices,
        items=items,
        plans=plans,
        customers={id_: customer_to_wire(uow, one) for id_, one in customers.items()},
        shown_plans={id_: plan_to_wire(uow, one) for id_, one in plans.items()} if "plan" in parts else {},
        grants=await _grants_of(uow, found) if "credit_grants" in parts else None,
    )
    return subscriptions_to_wire(uow, found, shown)


async def _grants_of(uow: Unit, found: Sequence[Subscription]) -> dict[UUID, list[CreditGrantResponse]]:
    grants: dict[UUID, list[CreditGrantResponse]] = {}
    wanted = CreditGrantFilter(subscription_ids=[one.id for one in found])
    page = OffsetQuery(_MOST * max(1, len(found)))
    for grant in (await search_credit_grants(uow, wanted, page)).items:
        assert grant.subscription_id is not None
        grants.setdefault(grant.subscription_id, []).append(grant_to_wire(uow, grant))
    return grants
