"""``expand``: which relations a caller wants to see inside an object, as a comma list of dotted paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import Request

from counterfoil.core.errors import InvalidInput
from counterfoil.faces.vendors.salable.errors import NoCheckout

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

LINKS = frozenset({"generateCheckoutLink", "generateCheckoutLinks"})


@dataclass(frozen=True, slots=True)
class Expand:
    """The relations that were asked for; ``product.currencies`` asks for ``product`` too."""

    paths: frozenset[str] = frozenset()

    def __contains__(self, path: str) -> bool:
        return path in self.paths

    def below(self, relation: str) -> Expand:
        """What was asked for inside a relation."""
        start = f"{relation}."
        return Expand(frozenset(one.removeprefix(start) for one in self.paths if one.startswith(start)))

    def refuse_links(self) -> None:
        """``NoCheckout`` if checkout links were asked for."""
        if self.paths & LINKS:
            raise NoCheckout


def reader(*known: str) -> Callable[[Request], Coroutine[Any, Any, Expand]]:
    """A dependency that reads ``expand``; ``InvalidInput`` for a relation that is none of ``known``."""
    allowed = frozenset(known) | {part for one in known for part in _with_parents(one)}

    async def read(request: Request) -> Expand:
        asked: set[str] = set()
        for path in ",".join(request.query_params.getlist("expand")).split(","):
            wanted = path.strip()
            if wanted and wanted not in allowed:
                raise InvalidInput(
                    f"{wanted} cannot be expanded here", field="expand", allowed=", ".join(known)
                )
            if wanted:
                asked |= _with_parents(wanted)
        return Expand(frozenset(asked))

    return read


def documented(*known: str, further: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """The parameter ``expand`` for the reference of an operation, and ``further`` ones."""
    items = {"type": "string", "enum": list(known)}
    parameter = {
        "name": "expand",
        "in": "query",
        "required": False,
        "description": "What to show inside the answer, parted by commas; nothing without it",
        "style": "form",
        "explode": False,
        "schema": {"type": "array", "items": items},
    }
    return {"parameters": [parameter, *further]}


def _with_parents(path: str) -> set[str]:
    parts = path.split(".")
    return {".".join(parts[: count + 1]) for count in range(len(parts))}
