"""From the command to a price: each currency's parameters read by core, and how the parts fit together.

Owns: which sources of quantity, meters, cadences and taxes go together.  Does not own: what a model's
parameters mean, or what a quantity costs (``core.pricing``).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import parse_interval
from counterfoil.core.errors import CounterfoilError, InvalidInput, TooLarge
from counterfoil.core.money import unit_of
from counterfoil.core.pricing import MODELS, parse_pricing
from counterfoil.core.rating import Cadence, RatingInput, rate_line
from counterfoil.modules.catalog.conditions import check_distinct, read_filters
from counterfoil.modules.catalog.objects import check_common, check_count, choice, fresh, named
from counterfoil.modules.catalog.repository import METERS, TAX_RATES
from counterfoil.modules.catalog.types import Price, QuantitySource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from counterfoil.core.money import Unit
    from counterfoil.core.pricing import Pricing
    from counterfoil.modules.catalog.types import NewPrice
    from counterfoil.store import Uow

MAX_PRICES: Final = 200
MAX_TAX_RATES: Final = 10


def read_prices(uow: Uow, version_id: UUID, new: Sequence[NewPrice]) -> list[Price]:
    """The prices of a new version, in their order; ``InvalidInput`` names ``prices.<n>.…``."""
    check_count(len(new), "prices", most=MAX_PRICES)
    prices: list[Price] = []
    for position, command in enumerate(new):
        try:
            prices.append(_price(uow, version_id, position, command))
        except CounterfoilError as refused:
            raise refused.within(f"prices.{position}") from None
    seen: set[str] = set()
    for price in prices:
        if price.code in seen:
            raise InvalidInput(
                f"two prices have the code {price.code}",
                field=f"prices.{price.position}.code",
                allowed="a code that no other price of this version has",
            )
        seen.add(price.code)
    return prices


async def check_references(uow: Uow, prices: Sequence[Price]) -> None:
    """Refuse meters and tax rates that are unknown or archived, and rates that exclude each other."""
    meters = [
        (f"prices.{price.position}.meter_id", price.meter_id)
        for price in prices
        if price.meter_id is not None
    ]
    await named(uow, METERS, meters)
    rates = await named(
        uow,
        TAX_RATES,
        [
            (f"prices.{price.position}.tax_rate_ids.{index}", rate)
            for price in prices
            for index, rate in enumerate(price.tax_rate_ids)
        ],
    )
    for price in prices:
        if len({rates[rate].inclusive for rate in price.tax_rate_ids}) > 1:
            raise InvalidInput(
                f"the price {price.code} cannot both include and exclude tax",
                field=f"prices.{price.position}.tax_rate_ids",
                allowed="rates that are all inclusive or all exclusive",
            )


def _price(uow: Uow, version_id: UUID, position: int, new: NewPrice) -> Price:
    interval = parse_interval(new.interval_unit, new.interval_count)
    check_count(len(new.tax_rate_ids), "tax_rate_ids", most=MAX_TAX_RATES)
    check_distinct(new.tax_rate_ids, "tax_rate_ids")
    price = Price(
        **fresh(uow, new),
        plan_version_id=version_id,
        code=new.code,
        name=new.code if new.name is None else new.name,
        model=new.model,
        params=_params(new.model, new.params),
        meter_id=new.meter_id,
        filters=read_filters(new.filters),
        quantity_source=choice(QuantitySource, new.quantity_source, "quantity_source"),
        interval_unit=interval.unit,
        interval_count=interval.count,
        cadence=choice(Cadence, new.cadence, "cadence"),
        tax_rate_ids=list(new.tax_rate_ids),
        position=position,
    )
    check_common(price)
    _check_source(price)
    return price


def _params(model: str, params: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The parameters for each currency, complete, as core writes them."""
    if model not in MODELS:
        raise InvalidInput("model is not a pricing model", field="model", allowed=", ".join(MODELS))
    if not params:
        raise InvalidInput(
            "params names no currency", field="params", allowed="parameters for one or more currencies"
        )
    read: dict[str, dict[str, Any]] = {}
    for code, values in params.items():
        plain = len(code) <= 10 and code.isascii() and code.isalnum()
        unit = unit_of(code, field=f"params.{code}" if plain else "params")
        try:
            pricing = parse_pricing(model, values)
            _check_billable(pricing, unit)
        except CounterfoilError as refused:
            raise refused.within(f"params.{code}") from None
        read[code] = pricing.params.to_json()
    return read


def _check_billable(pricing: Pricing, unit: Unit) -> None:
    """Refuse amounts of which no invoice could state even one unit."""
    try:
        rate_line(RatingInput(pricing=pricing, quantity=Decimal(1), unit=unit))
    except TooLarge as refused:
        raise TooLarge("the price of one unit is more than can be billed", allowed=refused.allowed) from None
    except InvalidInput:
        return  # the model refuses this quantity, and may take others


def _check_source(price: Price) -> None:
    metered = price.quantity_source is QuantitySource.USAGE
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
