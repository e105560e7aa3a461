"""An explanation in sentences: what a person reads under a line of an invoice.

Made from a stored explanation when somebody asks, so that rating does not pay for it and wording may improve.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from counterfoil.core.money import Rounding, decimal_text, exact_context, round_exact, to_decimal
from counterfoil.core.pricing import PartKind
from counterfoil.core.pricing.exact import less, minus, sum_of
from counterfoil.core.rating.discounts import DiscountKind
from counterfoil.core.rating.terms import DiscountsTaken, QuantityMode

if TYPE_CHECKING:
    from datetime import datetime

    from counterfoil.core.money import Exact
    from counterfoil.core.pricing import Part
    from counterfoil.core.rating.discounts import AppliedDiscount
    from counterfoil.core.rating.explanation import Explanation

_APPROXIMATE_PLACES = 6
_MODES = {
    QuantityMode.CEIL: "rounded up to",
    QuantityMode.FLOOR: "rounded down to",
    QuantityMode.HALF_UP: "rounded to the nearest",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One step in words; ``amount`` is the exact text of what it comes to, ``None`` if that is no money."""

    step: str
    text: str
    amount: str | None

    def to_json(self) -> dict[str, str | None]:
        """For the answer of an interface."""
        return {"step": self.step, "text": self.text, "amount": self.amount}


def charge_sentences(explanation: Explanation) -> list[Sentence]:
    """The steps of a charge's calculation that did something, in their order."""
    told = [Sentence("quantity", _quantity(explanation), None)]
    if explanation.counted != explanation.quantity:
        told.append(Sentence("counted", _counted(explanation), None))
    if explanation.included:
        with exact_context():
            charged = shown(minus(explanation.counted, explanation.included))
        free = shown(explanation.included)
        told.append(Sentence("included", f"{free} included free of charge, {charged} to charge", None))
    told += [Sentence("part", _part(part), decimal_text(part.amount)) for part in explanation.parts]
    if len(explanation.parts) != 1:
        told.append(Sentence("sum", f"Sum: {shown(explanation.sum)}", decimal_text(explanation.sum)))
    if explanation.origin.pricing_unit is not None:
        told.append(Sentence("pricing_unit", _in_unit(explanation), decimal_text(explanation.sum)))
    if explanation.proration != 1:
        told.append(Sentence("proration", _proration(explanation), decimal_text(explanation.prorated)))
    told += _agreed(explanation)
    told.append(Sentence("rounding", _rounding(explanation), explanation.amount.amount_text()))
    return told


def _agreed(explanation: Explanation) -> list[Sentence]:
    """Discounts, minimum and maximum, in the order that was agreed."""
    discounts = [
        Sentence("discount", _discount(applied), "-" + decimal_text(applied.amount))
        for applied in explanation.discounts
    ]
    before, after = (
        (discounts, []) if explanation.discounts_taken is DiscountsTaken.BEFORE_MINIMUM else ([], discounts)
    )
    with exact_context():
        amount = explanation.prorated
        if before:
            amount = minus(amount, sum_of(applied.amount for applied in explanation.discounts))
    bounds: list[Sentence] = []
    minimum, maximum = explanation.minimum, explanation.maximum
    if minimum is not None and less(amount, minimum.amount):
        amount = minimum.amount
        bounds.append(Sentence("minimum", f"At least {shown(amount)} is charged", decimal_text(amount)))
    if maximum is not None and less(maximum.amount, amount):
        amount = maximum.amount
        bounds.append(Sentence("maximum", f"At most {shown(amount)} is charged", decimal_text(amount)))
    return [*before, *bounds, *after]


def shown(number: Exact) -> str:
    """A number for people: thousands apart; one without a finite decimal about, to six places."""
    exact = to_decimal(number)
    if exact is None:
        return f"about {shown(round_exact(number, _APPROXIMATE_PLACES, Rounding.HALF_UP))}"
    whole, point, places = decimal_text(exact).partition(".")
    return f"{int(whole):,}{point}{places}"


def _in_unit(explanation: Explanation) -> str:
    """The sum in the unit in which the price was stated, and in money."""
    assert explanation.origin.pricing_unit is not None
    code, rate = explanation.origin.pricing_unit
    units = Fraction(explanation.sum) / Fraction(rate)
    currency = explanation.amount.unit.code
    return f"{shown(units)} {code} at {shown(rate)} {currency} = {shown(explanation.sum)} {currency}"


def _quantity(explanation: Explanation) -> str:
    origin = explanation.origin
    text = f"Quantity: {shown(explanation.quantity)}"
    if origin.meter is not None:
        text += f" of {origin.meter}"
    if origin.events is not None:
        text += f", from {origin.events:,} event{'' if origin.events == 1 else 's'}"
    if origin.window is not None:
        start, end = origin.window
        text += f", {_instant(start)} until before {_instant(end)}"
    return text


def _counted(explanation: Explanation) -> str:
    conversion, rounding = explanation.conversion, explanation.quantity_rounding
    text = shown(explanation.quantity)
    if conversion is not None:
        text += f" × {shown(conversion.multiply_by)}" if conversion.multiply_by != 1 else ""
        text += f" ÷ {shown(conversion.divide_by)}" if conversion.divide_by != 1 else ""
    if rounding is not None:
        mode = _MODES[rounding.mode]
        text += (
            f", {mode} multiples of {shown(rounding.step)}" if rounding.step != 1 else f", {mode} integers"
        )
    unit = (conversion.unit if conversion else None) or (rounding.unit if rounding else None)
    return f"{text}: {shown(explanation.counted)}{f' {unit}' if unit else ''} counted"


def _instant(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def _part(part: Part) -> str:
    return _of(part) + _calculation(part)


def _of(part: Part) -> str:
    """Which of the usage it is a part of, where each is priced by itself."""
    if part.group is not None:
        named = (f"{name} {'absent' if value is None else value}" for name, value in part.group)
        return f"{', '.join(named)}: "
    return f"From {_instant(part.window)}: " if part.window is not None else ""


def _calculation(part: Part) -> str:
    amount, price, count = shown(part.amount), shown(part.unit_amount), shown(part.count)
    product = f"{count} × {price} = {amount}"
    match part.kind:
        case PartKind.FLAT:
            return f"Fee: {amount}"
        case PartKind.INCLUDED:
            return f"{shown(part.quantity)} included free of charge"
        case PartKind.COMMITTED:
            return f"{count} committed: {product}"
        case PartKind.UNITS:
            return product
        case PartKind.EVENTS:
            return f"Fee of each event: {product}"
        case PartKind.MINIMUM:
            return f"{_events(part)} at the least of {price}: {product}"
        case PartKind.MAXIMUM:
            return f"{_events(part)} at the most of {price}: {product}"
        case PartKind.SEATS:
            paid = "" if part.count == part.quantity else f", at least {count}"
            return f"{shown(part.quantity)} seat{'' if part.quantity == 1 else 's'}{paid}: {product}"
        case PartKind.COST:
            return f"Cost: {amount if part.unit_amount == 1 else product}"
        case PartKind.MARKUP:
            return f"Markup: {count} × {_percent(part)} = {amount}"
        case PartKind.PERCENT:
            scope = "" if part.index is None else f"{_scope(part)}: "
            return f"{scope}{_sum(part, count, _percent(part))} = {amount}"
        case PartKind.PACKAGES | PartKind.TIER:
            return f"{_scope(part)}: {_sum(part, count, price)} = {amount}"


def _events(part: Part) -> str:
    return f"{shown(part.count)} event{'' if part.count == 1 else 's'} of {shown(part.quantity)}"


def _percent(part: Part) -> str:
    with exact_context():
        return f"{shown(part.unit_amount * 100)} %"


def _scope(part: Part) -> str:
    if part.kind is PartKind.PACKAGES:
        assert part.package_size is not None
        return f"{shown(part.quantity)} in packages of {shown(part.package_size)}"
    assert part.over is not None
    if part.up_to is not None:
        scope = f"{shown(part.over)} to {shown(part.up_to)}"
    else:
        scope = f"Over {shown(part.over)}" if part.over else "All"
    if part.package_size is not None:
        scope += f", {shown(part.quantity)} in packages of {shown(part.package_size)}"
    elif part.count != part.quantity:
        scope += f", {shown(part.quantity)} in whole units"
    return scope


def _sum(part: Part, count: str, price: str) -> str:
    """``10 × 10 + 2``, without the term that a price does not have."""
    terms = []
    if part.unit_amount or not part.flat_amount:
        terms.append(f"{count} × {price}")
    if part.flat_amount:
        terms.append(shown(part.flat_amount))
    return " + ".join(terms)


def _proration(explanation: Explanation) -> str:
    share = explanation.proration
    note = f" ({explanation.proration_note})" if explanation.proration_note else ""
    sum_, prorated = shown(explanation.sum), shown(explanation.prorated)
    return f"Prorated{note}: {sum_} × {share.numerator}/{share.denominator} = {prorated}"


def _discount(applied: AppliedDiscount) -> str:
    discount = applied.discount
    name = f" {discount.name}" if discount.name else ""
    share = "" if discount.kind is DiscountKind.AMOUNT else f" of {shown(discount.value)} %"
    if discount.units is not None and applied.of is not None:
        share += f" on the first {shown(discount.units)} units, which cost {shown(applied.of)}"
    return f"Discount{name}{share}: {shown(applied.amount)} off"


def _rounding(explanation: Explanation) -> str:
    amount = explanation.amount
    if to_decimal(explanation.exact) == amount.to_decimal():
        return f"Amount: {amount}, nothing to round"
    mode = explanation.rounding.value.replace("_", " ")
    places = amount.unit.exponent
    return f"Rounded {mode} to {places} places: {shown(explanation.exact)} becomes {amount}"
