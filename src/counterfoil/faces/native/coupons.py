"""``/v1/coupons``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.core.coupons import CouponDuration
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    CouponId,
    DecimalText,
    IfMatch,
    InstantText,
    ListOf,
    Metadata,
    PageQuery,
    PlanId,
    ProductId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.catalog_wire import SHOWN, CodedIn, NamePatch, coded_of, example
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.catalog import (
    Coupon,
    NewCoupon,
    archive_coupon,
    create_coupon,
    get_coupon,
    list_coupons,
    update_coupon,
)

router = APIRouter(prefix="/coupons", tags=["Coupons"], route_class=NativeRoute)
READ, WRITE = allow("catalog:read"), allow("catalog:write")
_page = page_query("coupon")

_EXAMPLE: dict[str, Any] = {
    "code": "spring",
    "name": "Spring offer",
    "percent": "20",
    "amounts": {},
    "first_units": None,
    "duration": "repeating",
    "periods": 3,
    "months": None,
    "product_ids": [],
    "plan_ids": ["plan_01kahgp1g0edgrx4zm6byashwh"],
    "price_codes": ["seats"],
    "max_redemptions": 500,
    "max_per_customer": 1,
    "redeem_by": "2026-06-01T00:00:00Z",
    "external_id": None,
    "metadata": {},
}
_AMOUNTS = "Instead of `percent`: off each invoice, by currency in major units"
_FIRST = "With `percent`: it is of the first so many units of each price that it covers"
_ONCE = "`once`: on one invoice; `repeating`: for `periods` or `months`; `forever`: until it is ended"
_PERIODS = "With `repeating`: of the subscription, by its longest interval"
_PRODUCTS = "Only for prices of plans, or for features, of these products"
_PLANS = "Only for what is paid under these plans"
_CODES = "Only for prices with these codes"


class CouponIn(CodedIn):
    """A coupon to make; what it grants never changes."""

    model_config = ConfigDict(
        json_schema_extra=example(
            _EXAMPLE, {"code": "welcome", "name": "Welcome", "amounts": {"EUR": "10.00", "USD": "11.00"}}
        )
    )

    percent: DecimalText | None = Field(default=None, description="Above 0, up to 100")
    amounts: dict[str, DecimalText] = Field(default_factory=dict, description=_AMOUNTS)
    first_units: DecimalText | None = Field(default=None, description=_FIRST)
    duration: CouponDuration = Field(default=CouponDuration.ONCE, description=_ONCE)
    periods: int | None = Field(default=None, strict=True, description=_PERIODS)
    months: int | None = Field(
        default=None, strict=True, description="With `repeating`: from when it is redeemed"
    )
    product_ids: list[ProductId] = Field(default_factory=list, max_length=100, description=_PRODUCTS)
    plan_ids: list[PlanId] = Field(default_factory=list, max_length=100, description=_PLANS)
    price_codes: list[str] = Field(default_factory=list, max_length=100, description=_CODES)
    max_redemptions: int | None = Field(
        default=None, strict=True, description="In all; without limit by default"
    )
    max_per_customer: int | None = Field(
        default=None, strict=True, description="By one customer, ended ones included"
    )
    redeem_by: InstantText | None = Field(default=None, description="Not included")

    def from_wire(self) -> NewCoupon:
        """The command."""
        given = {name: getattr(self, name) for name in CouponIn.model_fields if name != "metadata"}
        return NewCoupon(**given, meta=self.metadata)


class CouponPatch(NamePatch):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(
        json_schema_extra=example({"max_redemptions": 800, "redeem_by": "2026-07-01T00:00:00Z"})
    )

    max_redemptions: int | None = Field(default=None, strict=True)
    max_per_customer: int | None = Field(default=None, strict=True)
    redeem_by: InstantText | None = None


class CouponOut(Wire):
    """What is taken off invoices of those who redeem it."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {
                "id": "coup_01kahgp1g0edgrx4zm6byashwh",
                **_EXAMPLE,
                "redeemed": 12,
                **SHOWN,
                "archived_at": None,
            }
        )
    )

    id: CouponId
    external_id: str | None
    code: str
    name: str
    percent: DecimalText | None
    amounts: dict[str, str]
    first_units: DecimalText | None
    duration: CouponDuration
    periods: int | None
    months: int | None
    product_ids: list[ProductId]
    plan_ids: list[PlanId]
    price_codes: list[str]
    max_redemptions: int | None
    max_per_customer: int | None
    redeem_by: InstantText | None
    redeemed: int = Field(description="How often it was, ended redemptions included")
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText
    archived_at: InstantText | None


def to_wire(coupon: Coupon) -> CouponOut:
    """A coupon on the wire."""
    return CouponOut.model_construct(
        **coded_of(coupon),
        percent=coupon.percent,
        amounts=dict(coupon.amounts),
        first_units=coupon.first_units,
        duration=coupon.duration,
        periods=coupon.periods,
        months=coupon.months,
        product_ids=list(coupon.product_ids),
        plan_ids=list(coupon.plan_ids),
        price_codes=list(coupon.price_codes),
        max_redemptions=coupon.max_redemptions,
        max_per_customer=coupon.max_per_customer,
        redeem_by=coupon.redeem_by,
        redeemed=coupon.redeemed,
    )


@router.post("", status_code=201, response_model=CouponOut, dependencies=[WRITE])
async def create(body: CouponIn, uow: Unit) -> Response:
    """Make a coupon."""
    coupon = await create_coupon(uow, body.from_wire())
    return shown(to_wire(coupon), 201, version=coupon.version)


@router.get("", response_model=ListOf[CouponOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    code: Annotated[str | None, Query(description="Only the coupon with this code")] = None,
    external_id: Annotated[str | None, Query(description="Only the coupon with this external id")] = None,
) -> Response:
    """Coupons, newest first."""
    page = await list_coupons(uow, query, code=code, external_id=external_id)
    return shown(list_of("coupon", page, to_wire))


@router.get("/{coupon_id}", response_model=CouponOut, dependencies=[READ])
async def get(coupon_id: CouponId, uow: Unit) -> Response:
    """One coupon."""
    coupon = await get_coupon(uow, coupon_id)
    return shown(to_wire(coupon), version=coupon.version)


@router.patch("/{coupon_id}", response_model=CouponOut, dependencies=[WRITE])
async def update(coupon_id: CouponId, body: CouponPatch, uow: Unit, if_match: IfMatch) -> Response:
    """Change name, external id, metadata or the limits of redemption; never what it grants."""
    coupon = await update_coupon(uow, coupon_id, body.from_wire(if_match))
    return shown(to_wire(coupon), version=coupon.version)


@router.post("/{coupon_id}/archive", response_model=CouponOut, dependencies=[WRITE])
async def archive(coupon_id: CouponId, uow: Unit) -> Response:
    """Put a coupon away: who redeemed it keeps it, and nobody can redeem it any more."""
    coupon = await archive_coupon(uow, coupon_id)
    return shown(to_wire(coupon), version=coupon.version)
