"""What a price costs: FLAT_FEE, PACKAGE and TIERED, and which model of ours each is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from counterfoil.core.errors import CounterfoilError, InvalidInput
from counterfoil.core.money import decimal_text, parse_decimal
from counterfoil.core.pricing import Detail, parse_pricing
from counterfoil.core.pricing.exact import sum_of
from counterfoil.faces.vendors.flexprice.wire_generated import PriceJSONBTransformQuantity, PricePriceTier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.core.pricing import Pricing
    from counterfoil.faces.vendors.flexprice.wire import (
        CreatePriceTier,
        OverrideLineItemRequest,
        UpdatePriceRequest,
    )
    from counterfoil.faces.vendors.flexprice.wire_generated import PriceTransformQuantity
    from counterfoil.modules.catalog import Price


@dataclass(frozen=True, slots=True)
class Cost:
    """What a price costs, in their words."""

    billing_model: str
    amount: str | None = None
    tier_mode: str | None = None
    tiers: Sequence[CreatePriceTier | PricePriceTier] | None = None
    transform_quantity: PriceTransformQuantity | PriceJSONBTransformQuantity | None = None

    def model(self) -> tuple[str, dict[str, Any]]:
        """The model and its parameters with us; ``InvalidInput`` names the field that is missing."""
        if self.billing_model == "TIERED":
            if self.amount and parse_decimal(self.amount, field="amount"):
                raise InvalidInput("a tiered price has its amounts in tiers", field="amount", allowed="none")
            if self.tier_mode not in ("VOLUME", "SLAB"):
                raise InvalidInput("tier_mode is missing", field="tier_mode", allowed="VOLUME, SLAB")
            graduated = self.tier_mode == "SLAB"
            return "graduated" if graduated else "volume", {"tiers": self._tiers(open_end=graduated)}
        if not self.amount:
            raise InvalidInput("amount is missing", field="amount", allowed="a decimal, as text")
        if self.tiers:
            raise InvalidInput("only a tiered price has tiers", field="tiers", allowed="none, or TIERED")
        if self.billing_model != "PACKAGE" and self.transform_quantity is not None:
            raise InvalidInput(
                "only a package price divides its quantity",
                field="transform_quantity",
                allowed="none, or PACKAGE",
            )
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


def is_other_cost(body: UpdatePriceRequest | OverrideLineItemRequest, before: Price, currency: str) -> bool:
    """Whether a body says that a price costs otherwise than it does, however that is written."""
    said = (body.amount, body.billing_model, body.tier_mode, body.tiers, body.transform_quantity)
    if not any(said):
        return False
    try:
        asked = _written(*other_cost(body, before, currency))
        return asked != _written(*cost_to_wire(before, currency).model())
    except CounterfoilError:
        return True  # which is refused, with its reason, when it is to be made


def _written(model: str, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A model and its parameters in the one form in which they are kept."""
    return model, parse_pricing(model, params).params.to_json()


def other_cost(
    body: UpdatePriceRequest | OverrideLineItemRequest, before: Price, currency: str
) -> tuple[str, dict[str, Any]]:
    """The model and its parameters of a price that costs as before, but for what the body says."""
    shown = cost_to_wire(before, currency)
    if not shown.amount and not shown.tiers:
        raise InvalidInput(
            f"the price is of the model {before.model}, of which only its labels can be changed here",
            field="amount",
            allowed="none, or a new price",
        )
    billing_model = body.billing_model or shown.billing_model
    same = billing_model == shown.billing_model
    tiered = billing_model == "TIERED"
    return Cost(
        billing_model,
        body.amount or (shown.amount if same and not tiered else None),
        body.tier_mode or (shown.tier_mode if same else None),
        body.tiers or (shown.tiers if same and tiered else None),
        body.transform_quantity or (shown.transform_quantity if same else None),
    ).model()


def cost_to_wire(price: Price, currency: str) -> Cost:
    """The nearest that Flexprice can say of a model; parameters that it lacks are not shown.

    Of a price that is not the same for each unit and has no tiers of amounts there is no amount.
    """
    params = price.params[currency]
    match price.model:
        case "package":
            size = int(parse_decimal(params["package_size"]))
            rounding = "down" if params["rounding"] == "down" else "up"
            transform = PriceJSONBTransformQuantity(divide_by=size, round=rounding)
            return Cost("PACKAGE", params["package_amount"], transform_quantity=transform)
        case "volume" | "stairstep":
            return Cost("TIERED", tier_mode="VOLUME", tiers=_tiers_to_wire(params["tiers"]))
        case "graduated":
            return Cost("TIERED", tier_mode="SLAB", tiers=_tiers_to_wire(params["tiers"]))
        case "flat":
            return Cost("FLAT_FEE", params["amount"])
        case "cost_plus" | "dynamic" | "percentage":
            return Cost("FLAT_FEE", _of_one(price.pricing(currency)))
        case _:
            return Cost("FLAT_FEE", params.get("unit_amount"))


def _of_one(pricing: Pricing) -> str | None:
    """What one unit costs of a price that is the same for each."""
    if pricing.need.detail is not Detail.QUANTITY:
        return None
    amount = sum_of(part.amount for part in pricing.rate(Decimal(1)))
    return decimal_text(amount)


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
