"""Lists that page by a stable key: newest first by id, or any keyset a repository names.

Always holds: a page costs the same at any depth; an object created while someone pages is never shown
twice and never hides another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
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
