"""Units of pricing: an organization's own units, in which prices may state their amounts.

Always holds: a price keeps the rates with which it was made, so what it costs does not change with its unit;
its ``params`` are amounts of money, whatever they were stated in.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.errors import InvalidInput, WrongState
from counterfoil.core.money import CURRENCIES, decimal_text, own_unit, unit_of
from counterfoil.core.pricing import parse_pricing
from counterfoil.core.pricing.units import converted
from counterfoil.modules.catalog import objects
from counterfoil.modules.catalog.objects import coded
from counterfoil.modules.catalog.prices import within
from counterfoil.modules.catalog.repository import PRICING_UNITS
from counterfoil.modules.catalog.types import EVERY_DETAIL, PricingUnit

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from counterfoil.modules.catalog.types import CatalogChanges, NewPrice, NewPricingUnit
    from counterfoil.store import Page, PageQuery, Uow

MAX_RATES: Final = 50


async def create_pricing_unit(uow: Uow, new: NewPricingUnit) -> PricingUnit:
    """Make a unit of pricing.

    Raises ``InvalidInput`` for a code that is none of an own unit, an exponent that is not 0 to 9, no rate, a
    rate that is not more than 0 or of no currency, and ``AlreadyExists``.
    """
    own_unit(new.code, 0, field="code")
    own_unit(new.code, new.exponent, field="exponent")
    unit = PricingUnit(
        **coded(uow, "pricing_unit", new),
        name=new.name,
        exponent=new.exponent,
        rates=_rates(new.rates),
        archived_at=None,
    )
    return await objects.create(uow, PRICING_UNITS, unit)


async def get_pricing_unit(uow: Uow, pricing_unit_id: UUID) -> PricingUnit:
    """The unit, or ``NotFound``."""
    return await PRICING_UNITS.get(uow, pricing_unit_id)


async def list_pricing_units(uow: Uow, query: PageQuery, *, code: str | None = None) -> Page[PricingUnit]:
    """Units of pricing, newest first, archived ones included."""
    return await objects.find(uow, PRICING_UNITS, query, code=code)


async def update_pricing_unit(uow: Uow, pricing_unit_id: UUID, changes: CatalogChanges) -> PricingUnit:
    """Change name, external id, metadata or rates; prices that are made keep theirs (``objects.change``)."""
    if "rates" in changes.fields:
        changes = replace(changes, fields={**changes.fields, "rates": _rates(changes.fields["rates"])})
    return await objects.change(uow, PRICING_UNITS, pricing_unit_id, changes, more=frozenset({"rates"}))


async def archive_pricing_unit(uow: Uow, pricing_unit_id: UUID) -> PricingUnit:
    """Put a unit away: the prices that were stated in it stay, no new one may be."""
    return await objects.put_away(uow, PRICING_UNITS, pricing_unit_id)


async def in_currencies(uow: Uow, new: Sequence[NewPrice]) -> list[NewPrice]:
    """These commands with amounts of money, where one states them in a unit of pricing; one statement.

    Raises ``InvalidInput`` naming ``prices.<n>.…`` for a unit that is unknown, stands beside others, or goes
    with no such model, and ``WrongState`` for an archived one.
    """
    units = await _units(uow, {code for one in new for code in one.params})
    converted_ = []
    for index, one in enumerate(new):
        with within(f"prices.{index}"):
            converted_.append(_in_currencies(one, units))
    return converted_


async def one_in_currencies(uow: Uow, new: NewPrice) -> NewPrice:
    """One command, as ``in_currencies`` reads it; refusals name its own fields."""
    return _in_currencies(new, await _units(uow, new.params))


async def _units(uow: Uow, codes: Collection[str]) -> Mapping[str, PricingUnit]:
    """The units among these codes, most of which are currencies' as a rule; some may be no codes at all."""
    wanted = [code for code in codes if code not in CURRENCIES and objects.is_code(code)]
    return await PRICING_UNITS.by_codes(uow, wanted) if wanted else {}


def _in_currencies(new: NewPrice, units: Mapping[str, PricingUnit]) -> NewPrice:
    own = [code for code in new.params if code in units]
    if not own:
        return _as_it_is(new)  # what is neither a unit nor a currency is refused where currencies are read
    if len(new.params) > 1:
        raise InvalidInput(
            f"amounts in {own[0]} stand beside others",
            field="params",
            allowed="one unit of pricing alone, which has a rate for each currency; or currencies",
        )
    unit = units[own[0]]
    if unit.archived_at is not None:
        raise WrongState(
            f"the pricing unit {unit.code} is archived",
            field=f"params.{unit.code}",
            allowed="a pricing unit that is not archived, or a currency",
        )
    with within(f"params.{unit.code}"):
        params = parse_pricing(new.model, new.params[unit.code], given=EVERY_DETAIL).to_json()
    told = {"code": unit.code, "exponent": unit.exponent, "rates": dict(unit.rates), "params": params}
    return replace(new, params=_converted(new.model, told), pricing_unit=told)


def _as_it_is(new: NewPrice) -> NewPrice:
    """A command in money; one like a price that was stated in a unit is so itself if its amounts are."""
    told = new.pricing_unit
    if told is None or new.params == _converted(new.model, told):
        return new
    return replace(new, pricing_unit=None)


def _converted(model: str, told: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {code: converted(model, told["params"], Decimal(rate)) for code, rate in told["rates"].items()}


def _rates(given: Mapping[str, Decimal]) -> dict[str, str]:
    if not 1 <= len(given) <= MAX_RATES:
        raise InvalidInput(
            "rates says of no currency, or of too many, what the unit is worth",
            field="rates",
            allowed=f"1 to {MAX_RATES} currencies, each with a rate",
        )
    for code, rate in given.items():
        unit_of(code, field=f"rates.{code}")
        if rate <= 0:
            raise InvalidInput(
                f"rates.{code} is not above zero", field=f"rates.{code}", allowed="more than 0"
            )
    return {code: decimal_text(rate) for code, rate in given.items()}
