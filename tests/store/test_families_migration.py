"""Customers from before have no parent and pay for themselves; their subscriptions stay on their own."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from counterfoil.store.schema import migrate
from tests.conftest import Database
from tests.store.test_customer_features_migration import row
from tests.support.migrating import database_at


@pytest.fixture
def before_families(database: Database) -> Iterator[str]:
    """The owner's URL of a database of this test's own, as it was before the migration."""
    with database_at(database, "0020") as owner:
        yield owner


def test_everybody_pays_for_themselves_and_lines_are_the_invoices(before_families: str) -> None:
    with psycopg.connect(before_families) as connection:
        connection.execute("set session_replication_role = replica")  # without the rows that these name
        row(connection, "customers")
        row(connection, "subscriptions")
        row(connection, "invoice_lines", kind="charge", service_end="2026-02-01T00:00:00Z", tax=0)
    assert migrate(before_families) is True
    with psycopg.connect(before_families) as connection:
        found = [
            connection.execute(query).fetchall()
            for query in (
                "select parent_id, billed_to, payer_id from customers",
                "select invoicing from subscriptions",
                "select subscription_id, customer_id from invoice_lines",
            )
        ]
    assert found == [[(None, "self", None)], [("separate",)], [(None, None)]]
