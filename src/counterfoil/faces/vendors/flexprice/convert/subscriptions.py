"""Subscriptions with their line items; what cannot be honoured yet is refused by its name."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import Interval, format_instant
from counterfoil.core.errors import CounterfoilError, InvalidInput
from counterfoil.core.money import decimal_text, parse_decimal
from counterfoil.core.rating import Cadence
from counterfoil.core.states import SubscriptionState
from counterfoil.faces.kit.exact_json import dumps, read_json
from counterfoil.faces.kit.shapes import Answering
from counterfoil.faces.vendors.flexprice import ids
from counterfoil.faces.vendors.flexprice.convert.common import (
    PERIODS,
    currency_from_wire,
    home,
    instant_from_wire,
    instant_to_wire,
    interval_from_wire,
    metadata_to_wire,
    stamps,
    text_from_wire,
)
from counterfoil.faces.vendors.flexprice.convert.costs import is_other_cost, other_cost
from counterfoil.faces.vendors.flexprice.convert.prices import price_fields
from counterfoil.faces.vendors.flexprice.searching import keep, only, refuse
from counterfoil.faces.vendors.flexprice.wire_generated import (
    PricePrice,
    SubscriptionResponse,
    SubscriptionSubscriptionLineItem,
)
from counterfoil.modules.catalog import QuantitySource
from counterfoil.modules.subscriptions import (
    Alignment,
    NewSubscription,
    PriceOverride,
    item_end,
    main_interval,
    period_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.faces.kit.context import Unit
    from counterfoil.faces.vendors.flexprice.wire import (
        CreateSubscriptionRequest,
        OverrideLineItemRequest,
        UpdateSubscriptionRequest,
    )
    from counterfoil.faces.vendors.flexprice.wire_generated import (
        CreditGrantResponse,
        CustomerResponse,
        PlanResponse,
    )
    from counterfoil.modules.catalog import Plan, PlanVersion, Price
    from counterfoil.modules.customers import Customer
    from counterfoil.modules.subscriptions import Subscription, SubscriptionItem

STATES: Final[Mapping[str, tuple[SubscriptionState, ...]]] = {
    "active": (SubscriptionState.ACTIVE, SubscriptionState.PAST_DUE),
    "trialing": (SubscriptionState.TRIALING,),
    "paused": (SubscriptionState.PAUSED,),
    "cancelled": (SubscriptionState.CANCELLED, SubscriptionState.EXPIRED),
    "draft": (SubscriptionState.DRAFT,),
    "incomplete": (),
}
"""Our states of each status of theirs; nothing is ever ``incomplete``."""

STATUSES: Final = {state: status for status, states in STATES.items() for state in states}
"""Their status of each state of ours."""

WORDS: Final = {
    "plan_version_id": "plan_id",
    "started_at": "start_date",
    "anchor_at": "billing_anchor",
    "external_id": "lookup_key",
    "at": "end_date",
    "count": "billing_period_count",
}
"""Their names of fields that have another name with us."""

_UNSERVED: Final = (
    "addons",
    "auto_invoice_threshold",
    "checkout",
    "commitment_amount",
    "commitment_duration",
    "coupons",
    "enable_true_up",
    "fx_rates",
    "gateway_payment_method_id",
    "include_price_ids",
    "inheritance",
    "invoice_billing",
    "invoicing_customer_external_id",
    "invoicing_customer_id",
    "line_item_commitments",
    "line_item_coupons",
    "line_item_grouping",
    "line_items",
    "override_entitlements",
    "parent_subscription_id",
    "payment_terms",
    "phases",
    "subscription_coupons",
    "tax_rate_overrides",
    "trial_end",
    "trial_period_days",
    "trial_start",
)
_FIXED: Final = (
    "billing_anchor",
    "billing_cadence",
    "billing_cycle",
    "billing_period",
    "billing_period_count",
    "collection_method",
    "credit_grants",
    "currency",
    "customer_id",
    "end_date",
    "line_items",
    "lookup_key",
    "metadata",
    "overage_factor",
    "payment_behavior",
    "payment_terms",
    "plan_id",
    "proration_behavior",
    "start_date",
    "subscription_status",
    "subscription_type",
    "timezone",
    "trial_end",
    "trial_start",
)
"""What an update of a subscription does not change."""
_ONLY: Final = {
    "billing_cadence": ("RECURRING", "there are no one-time subscriptions"),
    "subscription_type": ("standalone", "subscriptions have no parents yet"),
    "collection_method": ("send_invoice", "nothing is collected automatically yet"),
    "payment_behavior": ("default_active", "a subscription does not wait for its first payment"),
    "proration_behavior": ("none", "changes are not prorated yet"),
    "subscription_status": ("active", "a subscription begins with its start_date"),
}
"""Fields of which one value is served, and why no other."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What is shown of subscriptions besides themselves, read at once for all of them."""

    price_ids: Mapping[UUID, Sequence[UUID]] = field(default_factory=dict)
    prices: Mapping[UUID, Price] = field(default_factory=dict)
    items: Mapping[UUID, Sequence[SubscriptionItem]] | None = None
    plans: Mapping[UUID, Plan] = field(default_factory=dict)
    customers: Mapping[UUID, CustomerResponse] = field(default_factory=dict)
    shown_plans: Mapping[UUID, PlanResponse] = field(default_factory=dict)
    grants: Mapping[UUID, list[CreditGrantResponse]] | None = None
    _intervals: dict[tuple[UUID, ...], Interval] = field(default_factory=dict)

    def interval_of(self, subscription_id: UUID) -> Interval:
        """The main interval of a subscription; many have the same prices."""
        ids = tuple(self.price_ids.get(subscription_id, ()))
        found = self._intervals.get(ids)
        if found is None:
            found = self._intervals[ids] = main_interval(self.prices[one].interval for one in ids)
        return found


def subscription_from_wire(
    body: CreateSubscriptionRequest, customer: Customer, version: PlanVersion
) -> tuple[NewSubscription, dict[str, str]]:
    """The subscription to make of a plan's published version, and their names of its fields."""
    _check_served(body, customer)
    currency = currency_from_wire(body.currency)
    prices = {price.id: price for price in _taken(body, version, currency)}
    quantities: dict[str, Decimal] = {}
    overrides: list[PriceOverride] = []
    words = dict(WORDS)
    for number, one in enumerate(body.override_line_items or ()):
        place = f"override_line_items.{number}"
        try:
            price, override = _override(one, prices, currency)
            if one.quantity is not None:
                quantities[price.code] = parse_decimal(one.quantity, field="quantity")
                words[f"quantities.{price.code}"] = f"{place}.quantity"
        except CounterfoilError as refused:
            raise refused.within(place) from None
        if override is not None:
            words |= _override_words(f"overrides.{len(overrides)}", place)
            overrides.append(override)
    calendar = body.billing_cycle == "calendar"
    new = NewSubscription(
        customer_id=customer.id,
        plan_version_id=version.id,
        price_codes=[price.code for price in prices.values()],
        currency=currency,
        quantities=quantities,
        overrides=overrides,
        started_at=instant_from_wire(body.start_date, "start_date"),
        alignment=Alignment.CALENDAR if calendar else Alignment.ANNIVERSARY,
        anchor_at=instant_from_wire(body.billing_anchor, "billing_anchor"),
        external_id=text_from_wire(body.lookup_key),
        meta=body.metadata or {},
    )
    return new, words


def _taken(body: CreateSubscriptionRequest, version: PlanVersion, currency: str) -> list[Price]:
    """The plan's prices in the subscription's currency and for its period: the others are for others."""
    count = 1 if body.billing_period_count is None else body.billing_period_count
    wanted = Interval(interval_from_wire(body.billing_period), count)
    found = [price for price in version.prices if currency in price.params and price.interval == wanted]
    main = main_interval(price.interval for price in found)
    if found or (not version.prices and main == wanted):
        return found
    sold = {f"{_said(one.interval)} in {code.lower()}" for one in version.prices for code in one.params}
    raise InvalidInput(
        f"the plan has no price in {currency.lower()} for this period",
        field="billing_period",
        allowed=", ".join(sorted(sold)) or f"{_said(main)}, for the plan has no price",
    )


def _said(interval: Interval) -> str:
    return PERIODS[interval.unit] if interval.count == 1 else f"{PERIODS[interval.unit]} × {interval.count}"


def _check_served(body: CreateSubscriptionRequest, customer: Customer) -> None:
    refuse(body, *_UNSERVED)
    for name, (value, why) in _ONLY.items():
        only(body, name, value, why)
    if body.overage_factor and parse_decimal(body.overage_factor, field="overage_factor") != 1:
        raise InvalidInput("overage_factor is not served yet", field="overage_factor", allowed="1")
    if body.timezone not in (None, "", customer.zone):
        raise InvalidInput(
            "days begin where the customer is", field="timezone", allowed=f"{customer.zone}, or none"
        )


def check_kept(body: UpdateSubscriptionRequest, shown: SubscriptionResponse) -> None:
    """Refuse what no update changes, unless it is as it is shown."""
    keep(body, read_json(dumps(shown)), *_FIXED)


def _override(
    body: OverrideLineItemRequest, prices: Mapping[UUID, Price], currency: str
) -> tuple[Price, PriceOverride | None]:
    """The price that is overridden, and what is paid instead, if the body says that."""
    refuse(body, "bucket_size", "price_unit_amount", "price_unit_tiers")
    price = next((prices[id_] for id_ in ids.known("price", [body.price_id]) if id_ in prices), None)
    if price is None:
        raise InvalidInput(
            "the subscription has no such price",
            field="price_id",
            allowed="the id of a price that the subscription takes",
        )
    if not is_other_cost(body, price, currency):
        return price, None
    model, params = other_cost(body, price, currency)
    return price, PriceOverride(price.code, params, model)


def _override_words(ours: str, theirs: str) -> dict[str, str]:
    return {
        ours: theirs,
        f"{ours}.params": f"{theirs}.amount",
        f"{ours}.params.unit_amount": f"{theirs}.amount",
        f"{ours}.params.package_amount": f"{theirs}.amount",
        f"{ours}.params.package_size": f"{theirs}.transform_quantity.divide_by",
        f"{ours}.params.tiers": f"{theirs}.tiers",
    }


_response: Final = Answering(SubscriptionResponse)
_line_item: Final = Answering(SubscriptionSubscriptionLineItem)
_ALIKE: Final = {
    "subscription_type": "standalone",
    "billing_cadence": "RECURRING",
    "collection_method": "send_invoice",
    "payment_behavior": "default_active",
    "proration_behavior": "none",
    "overage_factor": "1",
    "status": "published",
}
"""What every subscription shows."""


def subscriptions_to_wire(
    uow: Unit, found: Sequence[Subscription], parts: Parts
) -> list[SubscriptionResponse]:
    """Subscriptions as Flexprice shows them."""
    intervals = [parts.interval_of(one.id) for one in found]
    periods = [period_of(one, interval, uow.now) for one, interval in zip(found, intervals, strict=True)]
    # Instants go as they are: the encoder writes them in the same form, and there are many.
    shown: dict[str, Iterable[Any]] = {
        "id": [ids.show("subscription", one.id) for one in found],
        "lookup_key": [one.external_id or "" for one in found],
        "customer_id": [ids.show("customer", one.customer_id) for one in found],
        "customer": [parts.customers.get(one.customer_id) for one in found],
        "plan_id": [None if one.plan_id is None else ids.show("plan", one.plan_id) for one in found],
        "plan": [None if one.plan_id is None else parts.shown_plans.get(one.plan_id) for one in found],
        "subscription_status": [STATUSES[one.status] for one in found],
        "currency": [one.currency.lower() for one in found],
        "billing_period": [PERIODS[one.unit] for one in intervals],
        "billing_period_count": [one.count for one in intervals],
        "billing_cycle": [
            "calendar" if one.alignment is Alignment.CALENDAR else "anniversary" for one in found
        ],
        "billing_anchor": [one.anchor_at for one in found],
        "start_date": [one.started_at for one in found],
        "end_date": [one.ended_at for one in found],
        "current_period_start": [None if one is None else one.start for one in periods],
        "current_period_end": [None if one is None else one.end for one in periods],
        "cancel_at": [one.cancel_at for one in found],
        "cancel_at_period_end": [
            period is not None and one.cancel_at == period.end
            for one, period in zip(found, periods, strict=True)
        ],
        "cancelled_at": [one.cancelled_at for one in found],
        "timezone": [one.zone for one in found],
        "pause_status": ["active" if one.status is SubscriptionState.PAUSED else "none" for one in found],
        "metadata": [metadata_to_wire(one.meta) for one in found],
        "version": [one.version for one in found],
        "created_at": [one.created_at for one in found],
        "updated_at": [one.updated_at for one in found],
    }
    if parts.items is not None:
        shown["line_items"] = [
            [line_item_to_wire(uow, one, item, parts) for item in parts.items.get(one.id, ())]
            for one in found
        ]
    if parts.grants is not None:
        shown["credit_grants"] = [parts.grants.get(one.id, []) for one in found]
    alike = {name: repeat(value, len(found)) for name, value in {**_ALIKE, **home(uow)}.items()}
    return _response.rows(len(found), **shown, **alike)


def line_item_to_wire(
    uow: Unit, subscription: Subscription, item: SubscriptionItem, parts: Parts
) -> SubscriptionSubscriptionLineItem:
    """A price on a subscription as Flexprice shows it."""
    price = parts.prices[item.price_id]
    owner = ids.show("subscription", subscription.id)
    plan_id = subscription.plan_id
    plan = None if plan_id is None else parts.plans.get(plan_id)  # not there if the key may not read it
    own = price.plan_id is None
    shown = price_fields(uow, price, currency=subscription.currency, owner=owner)
    del shown["meter"]
    return _line_item(
        id=ids.show("subscription_item", item.id),
        subscription_id=owner,
        customer_id=ids.show("customer", subscription.customer_id),
        entity_id=owner if own or plan_id is None else ids.show("plan", plan_id),
        entity_type="subscription" if own else "plan",
        plan_display_name=None if plan is None else plan.name,
        price_id=shown["id"],
        price_type=shown["type"],
        price=PricePrice(**shown),
        meter_id=shown["meter_id"],
        display_name=price.name,
        quantity="0" if price.quantity_source is QuantitySource.USAGE else decimal_text(item.quantity),
        currency=subscription.currency.lower(),
        billing_period=shown["billing_period"],
        billing_period_count=price.interval_count,
        invoice_cadence="ARREAR" if price.cadence is Cadence.IN_ARREARS else "ADVANCE",
        start_date=format_instant(item.started_at),
        end_date=instant_to_wire(item_end(subscription, item)),
        metadata={},
        status="published",
        **stamps(uow, subscription),
    )
