"""Bodies that are read more generously than the contract has them.

Amounts may be numbers, too.  Fields that today's contract lacks are kept, so that those that matter (older
clients send them) can be refused by name instead of passed over.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from counterfoil.core.money import decimal_text, parse_decimal
from counterfoil.faces.kit.vendor_wire import VendorWire
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


class Kept(VendorWire):
    """A request that knows what else was sent; ``getattr`` reads it.  The last base, whose settings hold."""

    model_config = ConfigDict(extra="allow")


class CreateCustomerRequest(generated.CreateCustomerRequest, Kept):
    """A customer to make."""


class UpdateCustomerRequest(generated.UpdateCustomerRequest, Kept):
    """What is to change of a customer, whichever id names it."""


class CreateFeatureRequest(generated.CreateFeatureRequest, Kept):
    """A feature to make."""


class UpdateFeatureRequest(generated.UpdateFeatureRequest, Kept):
    """What is to change of a feature."""


class CreatePlanRequest(generated.CreatePlanRequest, Kept):
    """A plan to make."""


class UpdatePlanRequest(generated.UpdatePlanRequest, Kept):
    """What is to change of a plan."""


class UpdateCreditGrantRequest(generated.UpdateCreditGrantRequest, Kept):
    """What is to change of a grant."""


class UpdateSubscriptionRequest(generated.UpdateSubscriptionRequest, Kept):
    """When a subscription is to end."""


class CancelSubscriptionRequest(generated.CancelSubscriptionRequest, Kept):
    """How a subscription is to end."""


class CreateCreditGrantRequest(generated.CreateCreditGrantRequest, Kept):
    """A grant to make."""

    credits: AmountText
    currency: str | None = None
    conversion_rate: AmountText | None = None
    topup_conversion_rate: AmountText | None = None


class CreatePriceTier(generated.CreatePriceTier):
    """A tier of a price to make."""

    unit_amount: AmountText
    flat_amount: AmountText | None = None


class CreatePriceRequest(generated.CreatePriceRequest, Kept):
    """A price to make."""

    amount: AmountText | None = None
    tiers: list[CreatePriceTier] | None = None  # type: ignore[assignment]  # a list that is only read


class CreateBulkPriceRequest(generated.CreateBulkPriceRequest):
    """Prices to make, all or none."""

    items: Annotated[list[CreatePriceRequest], Field(min_length=1, max_length=100)]  # type: ignore[assignment]


class UpdatePriceRequest(generated.UpdatePriceRequest, Kept):
    """What is to change of a price."""

    amount: AmountText | None = None
    tiers: list[CreatePriceTier] | None = None  # type: ignore[assignment]  # a list that is only read


class OverrideLineItemRequest(generated.OverrideLineItemRequest, Kept):
    """Another amount or quantity of one of the plan's prices."""

    amount: AmountText | None = None
    quantity: AmountText | None = None
    tiers: list[CreatePriceTier] | None = None  # type: ignore[assignment]  # a list that is only read


class CreateSubscriptionRequest(generated.CreateSubscriptionRequest, Kept):
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
