"""Lines of a commitment: what is paid ahead, what usage draws from it, what is beyond it, what is missing.

Owns: the amounts of such lines, their explanations and the sentences of those.
Does not own: the rules (``core.commitments``), which lines draw on which commitment and when (billing).
Always holds: the charges of a term and its commitment's lines sum to the settlement of the term; ``redo`` of
each explanation is its amount, from the agreement and the usage that it keeps and no stored sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import Period, format_instant, parse_instant
from counterfoil.core.commitments import (
    Commitment,
    CommitPayment,
    Demand,
    Measure,
    Pool,
    Source,
    course_step,
    draw,
    redo_commitment,
    redo_drawing,
    redo_instalments,
    true_up,
)
from counterfoil.core.money import Money, Rounding, decimal_text, round_money
from counterfoil.core.money.units import Unit
from counterfoil.core.rating.explanation import FORMAT, Cadence, LineKind, Origin
from counterfoil.core.rating.lines import RatedLine
from counterfoil.core.rating.sentences import Sentence, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from counterfoil.core.commitments import CourseStep, DrawOrder, InstalmentPlan
    from counterfoil.core.money import Exact


class CommitmentPart(StrEnum):
    """What a line of a commitment is for."""

    DRAWN = "drawn"
    """What usage within the commitment costs there, less what it was charged: for a prepaid one, the usage
    that is paid already, below zero; otherwise mostly nothing, and says how much was used."""
    OVERAGE = "overage"
    """What usage beyond it costs more (or less) than it was charged."""
    CREDIT = "credit"
    """Usage that the term's credit pays, below zero."""
    INSTALMENT = "instalment"
    """A part of what is paid ahead, or all of it."""
    TRUE_UP = "true_up"
    """What is missing at the end; nothing where the commitment is used up or paid ahead."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What lines of one price count towards a commitment: charged in money, used in its measure."""

    code: str
    charged: Money
    used: Exact


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentExplanation:
    """How a line of a commitment came about: the agreement, what was used before, and what it is about.

    ``basis`` is what the part is worked out from, in its stored form; ``used`` is how much the line counts
    towards the commitment, in its measure: one line of those that tell of the same usage.
    """

    part: CommitmentPart
    name: str
    term: Period
    basis: Mapping[str, Any]
    used: Exact
    exact: Exact
    amount: Money

    @property
    def kind(self) -> LineKind:
        """What the line is."""
        return LineKind.COMMITMENT

    @property
    def origin(self) -> Origin:
        """The term as the service period; the cadence says when what the line is for is earned.

        What is paid ahead is earned as it is used, so usage takes back what was paid in advance.
        """
        prepaid = self.basis.get("commitment", {}).get("payment") == CommitPayment.PREPAID
        ahead = self.part is CommitmentPart.INSTALMENT or (prepaid and self.part is CommitmentPart.DRAWN)
        cadence = Cadence.IN_ADVANCE if ahead else Cadence.IN_ARREARS
        return Origin(service_period=(self.term.start, self.term.end), cadence=cadence)

    @property
    def quantity(self) -> Exact:
        """A commitment's line is one thing; what was used of it is in the basis."""
        return Fraction(1)

    @property
    def rounding(self) -> Rounding:
        """To the nearest, away from zero between two."""
        return Rounding.HALF_UP

    def to_json(self) -> dict[str, Any]:
        """The form that is stored and shown."""
        return {
            "format": FORMAT,
            "kind": self.kind.value,
            "part": self.part.value,
            "name": self.name,
            "term": {"start": format_instant(self.term.start), "end": format_instant(self.term.end)},
            "basis": dict(self.basis),
            "used": decimal_text(self.used),
            "exact": decimal_text(self.exact),
            "rounding": self.rounding.value,
            "unit": self.amount.unit.code,
            "exponent": self.amount.unit.exponent,
            "amount": self.amount.amount_text(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CommitmentExplanation:
        """The explanation that ``to_json`` wrote."""
        term = data["term"]
        return cls(
            part=CommitmentPart(data["part"]),
            name=data["name"],
            term=Period(parse_instant(term["start"]), parse_instant(term["end"])),
            basis=data["basis"],
            used=Fraction(data["used"]),
            exact=Fraction(data["exact"]),
            amount=Money.of(data["amount"], Unit(data["unit"], data["exponent"])),
        )


@dataclass(frozen=True, slots=True)
class CommitmentTold:
    """Whose line it is: the commitment's name and the term."""

    name: str
    term: Period
    unit: Unit

    def line(
        self, part: CommitmentPart, basis: Mapping[str, Any], exact: Exact, used: Exact = Fraction(0)
    ) -> RatedLine:
        """The line of a part, rounded."""
        amount = round_money(exact, self.unit, Rounding.HALF_UP)
        told = CommitmentExplanation(
            part=part, name=self.name, term=self.term, basis=basis, used=used, exact=exact, amount=amount
        )
        return RatedLine(listed=amount, amount=amount, explanation=told)


def drawn_lines(
    told: CommitmentTold, commitment: Commitment, before: Exact, counted: Sequence[Counted]
) -> tuple[RatedLine, ...]:
    """What lines that count towards a commitment change, after ``before`` was used: one line or two.

    There is one also where no amount changes, since it says how much was used; none without usage.
    """
    basis = _basis(commitment, before) | {
        "lines": [
            {
                "code": line.code,
                "charged": line.charged.amount_text(),
                "used": decimal_text(line.used),
            }
            for line in counted
        ]
    }
    step, charged = _step(basis)
    within, beyond = step.corrections(charged)
    used = step.covered + step.beyond
    if not used:
        return ()
    if beyond and not within:
        return (told.line(CommitmentPart.OVERAGE, basis, beyond, used),)
    drawn = told.line(CommitmentPart.DRAWN, basis, within, used)
    return (drawn, told.line(CommitmentPart.OVERAGE, basis, beyond)) if beyond else (drawn,)


def credit_drawn_line(
    told: CommitmentTold,
    left: Money,
    counted: Sequence[Counted],
    order: DrawOrder,
    commitment_left: Exact,
) -> tuple[RatedLine, tuple[Counted, ...]]:
    """What credit pays of these lines, and what of them still counts towards the commitment.

    ``order`` says whether credit pays before the commitment, of which ``commitment_left`` is left, or after.
    """
    demands = [
        Demand(str(index), line.charged.to_decimal(), Fraction(1)) for index, line in enumerate(counted)
    ]
    pools = [
        Pool(Source.USAGE_CREDIT.value, Source.USAGE_CREDIT, Measure.AMOUNT, left.to_decimal()),
        Pool(Source.COMMIT.value, Source.COMMIT, Measure.AMOUNT, commitment_left),
    ]
    drawing = draw(demands, pools, order)
    basis = {"drawing": drawing.to_json(), "codes": [line.code for line in counted]}
    rest = []
    for line, drawn in zip(counted, drawing.lines, strict=True):
        paid = sum((one.amount for one in drawn.draws if one.source is Source.USAGE_CREDIT), Fraction(0))
        charged = line.charged - round_money(paid, told.unit, Rounding.HALF_UP)
        rest.append(Counted(line.code, charged, charged.to_decimal()))
    return told.line(CommitmentPart.CREDIT, basis, _credit(basis)), tuple(rest)


def instalment_line(told: CommitmentTold, plan: InstalmentPlan, number: int) -> RatedLine:
    """The part of what is paid ahead with this number, from 0."""
    basis = {"plan": plan.to_json(), "number": number}
    return told.line(CommitmentPart.INSTALMENT, basis, plan.parts[number].amount.to_decimal())


def true_up_line(
    told: CommitmentTold,
    commitment: Commitment,
    used: Exact,
    billed: Money,
    *,
    share: Fraction = Fraction(1),
    waived: bool = False,
) -> RatedLine:
    """What is missing at the end, less what other lines ``billed`` of it already.

    ``share`` of the commitment is due where its time was cut, or nothing if the rest is ``waived``.
    """
    basis = _basis(commitment, used) | {
        "billed": billed.amount_text(),
        "share": f"{share.numerator}/{share.denominator}",
        "waived": waived,
    }
    return told.line(CommitmentPart.TRUE_UP, basis, _missing(basis, told.unit))


def redo_commitment_line(data: Mapping[str, Any], unit: Unit) -> Money:
    """The amount of a commitment's line, worked out again from its basis alone."""
    exact = _EXACT[CommitmentPart(data["part"])](data["basis"], unit)
    return round_money(exact, unit, Rounding(data["rounding"]))


def commitment_sentences(told: CommitmentExplanation) -> list[Sentence]:
    """The steps of a commitment's line."""
    span = f"{told.name}, {format_instant(told.term.start)} until before {format_instant(told.term.end)}"
    return [
        Sentence("commitment", span, None),
        *_SENTENCES[told.part](told),
        Sentence("rounding", f"Amount: {told.amount}", told.amount.amount_text()),
    ]


def _basis(commitment: Commitment, before: Exact) -> dict[str, Any]:
    return {"commitment": commitment.to_json(), "used_before": decimal_text(before)}


def _step(basis: Mapping[str, Any]) -> tuple[CourseStep, Fraction]:
    lines = basis["lines"]
    used = sum((Fraction(line["used"]) for line in lines), Fraction(0))
    charged = sum((Fraction(line["charged"]) for line in lines), Fraction(0))
    return course_step(redo_commitment(basis["commitment"]), Fraction(basis["used_before"]), used), charged


def _drawn(basis: Mapping[str, Any], _: Unit) -> Fraction:
    step, charged = _step(basis)
    return step.corrections(charged)[0]


def _overage(basis: Mapping[str, Any], _: Unit) -> Fraction:
    step, charged = _step(basis)
    return step.corrections(charged)[1]


def _credit(basis: Mapping[str, Any], _: Unit | None = None) -> Fraction:
    draws = [one for line in redo_drawing(basis["drawing"]).lines for one in line.draws]
    return -sum((one.amount for one in draws if one.source is Source.USAGE_CREDIT), Fraction(0))


def _instalment(basis: Mapping[str, Any], unit: Unit) -> Fraction:
    return Fraction(redo_instalments(basis["plan"], unit).parts[basis["number"]].amount.to_decimal())


def _missing(basis: Mapping[str, Any], unit: Unit) -> Fraction:
    commitment, share = redo_commitment(basis["commitment"]), Fraction(basis["share"])
    owed = share and not basis["waived"]
    whole = true_up(commitment.shared(share), Fraction(basis["used_before"])) if owed else Fraction(0)
    # What earlier lines billed was rounded; the rest is, too, so that together they are the whole rounded.
    rounded = round_money(whole, unit, Rounding.HALF_UP)
    return Fraction((rounded - Money.of(basis["billed"], unit)).to_decimal())


_EXACT: Final[Mapping[CommitmentPart, Callable[[Mapping[str, Any], Unit], Fraction]]] = {
    CommitmentPart.DRAWN: _drawn,
    CommitmentPart.OVERAGE: _overage,
    CommitmentPart.CREDIT: _credit,
    CommitmentPart.INSTALMENT: _instalment,
    CommitmentPart.TRUE_UP: _missing,
}


def _used_told(told: CommitmentExplanation) -> list[Sentence]:
    basis = told.basis
    commitment = redo_commitment(basis["commitment"])
    steps = [Sentence("size", f"Agreed: {_measured(commitment, commitment.size, told)}", None)]
    before = Fraction(basis["used_before"])
    steps.append(Sentence("before", f"Used before: {_measured(commitment, before, told)}", None))
    for line in basis["lines"]:
        used = _measured(commitment, Fraction(line["used"]), told)
        charged = f", charged {line['charged']}" if commitment.measure is Measure.QUANTITY else ""
        steps.append(Sentence("line", f"{line['code']}: {used}{charged}", None))
    step, _ = _step(basis)
    covered, beyond = (_measured(commitment, part, told) for part in (step.covered, step.beyond))
    steps.append(Sentence("within", f"Within the commitment: {covered}; beyond it: {beyond}", None))
    if told.part is CommitmentPart.OVERAGE:
        overage = commitment.overage
        text = f"Beyond it, {overage.kind.value} {shown(overage.value)}: {shown(step.overage)} instead of "
        text += shown(step.overage - Fraction(told.exact))
        steps.append(Sentence("overage", text, decimal_text(told.exact)))
    elif commitment.payment is CommitPayment.PREPAID and step.covered:
        steps.append(Sentence("paid", "Paid ahead, so nothing is due for it", decimal_text(told.exact)))
    return steps


def _credit_told(told: CommitmentExplanation) -> list[Sentence]:
    drawing = redo_drawing(told.basis["drawing"])
    [credit] = [pool for pool in drawing.pools if pool.pool.source is Source.USAGE_CREDIT]
    order = ", ".join(source.value.replace("_", " ") for source in drawing.order.sources)
    return [
        Sentence("order", f"What pays first: {order}", None),
        Sentence("credit", f"Credit: {shown(credit.drawn)} paid, {shown(credit.left)} left", None),
    ]


def _instalment_told(told: CommitmentExplanation) -> list[Sentence]:
    plan, number = told.basis["plan"], told.basis["number"]
    part = plan["parts"][number]
    text = f"Part {number + 1} of {len(plan['parts'])} of {plan['whole']} {plan['unit']}"
    return [Sentence("instalment", f"{text}, due {part['due_at']}", part["amount"])]


def _missing_told(told: CommitmentExplanation) -> list[Sentence]:
    basis = told.basis
    commitment = redo_commitment(basis["commitment"])
    share = Fraction(basis["share"])
    steps = [Sentence("size", f"Agreed: {_measured(commitment, commitment.size, told)}", None)]
    if share != 1:
        size = _measured(commitment, Fraction(commitment.size) * share, told)
        steps.append(Sentence("share", f"Cut to {share.numerator}/{share.denominator} of it: {size}", None))
    used = Fraction(basis["used_before"])
    steps.append(Sentence("used", f"Used: {_measured(commitment, used, told)}", None))
    if basis["waived"]:
        steps.append(Sentence("waived", "The rest is waived", None))
    elif commitment.payment is CommitPayment.PREPAID:
        steps.append(Sentence("paid", "Paid ahead: nothing is missing", None))
    if Fraction(basis["billed"]):
        steps.append(Sentence("billed", f"Billed before: {basis['billed']}", basis["billed"]))
    return steps


def _measured(commitment: Commitment, value: Exact, told: CommitmentExplanation) -> str:
    unit = "units" if commitment.measure is Measure.QUANTITY else told.amount.unit.code
    return f"{shown(value)} {unit}"


_SENTENCES: Final[Mapping[CommitmentPart, Callable[[CommitmentExplanation], list[Sentence]]]] = {
    CommitmentPart.DRAWN: _used_told,
    CommitmentPart.OVERAGE: _used_told,
    CommitmentPart.CREDIT: _credit_told,
    CommitmentPart.INSTALMENT: _instalment_told,
    CommitmentPart.TRUE_UP: _missing_told,
}
