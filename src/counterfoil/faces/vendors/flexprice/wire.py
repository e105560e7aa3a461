"""Bodies that are read more generously than the contract has them: amounts may be numbers, too."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from counterfoil.core.money import decimal_text, parse_decimal
from counterfoil.faces.kit.wire import checked
from counterfoil.faces.vendors.flexprice import wire_generated as generated


def _written(value: Any) -> Any:
    """A JSON number as the text that was written; a text as it is."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return value
    return decimal_text(parse_decimal(value, field="value"))


AmountText = Annotated[str, checked(_written)]
"""A decimal as text; a JSON number is read as written."""

AmountShown = Annotated[
    str, BeforeValidator(_written), WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}]})
]
"""A decimal that is sent as text; older documents have it as a number."""


class CreateCreditGrantRequest(generated.CreateCreditGrantRequest):
    """A grant to make."""

    credits: AmountText
    currency: str | None = None
    conversion_rate: AmountText | None = None
    topup_conversion_rate: AmountText | None = None


class CreatePriceTier(generated.CreatePriceTier):
    """A tier of a price to make."""

    unit_amount: AmountText
    flat_amount: AmountText | None = None


class CreatePriceRequest(generated.CreatePriceRequest):
    """A price to make."""

    amount: AmountText | None = None
    tiers: list[CreatePriceTier] | None = None  # type: ignore[assignment]  # a list that is only read


class CreateBulkPriceRequest(generated.CreateBulkPriceRequest):
    """Prices to make, all or none."""

    items: Annotated[list[CreatePriceRequest], Field(min_length=1, max_length=100)]  # type: ignore[assignment]


class UpdatePriceRequest(generated.UpdatePriceRequest):
    """What is to change of a price."""

    amount: AmountText | None = None
    tiers: list[CreatePriceTier] | None = None  # type: ignore[assignment]  # a list that is only read


class OverrideLineItemRequest(generated.OverrideLineItemRequest):
    """Another amount or quantity of one of the plan's prices."""

    amount: AmountText | None = None
    quantity: AmountText | None = None
    tiers: list[CreatePriceTier] | None = None  # type: ignore[assignment]  # a list that is only read


class CreateSubscriptionRequest(generated.CreateSubscriptionRequest):
    """A subscription to make."""

    credit_grants: list[CreateCreditGrantRequest] | None = None  # type: ignore[assignment]
    override_line_items: list[OverrideLineItemRequest] | None = None  # type: ignore[assignment]
    overage_factor: AmountText | None = None
    commitment_amount: AmountText | None = None
    auto_invoice_threshold: AmountText | None = None


class CreditGrant(generated.CreditGrantResponse):
    """A grant: what Flexprice shows of it today, and what it showed at first."""

    credits: AmountShown | None = None
    currency: str | None = None


class ListCreditGrants(generated.ListCreditGrantsResponse):
    """A page of grants."""

    items: list[CreditGrant] | None = None  # type: ignore[assignment]  # a list that is only read
