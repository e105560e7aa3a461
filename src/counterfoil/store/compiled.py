"""Selects that are asked for again and again: compiled once, and run by the driver itself.

Owns: the way from named values to rows for lists and look-ups, which are asked for hundreds of times a
second; SQLAlchemy builds, recognises and unpacks a statement for more than a trip to the database costs.
Does not own: the transaction; a unit of work runs them with ``rows``, and says what the database refuses.
Always holds: values and rows have the same types as SQLAlchemy's own would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, Uuid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from uuid import UUID

    from psycopg import AsyncConnection, AsyncCursor
    from sqlalchemy import Select
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

    type Processor = Callable[[Any], Any]


class Compiled:
    """A select whose values are given by name when it runs.

    Make it once: where a repository begins, or in a cached function of the select's shape.  A collection of
    values is one array (``any_``), never ``in``, whose text differs with its length.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self.statement = statement
        self._text: str | None = None
        self._values: dict[str, Any] = {}
        self._into: Sequence[tuple[str, Processor]] = ()
        self._from: Sequence[tuple[int, Processor]] | None = None

    async def run(
        self, driver: AsyncConnection[Any], dialect: Dialect, values: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """All rows, as plain tuples."""
        if self._text is None:
            self._compile(dialect)
        bound = {**self._values, **values}
        for name, process in self._into:
            bound[name] = process(bound[name])
        cursor = driver.cursor()
        assert self._text is not None
        await cursor.execute(self._text.encode(), bound)
        rows = await cursor.fetchall()
        if self._from is None:
            self._from = self._processors(dialect, cursor)
        if not self._from or not rows:
            return rows
        columns: list[Any] = list(zip(*rows, strict=True))  # a column at a time, in few steps of Python
        for index, process in self._from:
            columns[index] = map(process, columns[index])
        return list(zip(*columns, strict=True))

    def _compile(self, dialect: Dialect) -> None:
        compiled = self.statement.compile(dialect=dialect)
        assert not compiled.post_compile_params, "the text would differ with the values"
        self._text = str(compiled)
        self._values = {name: one.value for one, name in compiled.bind_names.items() if not one.required}
        processors = ((name, _into(one.type, dialect)) for one, name in compiled.bind_names.items())
        self._into = [(name, process) for name, process in processors if process is not None]

    def _processors(self, dialect: Dialect, cursor: AsyncCursor[Any]) -> Sequence[tuple[int, Processor]]:
        found = []
        for index, (column, told) in enumerate(
            zip(self.statement.selected_columns, cursor.description or (), strict=True)
        ):
            process = column.type.dialect_impl(dialect).result_processor(dialect, told.type_code)
            if process is not None:
                found.append((index, process))
        return found


def _into(kind: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    """What a value of a type becomes for the driver."""
    if isinstance(kind, ARRAY) and isinstance(kind.item_type, Uuid):
        return _ids_text
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _ids_text(ids: Iterable[UUID]) -> str:
    """An array as the server reads it; the driver would ask each id for its type."""
    return f"{{{','.join([one.hex for one in ids])}}}"
