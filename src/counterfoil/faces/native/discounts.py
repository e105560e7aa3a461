"""``/v1/discounts``, and redeeming coupons for a subscription or a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    CouponId,
    CustomerId,
    DiscountId,
    InstantText,
    InvoiceId,
    ListOf,
    Metadata,
    PageQuery,
    SubscriptionId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.catalog_wire import SHOWN, example
from counterfoil.faces.native.previews import PREVIEWED, AsPreview, changed
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.subscriptions import (
    NewDiscount,
    SubscriptionDiscount,
    end_discount,
    get_discount,
    get_subscription,
    list_discounts,
    redeem_for_customer,
    redeem_for_subscription,
)

if TYPE_CHECKING:
    from counterfoil.modules.subscriptions import Subscription

router = APIRouter(tags=["Discounts"], route_class=NativeRoute)
READ, WRITE = allow("subscriptions:read"), allow("subscriptions:write")
_page = page_query("discount")

_EXAMPLE: dict[str, Any] = {
    "id": "disc_01kahgp1g0edgrx4zm6byashwh",
    "external_id": None,
    "coupon_id": "coup_01kahgp1g0edgrx4zm6byashwh",
    "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
    "subscription_id": "sub_01kahgp1g0edgrx4zm6byashwr",
    "starts_at": "2026-01-31T09:30:00Z",
    "ends_at": "2026-04-30T08:30:00Z",
    "taken_on": None,
    "metadata": {},
    **SHOWN,
}


class DiscountIn(Wire):
    """A coupon to redeem."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {"coupon": "spring"}, {"coupon": "spring", "starts_at": "2026-03-01T00:00:00Z"}
        )
    )

    coupon: str = Field(description="Its code")
    starts_at: InstantText | None = Field(default=None, description="Now by default, or a time ahead")
    external_id: str | None = None
    metadata: Metadata = Field(default_factory=dict)

    def from_wire(self) -> NewDiscount:
        """The command."""
        return NewDiscount(
            coupon=self.coupon, starts_at=self.starts_at, external_id=self.external_id, meta=self.metadata
        )


class DiscountOut(Wire):
    """A coupon that was redeemed, for one subscription or for all of a customer's."""

    model_config = ConfigDict(json_schema_extra=example(_EXAMPLE))

    id: DiscountId
    external_id: str | None
    coupon_id: CouponId
    customer_id: CustomerId
    subscription_id: SubscriptionId | None = Field(description="None: for all of the customer's")
    starts_at: InstantText
    ends_at: InstantText | None = Field(description="Not included; none: until it is ended")
    taken_on: InvoiceId | None = Field(description="The invoice that has it, where it is taken once")
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText


def to_wire(discount: SubscriptionDiscount) -> DiscountOut:
    """A discount on the wire."""
    return DiscountOut.model_construct(
        id=discount.id,
        external_id=discount.external_id,
        coupon_id=discount.coupon_id,
        customer_id=discount.customer_id,
        subscription_id=discount.subscription_id,
        starts_at=discount.starts_at,
        ends_at=discount.ends_at,
        taken_on=discount.taken_on,
        metadata=dict(discount.meta),
        version=discount.version,
        created_at=discount.created_at,
        updated_at=discount.updated_at,
    )


def _shown(discount: SubscriptionDiscount, status: int = 200) -> Response:
    return shown(to_wire(discount), status, version=discount.version)


@router.get("/discounts", response_model=ListOf[DiscountOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    coupon_id: Annotated[CouponId | None, Query(description="Only redemptions of this coupon")] = None,
    customer_id: Annotated[CustomerId | None, Query(description="Only this customer's")] = None,
    subscription_id: Annotated[SubscriptionId | None, Query(description="Only this subscription's")] = None,
) -> Response:
    """What was redeemed, newest first, ended ones included."""
    page = await list_discounts(
        uow, query, coupon_id=coupon_id, customer_id=customer_id, subscription_id=subscription_id
    )
    return shown(list_of("discount", page, to_wire))


@router.get("/discounts/{discount_id}", response_model=DiscountOut, dependencies=[READ])
async def get(discount_id: DiscountId, uow: Unit) -> Response:
    """One discount."""
    return _shown(await get_discount(uow, discount_id))


@router.post(
    "/subscriptions/{subscription_id}/discounts",
    status_code=201,
    response_model=DiscountOut,
    responses=PREVIEWED,
    dependencies=[WRITE],
)
async def redeem_for_one(
    subscription_id: SubscriptionId, body: DiscountIn, uow: Unit, preview: AsPreview = False
) -> Response:
    """Redeem a coupon for a subscription.

    It is taken from what is paid ahead from then on, and from what is paid afterwards for periods that end
    later; what is billed already stays as it is.
    """

    async def redeemed() -> Subscription:
        await redeem_for_subscription(uow, subscription_id, body.from_wire())
        return await get_subscription(uow, subscription_id)

    if preview:
        return await changed(uow, redeemed, preview=True)
    return _shown(await redeem_for_subscription(uow, subscription_id, body.from_wire()), 201)


@router.delete(
    "/subscriptions/{subscription_id}/discounts/{discount_id}",
    response_model=DiscountOut,
    dependencies=[WRITE],
)
async def end_for_one(subscription_id: SubscriptionId, discount_id: DiscountId, uow: Unit) -> Response:
    """End a discount of a subscription; what it took stays taken."""
    return _shown(await end_discount(uow, discount_id, subscription_id=subscription_id))


@router.post(
    "/customers/{customer_id}/discounts", status_code=201, response_model=DiscountOut, dependencies=[WRITE]
)
async def redeem_for_all(customer_id: CustomerId, body: DiscountIn, uow: Unit) -> Response:
    """Redeem a coupon for all subscriptions of a customer, those to come included."""
    return _shown(await redeem_for_customer(uow, customer_id, body.from_wire()), 201)


@router.delete(
    "/customers/{customer_id}/discounts/{discount_id}", response_model=DiscountOut, dependencies=[WRITE]
)
async def end_for_all(customer_id: CustomerId, discount_id: DiscountId, uow: Unit) -> Response:
    """End a discount for all subscriptions of a customer; what it took stays taken."""
    return _shown(await end_discount(uow, discount_id, customer_id=customer_id))
