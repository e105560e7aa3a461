"""Between Gcore's types and ours: what is asked, and the rows that answer it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import format_instant
from counterfoil.core.money import (
    Rounding,
    currency_number,
    decimal_text,
    parse_decimal,
    round_exact,
    to_decimal,
)
from counterfoil.faces.kit.aliases import id_of_word
from counterfoil.faces.vendors.gcore import wire
from counterfoil.faces.vendors.gcore.tables import OTHER_PRODUCTS_AFTER, PRODUCTS, SYMBOLS
from counterfoil.modules.catalog import QuantitySource
from counterfoil.modules.subscriptions import SortBy, SortKey

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.money import Exact
    from counterfoil.modules.catalog import Feature, Meter, Plan, Price, Product, TaxRate
    from counterfoil.modules.subscriptions import CustomerFeature, FeatureCharge

FACE: Final = "gcore"
PLACES: Final = 10
"""Places after the point of a net value that no decimal states exactly (a third of a gross one)."""

_SORTED_BY: Final = {
    "client_id": SortBy.CUSTOMER,
    "feature_id": SortBy.FEATURE,
    "feature_name": SortBy.FEATURE_NAME,
    "product_id": SortBy.PRODUCT,
    "product_name": SortBy.PRODUCT_NAME,
    "id": SortBy.CREATED,
}
_OPERATIONS: Final = {"ceil": "ceil", "floor": "floor", "half_up": "round"}


def order_from_wire(keys: Iterable[str]) -> list[SortKey]:
    """The order of ``["-client_id", "feature_name"]``; of a key that is there twice the first counts."""
    order: dict[SortBy, SortKey] = {}
    for key in keys:
        by = _SORTED_BY[key.removeprefix("-")]
        order.setdefault(by, SortKey(by, descending=key.startswith("-")))
    return list(order.values())


@dataclass(frozen=True, slots=True)
class Books:
    """Everything that the rows of a page speak of, by id."""

    environment_id: UUID
    clients: Mapping[UUID, str]
    """The names of customers."""
    exempt: Collection[UUID]
    """Those of them who pay no tax."""
    features: Mapping[UUID, Feature]
    products: Mapping[UUID, Product]
    meters: Mapping[UUID, Meter]
    plans: Mapping[UUID, Plan]
    tax_rates: Mapping[UUID, TaxRate]
    charges: Mapping[UUID, Sequence[FeatureCharge]]
    numbers: Mapping[str, Mapping[UUID, int]] = field(default_factory=dict)
    shown: dict[Hashable, Any] = field(default_factory=dict)
    """What rows share, as it was shown first."""

    def words(self) -> dict[str, Collection[UUID]]:
        """What has to be numbered, by kind: the objects, and the ids of words."""
        charges = [charge for group in self.charges.values() for charge in group]
        units = [charge.price.unit for charge in charges]
        for feature in self.features.values():
            units += [feature.rounding.get("unit"), feature.unit.get("singular")]
        return {
            "client": list(self.clients),
            "feature": list(self.features),
            "metric": list(self.meters),
            "plan": list(self.plans),
            "subscription": {charge.subscription_id for charge in charges},
            "product": [one.id for one in self.products.values() if one.code not in PRODUCTS],
            "unit": self._words_of(units),
            "region": self._words_of(
                region.code for feature in self.features.values() for region in feature.regions
            ),
            "category": self._words_of(product.category for product in self.products.values()),
        }

    def number(self, kind: str, object_id: UUID) -> int:
        """The number of an object, or of a word's id."""
        return self.numbers[kind][object_id]

    def number_of_word(self, kind: str, word: str) -> int:
        """The number of a word of this kind."""
        return self.numbers[kind][id_of_word(self.environment_id, word)]

    def once[T](self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` makes for a key, made once."""
        if key not in self.shown:
            self.shown[key] = make()
        found: T = self.shown[key]
        return found

    def _words_of(self, words: Iterable[str | None]) -> set[UUID]:
        return {id_of_word(self.environment_id, word) for word in words if word}


def row_to_wire(one: CustomerFeature, books: Books) -> wire.ClientFeature:
    """What a client pays for a feature."""
    feature = books.features[one.feature_id]
    client_id = books.number("client", one.customer_id)
    return wire.ClientFeature(
        client_id=client_id,
        client=wire.Client(id=client_id, company_name=books.clients[one.customer_id]),
        prices=[_price(charge, one, books) for charge in books.charges[one.id]],
        **books.once(feature.id, lambda: _of_feature(feature, books)),
    )


def _of_feature(feature: Feature, books: Books) -> dict[str, Any]:
    """What all rows of a feature say of it."""
    meter = None if feature.meter_id is None else books.meters[feature.meter_id]
    product = None if feature.product_id is None else books.products[feature.product_id]
    return {
        "feature": wire.Feature(
            id=books.number("feature", feature.id), name=feature.name, erp_sku_id=feature.sku
        ),
        "metric_id": None if meter is None else books.number("metric", meter.id),
        "metric_ext_name": None if meter is None else meter.code,
        "regions": [
            wire.Region(
                id=books.number_of_word("region", region.code), name=region.name, external_name=region.code
            )
            for region in feature.regions
        ],
        "rounding_rule": _rounding(feature, books),
        "product": None if product is None else _product(product, books),
        "product_category": None if product is None else _category(product, books),
    }


def _product(product: Product, books: Books) -> wire.Product:
    known = PRODUCTS.get(product.code)
    if known is not None:
        return wire.Product(id=known.number, name=known.name, internal_name=known.code.upper())
    number = books.number("product", product.id) + OTHER_PRODUCTS_AFTER
    return wire.Product(id=number, name=product.name, internal_name=product.code.upper())


def _category(product: Product, books: Books) -> wire.ProductCategory | None:
    if not product.category:
        return None
    return wire.ProductCategory(id=books.number_of_word("category", product.category), name=product.category)


def _unit(name: str | None, books: Books) -> wire.Unit | None:
    if not name:
        return None
    return wire.Unit(id=books.number_of_word("unit", name), name=name, internal_name=name)


def _rounding(feature: Feature, books: Books) -> wire.RoundingRule | None:
    if not feature.rounding:
        return None
    return wire.RoundingRule(
        unit=_unit(feature.rounding["unit"], books),
        value=feature.rounding["step"],
        round_operation=_OPERATIONS[feature.rounding["mode"]],
    )


def _price(charge: FeatureCharge, one: CustomerFeature, books: Books) -> wire.ClientFeaturePrice:
    exempt = one.customer_id in books.exempt
    taxed = books.once((charge.price.id, exempt), lambda: _taxed(charge.price, exempt, books))
    return wire.ClientFeaturePrice(
        active_range=_range(charge.started_at, charge.ended_at),
        price=books.once(
            (charge.price.id, exempt, charge.currency, charge.quantity),
            lambda: _amounts(charge, books.features[one.feature_id], taxed, books),
        ),
        plan=books.once(charge.price.plan_id, lambda: _plan(charge.price.plan_id, books)),
        subscription=books.once(charge.subscription_id, lambda: _subscription(charge, books)),
        tax_rate=decimal_text(taxed.percent),
    )


def _plan(plan_id: UUID | None, books: Books) -> wire.Plan | None:
    if plan_id is None:
        return None
    return wire.Plan(id=books.number("plan", plan_id), name=books.plans[plan_id].name)


def _subscription(charge: FeatureCharge, books: Books) -> wire.Subscription:
    return wire.Subscription(
        id=books.number("subscription", charge.subscription_id),
        active_range=_range(charge.subscription_started_at, charge.subscription_ended_at),
    )


def _range(start: datetime, end: datetime | None) -> wire.DateTimeRange:
    return wire.DateTimeRange(start=format_instant(start), end=None if end is None else format_instant(end))


@dataclass(frozen=True, slots=True)
class _Taxed:
    """The sum of a price's tax rates, in per cent, and whether its amounts contain it."""

    percent: Fraction
    inclusive: bool

    def net(self, amount: Exact) -> str:
        """An amount before tax."""
        return _text(Fraction(amount) * 100 / (100 + self.percent) if self.inclusive else amount)

    def gross(self, amount: Exact) -> str:
        """An amount with tax."""
        return _text(amount if self.inclusive else Fraction(amount) * (100 + self.percent) / 100)


def _taxed(price: Price, exempt: bool, books: Books) -> _Taxed:
    rates = [] if exempt else [books.tax_rates[id_] for id_ in price.tax_rate_ids]
    percent = sum((Fraction(rate.percent) for rate in rates), Fraction(0))
    return _Taxed(percent, inclusive=any(rate.inclusive for rate in rates))


def _text(amount: Exact) -> str:
    if to_decimal(amount) is None:
        amount = round_exact(amount, PLACES, Rounding.HALF_UP)
    return decimal_text(amount)


def _amounts(charge: FeatureCharge, feature: Feature, taxed: _Taxed, books: Books) -> wire.Price:
    """The price's amounts in the subscription's currency; tiers become steps, by their lower bounds."""
    price, currency = charge.price, charge.currency
    params: dict[str, Any] = price.params[currency]
    flat = _flat_amount(params)
    steps = _steps(price, params, taxed)
    stepped = "StepPrice" if steps else None  # what Gcore has no form for has no type and no values
    return wire.Price(
        unit=_unit(price.unit or feature.unit.get("singular"), books),
        default_value=_default_value(charge, params),
        currency=wire.Currency(
            id=currency_number(currency), char_code=currency, symbol=SYMBOLS.get(currency, currency)
        ),
        type=stepped if flat is None else "FlatPrice",
        net_value=None if flat is None else taxed.net(flat),
        money_value=None if flat is None else decimal_text(flat),
        steps=steps,
    )


def _flat_amount(params: Mapping[str, Any]) -> Exact | None:
    """What one costs where that does not depend on how many there are: of a unit, of a package, the fee."""
    for name in ("unit_amount", "package_amount", "amount"):
        if name in params:
            return parse_decimal(params[name])
    return None


def _default_value(charge: FeatureCharge, params: Mapping[str, Any]) -> str | None:
    """How many of the unit are agreed upon: the commitment, a package, the seats."""
    for name in ("committed_quantity", "package_size"):
        if name in params:
            return decimal_text(parse_decimal(params[name]))
    match charge.price.quantity_source:
        case QuantitySource.ITEM:
            return decimal_text(charge.quantity)
        case QuantitySource.ONE:
            return "1"
        case QuantitySource.USAGE:
            return None


def _steps(price: Price, params: Mapping[str, Any], taxed: _Taxed) -> list[wire.PriceStep]:
    steps: list[wire.PriceStep] = []
    threshold = "0"
    amount = "flat_amount" if price.model == "stairstep" else "unit_amount"
    tiers = () if price.model == "graduated_percentage" else params.get("tiers", ())  # shares, no amounts
    for tier in tiers:
        value = parse_decimal(tier[amount])
        steps.append(
            wire.PriceStep(threshold=threshold, net_value=taxed.net(value), gross_value=taxed.gross(value))
        )
        threshold = tier["up_to"]
    return steps
