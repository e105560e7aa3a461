"""The built-in provider of taxes: the organization's own table of rates, by the rules of the core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.core.errors import CounterfoilError, InvalidInput
from counterfoil.core.tax import TaxMode
from counterfoil.core.tax_rules import TaxTreatment, decide
from counterfoil.modules.billing.ports import LineTaxes
from counterfoil.modules.catalog import tax_rates_in
from counterfoil.modules.invoicing import AppliedTax

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from counterfoil.core.tax_rules import PlacedRate, Sale, TaxDecision
    from counterfoil.modules.billing.ports import Answer
    from counterfoil.modules.catalog import TaxRate
    from counterfoil.store import Uow


class TaxTable:
    """Rates of the catalog that have a country, in force at the tax point."""

    async def taxes(self, uow: Uow, sales: Sequence[Sale]) -> Sequence[Answer]:
        """The taxes of each of these sales, in one statement; equal sales are decided once."""
        different = set(sales)
        rates = {rate.code: rate for rate in await tax_rates_in(uow, _countries(different))}
        placed = [rate.placed for rate in rates.values()]
        by_country = {
            country: [one for one in placed if one.country == country]
            for country in {one.country for one in placed}
        }
        answers = {sale: _answer(sale, by_country, rates) for sale in different}
        return [answers[sale] for sale in sales]


def applied(rates: Sequence[TaxRate], treatment: TaxTreatment, reason: str) -> LineTaxes:
    """The taxes of a line that bears these rates.

    Raises ``InvalidInput`` for rates of which some are contained in prices and some are not.
    """
    if len({rate.inclusive for rate in rates}) > 1:
        raise InvalidInput(
            f"the rates {', '.join(rate.code for rate in rates)} cannot both be in a price and on top of it",
            field="tax_rates",
            allowed="rates of one place that are all inclusive or all exclusive",
        )
    inclusive = any(rate.inclusive for rate in rates)
    return LineTaxes(
        treatment,
        reason,
        tuple(AppliedTax(rate.rate, rate.name, rate.id) for rate in rates),
        TaxMode.INCLUSIVE if inclusive else TaxMode.EXCLUSIVE,
    )


def _countries(sales: set[Sale]) -> set[str]:
    """Where the rates may be: the buyers' countries, and the sellers' of those who are registered."""
    found = set()
    for sale in sales:
        if sale.seller.registrations:
            found.add(sale.seller.country)
            found.add(None if sale.buyer.place is None else sale.buyer.place.country)
    return {country for country in found if country is not None}


def _answer(
    sale: Sale, by_country: Mapping[str, Sequence[PlacedRate]], rates: Mapping[str, TaxRate]
) -> Answer:
    where = {sale.seller.country, None if sale.buyer.place is None else sale.buyer.place.country}
    placed = [rate for country in where if country for rate in by_country.get(country, ())]
    try:
        decided: TaxDecision = decide(sale, placed)
        found = [rates[one.rate.code] for one in decided.rates]
        return applied(found, decided.treatment, decided.reason)
    except CounterfoilError as refused:
        return refused
