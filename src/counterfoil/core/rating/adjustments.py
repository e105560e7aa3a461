"""Lines for what was billed before: what is given back of it, and what it should have been.

Owns: the amounts of such lines, their explanations and the sentences of those.
Does not own: which line is given back or corrected and when (billing), what a whole period costs (pipeline).
Always holds: what is given back of a line is never more than was billed on it; the lines of a period sum to
what it costs when rated last; ``redo`` of each explanation is its amount.

An explanation of this kind contains the one that it rests on, so it needs no other line to be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.money import Money, Rounding, decimal_text, round_money, total_of
from counterfoil.core.money.units import Unit
from counterfoil.core.rating.explanation import FORMAT, Explanation, LineKind, Origin, redo_exact
from counterfoil.core.rating.lines import RatedLine
from counterfoil.core.rating.sentences import Sentence, charge_sentences, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from counterfoil.core.money import Exact
    from counterfoil.core.proration import Proration
    from counterfoil.core.rating.lines import RatedCharge


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditExplanation:
    """How much of a charge is given back: its exact amount × the unused share ÷ the share that it charged.

    ``billed_amount`` is what its line charged, ``given_back`` what earlier lines gave back of it (0 or more):
    no more than the rest is given back now.  ``exact`` and ``amount`` are 0 or below.  ``of`` names the line
    for people, such as ``line 2 of invoice INV-000012``, where that is known.
    """

    of: str = ""
    billed: Explanation
    billed_amount: Money
    given_back: Money
    unused: Fraction
    unused_note: str
    exact: Fraction
    amount: Money

    @property
    def kind(self) -> LineKind:
        """What the line is."""
        return LineKind.CREDIT

    @property
    def origin(self) -> Origin:
        """Where the quantity and the price of the charge come from."""
        return self.billed.origin

    @property
    def quantity(self) -> Exact:
        """What was ordered."""
        return self.billed.quantity

    @property
    def rounding(self) -> Rounding:
        """The rounding of the charge: what is given back is its mirror image."""
        return self.billed.rounding

    @property
    def limited(self) -> bool:
        """Whether the share would have been more than is left to give back."""
        return -self.amount < round_money(-self.exact, self.amount.unit, self.rounding)

    def to_json(self) -> dict[str, Any]:
        """The form that is stored and shown."""
        return {
            "format": FORMAT,
            "kind": self.kind.value,
            "of": self.of,
            "billed": self.billed.to_json(),
            "billed_amount": self.billed_amount.amount_text(),
            "given_back": self.given_back.amount_text(),
            "unused": f"{self.unused.numerator}/{self.unused.denominator}",
            "unused_note": self.unused_note,
            "exact": decimal_text(self.exact),
            **_amount_json(self.amount),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CreditExplanation:
        """The explanation that ``to_json`` wrote."""
        unit = _unit_of(data)
        return cls(
            of=data["of"],
            billed=Explanation.from_json(data["billed"]),
            billed_amount=Money.of(data["billed_amount"], unit),
            given_back=Money.of(data["given_back"], unit),
            unused=Fraction(data["unused"]),
            unused_note=data["unused_note"],
            exact=Fraction(data["exact"]),
            amount=Money.of(data["amount"], unit),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaExplanation:
    """What a period costs as it was rated again, less what standing lines billed for it before, in order.

    ``of`` names the first of them for people, such as ``line 2 of invoice INV-000012``.
    """

    of: str = ""
    fresh: Explanation
    billed: tuple[Money, ...]
    amount: Money

    @property
    def kind(self) -> LineKind:
        """What the line is."""
        return LineKind.ADJUSTMENT

    @property
    def origin(self) -> Origin:
        """Where the quantity and the price come from."""
        return self.fresh.origin

    @property
    def quantity(self) -> Exact:
        """What was used in the whole period, as it is known now."""
        return self.fresh.quantity

    @property
    def rounding(self) -> Rounding:
        """How the amount of the whole period was rounded; a difference of two amounts needs none."""
        return self.fresh.rounding

    @property
    def exact(self) -> Exact:
        """The amount: nothing is left to round."""
        return self.amount.to_decimal()

    def to_json(self) -> dict[str, Any]:
        """The form that is stored and shown."""
        return {
            "format": FORMAT,
            "kind": self.kind.value,
            "of": self.of,
            "fresh": self.fresh.to_json(),
            "billed": [amount.amount_text() for amount in self.billed],
            **_amount_json(self.amount),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DeltaExplanation:
        """The explanation that ``to_json`` wrote."""
        unit = _unit_of(data)
        return cls(
            of=data["of"],
            fresh=Explanation.from_json(data["fresh"]),
            billed=tuple(Money.of(amount, unit) for amount in data["billed"]),
            amount=Money.of(data["amount"], unit),
        )


def credit_line(
    billed: Explanation, billed_amount: Money, given_back: Money, unused: Proration, *, of: str = ""
) -> RatedLine:
    """What is given back of a line that charged ``billed_amount`` for a time of which a part is not served.

    ``unused`` is that part, as a share of the same whole period of which the line charged its share;
    ``given_back`` is what was given back of the line before, 0 or more.  The amount is 0 or below.
    """
    exact, amount = _credit(
        Fraction(billed.exact), billed.proration, unused.share, billed.rounding, billed_amount, given_back
    )
    told = CreditExplanation(
        of=of,
        billed=billed,
        billed_amount=billed_amount,
        given_back=given_back,
        unused=unused.share,
        unused_note=unused.words,
        exact=exact,
        amount=amount,
    )
    return RatedLine(listed=amount, amount=amount, explanation=told)


def delta_line(fresh: RatedCharge, billed: Sequence[Money], *, of: str = "") -> RatedLine:
    """What has to be added to what was ``billed`` for a period so that it costs what it was rated now."""
    amount = fresh.amount - total_of(billed, fresh.amount.unit)
    told = DeltaExplanation(of=of, fresh=fresh.explanation, billed=tuple(billed), amount=amount)
    return RatedLine(listed=amount, amount=amount, explanation=told)


def redo_credit(data: Mapping[str, Any], unit: Unit) -> Money:
    """The amount of a credit, worked out again from the charge's own inputs."""
    billed = data["billed"]
    _, amount = _credit(
        redo_exact(billed),
        Fraction(billed["proration"]),
        Fraction(data["unused"]),
        Rounding(billed["rounding"]),
        Money.of(data["billed_amount"], unit),
        Money.of(data["given_back"], unit),
    )
    return amount


def redo_delta(data: Mapping[str, Any], unit: Unit) -> Money:
    """The amount of an adjustment, worked out again from the fresh rating's own inputs."""
    fresh = round_money(redo_exact(data["fresh"]), unit, Rounding(data["fresh"]["rounding"]))
    return fresh - total_of((Money.of(amount, unit) for amount in data["billed"]), unit)


def _credit(
    billed: Fraction,
    charged_share: Fraction,
    unused: Fraction,
    rounding: Rounding,
    billed_amount: Money,
    given_back: Money,
) -> tuple[Fraction, Money]:
    """The exact amount and the rounded one, both 0 or below; of a charge for no time, nothing."""
    share = min(unused / charged_share, _WHOLE) if charged_share else Fraction(0)
    exact = billed * share
    left = max(billed_amount - given_back, Money.zero(billed_amount.unit))
    return -exact, -min(round_money(exact, billed_amount.unit, rounding), left)


def credit_sentences(told: CreditExplanation) -> list[Sentence]:
    """The steps of a credit."""
    charged = told.billed.proration
    share = min(told.unused / charged, _WHOLE) if charged else Fraction(0)
    exact, billed = shown(-told.exact), shown(told.billed.exact)
    note = f" ({told.unused_note})" if told.unused_note else ""
    product = f"{billed} × {share.numerator}/{share.denominator} = {exact}"
    where = f" on {told.of}" if told.of else ""
    steps = [
        Sentence("billed", f"Billed{where}: {told.billed_amount}", told.billed_amount.amount_text()),
        Sentence("unused", f"Not used{note}: {product}", decimal_text(told.exact)),
    ]
    if told.given_back.minor:
        text = f"Given back before: {told.given_back}"
        steps.append(Sentence("given_back", text, told.given_back.amount_text()))
    if told.limited:
        steps.append(Sentence("limit", f"No more than {-told.amount} is left to give back", None))
    places = told.amount.unit.exponent
    mode = told.rounding.value.replace("_", " ")
    text = f"Rounded {mode} to {places} places: {-told.amount} is given back"
    if told.limited or -told.exact == Fraction((-told.amount).to_decimal()):
        text = f"Given back: {-told.amount}"
    return [*steps, Sentence("rounding", text, told.amount.amount_text())]


def delta_sentences(told: DeltaExplanation) -> list[Sentence]:
    """The steps of an adjustment: the whole period rated again, then what was billed for it."""
    unit = told.amount.unit
    billed = total_of(told.billed, unit)
    fresh = told.fresh.amount
    text = f"{fresh} - {billed} billed before = {told.amount}"
    if len(told.billed) > 1:
        parts = " + ".join(amount.amount_text() for amount in told.billed)
        text = f"{fresh} - ({parts}) billed before = {told.amount}"
    corrects = f"Corrects {told.of}: the" if told.of else "The"
    return [
        Sentence("again", f"{corrects} whole period is rated again, with all that was used in it", None),
        *charge_sentences(told.fresh),
        Sentence("difference", text, told.amount.amount_text()),
    ]


def _amount_json(amount: Money) -> dict[str, Any]:
    return {"unit": amount.unit.code, "exponent": amount.unit.exponent, "amount": amount.amount_text()}


def _unit_of(data: Mapping[str, Any]) -> Unit:
    return Unit(data["unit"], data["exponent"])


_WHOLE: Final = Fraction(1)
