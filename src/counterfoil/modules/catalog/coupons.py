"""Use cases of coupons; who redeemed one and what it took is with subscriptions and invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import as_instant, format_instant
from counterfoil.core.coupons import CouponDuration
from counterfoil.core.errors import Conflict, InvalidInput, TooLarge, WrongState
from counterfoil.core.money import Money, decimal_text, unit_of
from counterfoil.core.rating import Discount, DiscountKind
from counterfoil.modules.catalog import objects, repository
from counterfoil.modules.catalog.conditions import check_distinct
from counterfoil.modules.catalog.coupon_types import Coupon
from counterfoil.modules.catalog.objects import check_code, check_count, check_range, choice, coded, named
from counterfoil.modules.catalog.prices import within
from counterfoil.modules.catalog.repository import COUPONS, PLANS, PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.modules.catalog.coupon_types import NewCoupon
    from counterfoil.modules.catalog.types import CatalogChanges
    from counterfoil.store import Page, PageQuery, Uow

MAX_COVERED: Final = 100
MAX_CURRENCIES: Final = 50
MAX_DURATION: Final = 120
MAX_REDEMPTIONS: Final = 2**31 - 1
_LIMITS: Final = frozenset({"max_redemptions", "max_per_customer", "redeem_by"})


async def create_coupon(uow: Uow, new: NewCoupon) -> Coupon:
    """Make a coupon; what it grants never changes, only its name and how often it may be redeemed.

    Raises ``InvalidInput``, ``NotFound`` or ``WrongState`` for a product or plan that is unknown or archived,
    ``AlreadyExists``.
    """
    coupon = Coupon(
        **coded(uow, "coupon", new),
        name=new.name,
        percent=new.percent,
        amounts=_amounts(new.amounts),
        first_units=new.first_units,
        duration=choice(CouponDuration, new.duration, "duration"),
        periods=new.periods,
        months=new.months,
        product_ids=list(new.product_ids),
        plan_ids=list(new.plan_ids),
        price_codes=list(new.price_codes),
        max_redemptions=new.max_redemptions,
        max_per_customer=new.max_per_customer,
        redeem_by=new.redeem_by,
        redeemed=0,
        archived_at=None,
    )
    _check_value(coupon)
    _check_duration(coupon)
    _check_covered(coupon)
    _read(coupon)
    await named(uow, PRODUCTS, [(f"product_ids.{at}", one) for at, one in enumerate(coupon.product_ids)])
    await named(uow, PLANS, [(f"plan_ids.{at}", one) for at, one in enumerate(coupon.plan_ids)])
    return await objects.create(uow, COUPONS, coupon)


async def get_coupon(uow: Uow, coupon_id: UUID) -> Coupon:
    """The coupon, or ``NotFound``."""
    return await COUPONS.get(uow, coupon_id)


async def list_coupons(
    uow: Uow, query: PageQuery, *, code: str | None = None, external_id: str | None = None
) -> Page[Coupon]:
    """Coupons, newest first, archived ones included."""
    return await objects.find(uow, COUPONS, query, code=code, external_id=external_id)


async def update_coupon(uow: Uow, coupon_id: UUID, changes: CatalogChanges) -> Coupon:
    """Change its name, external id, metadata and limits of redemption (errors: ``objects.change``)."""
    return await objects.change(uow, COUPONS, coupon_id, changes, more=_LIMITS, read=_read)


async def archive_coupon(uow: Uow, coupon_id: UUID) -> Coupon:
    """Put a coupon away: who redeemed it keeps it, and nobody can redeem it any more."""
    return await objects.put_away(uow, COUPONS, coupon_id)


async def coupons_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, Coupon]:
    """The coupons with these ids; unknown ones are left out."""
    return await COUPONS.by_ids(uow, ids)


async def coupons_by_codes(uow: Uow, codes: Collection[str]) -> dict[str, Coupon]:
    """The coupons with these codes; unknown ones are left out."""
    return await COUPONS.by_codes(uow, codes)


async def redeem_coupon(uow: Uow, coupon: Coupon) -> Coupon:
    """Count one redemption more; nobody else redeems it before this unit ends.

    Raises ``WrongState`` for an archived coupon or one whose time is over, ``Conflict`` if it was redeemed as
    often as it may be.
    """
    counted = await repository.count_redemption(uow, coupon.id)
    if counted.archived_at is not None:
        raise WrongState(f"the coupon {coupon.code} is archived", allowed="a coupon that is not archived")
    if counted.redeem_by is not None and counted.redeem_by <= uow.now:
        raise WrongState(
            f"the coupon {coupon.code} could be redeemed before {format_instant(counted.redeem_by)}",
            allowed="a coupon whose redeem_by has not come",
        )
    if counted.max_redemptions is not None and counted.redeemed > counted.max_redemptions:
        raise Conflict(
            f"the coupon {coupon.code} was redeemed {counted.max_redemptions} times, as often as it may be",
            allowed="a coupon that was redeemed less often than its max_redemptions",
        )
    return counted


def _amounts(amounts: Mapping[str, Decimal | str]) -> dict[str, str]:
    check_count(len(amounts), "amounts", most=MAX_CURRENCIES)
    kept = {}
    for code, value in amounts.items():
        plain = len(code) <= 10 and code.isascii() and code.isalnum()
        field = f"amounts.{code}" if plain else "amounts"
        money = Money.of(value, unit_of(code, field=field), field=field)
        if money.minor <= 0:
            raise InvalidInput(f"{field} is not above zero", field=field, allowed="an amount above zero")
        kept[code] = money.amount_text()
    return kept


def _check_value(coupon: Coupon) -> None:
    if (coupon.percent is None) == (not coupon.amounts):
        raise InvalidInput(
            "a coupon takes off a percentage or an amount",
            field="percent",
            allowed="either percent or amounts",
        )
    if coupon.percent is None:
        if coupon.first_units is not None:
            raise InvalidInput(
                "an amount is not of units",
                field="first_units",
                allowed="none, or percent instead of amounts",
            )
        return
    try:
        kind = DiscountKind.PERCENT if coupon.first_units is None else DiscountKind.UNITS
        Discount(kind, coupon.percent, units=coupon.first_units)
    except InvalidInput as refused:
        refused.field = "first_units" if refused.field == "units" else "percent"
        raise
    if coupon.percent == 0:
        raise InvalidInput("percent is zero", field="percent", allowed="above 0, up to 100")
    if coupon.first_units is not None and len(decimal_text(coupon.first_units)) > 30:
        raise TooLarge("first_units is too long", field="first_units", allowed="up to 30 digits")


def _check_duration(coupon: Coupon) -> None:
    for name in ("periods", "months"):
        check_range(getattr(coupon, name), name, lowest=1, highest=MAX_DURATION)
    lengths = [name for name in ("periods", "months") if getattr(coupon, name) is not None]
    if coupon.duration is CouponDuration.REPEATING:
        if len(lengths) != 1:
            raise InvalidInput(
                "a repeating coupon holds for periods or for months",
                field="periods",
                allowed="either periods or months",
            )
    elif lengths:
        raise InvalidInput(
            f"a coupon that holds {coupon.duration} has no {lengths[0]}",
            field=lengths[0],
            allowed="none, or duration repeating",
        )


def _check_covered(coupon: Coupon) -> None:
    for name in ("product_ids", "plan_ids", "price_codes"):
        check_count(len(getattr(coupon, name)), name, most=MAX_COVERED)
        check_distinct(getattr(coupon, name), name)
    for index, code in enumerate(coupon.price_codes):
        with within(f"price_codes.{index}"):
            check_code(code)


def _read(coupon: Coupon) -> Coupon:
    for name in ("max_redemptions", "max_per_customer"):
        check_range(getattr(coupon, name), name, lowest=1, highest=MAX_REDEMPTIONS)
    if coupon.redeem_by is not None:
        as_instant(coupon.redeem_by, field="redeem_by")
    return coupon
