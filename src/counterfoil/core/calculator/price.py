"""What a quantity costs: any model, any terms, discounts, a share of a period, one rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calculator.metering import METER_FIELDS, metered_at
from counterfoil.core.calculator.reading import (
    PRICE_FIELDS,
    USAGE_FIELDS,
    check_windows,
    currency_at,
    each_object,
    name_at,
    named,
    object_at_any,
    pricing_at,
    share_at,
    usage_at,
    whole_request,
    within,
)
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Rounding
from counterfoil.core.pricing.reading import choice_at, decimal_at, flag_at, optional_decimal_at
from counterfoil.core.rating import (
    Discount,
    DiscountKind,
    Origin,
    PriceTerms,
    RatingInput,
    rate_line,
    redo,
    sentences,
)
from counterfoil.core.rating.discounts import MAX_DISCOUNTS

if TYPE_CHECKING:
    from counterfoil.core.calculator.reading import Data
    from counterfoil.core.pricing import Measured, Need, Pricing

FIELDS: Final = (
    *("currency", *PRICE_FIELDS, *USAGE_FIELDS, *METER_FIELDS),
    *("terms", "proration", "discounts", "rounding", "closed"),
)


def price(data: Data) -> dict[str, Any]:
    """What the usage costs by the price, step by step.

    ``quantity`` alone, or what the model needs besides: ``events``, their ``amounts`` in the order of time,
    ``groups``, ``windows``; or a ``meter`` that makes it of ``records``.  ``InvalidInput`` names the field at
    fault.
    """
    data = whole_request(data, FIELDS)
    unit, pricing = currency_at(data), pricing_at(data)
    with named("quantity"):
        usage, origin = _usage(data, pricing)
        line = rate_line(
            RatingInput(
                pricing=pricing,
                quantity=usage,
                unit=unit,
                terms=_terms(data, pricing.need),
                proration=share_at(data, "proration"),
                discounts=_discounts(data),
                rounding=choice_at(data, "rounding", Rounding.HALF_UP),
                closed=flag_at(data, "closed", default=True),
                origin=origin,
            )
        )
    told = line.explanation.to_json()
    redone = redo(told, unit)
    return {
        "currency": unit.code,
        "listed": line.listed.amount_text(),
        "discount": line.discount.amount_text(),
        "amount": line.amount.amount_text(),
        "steps": [step.to_json() for step in sentences(line.explanation)],
        "redone": {"amount": redone.amount_text(), "matches": redone == line.amount},
        "explanation": told,
    }


def _usage(data: Data, pricing: Pricing) -> tuple[Measured, Origin]:
    """What was used, and where that comes from."""
    if data.get("meter") is not None:
        measured, counted = metered_at(data, pricing.need)
        check_windows(measured.windows or (), pricing)
        return measured, Origin(events=counted.events)
    for name in METER_FIELDS:
        if data.get(name) is not None:
            raise InvalidInput(f"{name} needs a meter", field=name, allowed="a meter beside it")
    return usage_at(data, pricing), Origin()


def _terms(data: Data, need: Need) -> PriceTerms:
    given = data.get("terms")
    with within("terms"):
        terms = PriceTerms.from_json({} if given is None else object_at_any(given, "terms"))
        terms.check(need)
        return terms


_DISCOUNT: Final = ("kind", "value", "name", "units")


def _discounts(data: Data) -> tuple[Discount, ...]:
    discounts = []
    for discount, place in each_object(data, "discounts", _DISCOUNT, most=MAX_DISCOUNTS):
        kind = choice_at(discount, "kind", DiscountKind.PERCENT, place)
        value, name = decimal_at(discount, "value", place), name_at(discount, "name", place, default="")
        units = optional_decimal_at(discount, "units", place)
        with within(place):
            discounts.append(Discount(kind, value, name, units))
    return tuple(discounts)
