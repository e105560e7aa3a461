"""What the command line is handed by bootstrap: how to start the parts that it may not import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextlib import AbstractAsyncContextManager, AbstractContextManager

    from counterfoil.faces.kit.units import Store
    from counterfoil.settings import Settings

type Progress = Callable[[str], None]


class Run(Protocol):
    """Runs a coroutine to its end."""

    def __call__[T](self, main: Coroutine[None, None, T]) -> T:
        """The coroutine's result."""
        ...


class Drains(Protocol):
    """A worker that can be run until nothing is left to do."""

    async def drain(self) -> None:
        """Run all that is waiting."""
        ...


@dataclass(frozen=True, slots=True)
class Starters:
    """``serve`` runs everything; ``opened`` gives a ready database's URL, ``connected`` a store over it."""

    serve: Callable[[Settings, Progress, Callable[[str], None]], None]
    opened: Callable[[Settings, Progress], AbstractContextManager[str]]
    connected: Callable[[Settings, str], AbstractAsyncContextManager[Store]]
    run: Run
    worker: Callable[[Store], Drains]
