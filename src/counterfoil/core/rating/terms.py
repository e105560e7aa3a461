"""``PriceTerms``: what is agreed on a price besides its model, whichever the model is.

Owns: the terms, their reading from JSON and writing, and what each does to a quantity or an amount.
Does not own: the order in which they are applied (``pipeline.py``).
Always holds: ``PriceTerms.from_json(terms.to_json()) == terms``; contradictions are refused when read.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Rounding, decimal_text, round_to_int
from counterfoil.core.pricing import Detail
from counterfoil.core.pricing.exact import ZERO, ratio, times
from counterfoil.core.pricing.reading import choice_at, decimal_at, flag_at, object_at, text_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterfoil.core.money import Exact
    from counterfoil.core.pricing import Need

MAX_UNIT: Final = 50
"""The longest name of a unit of quantity."""


class QuantityMode(StrEnum):
    """How a quantity becomes a multiple of a step."""

    CEIL = "ceil"
    """The next multiple above: a step that is begun counts."""
    FLOOR = "floor"
    """The next one below: only full steps count."""
    HALF_UP = "half_up"
    """The nearest; half a step counts as a whole one."""


_ROUNDING: Final = {
    QuantityMode.CEIL: Rounding.CEILING,
    QuantityMode.FLOOR: Rounding.FLOOR,
    QuantityMode.HALF_UP: Rounding.HALF_UP,
}


class DiscountsTaken(StrEnum):
    """Where discounts stand to the minimum and the maximum charge."""

    BEFORE_MINIMUM = "before_minimum"
    """A discounted line may not fall below the minimum (the default: it is what is owed at least)."""
    AFTER_MINIMUM = "after_minimum"
    """The minimum itself is discounted, and so is the maximum."""


@dataclass(frozen=True, slots=True)
class UnitConversion:
    """Usage is counted in one unit and priced in another: multiplied, then divided; both above 0.

    ``unit`` is what one of the result is called.  Minutes become hours by ``divide_by`` 60.
    """

    multiply_by: Decimal = Decimal(1)
    divide_by: Decimal = Decimal(1)
    unit: str | None = None

    @classmethod
    def from_json(cls, value: object, path: str) -> UnitConversion:
        """The conversion as written, or ``InvalidInput`` naming the field at fault."""
        data = object_at(value, ("multiply_by", "divide_by", "unit"), path)
        one = Decimal(1)
        return cls(
            decimal_at(data, "multiply_by", path, default=one, above_zero=True),
            decimal_at(data, "divide_by", path, default=one, above_zero=True),
            text_at(data, "unit", path, longest=MAX_UNIT),
        )

    def to_json(self) -> dict[str, object]:
        """The conversion as ``from_json`` reads it."""
        return {
            "multiply_by": decimal_text(self.multiply_by),
            "divide_by": decimal_text(self.divide_by),
            "unit": self.unit,
        }

    def of(self, quantity: Exact) -> Exact:
        """The quantity in the other unit; inside ``exact_context()``."""
        return ratio(times(quantity, self.multiply_by), self.divide_by)


@dataclass(frozen=True, slots=True)
class QuantityRounding:
    """The quantity is priced in multiples of ``step`` (above 0); ``unit`` is what one of it is called."""

    step: Decimal
    mode: QuantityMode = QuantityMode.CEIL
    unit: str | None = None

    @classmethod
    def from_json(cls, value: object, path: str) -> QuantityRounding:
        """The rule as written, also in the form that features have, or ``InvalidInput`` naming the field."""
        data = object_at(value, ("step", "mode", "unit"), path)
        return cls(
            decimal_at(data, "step", path, above_zero=True),
            choice_at(data, "mode", QuantityMode.CEIL, path),
            text_at(data, "unit", path, longest=MAX_UNIT),
        )

    def to_json(self) -> dict[str, object]:
        """The rule as ``from_json`` reads it."""
        return {"step": decimal_text(self.step), "mode": self.mode.value, "unit": self.unit}

    def of(self, quantity: Exact) -> Exact:
        """The multiple of the step that the mode chooses; inside ``exact_context()``."""
        steps = round_to_int(Fraction(quantity) / Fraction(self.step), _ROUNDING[self.mode])
        return self.step * steps


@dataclass(frozen=True, slots=True)
class Bound:
    """A least or a most that a line costs in one period, before tax.

    ``prorated``: of a period that is charged in part, it is owed in that part (the default).
    """

    amount: Decimal
    prorated: bool = True

    @classmethod
    def from_json(cls, value: object, path: str) -> Bound:
        """The bound as written, or ``InvalidInput`` naming the field at fault."""
        data = object_at(value, ("amount", "prorated"), path)
        return cls(decimal_at(data, "amount", path), flag_at(data, "prorated", path, default=True))

    def to_json(self) -> dict[str, object]:
        """The bound as ``from_json`` reads it."""
        return {"amount": decimal_text(self.amount), "prorated": self.prorated}

    def of(self, proration: Fraction) -> Exact:
        """The bound for this share of a period; inside ``exact_context()``."""
        return times(self.amount, proration) if self.prorated and proration != 1 else self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTerms:
    """What is agreed on a price besides its model; by default nothing.

    ``rounding`` is of the quantity, in the unit that ``conversion`` makes.  ``included`` units are free.  The
    minimum is no more than the maximum; where only one of them is prorated and a short period makes it the
    other way round, the maximum holds, for it is a promise.
    """

    conversion: UnitConversion | None = None
    rounding: QuantityRounding | None = None
    included: Decimal = ZERO
    minimum: Bound | None = None
    maximum: Bound | None = None
    discounts: DiscountsTaken = DiscountsTaken.BEFORE_MINIMUM

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> PriceTerms:
        """The terms as written, or ``InvalidInput`` naming the field at fault; empty objects mean none."""
        object_at(data, ("conversion", "rounding", "included", "minimum", "maximum", "discounts"))
        conversion, rounding = data.get("conversion"), data.get("rounding")
        minimum, maximum = data.get("minimum"), data.get("maximum")
        terms = cls(
            conversion=UnitConversion.from_json(conversion, "conversion") if _given(conversion) else None,
            rounding=QuantityRounding.from_json(rounding, "rounding") if _given(rounding) else None,
            included=decimal_at(data, "included", default=ZERO),
            minimum=Bound.from_json(minimum, "minimum") if _given(minimum) else None,
            maximum=Bound.from_json(maximum, "maximum") if _given(maximum) else None,
            discounts=choice_at(data, "discounts", DiscountsTaken.BEFORE_MINIMUM),
        )
        terms._check()
        return terms

    def to_json(self) -> dict[str, object]:
        """The terms as ``from_json`` reads them: those that there are, so that none at all is ``{}``."""
        written: dict[str, object] = {}
        for name in ("conversion", "rounding", "minimum", "maximum"):
            term: UnitConversion | QuantityRounding | Bound | None = getattr(self, name)
            if term is not None:
                written[name] = term.to_json()
        if self.included:
            written["included"] = decimal_text(self.included)
        if self.discounts is not DiscountsTaken.BEFORE_MINIMUM:
            written["discounts"] = self.discounts.value
        return written

    def check(self, need: Need) -> None:
        """``InvalidInput`` where these terms cannot be those of a price that needs so much of the usage."""
        check_included(self.included, need)

    def _check(self) -> None:
        if self.conversion is not None and self.rounding is not None:
            units = {self.conversion.unit, self.rounding.unit} - {None}
            if len(units) > 1:
                raise InvalidInput(
                    "the quantity cannot be rounded in another unit than it is priced in",
                    field="rounding.unit",
                    allowed=f"{self.conversion.unit}, the unit of the conversion",
                )
        if (
            self.minimum is not None
            and self.maximum is not None
            and self.maximum.amount < self.minimum.amount
        ):
            raise InvalidInput(
                "the maximum charge is below the minimum charge",
                field="maximum.amount",
                allowed=f"{decimal_text(self.minimum.amount)} or more",
            )


NO_TERMS: Final = PriceTerms()


@dataclass(frozen=True, slots=True)
class AppliedBound:
    """A minimum or maximum as agreed, and what it was for a part of a period.

    ``share`` is that part, where it is not the proration of the line, as of usage.
    """

    bound: Bound
    amount: Exact
    share: Fraction | None = None


def check_included(included: Exact, need: Need) -> None:
    """``InvalidInput`` for free units of a price that needs more than a quantity."""
    if included and need.detail is not Detail.QUANTITY:
        raise InvalidInput(
            "nothing says which of the usage would be the included part",
            field="included",
            allowed="0 for a price that needs more than a quantity",
        )


def check_first_units(need: Need) -> None:
    """``InvalidInput`` for a discount of first units on a price that needs more than a quantity."""
    if need.detail is not Detail.QUANTITY:
        raise InvalidInput(
            "nothing says which of the usage would be the first units",
            field="discounts",
            allowed="a discount of all of it, for a price that needs more than a quantity",
        )


def _given(value: object) -> bool:
    return value is not None and value != {}
