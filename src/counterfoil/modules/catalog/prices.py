"""From the command to a price: each currency's parameters read by core, and how the parts fit together.

Owns: which sources of quantity, meters, cadences and taxes go together.  Does not own: what a model's
parameters mean, or what a quantity costs (``core.pricing``).
"""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import parse_interval
from counterfoil.core.errors import CounterfoilError, InvalidInput, TooLarge
from counterfoil.core.money import unit_of
from counterfoil.core.pricing import MODELS, parse_pricing
from counterfoil.core.rating import SUMS, Cadence, RatingInput, Reset, rate_line
from counterfoil.core.tax_rules import check_category
from counterfoil.modules.catalog.conditions import check_distinct, read_filters
from counterfoil.modules.catalog.objects import check_common, check_count, choice, coded, named
from counterfoil.modules.catalog.price_terms import read_terms, terms_of
from counterfoil.modules.catalog.repository import FEATURES, METERS, TAX_RATES
from counterfoil.modules.catalog.types import EVERY_DETAIL, Price, QuantitySource
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from counterfoil.core.money import Unit
    from counterfoil.core.pricing import Detail, Pricing
    from counterfoil.core.rating import PriceTerms
    from counterfoil.modules.catalog.meter_types import Meter
    from counterfoil.modules.catalog.types import NewPrice
    from counterfoil.store import Uow

MAX_PRICES: Final = 200
MAX_TAX_RATES: Final = 10
MAX_UNIT: Final = 50
MAX_TEXT: Final = 1024
OF_MONEY: Final = frozenset({"dynamic", "graduated_percentage", "percentage"})
"""The models whose quantity is a sum of the amounts of money that events carry."""
FEES: Final = frozenset({"commit", "flat"})
"""The models that cost the same whatever is used: a piece of a period costs its share of the days."""


def read_prices(uow: Uow, plan_id: UUID | None, new: Sequence[NewPrice]) -> list[Price]:
    """New prices in their order, nothing written yet; ``InvalidInput`` names ``prices.<n>.…``."""
    check_count(len(new), "prices", most=MAX_PRICES)
    prices: list[Price] = []
    for index, command in enumerate(new):
        with within(f"prices.{index}"):
            prices.append(read_price(uow, plan_id, command))
    return prices


def read_price(uow: Uow, plan_id: UUID | None, new: NewPrice) -> Price:
    """A new price, nothing written yet; ``InvalidInput`` names the field."""
    interval = parse_interval(new.interval_unit, new.interval_count)
    check_count(len(new.tax_rate_ids), "tax_rate_ids", most=MAX_TAX_RATES)
    check_distinct(new.tax_rate_ids, "tax_rate_ids")
    fields = coded(uow, "price", new)
    metered = new.quantity_source == QuantitySource.USAGE
    params, terms = _costs(new, EVERY_DETAIL if metered else ())
    price = Price(
        **fields,
        plan_id=plan_id,
        name=fields["code"] if new.name is None else new.name,
        description=new.description,
        feature_id=new.feature_id,
        unit=new.unit,
        model=new.model,
        params=params,
        terms=terms,
        meter_id=new.meter_id,
        filters=read_filters(new.filters),
        quantity_source=choice(QuantitySource, new.quantity_source, "quantity_source"),
        interval_unit=interval.unit,
        interval_count=interval.count,
        cadence=choice(Cadence, new.cadence, "cadence"),
        tax_rate_ids=list(new.tax_rate_ids),
        tax_category=new.tax_category,
        ended_at=None,
        pricing_unit=new.pricing_unit,
    )
    check_common(price)
    check_text(price.unit, "unit", longest=MAX_UNIT)
    check_category(price.tax_category)
    _check_source(price)
    return price


def check_codes(prices: Mapping[str, Price]) -> None:
    """Refuse two prices of one version with one code; each is given with the field that is to blame."""
    seen: set[str] = set()
    for field, price in prices.items():
        if price.code in seen:
            raise InvalidInput(
                f"two prices have the code {price.code}",
                field=field,
                allowed="a code that no other price of this version has",
            )
        seen.add(price.code)


async def check_references(uow: Uow, prices: Mapping[str, Price]) -> None:
    """Refuse meters, features and tax rates that are unknown or archived, and rates that exclude each other.

    Each price is given with the path to it, which a refusal names; empty: none.
    """
    check_meters(await named(uow, METERS, _references(prices, "meter_id")), prices)
    await named(uow, FEATURES, _references(prices, "feature_id"))
    rates = await named(
        uow,
        TAX_RATES,
        [
            (_at(path, f"tax_rate_ids.{index}"), rate)
            for path, price in prices.items()
            for index, rate in enumerate(price.tax_rate_ids)
        ],
    )
    for path, price in prices.items():
        if len({rates[rate].inclusive for rate in price.tax_rate_ids}) > 1:
            raise InvalidInput(
                f"the price {price.code} cannot both include and exclude tax",
                field=_at(path, "tax_rate_ids"),
                allowed="rates that are all inclusive or all exclusive",
            )


def check_meters(meters: Mapping[UUID, Meter], prices: Mapping[str, Price]) -> None:
    """Refuse a meter that does not tell what a price needs: the values of a property, or sums of money."""
    for path, price in prices.items():
        if price.meter_id is None:
            continue
        meter = meters[price.meter_id]
        if _is_of_money(price) and not (meter.aggregation in SUMS and meter.reset is Reset.PERIOD):
            raise InvalidInput(
                f"the price {price.code} is of amounts that events carry, and the meter does not sum them",
                field=_at(path, "meter_id"),
                allowed="a meter that sums a property, or an expression, anew in each period",
            )
        for code in price.params:
            for name in price.pricing(code).need.group_by:
                if name not in meter.group_by:
                    raise InvalidInput(
                        f"the meter {meter.code} is not grouped by {name}",
                        field=_at(path, f"params.{code}.properties"),
                        allowed=", ".join(meter.group_by) or "nothing: the meter names no such properties",
                    )


def _is_of_money(price: Price) -> bool:
    """Whether the quantity is money; of a cost plus markup it is where no cost of a unit is known."""
    passed_on = any(params.get("unit_cost") is None for params in price.params.values())
    return price.model in OF_MONEY or (price.model == "cost_plus" and passed_on)


@contextmanager
def within(path: str) -> Iterator[None]:
    """Refusals of what is done inside name fields below ``path``."""
    try:
        yield
    except CounterfoilError as refused:
        raise refused.within(path) from None


def _references(prices: Mapping[str, Price], field: str) -> list[tuple[str, UUID]]:
    return [
        (_at(path, field), getattr(price, field))
        for path, price in prices.items()
        if getattr(price, field) is not None
    ]


def _at(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field


def _costs(new: NewPrice, given: Sequence[Detail]) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The parameters for each currency, and the terms; complete, as core writes them."""
    model, params = new.model, new.params
    if model not in MODELS:
        raise InvalidInput("model is not a pricing model", field="model", allowed=", ".join(MODELS))
    if not params:
        raise InvalidInput(
            "params names no currency",
            field="params",
            allowed="parameters for one or more currencies, or for one pricing unit",
        )
    pricings: dict[str, Pricing] = {}
    for code, values in params.items():
        plain = len(code) <= 10 and code.isascii() and code.isalnum()
        unit_of(code, field=f"params.{code}" if plain else "params")
        with within(f"params.{code}"):
            pricings[code] = parse_pricing(model, values, given=given)
    agreed = read_terms(new.terms, pricings)
    _check_texts(agreed, "terms")
    for code, pricing in pricings.items():
        with within(f"params.{code}"):
            _check_billable(pricing, terms_of(agreed, code), unit_of(code))
    read = {code: pricing.to_json() for code, pricing in pricings.items()}
    _check_texts(read, "params")
    return read, agreed


def _check_texts(value: object, field: str) -> None:
    """Refuse texts, however deep, that cannot be stored or print as others, such as names of units."""
    match value:
        case str():
            check_text(value, field, longest=MAX_TEXT, shortest=0)
        case dict():
            for key, part in value.items():
                _check_texts(part, f"{field}.{key}")
        case list():
            for index, part in enumerate(value):
                _check_texts(part, f"{field}.{index}")


def _check_billable(pricing: Pricing, terms: PriceTerms, unit: Unit) -> None:
    """Refuse amounts of which no invoice could state even one unit."""
    try:
        rate_line(RatingInput(pricing=pricing, terms=terms, quantity=Decimal(1), unit=unit))
    except TooLarge as refused:
        raise TooLarge("the price of one unit is more than can be billed", allowed=refused.allowed) from None
    except InvalidInput:
        return  # the model refuses this quantity, and may take others


def _check_source(price: Price) -> None:
    metered = price.quantity_source is QuantitySource.USAGE
    if metered and price.model in FEES:
        raise InvalidInput(
            f"the model {price.model} is a fee, which is the same whatever was used",
            field="model",
            allowed="another model, or quantity_source one or item, without a meter",
        )
    if metered != (price.meter_id is not None):
        raise InvalidInput(
            "a usage price needs a meter" if metered else "only a usage price has a meter",
            field="meter_id",
            allowed="the id of a meter" if metered else "none, or quantity_source usage",
        )
    if price.filters and not metered:
        raise InvalidInput(
            "only a usage price has filters", field="filters", allowed="none, or quantity_source usage"
        )
    if metered and price.cadence is not Cadence.IN_ARREARS:
        raise InvalidInput(
            "usage is known only afterwards, so a usage price is billed in arrears",
            field="cadence",
            allowed=Cadence.IN_ARREARS,
        )
