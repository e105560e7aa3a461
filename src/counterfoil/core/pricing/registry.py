"""Every pricing model by name: the one place where a new model is plugged in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from counterfoil.core.errors import InvalidInput
from counterfoil.core.pricing.models import (
    commit,
    flat,
    graduated,
    overcommit,
    package,
    per_unit,
    stairstep,
    volume,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from counterfoil.core.money import Exact
    from counterfoil.core.pricing.parts import Part


class Params(Protocol):
    """What every model's parameters can do."""

    def to_json(self) -> dict[str, object]:
        """The parameters as the model's ``from_json`` reads them."""
        ...


@dataclass(frozen=True, slots=True)
class Model:
    """A pricing model: how its parameters are read, and how they rate a quantity."""

    read: Callable[[Mapping[str, object]], Params]
    rate: Callable[[Any, Exact], tuple[Part, ...]]


MODELS: Final[dict[str, Model]] = {
    "commit": Model(commit.Params.from_json, commit.rate),
    "flat": Model(flat.Params.from_json, flat.rate),
    "graduated": Model(graduated.Params.from_json, graduated.rate),
    "overcommit": Model(overcommit.Params.from_json, overcommit.rate),
    "package": Model(package.Params.from_json, package.rate),
    "per_unit": Model(per_unit.Params.from_json, per_unit.rate),
    "stairstep": Model(stairstep.Params.from_json, stairstep.rate),
    "volume": Model(volume.Params.from_json, volume.rate),
}
"""The models by the name that a price states."""


@dataclass(frozen=True, slots=True)
class Pricing:
    """A model with its parameters, in one currency that the price knows; made by ``parse_pricing``."""

    model: str
    params: Params

    def rate(self, quantity: Exact) -> tuple[Part, ...]:
        """The parts of the sum for this quantity; ``InvalidInput`` if the model refuses it."""
        return MODELS[self.model].rate(self.params, quantity)


def parse_pricing(model: str, params: Mapping[str, object]) -> Pricing:
    """The model of this name with its parameters read; ``InvalidInput`` names the field at fault.

    Fields are relative to the parameters (``tiers.1.up_to``), except an unknown ``model``.
    """
    known = MODELS.get(model)
    if known is None:
        raise InvalidInput("model is not a pricing model", field="model", allowed=", ".join(MODELS))
    return Pricing(model, known.read(params))
