"""What is said of a commitment: the charges, each rounded by itself, and the steps in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from counterfoil.core.commitments import Measure, OverageKind
from counterfoil.core.money import decimal_text, round_money, to_decimal, total_of
from counterfoil.core.rating.sentences import shown

if TYPE_CHECKING:
    from counterfoil.core.commitments import Commitment, Drawing, SettledLine, Settlement
    from counterfoil.core.money import Exact, Money, Unit


@dataclass(slots=True)
class Answer:
    """The answer while it is put together."""

    unit: Unit
    charges: list[dict[str, Any]] = field(default_factory=list)
    amounts: list[Money] = field(default_factory=list)
    steps: list[dict[str, str | None]] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)

    def charge(self, kind: str, key: str | None, exact: Exact, text: str, window: str | None = None) -> None:
        """A line of the bill with how it came about; of nothing there is the step alone."""
        amount = round_money(exact, self.unit)
        if to_decimal(exact) != amount.to_decimal():
            text += f", rounded to {amount.amount_text()}"
        self.say(kind, text, amount)
        if exact:
            self.amounts.append(amount)
            self.charges.append(
                {
                    "kind": kind,
                    "key": key,
                    "window": window,
                    "exact": decimal_text(exact),
                    "amount": amount.amount_text(),
                }
            )

    def say(self, step: str, text: str, amount: Money | None = None) -> None:
        """A step in words."""
        shown_ = None if amount is None else amount.amount_text()
        self.steps.append({"step": step, "text": text, "amount": shown_})

    def done(self, told: dict[str, Any], *, matches: bool, charged: bool = True) -> Answer:
        """Complete it: what is kept, and whether that makes the same again; ``charged``: it is of a bill."""
        total = total_of(self.amounts, self.unit) if charged else None
        if total is not None:
            self.say("total", f"To pay: {total}", total)
        amount = None if total is None else total.amount_text()
        self.told = {"amount": amount, "matches": matches, "explanation": told}
        return self

    def to_json(self) -> dict[str, Any]:
        """The form that goes out."""
        return {
            "currency": self.unit.code,
            "amount": self.told["amount"],
            "charges": self.charges,
            "steps": self.steps,
            "redone": {"amount": self.told["amount"], "matches": self.told["matches"]},
            "explanation": self.told["explanation"],
        }


def settlement_told(answer: Answer, settlement: Settlement, window: str | None = None) -> None:
    """The charges of a settlement: within, beyond, and what is missing."""
    before = "" if window is None else f"{window}, "
    for line in settlement.lines:
        _line_told(answer, settlement.commitment, line, before, window)
    commitment = settlement.commitment
    size = f"{shown(commitment.size)} committed, {shown(settlement.utilized)} used of it"
    if settlement.true_up:
        text = f"{before}not used: {size}: {_product(settlement.unused, commitment, None)}"
        answer.charge("true_up", None, settlement.true_up, text, window)
    else:
        answer.say("commitment", f"{before}{size}")


def _line_told(
    answer: Answer, commitment: Commitment, line: SettledLine, before: str, window: str | None
) -> None:
    name = f"{before}{line.line.key}"
    if line.covered:
        text = f"{name}, within the commitment: "
        paid = commitment.payment.value == "prepaid"
        text += f"{shown(line.covered)}, paid before" if paid else _product(line.covered, commitment, None)
        answer.charge("usage", line.line.key, line.usage, text, window)
    if line.beyond:
        overage = line.line.overage or commitment.overage
        if overage.kind is OverageKind.RATE:
            product = f"{shown(line.beyond)} × {shown(overage.value)} = {shown(line.overage)}"
        else:
            product = _product(line.beyond, commitment, overage.value)
        answer.charge("overage", line.line.key, line.overage, f"{name}, beyond it: {product}", window)


def _product(count: Fraction, commitment: Commitment, factor: Exact | None) -> str:
    """``200 × 0.5 × 1.5 = 150``, without what is 1."""
    price, times = commitment.unit_price, Fraction(1 if factor is None else factor)
    terms = [shown(count)]
    if commitment.measure is Measure.QUANTITY:
        terms.append(shown(price))
    if times != 1:
        terms.append(shown(times))
    product = " × ".join(terms)
    return product if len(terms) == 1 else f"{product} = {shown(count * price * times)}"


def drawing_told(answer: Answer, drawing: Drawing) -> None:
    """What each source paid of each line, and what is left to pay."""
    for line in drawing.lines:
        key = line.demand.key
        for paid in line.draws:
            text = f"{key}: {shown(paid.quantity)} paid by {paid.pool}, worth {shown(paid.amount)}"
            answer.say(paid.source.value, text)
        text = f"{key}: {shown(line.rest)} × {shown(line.demand.unit_amount)} = {shown(line.amount)}"
        answer.charge("usage", key, line.amount, text)
    for pool in drawing.pools:
        answer.say("pool", f"{pool.pool.key}: {shown(pool.drawn)} used, {shown(pool.left)} left")
