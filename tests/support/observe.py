"""What a call asks of the database and leaves there: statements, plans as the application role, rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from psycopg import AsyncCursor
from sqlalchemy import TextClause, text

from counterfoil.store import Store, SystemUow, Uow
from tests.conftest import Tenant


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are executed inside the block, with their parameters.

    Seen where the driver takes them, whoever gives them to it.
    """
    seen: list[tuple[str, Any]] = []
    database = store.engine.url.database

    def noted(plain: Any) -> Any:
        def execute(cursor: AsyncCursor[Any], query: Any, parameters: Any = None, **options: Any) -> Any:
            if cursor.connection.info.dbname == database:
                seen.append((query.decode() if isinstance(query, bytes) else str(query), parameters))
            return plain(cursor, query, parameters, **options)

        return execute

    with pytest.MonkeyPatch.context() as patched:
        for name in ("execute", "executemany"):
            patched.setattr(AsyncCursor, name, noted(getattr(AsyncCursor, name)))
        yield seen


async def plans(uow: Uow, seen: list[tuple[str, Any]]) -> str:
    """The plans of these statements as this unit's role, where a scan of a whole table is the last resort."""
    driver = await uow.driver()
    await driver.execute("set local enable_seqscan = off")
    lines: list[str] = []
    for statement, parameters in seen:
        cursor = await driver.execute(b"explain " + statement.encode(), parameters)
        lines += [row[0] for row in await cursor.fetchall()]
    return "\n".join(lines)


async def examined(
    uow: Uow | SystemUow, seen: list[tuple[str, Any]], *, entries: bool = True
) -> dict[str, int]:
    """How many rows each of these queries reads as this unit's role, those included that it throws away.

    Without ``entries``, what is read of an index alone does not count, unless it is thrown away.
    """
    driver = await uow.driver()
    found: dict[str, int] = {}
    for statement, parameters in seen:
        words = statement.lower().split()
        if words[0] in ("select", "with", "update") and "from" in words:
            explain = b"explain (analyze, timing off, format json) " + statement.encode()
            [[plan]] = await (await driver.execute(explain, parameters)).fetchall()
            found[statement] = _read_by(plan[0]["Plan"], entries)
    return found


def _read_by(node: dict[str, Any], entries: bool) -> int:
    """The rows that the scans below a node of a plan read."""
    below = sum(_read_by(one, entries) for one in node.get("Plans", ()))
    if "Relation Name" not in node or node["Node Type"] == "ModifyTable":
        return below
    thrown = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    kept = 0 if not entries and node["Node Type"] == "Index Only Scan" else node["Actual Rows"]
    read: int = round((kept + thrown) * node["Actual Loops"])
    return below + read


_TABLES: Final = text(
    """
    select table_name, column_name from information_schema.columns
    where table_schema = 'public' and column_name in ('environment_id', 'organization_id')
      and table_name <> 'idempotency_keys'
    """
)


async def fingerprint(store: Store, tenant: Tenant) -> dict[str, tuple[int, str | None]]:
    """Every row of a tenant, in short: equal before and after what must change nothing."""
    ids = {"organization_id": tenant.organization.id, "environment_id": tenant.environment.id}
    async with store.system() as uow:
        found = await uow.execute(await _fingerprint_statement(uow), ids)
        return {row.name: (row.rows, row.digest) for row in found}


async def _fingerprint_statement(uow: SystemUow) -> TextClause:
    """Of every table with a tenant's rows: how many there are, and a digest of them all."""
    kept = [(row.table_name, row.column_name) for row in await uow.execute(_TABLES)]
    assert len(kept) > 20, "the tables are found"
    return text(
        " union all ".join(
            f"select '{table}' as name, count(*) as rows,"
            " md5(string_agg(t::text, '|' order by t::text)) as digest"
            f" from {table} t where {column} = :{column}"
            for table, column in (*kept, ("organizations", "id"))
        ).replace("where id = :id", "where id = :organization_id")
    )
