"""Every pricing model by name: the one place where a new model is plugged in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from counterfoil.core.errors import InvalidInput
from counterfoil.core.pricing.measured import QUANTITY_ALONE, Detail, Measured, Need
from counterfoil.core.pricing.models import (
    bucketed,
    commit,
    cost_plus,
    dynamic,
    flat,
    graduated,
    graduated_percentage,
    matrix,
    overcommit,
    package,
    per_unit,
    percentage,
    seat,
    stairstep,
    volume,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from counterfoil.core.money import Exact
    from counterfoil.core.pricing.parts import Part


class Params(Protocol):
    """What every model's parameters can do.

    Those of a model that needs more than a quantity have a property ``need``.
    """

    def to_json(self) -> dict[str, object]:
        """The parameters as the model's ``from_json`` reads them."""
        ...


@dataclass(frozen=True, slots=True)
class Model:
    """A pricing model: how its parameters are read, and how they rate usage."""

    read: Callable[[Mapping[str, object]], Params]
    rate: Callable[[Any, Measured], tuple[Part, ...]]


def _read_bucketed(params: Mapping[str, object]) -> Params:
    return bucketed.Params.from_json(params, parse_pricing)


MODELS: Final[dict[str, Model]] = {
    "bucketed": Model(_read_bucketed, bucketed.rate),
    "commit": Model(commit.Params.from_json, commit.rate),
    "cost_plus": Model(cost_plus.Params.from_json, cost_plus.rate),
    "dynamic": Model(dynamic.Params.from_json, dynamic.rate),
    "flat": Model(flat.Params.from_json, flat.rate),
    "graduated": Model(graduated.Params.from_json, graduated.rate),
    "graduated_percentage": Model(graduated_percentage.Params.from_json, graduated_percentage.rate),
    "matrix": Model(matrix.Params.from_json, matrix.rate),
    "overcommit": Model(overcommit.Params.from_json, overcommit.rate),
    "package": Model(package.Params.from_json, package.rate),
    "per_unit": Model(per_unit.Params.from_json, per_unit.rate),
    "percentage": Model(percentage.Params.from_json, percentage.rate),
    "seat": Model(seat.Params.from_json, seat.rate),
    "stairstep": Model(stairstep.Params.from_json, stairstep.rate),
    "volume": Model(volume.Params.from_json, volume.rate),
}
"""The models, by the name that a price states."""


@dataclass(frozen=True, slots=True)
class Pricing:
    """A model with its parameters, in one currency that the price knows; made by ``parse_pricing``."""

    model: str
    params: Params

    @property
    def need(self) -> Need:
        """What must be known of the usage."""
        return getattr(self.params, "need", QUANTITY_ALONE)

    def to_json(self) -> dict[str, object]:
        """The parameters as ``parse_pricing`` reads them."""
        return self.params.to_json()

    def rate(self, usage: Measured | Exact) -> tuple[Part, ...]:
        """The parts of the sum for this usage, or for a quantity of which no more is known.

        ``InvalidInput`` for a quantity below zero, one that the model refuses, and usage without the detail
        that is needed.
        """
        used = usage if isinstance(usage, Measured) else Measured(usage)
        used.expect(self.need)
        return MODELS[self.model].rate(self.params, used)


def parse_pricing(
    model: str, params: Mapping[str, object], *, given: Collection[Detail] = (Detail.QUANTITY,)
) -> Pricing:
    """The model of this name with its parameters read; ``InvalidInput`` names the field at fault.

    ``given`` is what the caller can tell of usage: a price that needs more is refused here, before anybody
    owes by it.  Fields are relative to the parameters (``tiers.1.up_to``), except an unknown ``model``.
    """
    known = MODELS.get(model)
    if known is None:
        raise InvalidInput("model is not a pricing model", field="model", allowed=", ".join(MODELS))
    pricing = Pricing(model, known.read(params))
    if pricing.need.detail not in {Detail.QUANTITY, *given}:
        raise InvalidInput(
            f"the price needs the {pricing.need.detail.value} that make a quantity, which are not known here",
            allowed=f"a price that needs {' or '.join(detail.value for detail in given)}",
        )
    return pricing
