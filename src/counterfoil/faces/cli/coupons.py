"""``counterfoil coupon``: what coupons there are, who redeemed them, redeeming and ending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text
from counterfoil.faces.cli.clocks import read_instant
from counterfoil.faces.cli.customers import Limit, find_customer
from counterfoil.faces.cli.invoices import day
from counterfoil.faces.cli.output import note, say, show_json, table
from counterfoil.faces.cli.session import Json, Tenant, tenant_command
from counterfoil.faces.cli.subscriptions import find_subscription

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from counterfoil.modules.catalog import Coupon
    from counterfoil.modules.subscriptions import SubscriptionDiscount

_SHOWN: Final = (
    *("percent", "amounts", "first_units", "duration", "periods", "months", "max_redemptions"),
    *("max_per_customer", "redeem_by", "redeemed", "archived_at"),
)

Customer = Annotated[str | None, typer.Option(help="For all of this customer's: id or external id.")]
Subscription = Annotated[str | None, typer.Option(help="For this subscription: id or external id.")]


@tenant_command
async def list_coupons(tenant: Tenant, limit: Limit = 50, as_json: Json = False) -> None:
    """List coupons, newest first, with how often each was redeemed."""
    from counterfoil.core.ids import show_id
    from counterfoil.faces.kit.units import PageQuery
    from counterfoil.modules.catalog import list_coupons

    async with tenant.unit() as uow:
        page = await list_coupons(uow, PageQuery(limit))
    if as_json:
        show_json(
            [
                {"id": show_id("coupon", one.id), "code": one.code, "name": one.name}
                | {name: getattr(one, name) for name in _SHOWN}
                for one in page.items
            ]
        )
        return
    table(
        None,
        ["code", "name", "takes off", "for", "redeemed>"],
        [[one.code, one.name, _takes(one), _time(one), _redeemed(one)] for one in page.items],
        empty=f"no coupons in {tenant.place}",
    )
    if page.has_more:
        note(f"the newest {limit}; --limit shows more")


@tenant_command
async def redeem(
    tenant: Tenant,
    coupon: Annotated[str, typer.Argument(metavar="CODE", help="The coupon's code.")],
    subscription: Subscription = None,
    customer: Customer = None,
    at: Annotated[
        str | None, typer.Option(help="From then on: 2026-07-01T00:00:00Z; a day is its midnight in UTC.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Redeem a coupon for a subscription, or for all subscriptions of a customer."""
    from counterfoil.modules import subscriptions

    new = subscriptions.NewDiscount(coupon=coupon, starts_at=None if at is None else read_instant(at, "--at"))
    async with tenant.unit() as uow:
        if (subscription is None) == (customer is None):
            raise InvalidInput(
                "a coupon is redeemed for a subscription or a customer",
                field="--subscription",
                allowed="either --subscription or --customer",
            )
        if subscription is not None:
            id_ = await find_subscription(uow, tenant, subscription)
            made = await subscriptions.redeem_for_subscription(uow, id_, new)
        else:
            assert customer is not None
            made = await subscriptions.redeem_for_customer(uow, await find_customer(uow, customer), new)
    if as_json:
        show_json(_json(made, {made.coupon_id: coupon}))
        return
    end = "until it is ended" if made.ends_at is None else f"until {day(made.ends_at, 'UTC')}"
    say(f"{coupon} holds from {day(made.starts_at, 'UTC')} {end}")


@tenant_command
async def redeemed(
    tenant: Tenant,
    subscription: Subscription = None,
    customer: Customer = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List what was redeemed, newest first, ended redemptions included."""
    from counterfoil.faces.kit.units import PageQuery
    from counterfoil.modules.catalog import coupons_by_ids
    from counterfoil.modules.subscriptions import list_discounts

    async with tenant.unit() as uow:
        page = await list_discounts(
            uow,
            PageQuery(limit),
            customer_id=None if customer is None else await find_customer(uow, customer),
            subscription_id=(
                None if subscription is None else await find_subscription(uow, tenant, subscription)
            ),
        )
        coupons = await coupons_by_ids(uow, {one.coupon_id for one in page.items})
    codes = {id_: one.code for id_, one in coupons.items()}
    rows = [_json(one, codes) for one in page.items]
    if as_json:
        show_json(rows)
        return
    table(
        None,
        ["discount", "coupon", "from", "until"],
        [
            [row["id"], row["coupon"], day(one.starts_at, "UTC"), _until(one)]
            for row, one in zip(rows, page.items, strict=True)
        ],
        empty=f"nothing was redeemed in {tenant.place}",
    )
    if page.has_more:
        note(f"the newest {limit}; --limit shows more")


@tenant_command
async def end(
    tenant: Tenant,
    discount: Annotated[str, typer.Argument(metavar="ID", help="The discount's id: disc_…")],
    as_json: Json = False,
) -> None:
    """End a discount now; what it took stays taken."""
    from counterfoil.core.ids import parse_id
    from counterfoil.modules.catalog import coupons_by_ids
    from counterfoil.modules.subscriptions import end_discount, get_discount

    async with tenant.unit() as uow:
        before = await get_discount(uow, parse_id("discount", discount, field="ID"))
        after = await end_discount(
            uow, before.id, subscription_id=before.subscription_id, customer_id=before.customer_id
        )
        coupons = await coupons_by_ids(uow, [after.coupon_id])
    if as_json:
        show_json(_json(after, {id_: one.code for id_, one in coupons.items()}))
        return
    assert after.ends_at is not None
    say(f"{coupons[after.coupon_id].code} has ended on {day(after.ends_at, 'UTC')}")


def _takes(coupon: Coupon) -> str:
    if coupon.percent is None:
        return ", ".join(f"{amount} {code}" for code, amount in coupon.amounts.items())
    units = "" if coupon.first_units is None else f" of the first {decimal_text(coupon.first_units)}"
    return f"{decimal_text(coupon.percent)} %{units}"


def _time(coupon: Coupon) -> str:
    if coupon.periods is not None:
        return f"{coupon.periods} periods"
    return coupon.duration.value if coupon.months is None else f"{coupon.months} months"


def _redeemed(coupon: Coupon) -> str:
    most = "" if coupon.max_redemptions is None else f" of {coupon.max_redemptions}"
    return f"{coupon.redeemed}{most}"


def _until(discount: SubscriptionDiscount) -> str:
    return "–" if discount.ends_at is None else day(discount.ends_at, "UTC")


def _json(discount: SubscriptionDiscount, codes: Mapping[UUID, str]) -> dict[str, Any]:
    from counterfoil.core.ids import show_id

    of, on = discount.subscription_id, discount.taken_on
    return {
        "id": show_id("discount", discount.id),
        "coupon": codes[discount.coupon_id],
        "customer": show_id("customer", discount.customer_id),
        "subscription": None if of is None else show_id("subscription", of),
        "starts_at": discount.starts_at,
        "ends_at": discount.ends_at,
        "taken_on": None if on is None else show_id("invoice", on),
    }
