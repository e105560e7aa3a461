"""The state that is there, in the document's normal form, for the objects that a file names."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import parse_instant
from counterfoil.core.money import decimal_text
from counterfoil.faces.kit.units import PageQuery
from counterfoil.modules.catalog import (
    add_ons_by_codes,
    coupons_by_codes,
    features_by_codes,
    features_by_ids,
    get_feature,
    get_product,
    meters_by_codes,
    meters_by_ids,
    plans_by_codes,
    plans_by_ids,
    prices_by_ids,
    products_by_codes,
    products_by_ids,
    published_versions,
    tax_rates_by_codes,
    tax_rates_by_ids,
)
from counterfoil.modules.customers import get_customer, resolve_customers
from counterfoil.modules.invoicing import default_issuer
from counterfoil.modules.subscriptions import items_of, list_subscriptions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.faces.cli.apply.diff import Key
    from counterfoil.faces.cli.apply.document import Wanted
    from counterfoil.faces.kit.units import Uow
    from counterfoil.modules.catalog import PlanVersion, Price
    from counterfoil.modules.subscriptions import SubscriptionItem


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is there: each object in the normal form (``fields``) and as its module shows it (``views``)."""

    fields: Mapping[Key, Mapping[str, Any]]
    views: Mapping[Key, Any]


async def load(uow: Uow, wanted: Sequence[Wanted]) -> Snapshot:
    """The objects that ``wanted`` names, as far as they exist."""
    fields: dict[Key, Mapping[str, Any]] = {}
    views: dict[Key, Any] = {}
    keys: dict[str, list[str]] = {}
    for one in wanted:
        keys.setdefault(one.kind, []).append(one.key)
    for kind, read in _READERS.items():
        if kind in keys:
            for key, (shape, view) in (await read(uow, keys[kind])).items():
                fields[kind, key], views[kind, key] = shape, view
    return Snapshot(fields, views)


PLAN_FIELDS: Final = (
    "name", "description", "visibility", "position", "kind", "min_seats", "max_seats", "trial_days",
    "evaluation_days", "tax_category",
)  # fmt: skip
"""What a plan says of itself that may change without a new version."""

type Found = dict[str, tuple[dict[str, Any], Any]]
"""By code or external id: the normal form, and the module's view."""


async def _issuer(uow: Uow, _: Collection[str]) -> Found:
    issuer = await default_issuer(uow)
    names = (
        *("name", "tax_number", "footer", "number_prefix", "grace_seconds", "net_days", "late_usage_days"),
        "language",
    )
    taxed = ("tax_category", "tax_rounding", "tax_point")
    fields = {
        **_take(issuer, *names, *taxed),
        "registrations": [asdict(one) for one in issuer.registrations],
        "address": dict(issuer.address),
    }
    return {"default": (fields, issuer)}


_OF_A_TAX_RATE: Final = (
    "name", "inclusive", "country", "region", "postal_prefix", "category", "replaces_wider", "valid_from",
    "valid_to",
)  # fmt: skip


async def _tax_rates(uow: Uow, codes: Collection[str]) -> Found:
    return {
        code: ({**_take(rate, *_OF_A_TAX_RATE), "percent": decimal_text(rate.percent)}, rate)
        for code, rate in (await tax_rates_by_codes(uow, codes)).items()
    }


async def _products(uow: Uow, codes: Collection[str]) -> Found:
    found = await products_by_codes(uow, codes)
    names = ("name", "description", "logo_url", "category", "default_currency", "channel", "tax_category")
    return {code: (_take(product, *names), product) for code, product in found.items()}


async def _meters(uow: Uow, codes: Collection[str]) -> Found:
    return {
        code: (
            {
                **_take(meter, "name", "event_name", "property", "expression"),
                "multiplier": None if meter.multiplier is None else decimal_text(meter.multiplier),
                "reset": meter.reset.value,
                "aggregation": meter.aggregation.value,
                "filters": {name: list(values) for name, values in meter.filters.items()},
                "group_by": list(meter.group_by),
            },
            meter,
        )
        for code, meter in (await meters_by_codes(uow, codes)).items()
    }


async def _features(uow: Uow, codes: Collection[str]) -> Found:
    features = await features_by_codes(uow, codes)
    meters = await meters_by_ids(uow, {one.meter_id for one in features.values() if one.meter_id})
    products = await products_by_ids(uow, {one.product_id for one in features.values() if one.product_id})
    return {
        code: (
            {
                **_take(feature, "name", "description", "sku", "default_value", "position"),
                "kind": feature.kind.value,
                "visibility": feature.visibility.value,
                "product": None if feature.product_id is None else products[feature.product_id].code,
                "meter": None if feature.meter_id is None else meters[feature.meter_id].code,
                "options": list(feature.options),
                "unit": dict(feature.unit),
                "rounding": dict(feature.rounding),
                "regions": [{"code": one.code, "name": one.name} for one in feature.regions],
            },
            feature,
        )
        for code, feature in features.items()
    }


async def _plans(uow: Uow, codes: Collection[str]) -> Found:
    plans = await plans_by_codes(uow, codes)
    versions = await published_versions(uow, plans.values())
    prices = [price for version in versions.values() for price in version.prices]
    names = await _Names.of(uow, prices)
    found: Found = {}
    for code, plan in plans.items():
        version = versions.get(plan.id)
        fields = _take(plan, *PLAN_FIELDS)
        fields |= {"visibility": plan.visibility.value, "kind": plan.kind.value}
        fields["product"] = (
            None if plan.product_id is None else (await get_product(uow, plan.product_id)).code
        )
        fields["features"] = {} if version is None else await _values(uow, version)
        listed = [] if version is None else version.prices
        fields["prices"] = {price.code: names.shape(price, at) for at, price in enumerate(listed)}
        found[code] = (fields, plan)
    return found


async def _values(uow: Uow, version: PlanVersion) -> dict[str, Any]:
    return {(await get_feature(uow, one.feature_id)).code: one.value for one in version.features}


@dataclass(frozen=True, slots=True)
class _Names:
    """The codes of what prices name by id."""

    features: Mapping[UUID, str]
    meters: Mapping[UUID, str]
    tax_rates: Mapping[UUID, str]

    @classmethod
    async def of(cls, uow: Uow, prices: Sequence[Price]) -> _Names:
        meters = await meters_by_ids(uow, {one.meter_id for one in prices if one.meter_id is not None})
        rates = await tax_rates_by_ids(uow, {rate for one in prices for rate in one.tax_rate_ids})
        features = await features_by_ids(
            uow, {one.feature_id for one in prices if one.feature_id is not None}
        )
        return cls(
            {id_: one.code for id_, one in features.items()},
            {id_: meter.code for id_, meter in meters.items()},
            {id_: one.code for id_, one in rates.items()},
        )

    def shape(self, price: Price, position: int) -> dict[str, Any]:
        """A price in the document's normal form."""
        return {
            "name": price.name,
            "description": price.description,
            "feature": None if price.feature_id is None else self.features[price.feature_id],
            "unit": price.unit,
            "model": price.model,
            "currencies": dict(price.params),
            "terms": dict(price.terms),
            "meter": None if price.meter_id is None else self.meters[price.meter_id],
            "filters": {name: list(values) for name, values in price.filters.items()},
            "quantity_source": price.quantity_source.value,
            "interval": price.interval_unit.value,
            "interval_count": price.interval_count,
            "cadence": price.cadence.value,
            "tax_rates": [self.tax_rates[rate] for rate in price.tax_rate_ids],
            "tax_category": price.tax_category,
            "position": position,
        }


async def _coupons(uow: Uow, codes: Collection[str]) -> Found:
    coupons = await coupons_by_codes(uow, codes)
    products = await products_by_ids(uow, {id_ for one in coupons.values() for id_ in one.product_ids})
    plans = await plans_by_ids(uow, {id_ for one in coupons.values() for id_ in one.plan_ids})
    names = ("name", "periods", "months", "max_redemptions", "max_per_customer", "redeem_by")
    return {
        code: (
            {
                **_take(coupon, *names),
                "percent": _decimal(coupon.percent),
                "amounts": dict(coupon.amounts),
                "first_units": _decimal(coupon.first_units),
                "duration": coupon.duration.value,
                "products": [products[id_].code for id_ in coupon.product_ids],
                "plans": [plans[id_].code for id_ in coupon.plan_ids],
                "price_codes": list(coupon.price_codes),
            },
            coupon,
        )
        for code, coupon in coupons.items()
    }


async def _add_ons(uow: Uow, codes: Collection[str]) -> Found:
    add_ons = await add_ons_by_codes(uow, codes)
    prices = await prices_by_ids(uow, {id_ for one in add_ons.values() for id_ in one.price_ids})
    features = await features_by_ids(uow, {id_ for one in add_ons.values() for id_ in one.feature_ids})
    plans = await plans_by_ids(uow, {id_ for one in add_ons.values() for id_ in one.plan_ids})
    names = await _Names.of(uow, list(prices.values()))
    found: Found = {}
    for code, add_on in add_ons.items():
        listed = [prices[id_] for id_ in add_on.price_ids]
        fields = {
            **_take(add_on, "name", "description"),
            "kind": add_on.kind.value,
            "prices": {price.code: names.shape(price, at) for at, price in enumerate(listed)},
            "features": [features[id_].code for id_ in add_on.feature_ids],
            "plans": [plans[id_].code for id_ in add_on.plan_ids],
            "max_quantity": _decimal(add_on.max_quantity),
        }
        found[code] = (fields, add_on)
    return found


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value)


async def _customers(uow: Uow, external_ids: Collection[str]) -> Found:
    found: Found = {}
    for external_id, id_ in (await resolve_customers(uow, external_ids)).items():
        customer = await get_customer(uow, id_)
        names = ("name", "email", "currency", "zone", "tax_number", "tax_exempt")
        fields = {
            **_take(customer, *names),
            "address": dict(customer.address),
            "metadata": dict(customer.meta),
            "tax_exemption": _exemption(customer.tax_exemption),
            "parent": await _external_id(uow, customer.parent_id),
            "billed_to": customer.billed_to.value,
        }
        found[external_id] = (fields, customer)
    return found


async def _external_id(uow: Uow, customer_id: UUID | None) -> str | None:
    return None if customer_id is None else (await get_customer(uow, customer_id)).external_id


def _exemption(kept: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if kept is None:
        return None
    until = kept["valid_until"]
    return {**kept, "valid_until": None if until is None else parse_instant(until)}


async def _subscriptions(uow: Uow, external_ids: Collection[str]) -> Found:
    found: Found = {}
    for external_id in external_ids:
        for subscription in (await list_subscriptions(uow, PageQuery(1), external_id=external_id)).items:
            items = (await items_of(uow, [subscription.id]))[subscription.id]
            prices = await prices_by_ids(uow, {item.price_id for item in items})
            plan_id = subscription.plan_id
            plan = None if plan_id is None else (await plans_by_ids(uow, [plan_id]))[plan_id]
            customer = await get_customer(uow, subscription.customer_id)
            own = [prices[item.price_id] for item in items if prices[item.price_id].plan_id is None]
            agreed = [
                {"code": one.code, "model": one.model, "params": one.params.get(subscription.currency)}
                for one in own
            ]
            running = running_items(items, prices, uow.now)
            fields = {
                "customer": customer.external_id,
                "plan": None if plan is None else plan.code,
                **_take(subscription, "plan_reference", "payment_method", "currency", "started_at"),
                "invoicing": subscription.invoicing.value,
                "anchor_at": subscription.anchor_at,
                "alignment": subscription.alignment.value,
                "quantities": {code: decimal_text(item.quantity) for code, item in running.items()},
                "own_prices": [{**costs, "terms": one.terms} for costs, one in zip(agreed, own, strict=True)],
                "overrides": agreed,
            }
            found[external_id] = (fields, subscription)
    return found


def running_items(
    items: Sequence[SubscriptionItem], prices: Mapping[UUID, Price], now: datetime
) -> dict[str, SubscriptionItem]:
    """By the code of its price, the item that runs now or next: those before it have ended."""
    found: dict[str, SubscriptionItem] = {}
    for item in items:
        if item.ended_at is None or item.ended_at > now:
            found.setdefault(prices[item.price_id].code, item)
    return found


_READERS: Final[dict[str, Callable[[Uow, Collection[str]], Awaitable[Found]]]] = {
    "issuer": _issuer,
    "tax_rate": _tax_rates,
    "product": _products,
    "meter": _meters,
    "feature": _features,
    "plan": _plans,
    "coupon": _coupons,
    "add_on": _add_ons,
    "customer": _customers,
    "subscription": _subscriptions,
}


def _take(view: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(view, name) for name in names}
