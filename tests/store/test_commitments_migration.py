"""What was agreed before commitments: subscriptions that committed to nothing, and prices in money."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from counterfoil.store.schema import migrate
from tests.conftest import Database
from tests.store.test_customer_features_migration import row
from tests.support.migrating import database_at


@pytest.fixture
def before(database: Database) -> Iterator[str]:
    """The owner's URL of a database of this test's own, as it was before the migration."""
    with database_at(database, "0017") as owner:
        yield owner


def test_what_is_there_has_committed_to_nothing(before: str) -> None:
    with psycopg.connect(before) as connection:
        connection.execute("set session_replication_role = replica")  # without the rows that these name
        row(connection, "prices", code="u")
        row(connection, "subscriptions")
        sums: dict[str, Any] = {
            "cadence": "in_arrears",
            "tax_mode": "exclusive",
            "amount": 1,
            "tax": 0,
            "total": 1,
        }
        row(connection, "invoice_lines", **sums, service_end="2026-02-01T00:00:00Z")
    assert migrate(before) is True
    with psycopg.connect(before) as connection:
        dues = connection.execute("select commitment_due_at from subscriptions").fetchall()
        units = connection.execute("select pricing_unit from prices").fetchall()
        lines = connection.execute(
            "select amount, commitment_term_id, commitment_part, commitment_used from invoice_lines"
        ).fetchall()
    assert (dues, units, lines) == ([(None,)], [(None,)], [(1, None, None, None)])


def test_the_database_itself_refuses_a_term_that_cannot_be(before: str) -> None:
    migrate(before)
    good: dict[str, Any] = {
        "start_at": "2026-01-01T00:00:00Z",
        "end_at": "2026-02-01T00:00:00Z",
        "committed": 1,
    }
    for bad in ({"end_at": good["start_at"]}, {"committed": 0}, {"credit": -1}):
        with psycopg.connect(before) as connection:
            connection.execute("set session_replication_role = replica")
            with pytest.raises(psycopg.errors.CheckViolation):
                row(connection, "commitment_terms", **(good | {"rolled_over": 0, "credit": 0} | bad))
