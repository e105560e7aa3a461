"""What was billed before there were coupons had no discounts, and no item was of an add-on."""

from __future__ import annotations

import psycopg

from counterfoil.store.schema import migrate
from tests.conftest import Database
from tests.store.test_customer_features_migration import row
from tests.support.migrating import database_at


def test_invoices_prices_and_items_are_what_they_were(database: Database) -> None:
    with database_at(database, "0019") as owner:
        with psycopg.connect(owner) as connection:
            connection.execute("set session_replication_role = replica")  # without the rows that these name
            row(
                connection,
                "invoices",
                currency="EUR",
                status="draft",
                period_start="2026-01-01T00:00:00Z",
                period_end="2026-02-01T00:00:00Z",
                subtotal=100,
                tax=0,
                total=100,
            )
            row(connection, "prices", code="fee")
            row(connection, "subscription_items", quantity=2)
        assert migrate(owner) is True
        with psycopg.connect(owner) as connection:
            assert connection.execute("select total, discounts from invoices").fetchall() == [(100, [])]
            assert connection.execute("select code, add_on_id from prices").fetchall() == [("fee", None)]
            assert connection.execute("select quantity, add_on_id from subscription_items").fetchall() == [
                (2, None)
            ]
            for table in ("coupons", "add_ons", "subscription_discounts"):
                assert connection.execute(f"select count(*) from {table}").fetchall() == [(0,)]
