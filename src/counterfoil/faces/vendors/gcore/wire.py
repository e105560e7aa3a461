"""Gcore's types: what is asked in the query, and the rows that answer it.

Amounts are decimals as texts; what has no value is null.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from counterfoil.core.errors import InvalidInput
from counterfoil.faces.kit.vendor_wire import DateTimeText, VendorWire
from counterfoil.faces.kit.wire import checked
from counterfoil.faces.vendors.gcore.tables import INTERNAL_NAMES, PRODUCTS, CalcRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PAGE: Final = 100
"""Rows a page by default and at most, as at Gcore's other lists; a larger limit counts as this."""

LARGEST: Final = 2**63 - 1
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,19}")
ORDERING: Final = ("client_id", "feature_id", "feature_name", "product_name", "product_id", "id")


def _whole(low: int, high: int) -> BeforeValidator:
    """Reads a whole number between these, written in digits."""
    allowed = f"a whole number from {low} to {high}"

    def read(value: Any) -> int:
        text = str(value)
        number = int(text) if _WHOLE.fullmatch(text) else None
        if number is None or not low <= number <= high:
            raise InvalidInput("is not a number that this parameter takes", allowed=allowed)
        return number

    return checked(read)


def _word(known: Mapping[str, Any], allowed: Iterable[str]) -> BeforeValidator:
    """Reads one of some words, as what it stands for."""
    said = ", ".join(allowed)

    def read(value: Any) -> Any:
        if value not in known:
            raise InvalidInput("is none of the values that this parameter takes", allowed=said)
        return known[value]

    return checked(read)


def _split(value: Any) -> Any:
    """Keys that are joined by commas, given several times, or both."""
    texts = value if isinstance(value, list) else [value]
    return [part.strip() for text in texts for part in str(text).split(",") if part.strip()]


def _texts(values: Iterable[str | None], **schema: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": list(values), **schema})


_RULES: Final[dict[str, CalcRule | None]] = {rule.value: rule for rule in CalcRule}
_NO_RULE: Final[dict[str, CalcRule | None]] = {"null": None}
_KEYS: Final = {sign + name: sign + name for name in ORDERING for sign in ("", "-")}
_NUMBERS: Final = range(1, len(PRODUCTS) + 1)

Number = Annotated[int, _whole(-LARGEST, LARGEST), WithJsonSchema({"type": "integer"})]
# Gcore's own are declared; a seller's other products are found by what their rows show as well.
ProductNumber = Annotated[
    int, _whole(-LARGEST, LARGEST), WithJsonSchema({"type": "integer", "enum": list(_NUMBERS)})
]
Limit = Annotated[int, _whole(1, LARGEST), WithJsonSchema({"type": "integer", "minimum": 1})]
Offset = Annotated[int, _whole(0, 2**62), WithJsonSchema({"type": "integer", "minimum": 0})]
Rule = Annotated[
    CalcRule | None, _word(_RULES | _NO_RULE, [*_RULES, "null"]), _texts([*_RULES, None], nullable=True)
]
InternalName = Annotated[str, _texts(INTERNAL_NAMES)]
Numbers = list[Number] | None
OrderingKey = Annotated[str, _word(_KEYS, _KEYS), _texts(_KEYS)]


class ClientFeatureQuery(BaseModel):
    """The parameters of the list; one that Gcore does not have is ignored."""

    model_config = ConfigDict(extra="ignore")

    calc_rule_type: list[Rule] | None = Field(
        default=None, description="Charged by one of these rules, ever; `null`: by none of Gcore's rules"
    )
    client_id: Numbers = None
    company_name: str | None = Field(default=None, description="A part of it, in any case")
    feature_erp_sku_id: str | None = Field(default=None, description="Exactly this one")
    feature_id: Numbers = None
    feature_name: str | None = Field(default=None, description="A part of it, in any case")
    id: Number | None = Field(default=None, description="Charged by the subscription of this number")
    limit: Limit = Field(
        default=PAGE, description=f"Rows a page, {PAGE} at most: a larger one counts as {PAGE}"
    )
    metric_ext_name: str | None = Field(default=None, description="A part of it, in any case")
    metric_id: Numbers = None
    offset: Offset = Field(default=0, description="Rows to skip")
    ordering: Annotated[list[OrderingKey] | None, BeforeValidator(_split)] = Field(
        default=None, description="Keys joined by commas; `-` before one turns its order"
    )
    product_id: list[ProductNumber] | None = None
    product_internal_name: list[InternalName] | None = None
    product_name: str | None = Field(default=None, description="A part of it, in any case")
    provider_id: Numbers = None
    reseller_id: Numbers = None

    @model_validator(mode="before")
    @classmethod
    def _asked(cls, sent: Any) -> Any:
        """What is sent without the empty values: they ask nothing."""
        kept = {
            name: [one for one in value if one != ""] if isinstance(value, list) else value
            for name, value in dict(sent).items()
        }
        return {name: value for name, value in kept.items() if value not in ("", [])}


class Client(VendorWire):
    """A customer."""

    id: int | None = None
    company_name: str | None = None


class Feature(VendorWire):
    """A feature."""

    id: int | None = None
    name: str | None = None
    erp_sku_id: str | None = None


class Region(VendorWire):
    """A place where the feature is sold at this price; ``external_name`` is its code."""

    id: int | None = None
    name: str | None = None
    external_name: str | None = None


class Unit(VendorWire):
    """What one of a quantity is called."""

    id: int | None = None
    name: str | None = None
    internal_name: str | None = None


class RoundingRule(VendorWire):
    """To which multiple of which unit usage is rounded before it is priced."""

    unit: Unit | None = None
    value: str | None = None
    round_operation: str | None = None


class Product(VendorWire):
    """A product."""

    id: int | None = None
    name: str | None = None
    internal_name: str | None = None


class ProductCategory(VendorWire):
    """A product's category."""

    id: int | None = None
    name: str | None = None


class DateTimeRange(VendorWire):
    """From ``start`` on, and before ``end`` if there is one."""

    start: DateTimeText | None = None
    end: DateTimeText | None = None


class Currency(VendorWire):
    """A currency; its id is its number in ISO 4217."""

    id: int | None = None
    char_code: str | None = None
    symbol: str | None = None


class PriceStep(VendorWire):
    """What a unit costs above ``threshold`` units."""

    threshold: str | None = None
    net_value: str | None = None
    gross_value: str | None = None


class Price(VendorWire):
    """What is paid: one value, or steps."""

    unit: Unit | None = None
    default_value: str | None = None
    currency: Currency | None = None
    type: str | None = None
    net_value: str | None = None
    money_value: str | None = None
    steps: list[PriceStep] = Field(default_factory=list)


class Plan(VendorWire):
    """A plan."""

    id: int | None = None
    name: str | None = None


class Subscription(VendorWire):
    """A subscription."""

    id: int | None = None
    active_range: DateTimeRange | None = None


class ClientFeaturePrice(VendorWire):
    """A price that the client pays for the feature, and when; of no plan where it is the client's own."""

    active_range: DateTimeRange | None = None
    price: Price | None = None
    plan: Plan | None = None
    subscription: Subscription | None = None
    tax_rate: str | None = Field(default=None, description="In per cent")


class ClientFeature(VendorWire):
    """What a client pays for a feature."""

    client_id: int | None = None
    client: Client | None = None
    feature: Feature | None = None
    metric_id: int | None = Field(default=None, description="What the filter of this name takes")
    metric_ext_name: str | None = None
    regions: list[Region] = Field(default_factory=list)
    rounding_rule: RoundingRule | None = None
    product: Product | None = None
    product_category: ProductCategory | None = None
    prices: list[ClientFeaturePrice] = Field(default_factory=list)


class PaginatedClientFeatureList(VendorWire):
    """A page of the list."""

    count: int
    next: Annotated[str | None, WithJsonSchema({"type": "string", "format": "uri", "nullable": True})] = None
    previous: Annotated[str | None, WithJsonSchema({"type": "string", "format": "uri", "nullable": True})] = (
        None
    )
    results: list[ClientFeature]
