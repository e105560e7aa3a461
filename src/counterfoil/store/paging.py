"""Lists that page by a stable key, newest first by id or by a repository's own keyset; by offset for vendors.

Always holds: a page by cursor costs the same at any depth, and an object created while someone pages is
never shown twice and never hides another; a page by offset skips entries of an index, never rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select

MAX_PAGE: Final = 200
DEFAULT_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class PageQuery:
    """At most ``limit`` objects created before the one with id ``after`` (newest first)."""

    limit: int = DEFAULT_PAGE
    after: UUID | None = None


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Objects, and whether more follow."""

    items: list[T]
    has_more: bool

    def map[U](self, change: Any) -> Page[U]:
        """The same page with each item changed."""
        return Page([change(item) for item in self.items], self.has_more)


def paged(statement: Select[Any], id_column: Any, query: PageQuery) -> Select[Any]:
    """``statement`` from the cursor on, newest first, one row longer than the page to see if more follow."""
    if query.after is not None:
        statement = statement.where(id_column < query.after)
    return statement.order_by(id_column.desc()).limit(query.limit + 1)


def page_of[T](items: list[T], query: PageQuery) -> Page[T]:
    """The page made of rows that were fetched with ``paged``."""
    return Page(items[: query.limit], len(items) > query.limit)


@dataclass(frozen=True, slots=True)
class OffsetQuery:
    """At most ``limit`` objects after the first ``offset``, newest first unless ``ascending``."""

    limit: int = DEFAULT_PAGE
    offset: int = 0
    ascending: bool = False


@dataclass(frozen=True, slots=True)
class Found[T]:
    """The objects of a page by offset, and how many there are in all (``None``: nobody asked)."""

    items: list[T]
    total: int | None = None


def at_offset(statement: Select[Any], id_column: Any, query: OffsetQuery, *order: Any) -> Select[Any]:
    """``statement``'s page by offset, ordered by ``order`` and then by id.

    Ids are skipped in an index; whole rows are read for the page only.  They are handed over as an array, by
    which each row is looked up: joined, the server would rather read a table of thousands.
    """
    by: Sequence[Any] = (*order, id_column if query.ascending else id_column.desc())
    ids = statement.with_only_columns(id_column).order_by(*by).limit(query.limit).offset(query.offset)
    page = func.array(ids.scalar_subquery(), type_=ARRAY(id_column.type))
    return statement.where(id_column == any_(page)).order_by(*by)


def counted(statement: Select[Any]) -> Select[Any]:
    """How many rows ``statement`` has in all."""
    return select(func.count()).select_from(statement.with_only_columns(literal(1)).order_by(None).subquery())
