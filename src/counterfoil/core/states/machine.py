"""The mechanism that all state tables share: rows as data, and one function that reads them.

Owns: the form of a table and the sentence with which a trigger is refused.
Does not own: any table, any effect.
Always holds: a table has at most one row for a state and a trigger.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from counterfoil.core.errors import WrongState


@dataclass(frozen=True, slots=True)
class Row[State: StrEnum, Trigger: StrEnum]:
    """In ``state``, ``trigger`` leads to ``to``; ``why`` says when that happens, or why it may."""

    state: State
    trigger: Trigger
    to: State
    why: str


@dataclass(frozen=True, slots=True)
class StateTable[State: StrEnum, Trigger: StrEnum]:
    """All transitions of one kind of thing.  ``thing`` is its name in sentences: ``invoice``."""

    thing: str
    initial: frozenset[State]
    rows: tuple[Row[State, Trigger], ...]

    def __post_init__(self) -> None:
        if len({(row.state, row.trigger) for row in self.rows}) != len(self.rows):
            raise ValueError(f"the table of the {self.thing} has two rows for one state and trigger")

    def allowed(self, state: State) -> tuple[Trigger, ...]:
        """The triggers that have a row in ``state``, in the table's order."""
        return tuple(row.trigger for row in self.rows if row.state == state)

    def is_final(self, state: State) -> bool:
        """Whether nothing can happen to the thing any more."""
        return not self.allowed(state)


def advance[State: StrEnum, Trigger: StrEnum](
    table: StateTable[State, Trigger], state: State, trigger: Trigger
) -> State:
    """The state that ``trigger`` leads to, or ``WrongState`` saying what is allowed in ``state``."""
    for row in table.rows:
        if row.state == state and row.trigger == trigger:
            return row.to
    allowed = ", ".join(map(_words, table.allowed(state))) or f"nothing: {_words(state)} is final"
    raise WrongState(
        f"the {table.thing} is {_words(state)}, so it does not allow: {_words(trigger)}; "
        f"allowed now: {allowed}",
        allowed=allowed,
    )


def _words(name: StrEnum) -> str:
    return name.value.replace("_", " ")
