"""What a call asks of the database: its statements, and the plans that the application role gets for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from counterfoil.store import Store, Uow


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are executed inside the block, with their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        seen.append((statement, parameters))

    event.listen(store.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(store.engine.sync_engine, "before_cursor_execute", note)


async def plans(uow: Uow, seen: list[tuple[str, Any]]) -> str:
    """The plans of these statements as this unit's role, where a scan of a whole table is the last resort."""
    driver = await uow.driver()
    await driver.execute("set local enable_seqscan = off")
    lines: list[str] = []
    for statement, parameters in seen:
        cursor = await driver.execute(b"explain " + statement.encode(), parameters)
        lines += [row[0] for row in await cursor.fetchall()]
    return "\n".join(lines)
