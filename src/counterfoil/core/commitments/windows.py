"""Commitments window by window (an hour of the day, a day, a month): each is settled on its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from counterfoil.core.commitments.checks import distinct
from counterfoil.core.commitments.settlement import (
    Commitment,
    CommittedLine,
    Settlement,
    redo_settlement,
    settle,
)
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text


@dataclass(frozen=True, slots=True)
class WindowedSettlement:
    """The settlement of every window in order; what is too much in one does not help another."""

    windows: tuple[tuple[str, Settlement], ...]

    @property
    def total(self) -> Fraction:
        """What is to be paid in all, exactly."""
        return sum((settlement.total for _, settlement in self.windows), Fraction(0))

    def to_json(self) -> dict[str, Any]:
        """The form that is stored and shown; ``redo_windows`` makes the settlements again from it."""
        return {
            "windows": [
                {"window": key, "settlement": settlement.to_json()} for key, settlement in self.windows
            ],
            "total": decimal_text(self.total),
        }


def settle_windows(
    windows: Sequence[tuple[str, Commitment]],
    used: Mapping[str, Sequence[CommittedLine]],
    *,
    running: Collection[str] = (),
) -> WindowedSettlement:
    """Every window with its usage, also where there is none: an empty window has its true-up.

    ``running`` are the windows whose time is not over.  Usage in a window that is not declared is
    ``InvalidInput``, since it would be billed nowhere, and so is a window that is there twice.
    """
    keys = [key for key, _ in windows]
    distinct(keys, "windows")
    lost = sorted(used.keys() - set(keys))
    if lost:
        raise InvalidInput(
            f"usage is in {lost[0]}, which is no window", field="windows", allowed="every window with usage"
        )
    return WindowedSettlement(
        tuple(
            (key, settle(commitment, used.get(key, ()), closed=key not in running))
            for key, commitment in windows
        )
    )


def redo_windows(data: Mapping[str, Any]) -> WindowedSettlement:
    """The settlements made again from what ``WindowedSettlement.to_json`` stored."""
    return WindowedSettlement(
        tuple((window["window"], redo_settlement(window["settlement"])) for window in data["windows"])
    )
