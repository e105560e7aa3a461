"""The taxes of a batch of charges: what the price names, else what the provider says.

Owns: the order of these, and which category a price is of.  Does not own: the rules of places
(``core.tax_rules``), the rates (a provider), the sums (``core.tax``).
Always holds: rates that a price names are borne as they are, if they are in force at the tax point; a
customer who is exempt bears none of either; where no issuer is registered for tax, no provider is asked.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import CounterfoilError, InvalidInput
from counterfoil.core.tax_rules import Buyer, Sale, TaxTreatment, exempt_at, tax_point
from counterfoil.modules.billing.ports import LineTaxes
from counterfoil.modules.billing.tax_table import TaxTable, applied
from counterfoil.modules.catalog import plans_by_ids, products_by_ids, tax_rates_by_ids
from counterfoil.modules.customers import parties_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.billing.charges import Charge
    from counterfoil.modules.billing.ports import Answer, TaxProvider
    from counterfoil.modules.catalog import Price, TaxRate
    from counterfoil.modules.customers import Parties
    from counterfoil.modules.invoicing import Issuer
    from counterfoil.store import Uow

_INSTANT: Final = timedelta(microseconds=1)
_OF_THE_PRICE: Final = "the price names its taxes"
_UNTAXED: Final = LineTaxes(TaxTreatment.NOT_REGISTERED, "the seller is registered for tax nowhere")


class _Plugged:
    """The provider that the program was plugged together with; without one, the organization's table."""

    provider: TaxProvider = TaxTable()


def plug_tax_provider(provider: TaxProvider) -> None:
    """Have ``provider`` say the taxes of whatever is billed from now on."""
    _Plugged.provider = provider


async def taxes_of(
    uow: Uow,
    charges: Sequence[Charge],
    issuers: Mapping[UUID | None, Issuer],
    parties: Parties | None = None,
) -> list[Answer]:
    """The taxes of each of these charges, in their order, in a number of statements that is bounded.

    Who pays is taxed: the place, the tax number and the exemption are those of the invoice's customer.
    """
    if parties is None:
        parties = await parties_of(uow, parties_asked(charges))
    prices = {charge.price.id: charge.price for charge in charges}
    named = await tax_rates_by_ids(uow, {rate for one in prices.values() for rate in one.tax_rate_ids})
    answers: dict[int, Answer] = {}
    asked: dict[int, Charge] = {}
    for index, charge in enumerate(charges):
        issuer = issuers[charge.issuer_id]
        own = _decided_here(charge, issuer, _buyer(charge, parties), named, uow.now)
        if own is None:
            asked[index] = charge
        else:
            answers[index] = own
    if asked:
        categories = await _categories(uow, {one.price.id: one.price for one in asked.values()})
        sales = [
            _sale(charge, issuers[charge.issuer_id], _buyer(charge, parties), categories, uow.now)
            for charge in asked.values()
        ]
        found = await _Plugged.provider.taxes(uow, sales)
        answers |= dict(zip(asked, found, strict=True))
    return [answers[index] for index in range(len(charges))]


def parties_asked(charges: Sequence[Charge]) -> set[UUID]:
    """The customers of whom taxes depend: who pays, as far as that is known."""
    return {charge.payer_id or charge.customer_id for charge in charges}


def _buyer(charge: Charge, parties: Parties) -> Buyer:
    if charge.payer_id is not None:
        return parties.buyers[charge.payer_id]
    return parties.buyers[parties.payers[charge.customer_id]]


def _decided_here(
    charge: Charge, issuer: Issuer, buyer: Buyer, named: Mapping[UUID, TaxRate], now: datetime
) -> Answer | None:
    """The taxes that no provider needs to be asked for."""
    at = _tax_point(charge, issuer, now)
    if (exempt := exempt_at(buyer, at)) is not None:
        return LineTaxes(exempt.treatment, exempt.reason)
    if charge.price.tax_rate_ids:
        rates = [named[rate_id] for rate_id in charge.price.tax_rate_ids]
        try:
            return _named([rate for rate in rates if rate.in_force(at)])
        except CounterfoilError as refused:
            return refused
    return None if issuer.registrations else _UNTAXED


def _named(rates: Sequence[TaxRate]) -> LineTaxes:
    if not rates:
        raise InvalidInput(
            "none of the taxes that the price names is in force",
            field="tax_rate_ids",
            allowed="a rate that is in force at the tax point",
        )
    zero = all(not rate.percent for rate in rates)
    return applied(rates, TaxTreatment.ZERO_RATED if zero else TaxTreatment.TAXED, _OF_THE_PRICE)


def _tax_point(charge: Charge, issuer: Issuer, now: datetime) -> datetime:
    last = max(charge.start, charge.end - _INSTANT)
    return tax_point(issuer.tax_point, start=charge.start, last=last, now=now)


def _sale(
    charge: Charge,
    issuer: Issuer,
    buyer: Buyer,
    categories: Mapping[UUID, str | None],
    now: datetime,
) -> Sale:
    category = categories[charge.price.id] or issuer.tax_category
    at = _tax_point(charge, issuer, now)
    return Sale(issuer.as_seller, buyer, category, at)


async def _categories(uow: Uow, prices: Mapping[UUID, Price]) -> dict[UUID, str | None]:
    """For each price the category that it states, or its plan, or its product, in two statements."""
    silent = {one.plan_id for one in prices.values() if one.tax_category is None and one.plan_id is not None}
    plans = await plans_by_ids(uow, silent)
    products = await products_by_ids(
        uow, {one.product_id for one in plans.values() if one.tax_category is None and one.product_id}
    )

    def category(price: Price) -> str | None:
        if price.tax_category is not None or price.plan_id is None:
            return price.tax_category
        plan = plans[price.plan_id]
        if plan.tax_category is not None or plan.product_id is None:
            return plan.tax_category
        return products[plan.product_id].tax_category

    return {price_id: category(price) for price_id, price in prices.items()}
