"""Paging as vendors do it: ``limit`` and ``offset``, within a vendor's own bounds.

Always holds: a list is ordered by a stable key, and its page costs entries of an index, not rows, before it.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import Depends, Query

from counterfoil.store import OffsetQuery as OffsetQuery

MOST: Final = 2**31 - 1
"""The largest offset; nothing is so long."""


def offset_query(
    default: int,
    most: int,
    *,
    least: int = 1,
    clamp: bool = False,
    limit: str = "limit",
    offset: str = "offset",
) -> Any:
    """A dependency that reads a page: ``Annotated[OffsetQuery, offset_query(50, 200)]``.

    ``limit`` and ``offset`` are what the vendor calls the parameters.  What is out of bounds is refused
    naming the parameter, or moved to the nearest bound where the vendor does so (``clamp``).
    """
    bounds: dict[str, int] = {} if clamp else {"ge": least, "le": most}
    first: dict[str, int] = {} if clamp else {"ge": 0, "le": MOST}

    # As defaults, not annotations: those are read where the arguments of this function are not known.
    async def read(
        rows: int = Query(default, alias=limit, description="Objects a page", **bounds),  # type: ignore[arg-type]
        skipped: int = Query(0, alias=offset, description="Objects before the page", **first),  # type: ignore[arg-type]
    ) -> OffsetQuery:
        return OffsetQuery(min(max(rows, least), most), min(max(skipped, 0), MOST))

    return Depends(read)
