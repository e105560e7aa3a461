"""``/v1/customer-features``: which customer pays which price for which feature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    CustomerFeatureId,
    CustomerId,
    DecimalText,
    FeatureId,
    InstantText,
    ListOf,
    PageQuery,
    PlanId,
    PriceId,
    ProductId,
    SubscriptionId,
    SubscriptionItemId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.subscriptions import (
    CustomerFeature,
    FeatureCharge,
    charges_of,
    page_of_customer_features,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

router = APIRouter(prefix="/customer-features", tags=["Customer features"], route_class=NativeRoute)
READ = allow("subscriptions:read")
_page = page_query("customer_feature")

_EXAMPLE: dict[str, Any] = {
    "id": "cf_01kahgp1g0edgrx4zm6byashwh",
    "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
    "feature_id": "feat_01kahgp1g0edgrx4zm6byashwh",
    "product_id": "prod_01kahgp1g0edgrx4zm6byashwh",
    "charges": [
        {
            "subscription_id": "sub_01kahgp1g0edgrx4zm6byashwr",
            "item_id": "si_01kahgp1g0edgrx4zm6byashwt",
            "price_id": "price_01kahgp1g0edgrx4zm6byashwv",
            "plan_id": "plan_01kahgp1g0edgrx4zm6byashwq",
            "quantity": "1",
            "currency": "EUR",
            "started_at": "2026-01-15T09:00:00Z",
            "ended_at": None,
        }
    ],
    "created_at": "2026-01-15T09:00:00Z",
}


class ChargeOut(Wire):
    """A price that is paid, as long as its item and its subscription run and are not paused."""

    subscription_id: SubscriptionId
    item_id: SubscriptionItemId
    price_id: PriceId
    plan_id: PlanId | None = Field(description="null: a price of this subscription alone")
    quantity: DecimalText
    currency: str
    started_at: InstantText
    ended_at: InstantText | None = Field(description="Scheduled ends included, and a pause that lasts")


class CustomerFeatureOut(Wire):
    """A feature that a customer pays for, or has paid for."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: CustomerFeatureId
    customer_id: CustomerId
    feature_id: FeatureId
    product_id: ProductId | None = Field(description="The feature's product")
    charges: list[ChargeOut] = Field(description="What is paid for it, in the order of time")
    created_at: InstantText


def _charge(charge: FeatureCharge) -> ChargeOut:
    return ChargeOut.model_construct(
        subscription_id=charge.subscription_id,
        item_id=charge.item_id,
        price_id=charge.price.id,
        plan_id=charge.price.plan_id,
        quantity=charge.quantity,
        currency=charge.currency,
        started_at=charge.started_at,
        ended_at=charge.ended_at,
    )


def to_wire(one: CustomerFeature, charges: Sequence[FeatureCharge]) -> CustomerFeatureOut:
    """A customer's feature on the wire."""
    return CustomerFeatureOut.model_construct(
        id=one.id,
        customer_id=one.customer_id,
        feature_id=one.feature_id,
        product_id=one.product_id,
        charges=[_charge(charge) for charge in charges],
        created_at=one.created_at,
    )


@router.get("", response_model=ListOf[CustomerFeatureOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    customer_id: Annotated[CustomerId | None, Query(description="Only this customer's")] = None,
    feature_id: Annotated[FeatureId | None, Query(description="Only this feature")] = None,
    product_id: Annotated[ProductId | None, Query(description="Only features of this product")] = None,
) -> Response:
    """Which customer pays which price for which feature, newest first.

    There is one for each customer and each feature that a price of theirs names.  It stays when what was
    agreed has ended.
    """
    page = await page_of_customer_features(
        uow, query, customer_id=customer_id, feature_id=feature_id, product_id=product_id
    )
    charges = await charges_of(uow, page.items)
    return shown(list_of("customer_feature", page, lambda one: to_wire(one, charges[one.id])))
