"""Explanations of every kind of line: reading one, doing its sum again, putting it into words.

A kind of line is one row of ``_FORMS``.  A stored explanation without a kind is that of a charge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from counterfoil.core.rating.adjustments import (
    CreditExplanation,
    DeltaExplanation,
    credit_sentences,
    delta_sentences,
    redo_credit,
    redo_delta,
)
from counterfoil.core.rating.commitment_lines import (
    CommitmentExplanation,
    commitment_sentences,
    redo_commitment_line,
)
from counterfoil.core.rating.explanation import Explanation, LineKind, redo_charge
from counterfoil.core.rating.sentences import charge_sentences

if TYPE_CHECKING:
    from counterfoil.core.money import Money
    from counterfoil.core.money.units import Unit
    from counterfoil.core.rating.lines import LineExplanation
    from counterfoil.core.rating.sentences import Sentence

type AnyExplanation = Explanation | CreditExplanation | DeltaExplanation | CommitmentExplanation
"""How a line of any kind came about."""


class _Form(NamedTuple):
    read: Callable[[Mapping[str, Any]], AnyExplanation]
    redo: Callable[[Mapping[str, Any], Unit], Money]
    sentences: Callable[[Any], list[Sentence]]


_FORMS: Final[Mapping[LineKind, _Form]] = {
    LineKind.CHARGE: _Form(Explanation.from_json, redo_charge, charge_sentences),
    LineKind.CREDIT: _Form(CreditExplanation.from_json, redo_credit, credit_sentences),
    LineKind.ADJUSTMENT: _Form(DeltaExplanation.from_json, redo_delta, delta_sentences),
    LineKind.COMMITMENT: _Form(CommitmentExplanation.from_json, redo_commitment_line, commitment_sentences),
}


def read_explanation(data: Mapping[str, Any]) -> AnyExplanation:
    """The explanation that its ``to_json`` wrote."""
    return _form(data).read(data)


def redo(data: Mapping[str, Any], unit: Unit) -> Money:
    """The amount, worked out again from a stored explanation's inputs; every stored sum is ignored.

    ``ValueError`` if the explanation is of another unit.
    """
    if (data["unit"], data["exponent"]) != (unit.code, unit.exponent):
        raise ValueError(f"the explanation is in {data['unit']}, not {unit.code}")
    return _form(data).redo(data, unit)


def sentences(told: LineExplanation) -> list[Sentence]:
    """The steps of the calculation that did something, in their order."""
    return _FORMS[told.kind].sentences(told)


def _form(data: Mapping[str, Any]) -> _Form:
    return _FORMS[LineKind(data.get("kind", LineKind.CHARGE))]
