"""The mechanism that all state tables share: rows as data, and one function that reads them.

Owns: the form of a table and the sentence with which a trigger is refused.
Does not own: any table, any effect.
Always holds: a table has at most one row for a state and a trigger; a refusal advises nothing that nobody
can do.
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
    """All transitions of one kind of thing.  ``thing`` is its name in sentences: ``invoice``.

    ``offered`` are the triggers that somebody can ask for by a call; refusals name no others, which the
    program pulls by itself or which belong to what it does not do.
    """

    thing: str
    initial: frozenset[State]
    rows: tuple[Row[State, Trigger], ...]
    offered: frozenset[Trigger]

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
    """The state that ``trigger`` leads to, or ``WrongState`` saying what one can do in ``state`` instead."""
    for row in table.rows:
        if row.state == state and row.trigger == trigger:
            return row.to
    offered = [one for one in table.allowed(state) if one in table.offered]
    nothing = f"nothing: {_words(state)} is final" if table.is_final(state) else "nothing"
    allowed = ", ".join(map(_words, offered)) or nothing
    raise WrongState(
        f"the {table.thing} is {_words(state)}, so it does not allow: {_words(trigger)}; "
        f"allowed now: {allowed}",
        allowed=allowed,
    )


def _words(name: StrEnum) -> str:
    return name.value.replace("_", " ")
