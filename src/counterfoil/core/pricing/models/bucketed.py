"""Bucketed: every window of time (an hour, a day) is priced by itself, and the windows are summed.

Tiers, packages and flat amounts begin anew in each window.  A window without usage costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from counterfoil.core.errors import CounterfoilError, InvalidInput
from counterfoil.core.pricing.measured import Detail, Need, Window, WindowUnit
from counterfoil.core.pricing.reading import choice_at, count_at, object_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from counterfoil.core.money import Exact
    from counterfoil.core.pricing.measured import Measured
    from counterfoil.core.pricing.parts import Part

INNER: Final = ("flat", "graduated", "package", "per_unit", "stairstep", "volume")
"""The models by which a window may be priced."""
MAX_COUNT: Final = 1_000
"""The most units of time that one window may have."""


class Inner(Protocol):
    """The price of one window: a model with its parameters, whichever it is."""

    @property
    def model(self) -> str:
        """The model's name."""
        ...

    def to_json(self) -> dict[str, object]:
        """Its parameters as they are read."""
        ...

    def rate(self, usage: Exact) -> tuple[Part, ...]:
        """The parts of a window's quantity."""
        ...


@dataclass(frozen=True, slots=True)
class Params:
    """How long the windows are, and the price of each."""

    window: Window
    inner: Inner

    @classmethod
    def from_json(cls, data: Mapping[str, object], read: Callable[[str, Any], Inner]) -> Params:
        """The parameters as written, or ``InvalidInput`` naming the field at fault.

        ``read`` makes the inner price of its model's name and parameters, so that no model knows another.
        """
        object_at(data, ("window", "model", "params"))
        window = object_at(data.get("window"), ("unit", "count"), "window")
        count = count_at(window, "count", "window", least=1) or 1
        if count > MAX_COUNT:
            raise InvalidInput(
                f"window.count is out of range: {count}", field="window.count", allowed=f"1 to {MAX_COUNT}"
            )
        unit = choice_at(window, "unit", WindowUnit.HOUR, "window")
        return cls(Window(unit, count), _read_inner(data, read))

    def to_json(self) -> dict[str, object]:
        """The parameters as ``from_json`` reads them, complete."""
        return {
            "window": {"unit": self.window.unit.value, "count": self.window.count},
            "model": self.inner.model,
            "params": self.inner.to_json(),
        }

    @property
    def need(self) -> Need:
        """The usage of each window."""
        return Need(Detail.WINDOWS, window=self.window)


def rate(params: Params, used: Measured) -> tuple[Part, ...]:
    """The parts of each window that has usage, the earliest first."""
    return tuple(
        replace(part, window=window.start)
        for window in used.windows or ()
        if window.quantity
        for part in params.inner.rate(window.quantity)
    )


def _read_inner(data: Mapping[str, object], read: Callable[[str, Any], Inner]) -> Inner:
    model, params = data.get("model"), data.get("params")
    if not isinstance(model, str) or model not in INNER:
        raise InvalidInput(
            "model is not one by which a window can be priced", field="model", allowed=", ".join(INNER)
        )
    try:
        return read(model, params)
    except CounterfoilError as refused:
        raise refused.within("params") from None
