"""Rating one line: an ordered list of named steps from a quantity to an amount and its explanation.

Owns: the order of the steps and the one rounding.  Does not own: the models (``core.pricing``), where the
quantity comes from, tax.
Always holds: exact until the last step, which rounds once; the result is 0 or more; ``redo`` of the
explanation is the amount.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Rounding, exact_context, round_money
from counterfoil.core.pricing.exact import ZERO, greater, lesser, minus, plus, sum_of, times
from counterfoil.core.pricing.measured import Measured
from counterfoil.core.rating.discounts import apply_discounts
from counterfoil.core.rating.explanation import Explanation, Origin
from counterfoil.core.rating.lines import RatedCharge
from counterfoil.core.rating.terms import (
    NO_TERMS,
    AppliedBound,
    DiscountsTaken,
    PriceTerms,
    check_first_units,
    check_included,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from counterfoil.core.money import Exact, Money, Unit
    from counterfoil.core.pricing import Part, Pricing
    from counterfoil.core.rating.discounts import AppliedDiscount, Discount
    from counterfoil.core.rating.terms import Bound

WHOLE: Final = Fraction(1)
_UNKNOWN: Final = Origin()
_NOTHING: Final = Measured(ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingInput:
    """All that the amount of one line depends on.

    ``quantity`` comes with the detail that the price needs (``Pricing.need``).  ``included`` units are free
    before the price applies, so tiers and packages begin after them; they are added to what the ``terms`` of
    the price include.  ``proration`` is the share of the period to charge, 0 to 1, and ``proration_note``
    says it in words; ``share`` is the part of the period for which a minimum or maximum holds, where that is
    another, as of usage, which is not prorated.  ``closed``: the period is over, so that a minimum charge is
    owed.
    """

    pricing: Pricing
    quantity: Measured | Exact
    unit: Unit
    terms: PriceTerms = NO_TERMS
    included: Exact = ZERO
    proration: Fraction = WHOLE
    proration_note: str = ""
    share: Fraction | None = None
    discounts: tuple[Discount, ...] = ()
    rounding: Rounding = Rounding.HALF_UP
    closed: bool = True
    origin: Origin = _UNKNOWN


@dataclass(slots=True)
class _Work:
    """What the steps have worked out so far."""

    used: Measured = _NOTHING
    counted: Measured = _NOTHING
    charged: Measured = _NOTHING
    included: Exact = ZERO
    parts: tuple[Part, ...] = ()
    sum: Exact = ZERO
    prorated: Exact = ZERO
    minimum: AppliedBound | None = None
    maximum: AppliedBound | None = None
    discounts: tuple[AppliedDiscount, ...] = ()
    exact: Exact = ZERO
    listed: Money | None = field(default=None)
    amount: Money | None = field(default=None)


def rate_line(line: RatingInput) -> RatedCharge:
    """The line's amount with its explanation; ``InvalidInput`` for a quantity or share that has no price.

    ``TooLarge`` if the amount is more than can be stored.
    """
    work = _Work()
    with exact_context():
        for step in STEPS:
            step.run(line, work)
    assert work.amount is not None
    assert work.listed is not None
    explanation = Explanation(
        origin=line.origin,
        model=line.pricing.model,
        quantity=work.used.quantity,
        conversion=line.terms.conversion,
        quantity_rounding=line.terms.rounding,
        counted=work.counted.quantity,
        included=work.included,
        parts=work.parts,
        sum=work.sum,
        proration=line.proration,
        proration_note=line.proration_note,
        share=None if line.share == line.proration else line.share,
        prorated=work.prorated,
        discounts_taken=line.terms.discounts,
        minimum=work.minimum,
        maximum=work.maximum,
        discounts=work.discounts,
        exact=work.exact,
        rounding=line.rounding,
        amount=work.amount,
    )
    return RatedCharge(listed=work.listed, amount=work.amount, explanation=explanation)


def _take_quantity(line: RatingInput, work: _Work) -> None:
    if line.included < 0:
        raise InvalidInput("included is negative", field="included", allowed="0 or more")
    if not 0 <= line.proration <= 1:
        raise InvalidInput("proration is not a share", field="proration", allowed="0 to 1")
    assert line.share is None or 0 <= line.share <= 1
    work.used = line.quantity if isinstance(line.quantity, Measured) else Measured(line.quantity)
    work.counted = work.used


def _convert(line: RatingInput, work: _Work) -> None:
    if line.terms.conversion is not None:
        work.counted = work.counted.each(line.terms.conversion.of)


def _round_quantity(line: RatingInput, work: _Work) -> None:
    if line.terms.rounding is not None:
        work.counted = work.counted.each(line.terms.rounding.of)


def _take_off_included(line: RatingInput, work: _Work) -> None:
    work.charged = work.counted
    free = plus(line.included, line.terms.included)
    if free:
        check_included(free, line.pricing.need)
        work.included = lesser(work.counted.quantity, free)
        work.charged = Measured(minus(work.counted.quantity, work.included))


def _price(line: RatingInput, work: _Work) -> None:
    work.parts = line.pricing.rate(work.charged)


def _sum(line: RatingInput, work: _Work) -> None:
    work.sum = sum_of(part.amount for part in work.parts)


def _prorate(line: RatingInput, work: _Work) -> None:
    work.prorated = work.sum if line.proration == 1 else times(work.sum, line.proration)
    work.exact = work.prorated


def _discount(line: RatingInput, work: _Work) -> None:
    def first(units: Decimal) -> Exact:
        check_first_units(line.pricing.need)
        charged = Measured(lesser(work.charged.quantity, units))
        cost = sum_of(part.amount for part in line.pricing.rate(charged))
        return cost if line.proration == 1 else times(cost, line.proration)

    work.exact, work.discounts = apply_discounts(work.exact, line.discounts, first)


def _discount_before(line: RatingInput, work: _Work) -> None:
    if line.terms.discounts is DiscountsTaken.BEFORE_MINIMUM:
        _discount(line, work)


def _bound(line: RatingInput, work: _Work) -> None:
    minimum, maximum = line.terms.minimum, line.terms.maximum
    if minimum is None and maximum is None:
        return
    if minimum is not None and line.closed:
        work.minimum = _applied(minimum, line)
    if maximum is not None:
        work.maximum = _applied(maximum, line)
    work.exact = _within(work, work.exact)


def _applied(bound: Bound, line: RatingInput) -> AppliedBound:
    share = None if line.share == line.proration else line.share
    return AppliedBound(bound, bound.of(line.proration if share is None else share), share)


def _discount_after(line: RatingInput, work: _Work) -> None:
    if line.terms.discounts is DiscountsTaken.AFTER_MINIMUM:
        _discount(line, work)


def _within(work: _Work, amount: Exact) -> Exact:
    """The amount between the minimum and the maximum."""
    if work.minimum is not None:
        amount = greater(amount, work.minimum.amount)
    return amount if work.maximum is None else lesser(amount, work.maximum.amount)


def _round(line: RatingInput, work: _Work) -> None:
    work.amount = round_money(work.exact, line.unit, line.rounding)
    # What the discounts show on the invoice is the difference of two rounded amounts, so that it adds up.
    listed = _within(work, work.prorated)
    work.listed = round_money(listed, line.unit, line.rounding) if line.discounts else work.amount


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, what it does, and why it stands where it does."""

    name: str
    run: Callable[[RatingInput, _Work], None]
    why_here: str


STEPS: Final[tuple[Step, ...]] = (
    Step("quantity", _take_quantity, "what cannot be priced is refused before anything is worked out"),
    Step("conversion", _convert, "everything after it is in the unit that is priced"),
    Step(
        "quantity_rounding", _round_quantity, "what is rounded up is used up, so free units are taken after"
    ),
    Step("included", _take_off_included, "free units are units, so they go before a model sees any"),
    Step("parts", _price, "tiers look at the whole period's usage, so before any share of the period"),
    Step("sum", _sum, "shares and discounts are of the line, not of a tier"),
    Step("proration", _prorate, "a discount is of what is owed for the time served, so time goes first"),
    Step("discounts_before", _discount_before, "exact, so that two discounts lose nothing between them"),
    Step("bounds", _bound, "the least and the most are of what is owed, discounts included"),
    Step("discounts_after", _discount_after, "where it is agreed that the minimum is discounted too"),
    Step("rounding", _round, "once, and last: whatever is rounded earlier multiplies its error"),
)
"""The order of rating."""
