"""What a call asks of the database: its statements, and the plans that the application role gets for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from counterfoil.store import Store, SystemUow, Uow


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


async def examined(uow: Uow | SystemUow, seen: list[tuple[str, Any]]) -> dict[str, int]:
    """How many rows each of these queries reads as this unit's role, those included that it throws away."""
    driver = await uow.driver()
    found: dict[str, int] = {}
    for statement, parameters in seen:
        words = statement.lower().split()
        if words[0] in ("select", "with", "update") and "from" in words:
            explain = b"explain (analyze, timing off, format json) " + statement.encode()
            [[plan]] = await (await driver.execute(explain, parameters)).fetchall()
            found[statement] = _read_by(plan[0]["Plan"])
    return found


def _read_by(node: dict[str, Any]) -> int:
    """The rows that the scans below a node of a plan read."""
    below = sum(_read_by(one) for one in node.get("Plans", ()))
    if "Relation Name" not in node or node["Node Type"] == "ModifyTable":
        return below
    thrown = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    read: int = round((node["Actual Rows"] + thrown) * node["Actual Loops"])
    return below + read
