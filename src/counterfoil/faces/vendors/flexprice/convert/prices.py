"""Prices: FLAT_FEE, PACKAGE and TIERED are models of ours; a price of theirs has one currency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import format_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.core.rating import Cadence
from counterfoil.faces.vendors.flexprice import ids
from counterfoil.faces.vendors.flexprice.convert.common import (
    PERIODS,
    currency_from_wire,
    instant_from_wire,
    instant_to_wire,
    interval_from_wire,
    metadata_to_wire,
    stamps,
    text_from_wire,
)
from counterfoil.faces.vendors.flexprice.convert.costs import (
    Cost,
    cost_to_wire,
    is_other_cost,
    other_cost,
)
from counterfoil.faces.vendors.flexprice.convert.features import meter_to_wire
from counterfoil.faces.vendors.flexprice.searching import keep, only, refuse
from counterfoil.faces.vendors.flexprice.wire_generated import PriceResponse
from counterfoil.modules.catalog import NewPrice, QuantitySource

if TYPE_CHECKING:
    from datetime import datetime

    from counterfoil.faces.kit.context import Unit
    from counterfoil.faces.vendors.flexprice.wire import (
        CreatePriceRequest,
        UpdatePriceRequest,
    )
    from counterfoil.modules.catalog import Meter, Price

_UNSERVED: Final = (
    "bucket_size",
    "group_id",
    "price_unit_config",
    "end_date",
    "trial_period_days",
    "trial_period",  # as older clients call it
    "parent_price_id",
)
_FIXED: Final = (
    "billing_cadence",
    "billing_period",
    "billing_period_count",
    "currency",
    "end_date",
    "entity_id",
    "entity_type",
    "filter_values",
    "invoice_cadence",
    "meter_id",
    "min_quantity",
    "price_unit_type",
    "start_date",
    "trial_period_days",
    "type",
)
"""What no change of a price changes."""
_UNSERVED_CHANGES: Final = ("bucket_size", "group_id", "price_unit_amount", "price_unit_tiers")
_ENTITIES: Final = {
    "SUBSCRIPTION": "a subscription's own prices are given with the subscription",
    "ADDON": "there are no add-ons yet",
    "PRICE": "a price for one subscription is given with the subscription",
    "COSTSHEET": "there are no cost sheets yet",
}
"""Why only plans get prices so far."""


def words(currency: str) -> dict[str, str]:
    """Their names of the fields of a price that have another name with us."""
    params = f"params.{currency}"
    return {
        "cadence": "invoice_cadence",
        "external_id": "lookup_key",
        "interval": "billing_period",
        "interval.count": "billing_period_count",
        "filters": "filter_values",
        "name": "display_name",
        "params": "currency",
        params: "amount",
        f"{params}.unit_amount": "amount",
        f"{params}.package_amount": "amount",
        f"{params}.tiers": "tiers",
        f"{params}.package_size": "transform_quantity.divide_by",
    }


def price_from_wire(body: CreatePriceRequest, now: datetime) -> NewPrice:
    """The price to make of a plan; what cannot be honoured is refused."""
    check_entity(body.entity_type)
    refuse(body, *_UNSERVED)
    only(body, "billing_cadence", "RECURRING", "there are no one-time prices yet")
    if body.price_unit_type != "FIAT":
        raise InvalidInput("there are no custom units yet", field="price_unit_type", allowed="FIAT")
    usage = body.type == "USAGE"
    if (body.min_quantity or 1) != 1 or (usage and body.min_quantity):
        raise InvalidInput("min_quantity is not served yet", field="min_quantity", allowed="none")
    check_begun(body.start_date, now, "start_date")
    model, params = Cost(
        body.billing_model, body.amount, body.tier_mode, body.tiers, body.transform_quantity
    ).model()
    return NewPrice(
        model=model,
        params={currency_from_wire(body.currency): params},
        name=text_from_wire(body.display_name),
        description=text_from_wire(body.description),
        meter_id=ids.parse("meter", body.meter_id, "meter_id") if body.meter_id else None,
        filters=body.filter_values or {},
        quantity_source=QuantitySource.USAGE if usage else QuantitySource.ITEM,
        interval_unit=interval_from_wire(body.billing_period),
        interval_count=1 if body.billing_period_count is None else body.billing_period_count,
        cadence=Cadence.IN_ARREARS if body.invoice_cadence == "ARREAR" else Cadence.IN_ADVANCE,
        external_id=text_from_wire(body.lookup_key),
        meta=body.metadata or {},
    )


def check_entity(entity_type: str) -> None:
    """Refuse prices of what has none yet, with the reason."""
    if entity_type in _ENTITIES:
        raise InvalidInput(_ENTITIES[entity_type], field="entity_type", allowed="PLAN")


def check_begun(text: str | None, now: datetime, field: str) -> None:
    """Refuse a date that lies ahead: prices begin and end at once."""
    at = instant_from_wire(text, field)
    if at is not None and at > now:
        raise InvalidInput(f"{field} lies ahead", field=field, allowed="none, or a time that has come")


def costs_otherwise(uow: Unit, body: UpdatePriceRequest, before: Price) -> bool:
    """Whether a change is one of what the price costs, so that another price takes its place."""
    refuse(body, *_UNSERVED_CHANGES)
    keep(body, {**price_fields(uow, before), "filter_values": dict(before.filters)}, *_FIXED)
    check_begun(body.effective_from, uow.now, "effective_from")
    return is_other_cost(body, before, currency_of(before))


def replacement_from_wire(body: UpdatePriceRequest, before: Price) -> NewPrice:
    """The price that takes another's place: as it was, but for what is given."""
    currency = currency_of(before)
    model, params = other_cost(body, before, currency)
    others = {code: one for code, one in before.params.items() if code != currency}
    if others and model != before.model:
        raise InvalidInput(
            "the price has amounts in other currencies, which would be lost",
            field="billing_model",
            allowed="the model that it has, or another price",
        )
    labels = labels_from_wire(body, before)
    return NewPrice.like(
        before,
        model=model,
        params={**others, currency: params},
        name=labels.get("name", before.name),
        description=labels.get("description", before.description),
        external_id=labels.get("external_id", before.external_id),
        meta=labels.get("meta", before.meta),
    )


def labels_from_wire(body: UpdatePriceRequest, before: Price) -> dict[str, Any]:
    """The fields of a price that may change without another taking its place, where they do."""
    fields: dict[str, Any] = {}
    if body.display_name:
        fields["name"] = body.display_name
    if body.description is not None:
        fields["description"] = text_from_wire(body.description)
    if body.lookup_key is not None:
        fields["external_id"] = text_from_wire(body.lookup_key)
    if body.metadata is not None:
        fields["meta"] = body.metadata
    return {name: value for name, value in fields.items() if value != getattr(before, name)}


def currency_of(price: Price, wanted: str | None = None) -> str:
    """The currency in which a price is shown: the wanted one if it has it, else the first."""
    return wanted if wanted is not None and wanted in price.params else min(price.params)


def price_to_wire(
    uow: Unit,
    price: Price,
    *,
    currency: str | None = None,
    meter: Meter | None = None,
    owner: str | None = None,
) -> PriceResponse:
    """A price as Flexprice shows it; ``owner`` is the subscription of one that no plan has."""
    return PriceResponse(**price_fields(uow, price, currency=currency, meter=meter, owner=owner))


def price_fields(
    uow: Unit,
    price: Price,
    *,
    currency: str | None = None,
    meter: Meter | None = None,
    owner: str | None = None,
) -> dict[str, Any]:
    """What a price has on the wire, alone or in a line of a subscription."""
    shown_currency = currency_of(price, currency)
    cost = cost_to_wire(price, shown_currency)
    amount = "0" if cost.tiers else cost.amount
    return {
        "id": ids.show("price", price.id),
        "amount": amount,
        "display_amount": None if amount is None else f"{amount} {shown_currency}",
        "currency": shown_currency.lower(),
        "type": "USAGE" if price.quantity_source is QuantitySource.USAGE else "FIXED",
        "billing_model": cost.billing_model,
        "tier_mode": cost.tier_mode,
        "tiers": cost.tiers,
        "transform_quantity": cost.transform_quantity,
        "billing_cadence": "RECURRING",
        "billing_period": PERIODS[price.interval_unit],
        "billing_period_count": price.interval_count,
        "invoice_cadence": "ARREAR" if price.cadence is Cadence.IN_ARREARS else "ADVANCE",
        "entity_type": "SUBSCRIPTION" if price.plan_id is None else "PLAN",
        "entity_id": owner if price.plan_id is None else ids.show("plan", price.plan_id),
        "price_unit_type": "FIAT",
        "meter_id": None if price.meter_id is None else ids.show("meter", price.meter_id),
        "meter": None if meter is None else meter_to_wire(uow, meter),
        "lookup_key": price.external_id or "",
        "display_name": price.name,
        "description": price.description or "",
        "trial_period_days": 0,
        "start_date": format_instant(price.created_at),
        "end_date": instant_to_wire(price.ended_at),
        "metadata": metadata_to_wire(price.meta),
        "status": "published",
        **stamps(uow, price),
    }
