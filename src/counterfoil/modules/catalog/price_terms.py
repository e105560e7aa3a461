"""The terms of a price (``core.rating.PriceTerms``) in all of its currencies.

Owns: the form in which they are kept and shown: as core writes them, except that the amount of a minimum or
maximum is an object with one for each currency of the price; ten euros are not ten dollars.
Does not own: what the terms mean (``core.rating.terms``).
Always holds: what ``read_terms`` answers can be read for each of the currencies, and reads as itself again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.errors import CounterfoilError, InvalidInput
from counterfoil.core.rating import PriceTerms

if TYPE_CHECKING:
    from counterfoil.core.pricing import Pricing

_BOUNDS: Final = ("minimum", "maximum")


def read_terms(terms: Mapping[str, Any], pricings: Mapping[str, Pricing]) -> dict[str, Any]:
    """The terms of a price with these pricings by currency, as they are kept; none are ``{}``.

    A minimum or maximum states its ``amount`` for each currency; one amount will do where there is one.
    ``InvalidInput`` names the field: ``terms.minimum.amount.EUR``.
    """
    if not terms:
        return {}
    kept: dict[str, Any] = {}
    for currency, pricing in pricings.items():
        stated = _stated(terms, currency, pricings)
        try:
            agreed = PriceTerms.from_json(stated)
            agreed.check(pricing.need)
        except CounterfoilError as refused:
            if refused.field in {f"{name}.amount" for name in _BOUNDS}:
                refused.field = f"{refused.field}.{currency}"
            raise refused.within("terms") from None
        written = agreed.to_json()
        for name in _BOUNDS:
            if name in written:
                before = kept.get(name, {}).get("amount", {})
                bound: Any = written[name]
                written[name] = bound | {"amount": before | {currency: bound["amount"]}}
        kept = written
    return kept


def terms_of(terms: Mapping[str, Any], currency: str) -> PriceTerms:
    """The terms, as they are kept, in one of the price's currencies."""
    return PriceTerms.from_json(_narrowed(terms, lambda amounts: amounts[currency]))


def narrowed(terms: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """The terms, as they are kept, of a price that has this currency alone."""
    return _narrowed(terms, lambda amounts: {currency: amounts[currency]})


def _narrowed(terms: Mapping[str, Any], choose: Any) -> dict[str, Any]:
    return dict(terms) | {
        name: terms[name] | {"amount": choose(terms[name]["amount"])} for name in _BOUNDS if name in terms
    }


def _stated(terms: Mapping[str, Any], currency: str, currencies: Mapping[str, Any]) -> dict[str, Any]:
    """The terms in core's form for one currency."""
    found = dict(terms)
    for name in _BOUNDS:
        bound = terms.get(name)
        if isinstance(bound, Mapping) and bound:
            amount = _amount(bound.get("amount"), currency, currencies, f"terms.{name}.amount")
            found[name] = dict(bound) | {"amount": amount}
    return found


def _amount(amount: object, currency: str, currencies: Mapping[str, Any], field: str) -> object:
    if isinstance(amount, Mapping):
        for code in amount:
            if code not in currencies:
                raise InvalidInput(
                    f"the price has no amounts in {code}", field=field, allowed=", ".join(currencies)
                )
        return amount.get(currency)
    if amount is not None and len(currencies) > 1:
        raise InvalidInput(
            f"{field} is one amount, and the price has several currencies",
            field=field,
            allowed=f"an object with an amount for each of {', '.join(currencies)}",
        )
    return amount
