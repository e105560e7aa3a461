"""Prices: FLAT_FEE, PACKAGE and TIERED are models of ours; a price of theirs has one currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import format_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text, parse_decimal
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
from counterfoil.faces.vendors.flexprice.convert.features import meter_to_wire
from counterfoil.faces.vendors.flexprice.searching import refuse
from counterfoil.faces.vendors.flexprice.wire_generated import (
    PriceJSONBTransformQuantity,
    PricePriceTier,
    PriceResponse,
)
from counterfoil.modules.catalog import NewPrice, QuantitySource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from counterfoil.faces.kit.context import Unit
    from counterfoil.faces.vendors.flexprice.wire import (
        CreatePriceRequest,
        CreatePriceTier,
        UpdatePriceRequest,
    )
    from counterfoil.faces.vendors.flexprice.wire_generated import PriceTransformQuantity
    from counterfoil.modules.catalog import Meter, Price

_UNSERVED: Final = ("bucket_size", "group_id", "price_unit_config", "end_date", "trial_period_days")
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


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a price costs, in their words."""

    billing_model: str
    amount: str | None = None
    tier_mode: str | None = None
    tiers: Sequence[CreatePriceTier | PricePriceTier] | None = None
    transform_quantity: PriceTransformQuantity | PriceJSONBTransformQuantity | None = None

    def model(self) -> tuple[str, dict[str, Any]]:
        """The model and its parameters with us; ``InvalidInput`` names the field that is missing."""
        if self.billing_model == "TIERED":
            if self.amount not in (None, "", "0"):
                raise InvalidInput("a tiered price has its amounts in tiers", field="amount", allowed="none")
            if self.tier_mode not in ("VOLUME", "SLAB"):
                raise InvalidInput("tier_mode is missing", field="tier_mode", allowed="VOLUME, SLAB")
            graduated = self.tier_mode == "SLAB"
            return "graduated" if graduated else "volume", {"tiers": self._tiers(open_end=graduated)}
        if not self.amount:
            raise InvalidInput("amount is missing", field="amount", allowed="a decimal, as text")
        if self.tiers:
            raise InvalidInput("only a tiered price has tiers", field="tiers", allowed="none, or TIERED")
        if self.billing_model == "FLAT_FEE":
            return "per_unit", {"unit_amount": self.amount}
        size = None if self.transform_quantity is None else self.transform_quantity.divide_by
        if size is None or size <= 0:
            field = "transform_quantity.divide_by"
            raise InvalidInput(
                f"{field} is missing", field=field, allowed="the units of a package, 1 or more"
            )
        assert self.transform_quantity is not None
        rounding = self.transform_quantity.round or "up"
        return "package", {"package_amount": self.amount, "package_size": size, "rounding": rounding}

    def _tiers(self, *, open_end: bool) -> list[dict[str, Any]]:
        """The tiers in ascending order; in slabs, what lies above a bounded last one costs nothing."""
        given = sorted(self.tiers or (), key=lambda one: (one.up_to is None, one.up_to or 0))
        tiers: list[dict[str, Any]] = [
            {"up_to": one.up_to, "unit_amount": one.unit_amount, "flat_amount": one.flat_amount or None}
            for one in given
        ]
        if open_end and tiers and tiers[-1]["up_to"] is not None:
            tiers.append({"up_to": None, "unit_amount": "0"})
        return tiers


def price_from_wire(body: CreatePriceRequest, now: datetime) -> NewPrice:
    """The price to make of a plan; what cannot be honoured is refused."""
    check_entity(body.entity_type)
    refuse(body, *_UNSERVED)
    if body.price_unit_type != "FIAT":
        raise InvalidInput("there are no custom units yet", field="price_unit_type", allowed="FIAT")
    usage = body.type == "USAGE"
    if (body.min_quantity or 1) != 1 or (usage and body.min_quantity):
        raise InvalidInput("min_quantity is not served yet", field="min_quantity", allowed="none")
    check_begun(body.start_date, now, "start_date")
    model, params = _Cost(
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


def costs_otherwise(body: UpdatePriceRequest, now: datetime) -> bool:
    """Whether a change is one of what the price costs, so that another price takes its place."""
    refuse(body, *_UNSERVED_CHANGES)
    check_begun(body.effective_from, now, "effective_from")
    costs = (body.amount, body.billing_model, body.tier_mode, body.tiers, body.transform_quantity)
    return any(one is not None for one in costs)


def replacement_from_wire(body: UpdatePriceRequest, before: Price) -> NewPrice:
    """The price that takes another's place: as it was, but for what is given."""
    shown = _cost_to_wire(before, currency_of(before))
    billing_model = body.billing_model or shown.billing_model
    same = billing_model == shown.billing_model
    tiered = billing_model == "TIERED"
    model, params = _Cost(
        billing_model,
        body.amount or (shown.amount if same and not tiered else None),
        body.tier_mode or (shown.tier_mode if same else None),
        body.tiers or (shown.tiers if same and tiered else None),
        body.transform_quantity or (shown.transform_quantity if same else None),
    ).model()
    labels = labels_from_wire(body)
    return NewPrice(
        model=model,
        params={currency_of(before): params},
        name=labels.get("name", before.name),
        description=labels.get("description", before.description),
        feature_id=before.feature_id,
        unit=before.unit,
        meter_id=before.meter_id,
        filters=before.filters,
        quantity_source=before.quantity_source,
        interval_unit=before.interval_unit,
        interval_count=before.interval_count,
        cadence=before.cadence,
        tax_rate_ids=before.tax_rate_ids,
        external_id=labels.get("external_id"),
        meta=labels.get("meta", before.meta),
    )


def labels_from_wire(body: UpdatePriceRequest) -> dict[str, Any]:
    """The fields of a price that may change without another taking its place."""
    fields: dict[str, Any] = {}
    if body.display_name:
        fields["name"] = body.display_name
    if body.description is not None:
        fields["description"] = text_from_wire(body.description)
    if body.lookup_key is not None:
        fields["external_id"] = text_from_wire(body.lookup_key)
    if body.metadata is not None:
        fields["meta"] = body.metadata
    return fields


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
    cost = _cost_to_wire(price, shown_currency)
    amount = cost.amount or "0"
    return {
        "id": ids.show("price", price.id),
        "amount": amount,
        "display_amount": f"{amount} {shown_currency}",
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


def _cost_to_wire(price: Price, currency: str) -> _Cost:
    """The nearest that Flexprice can say of a model; parameters that it lacks are not shown."""
    params = price.params[currency]
    match price.model:
        case "package":
            size = int(parse_decimal(params["package_size"]))
            rounding = "down" if params["rounding"] == "down" else "up"
            transform = PriceJSONBTransformQuantity(divide_by=size, round=rounding)
            return _Cost("PACKAGE", params["package_amount"], transform_quantity=transform)
        case "volume" | "stairstep":
            return _Cost("TIERED", tier_mode="VOLUME", tiers=_tiers_to_wire(params["tiers"]))
        case "graduated":
            return _Cost("TIERED", tier_mode="SLAB", tiers=_tiers_to_wire(params["tiers"]))
        case "flat":
            return _Cost("FLAT_FEE", params["amount"])
        case _:
            return _Cost("FLAT_FEE", params["unit_amount"])


def _tiers_to_wire(tiers: Sequence[dict[str, Any]]) -> list[PricePriceTier]:
    return [
        PricePriceTier(
            up_to=None if one.get("up_to") is None else int(Decimal(one["up_to"])),
            unit_amount=one.get("unit_amount") or "0",
            flat_amount=_amount(one.get("flat_amount")),
        )
        for one in tiers
    ]


def _amount(value: str | None) -> str | None:
    return None if value is None or not Decimal(value) else decimal_text(Decimal(value))
