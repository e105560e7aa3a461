"""``/v1/subscriptions``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.core.states import SubscriptionState
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    CustomerId,
    DecimalText,
    IfMatch,
    InstantText,
    ListOf,
    Metadata,
    PageQuery,
    PlanId,
    PlanVersionId,
    PriceId,
    SubscriptionId,
    SubscriptionItemId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.subscriptions import (
    Alignment,
    CancelWhen,
    NewSubscription,
    Subscription,
    SubscriptionChanges,
    SubscriptionItem,
    cancel_subscription,
    change_quantity,
    create_subscription,
    get_subscription,
    item_end,
    items_of,
    list_subscriptions,
    reactivate_subscription,
    retry_billing,
    update_subscription,
)

router = APIRouter(prefix="/subscriptions", tags=["Subscriptions"], route_class=NativeRoute)
READ, WRITE = allow("subscriptions:read"), allow("subscriptions:write")
_page = page_query("subscription")

_NEW: dict[str, Any] = {
    "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
    "plan_id": "plan_01kahgp1g0edgrx4zm6byashwq",
    "currency": "EUR",
    "quantities": {"seats": "12"},
    "started_at": "2026-01-15T09:00:00Z",
    "alignment": "calendar",
    "external_id": "contract-2026-017",
    "metadata": {"sold_by": "partner"},
}
_EXAMPLE: dict[str, Any] = {
    "id": "sub_01kahgp1g0edgrx4zm6byashwr",
    "external_id": "contract-2026-017",
    "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
    "plan_id": "plan_01kahgp1g0edgrx4zm6byashwq",
    "plan_version_id": "plv_01kahgp1g0edgrx4zm6byashws",
    "plan_reference": None,
    "payment_method": "bank_transfer",
    "currency": "EUR",
    "zone": "Europe/Berlin",
    "status": "active",
    "started_at": "2026-01-15T09:00:00Z",
    "anchor_at": "2025-12-31T23:00:00Z",
    "alignment": "calendar",
    "cancel_at": None,
    "cancelled_at": None,
    "ended_at": None,
    "paused_at": None,
    "next_billing_at": "2026-01-31T23:00:00Z",
    "billing_error": None,
    "items": [
        {
            "id": "si_01kahgp1g0edgrx4zm6byashwt",
            "price_id": "price_01kahgp1g0edgrx4zm6byashwv",
            "quantity": "12",
            "started_at": "2026-01-15T09:00:00Z",
            "ended_at": None,
            "billed_to": "2026-01-31T23:00:00Z",
            "due_at": "2026-01-31T23:00:00Z",
        }
    ],
    "metadata": {"sold_by": "partner"},
    "version": 1,
    "created_at": "2026-01-15T09:00:00Z",
    "updated_at": "2026-01-15T09:00:00Z",
}


class SubscriptionIn(Wire):
    """A subscription to make, to the published version of a plan or to a given version."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NEW]})

    customer_id: CustomerId
    plan_id: PlanId | None = Field(default=None, description="Its published version is taken")
    plan_version_id: PlanVersionId | None = Field(default=None, description="Instead of `plan_id`")
    currency: str | None = Field(default=None, description="ISO 4217; the customer's by default")
    quantities: dict[str, DecimalText] = Field(
        default_factory=dict,
        max_length=200,
        description="By the code of each price whose quantity is the item's; 1 by default",
    )
    started_at: InstantText | None = Field(
        default=None, description="Now by default; may lie in the past, and then what has passed is billed"
    )
    alignment: Alignment = Field(
        default=Alignment.ANNIVERSARY,
        description="Periods begin at the anchor (`anniversary`) or with the day, week, month … (`calendar`)",
    )
    anchor_at: InstantText | None = Field(
        default=None, description="The instant whose day and time the periods remember; the start by default"
    )
    shared_usage: bool = Field(
        default=False,
        description="Another running subscription of the customer may be billed by the same meter: their "
        "events name their subscription, or usage shall be billed on both",
    )
    external_id: str | None = None
    metadata: Metadata = Field(default_factory=dict)

    def from_wire(self) -> NewSubscription:
        """The command."""
        given = {name: getattr(self, name) for name in type(self).model_fields if name != "metadata"}
        return NewSubscription(**given, meta=self.metadata)


class SubscriptionPatch(Wire):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"external_id": "order-882", "metadata": {"sales": "Ada"}}]}
    )

    external_id: str | None = None
    metadata: Metadata = Field(default_factory=dict)

    def from_wire(self, expected_version: int | None) -> SubscriptionChanges:
        """The command: only the fields that were sent."""
        fields = {name: getattr(self, name) for name in self.model_fields_set}
        if "metadata" in fields:
            fields["meta"] = fields.pop("metadata")
        return SubscriptionChanges(fields, expected_version)


class ItemPatch(Wire):
    """Another quantity, for the service periods that are not billed yet."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"quantity": "15"}]})

    quantity: DecimalText


class CancelIn(Wire):
    """When to end a subscription."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"when": "period_end"}]})

    when: CancelWhen = Field(
        default=CancelWhen.PERIOD_END,
        description="`period_end`: at the next boundary of the longest interval among the prices; or `now`",
    )


class ItemOut(Wire):
    """One price on a subscription."""

    id: SubscriptionItemId
    price_id: PriceId
    quantity: DecimalText
    started_at: InstantText
    ended_at: InstantText | None
    billed_to: InstantText = Field(description="The end of the last service period that was billed")
    due_at: InstantText | None = Field(description="When the next service period becomes billable")


class SubscriptionOut(Wire):
    """A contract with a customer, with an item for each price."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: SubscriptionId
    external_id: str | None
    customer_id: CustomerId
    plan_id: PlanId | None = Field(description="None where all its prices are its own")
    plan_version_id: PlanVersionId | None
    plan_reference: str | None = Field(description="What the seller calls the plan")
    payment_method: str | None = Field(description="How the customer means to pay")
    currency: str
    zone: str = Field(description="The customer's time zone when the subscription was made")
    status: SubscriptionState
    started_at: InstantText
    anchor_at: InstantText
    alignment: Alignment
    cancel_at: InstantText | None = Field(description="The end that is scheduled")
    cancelled_at: InstantText | None = Field(description="When the cancellation was asked for")
    ended_at: InstantText | None
    paused_at: InstantText | None = Field(description="Since when it is paused, or was when it ended")
    next_billing_at: InstantText | None
    billing_error: str | None = Field(description="Why it cannot be billed; it is held until `retry-billing`")
    items: list[ItemOut]
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText


def _item(subscription: Subscription, item: SubscriptionItem) -> ItemOut:
    return ItemOut.model_construct(
        id=item.id,
        price_id=item.price_id,
        quantity=item.quantity,
        started_at=item.started_at,
        ended_at=item_end(subscription, item),
        billed_to=item.billed_to,
        due_at=item.due_at,
    )


def to_wire(subscription: Subscription, items: list[SubscriptionItem]) -> SubscriptionOut:
    """A subscription and its items on the wire."""
    return SubscriptionOut.model_construct(
        id=subscription.id,
        external_id=subscription.external_id,
        customer_id=subscription.customer_id,
        plan_id=subscription.plan_id,
        plan_version_id=subscription.plan_version_id,
        plan_reference=subscription.plan_reference,
        payment_method=subscription.payment_method,
        currency=subscription.currency,
        zone=subscription.zone,
        status=subscription.status,
        started_at=subscription.started_at,
        anchor_at=subscription.anchor_at,
        alignment=subscription.alignment,
        cancel_at=subscription.cancel_at,
        cancelled_at=subscription.cancelled_at,
        ended_at=subscription.ended_at,
        paused_at=subscription.paused_at,
        next_billing_at=subscription.next_billing_at,
        billing_error=subscription.billing_error,
        items=[_item(subscription, item) for item in items],
        metadata=dict(subscription.meta),
        version=subscription.version,
        created_at=subscription.created_at,
        updated_at=subscription.updated_at,
    )


async def _shown(uow: Unit, subscription: Subscription, status: int = 200) -> Response:
    items = (await items_of(uow, [subscription.id])).get(subscription.id, [])
    return shown(to_wire(subscription, items), status, version=subscription.version)


@router.post("", status_code=201, response_model=SubscriptionOut, dependencies=[WRITE])
async def create(body: SubscriptionIn, uow: Unit) -> Response:
    """Subscribe a customer to a plan.

    An event that names no subscription counts for each of its customer's subscriptions.  So a plan that is
    billed by a meter which another running subscription of the customer is billed by is refused, unless
    `shared_usage` says that this is meant.
    """
    return await _shown(uow, await create_subscription(uow, body.from_wire()), 201)


@router.get("", response_model=ListOf[SubscriptionOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    customer_id: Annotated[CustomerId | None, Query(description="Only this customer's")] = None,
    status: Annotated[SubscriptionState | None, Query(description="Only those in this status")] = None,
    external_id: Annotated[str | None, Query(description="Only the one with this external id")] = None,
    held: Annotated[
        bool | None, Query(description="Only those that the billing run put on hold, or only the others")
    ] = None,
) -> Response:
    """Subscriptions, newest first."""
    page = await list_subscriptions(
        uow, query, customer_id=customer_id, status=status, external_id=external_id, held=held
    )
    items = await items_of(uow, [subscription.id for subscription in page.items])
    return shown(list_of("subscription", page, lambda one: to_wire(one, items.get(one.id, []))))


@router.get("/{subscription_id}", response_model=SubscriptionOut, dependencies=[READ])
async def get(subscription_id: SubscriptionId, uow: Unit) -> Response:
    """One subscription."""
    return await _shown(uow, await get_subscription(uow, subscription_id))


@router.patch("/{subscription_id}", response_model=SubscriptionOut, dependencies=[WRITE])
async def update(
    subscription_id: SubscriptionId, body: SubscriptionPatch, uow: Unit, if_match: IfMatch
) -> Response:
    """Change external id or metadata."""
    return await _shown(uow, await update_subscription(uow, subscription_id, body.from_wire(if_match)))


@router.patch("/{subscription_id}/items/{item_id}", response_model=SubscriptionOut, dependencies=[WRITE])
async def update_item(
    subscription_id: SubscriptionId,
    item_id: SubscriptionItemId,
    body: ItemPatch,
    uow: Unit,
    if_match: IfMatch,
) -> Response:
    """Change an item's quantity, for every service period that is not billed yet."""
    changed = await change_quantity(uow, subscription_id, item_id, body.quantity, expected_version=if_match)
    return await _shown(uow, changed)


@router.post("/{subscription_id}/cancel", response_model=SubscriptionOut, dependencies=[WRITE])
async def cancel(subscription_id: SubscriptionId, body: CancelIn, uow: Unit, if_match: IfMatch) -> Response:
    """End a subscription now or at the end of its period.

    Now: what runs in arrears becomes billable up to now; what was billed in advance is not given back.
    """
    ended = await cancel_subscription(uow, subscription_id, body.when, expected_version=if_match)
    return await _shown(uow, ended)


@router.post("/{subscription_id}/reactivate", response_model=SubscriptionOut, dependencies=[WRITE])
async def reactivate(subscription_id: SubscriptionId, uow: Unit, if_match: IfMatch) -> Response:
    """Take back a cancellation whose date has not come."""
    running = await reactivate_subscription(uow, subscription_id, expected_version=if_match)
    return await _shown(uow, running)


@router.post("/{subscription_id}/retry-billing", response_model=SubscriptionOut, dependencies=[WRITE])
async def retry(subscription_id: SubscriptionId, uow: Unit) -> Response:
    """Let a subscription that could not be billed be tried again, once its cause is mended."""
    return await _shown(uow, await retry_billing(uow, subscription_id))
