"""What a commitment costs, given what was used: the usage within it, what is beyond, and the true-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.commitments.checks import distinct, not_negative
from counterfoil.core.commitments.drawing import Drawing, Measure
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text
from counterfoil.core.pricing.reading import choice_at, decimal_at, flag_at, object_at, optional_decimal_at

if TYPE_CHECKING:
    from counterfoil.core.money import Exact


class OverageKind(StrEnum):
    """How usage beyond the commitment is priced."""

    FACTOR = "factor"
    """The price of the committed unit, times a factor: 1 is the same price, 1.5 half as much again."""
    RATE = "rate"
    """A price of its own for one unit; of a commitment of a quantity only."""


@dataclass(frozen=True, slots=True)
class Overage:
    """A factor or a rate, 0 or more."""

    kind: OverageKind
    value: Exact

    def __post_init__(self) -> None:
        not_negative(self.value, "overage")

    @classmethod
    def from_json(cls, data: object, path: str = "") -> Overage:
        """The overage as written, or ``InvalidInput`` naming the field at fault."""
        known = object_at(data, ("kind", "value"), path)
        return cls(choice_at(known, "kind", OverageKind.FACTOR, path), decimal_at(known, "value", path))

    def to_json(self) -> dict[str, str]:
        """The overage as ``from_json`` reads it."""
        return {"kind": self.kind.value, "value": decimal_text(self.value)}


SAME_PRICE: Final = Overage(OverageKind.FACTOR, Fraction(1))


class CommitPayment(StrEnum):
    """When the commitment is paid."""

    POSTPAID = "postpaid"
    """As it is used, and what is missing at the end."""
    PREPAID = "prepaid"
    """Before: by a fee or in instalments, so that only what is beyond it is still to be paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """What is promised for one term, period or window.

    ``size`` is in its ``measure``, more than 0.  ``price`` is what the whole of a quantity costs: the price
    of that quantity under its pricing model; an amount is its own price.  ``true_up``: what is missing at the
    end is owed.  ``drawn_by_usage`` is false where usage is charged besides the commitment.
    """

    measure: Measure
    size: Exact
    price: Exact | None = None
    overage: Overage = SAME_PRICE
    true_up: bool = True
    payment: CommitPayment = CommitPayment.POSTPAID
    drawn_by_usage: bool = True

    def __post_init__(self) -> None:
        if self.size <= 0:
            raise InvalidInput("a commitment of nothing is none", field="size", allowed="more than 0")
        if (self.price is None) != (self.measure is Measure.AMOUNT):
            needed = "none for an amount" if self.price is not None else "what the committed quantity costs"
            raise InvalidInput("the price of the commitment is unclear", field="price", allowed=needed)
        if self.price is not None:
            not_negative(self.price, "price")
        _check_overage(self, self.overage)

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Commitment:
        """The commitment as written, or ``InvalidInput`` naming the field at fault."""
        object_at(data, tuple(field.name for field in fields(cls)))
        overage = data.get("overage")
        return cls(
            measure=choice_at(data, "measure", Measure.AMOUNT),
            size=decimal_at(data, "size", above_zero=True),
            price=optional_decimal_at(data, "price"),
            overage=SAME_PRICE if overage is None else Overage.from_json(overage, "overage"),
            true_up=flag_at(data, "true_up", default=True),
            payment=choice_at(data, "payment", CommitPayment.POSTPAID),
            drawn_by_usage=flag_at(data, "drawn_by_usage", default=True),
        )

    def to_json(self) -> dict[str, Any]:
        """The commitment as ``from_json`` reads it."""
        return {
            "measure": self.measure.value,
            "size": decimal_text(self.size),
            "price": None if self.price is None else decimal_text(self.price),
            "overage": self.overage.to_json(),
            "true_up": self.true_up,
            "payment": self.payment.value,
            "drawn_by_usage": self.drawn_by_usage,
        }

    def shared(self, share: Fraction) -> Commitment:
        """So much of it, more than 0: where its time was cut."""
        price = None if self.price is None else Fraction(self.price) * share
        return replace(self, size=Fraction(self.size) * share, price=price)

    @property
    def unit_price(self) -> Fraction:
        """What one of its measure costs."""
        return Fraction(1) if self.price is None else Fraction(self.price) / Fraction(self.size)


@dataclass(frozen=True, slots=True)
class CommittedLine:
    """A line that draws on the commitment: what was used, in the commitment's measure.

    ``overage`` is its own price for what is beyond, where it has one.
    """

    key: str
    used: Exact
    overage: Overage | None = None


@dataclass(frozen=True, slots=True)
class SettledLine:
    """What of a line is within the commitment and what beyond it, and what each costs still."""

    line: CommittedLine
    covered: Fraction
    beyond: Fraction
    usage: Fraction
    overage: Fraction


class ChargeKind(StrEnum):
    """What an amount of a settlement is for."""

    USAGE = "usage"
    OVERAGE = "overage"
    TRUE_UP = "true_up"


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount that is not nothing, exactly; ``key`` is its line's, and ``None`` of the true-up."""

    kind: ChargeKind
    key: str | None
    amount: Fraction


@dataclass(frozen=True, slots=True)
class Settlement:
    """A commitment and what was used, and what there is to pay for it.

    ``utilized`` and ``unused`` are in its measure and together its size.  ``closed``: its time is over.
    """

    commitment: Commitment
    closed: bool
    lines: tuple[SettledLine, ...]
    utilized: Fraction
    unused: Fraction
    true_up: Fraction

    @property
    def usage(self) -> Fraction:
        """What is to be paid for usage within the commitment."""
        return sum((line.usage for line in self.lines), Fraction(0))

    @property
    def overage(self) -> Fraction:
        """What is to be paid for usage beyond it."""
        return sum((line.overage for line in self.lines), Fraction(0))

    @property
    def total(self) -> Fraction:
        """What is to be paid in all, exactly."""
        return self.usage + self.overage + self.true_up

    @property
    def charges(self) -> tuple[Charge, ...]:
        """The amounts of the bill, each to be rounded as a line of its own."""
        every = [
            charge
            for line in self.lines
            for charge in (
                Charge(ChargeKind.USAGE, line.line.key, line.usage),
                Charge(ChargeKind.OVERAGE, line.line.key, line.overage),
            )
        ]
        every.append(Charge(ChargeKind.TRUE_UP, None, self.true_up))
        return tuple(charge for charge in every if charge.amount)

    def to_json(self) -> dict[str, Any]:
        """The form that is stored and shown; ``redo_settlement`` makes the settlement again from it."""
        return {
            "commitment": self.commitment.to_json(),
            "closed": self.closed,
            "lines": [_line_json(line) for line in self.lines],
            "utilized": decimal_text(self.utilized),
            "unused": decimal_text(self.unused),
            "usage": decimal_text(self.usage),
            "overage": decimal_text(self.overage),
            "true_up": decimal_text(self.true_up),
            "total": decimal_text(self.total),
        }


def settle(commitment: Commitment, lines: Sequence[CommittedLine], *, closed: bool = True) -> Settlement:
    """What there is to pay, given what was used; lines draw on the commitment in the order that is given.

    While its time is not over (``closed`` false) nothing is missing yet.  Negative usage, a key that is there
    twice and a rate beyond an amount are ``InvalidInput``.
    """
    distinct((line.key for line in lines), "lines")
    left = Fraction(commitment.size)
    settled = []
    for line in lines:
        used = not_negative(line.used, "used")
        covered = min(used, left) if commitment.drawn_by_usage else Fraction(0)
        left -= covered
        settled.append(_settled(commitment, line, covered, used - covered))
    owed = closed and commitment.true_up and commitment.payment is CommitPayment.POSTPAID
    return Settlement(
        commitment=commitment,
        closed=closed,
        lines=tuple(settled),
        utilized=Fraction(commitment.size) - left,
        unused=left,
        true_up=left * commitment.unit_price if owed else Fraction(0),
    )


def committed_lines(drawing: Drawing, pool: str) -> tuple[CommittedLine, ...]:
    """The lines that a commitment's pool serves, for settling it after other sources have paid their share.

    Of each, what the pool paid and what no source did, in the pool's measure: whichever order was declared,
    the commitment covers the first of these and the second is beyond it.  The pool's balance is its size.
    """
    [of] = (drawn.pool for drawn in drawing.pools if drawn.pool.key == pool)
    lines = []
    for line in drawing.lines:
        if of.serves(line.demand.key):
            paid = [draw for draw in line.draws if draw.pool == pool]
            if of.measure is Measure.QUANTITY:
                used = line.rest + sum(draw.quantity for draw in paid)
            else:
                used = line.amount + sum(draw.amount for draw in paid)
            lines.append(CommittedLine(line.demand.key, used))
    return tuple(lines)


def redo_settlement(data: Mapping[str, Any]) -> Settlement:
    """The settlement made again from the commitment and the usage that ``Settlement.to_json`` stored."""
    commitment = redo_commitment(data["commitment"])
    lines = [
        CommittedLine(
            line["key"],
            Fraction(line["used"]),
            None if line["own_overage"] is None else _overage_of(line["own_overage"]),
        )
        for line in data["lines"]
    ]
    return settle(commitment, lines, closed=data["closed"])


def redo_commitment(data: Mapping[str, Any]) -> Commitment:
    """The commitment that ``Commitment.to_json`` stored, whose numbers may be fractions."""
    return Commitment(
        measure=Measure(data["measure"]),
        size=Fraction(data["size"]),
        price=None if data["price"] is None else Fraction(data["price"]),
        overage=_overage_of(data["overage"]),
        true_up=data["true_up"],
        payment=CommitPayment(data["payment"]),
        drawn_by_usage=data["drawn_by_usage"],
    )


def _settled(commitment: Commitment, line: CommittedLine, covered: Fraction, beyond: Fraction) -> SettledLine:
    overage = line.overage or commitment.overage
    _check_overage(commitment, overage)
    price = Fraction(overage.value)
    if overage.kind is OverageKind.FACTOR:
        price *= commitment.unit_price
    prepaid = commitment.payment is CommitPayment.PREPAID
    usage = Fraction(0) if prepaid else covered * commitment.unit_price
    return SettledLine(line, covered, beyond, usage, beyond * price)


def _check_overage(commitment: Commitment, overage: Overage) -> None:
    if overage.kind is OverageKind.RATE and commitment.measure is Measure.AMOUNT:
        raise InvalidInput(
            "an amount beyond a commitment has no price for one unit", field="overage", allowed="a factor"
        )


def _overage_of(data: Mapping[str, str]) -> Overage:
    return Overage(OverageKind(data["kind"]), Fraction(data["value"]))


def _line_json(settled: SettledLine) -> dict[str, Any]:
    line = settled.line
    return {
        "key": line.key,
        "used": decimal_text(line.used),
        "own_overage": None if line.overage is None else line.overage.to_json(),
        "covered": decimal_text(settled.covered),
        "beyond": decimal_text(settled.beyond),
        "usage": decimal_text(settled.usage),
        "overage": decimal_text(settled.overage),
    }
