"""What was sold before taxes went by place is taxed as it was: nobody is registered, no rate has a place."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from counterfoil.store.schema import migrate
from tests.conftest import Database
from tests.store.test_customer_features_migration import row
from tests.support.migrating import database_at


@pytest.fixture
def before_taxes(database: Database) -> Iterator[str]:
    """The owner's URL of a database of this test's own, as it was before the migration."""
    with database_at(database, "0019") as owner:
        yield owner


def test_issuers_rates_customers_and_lines_are_what_they_were(before_taxes: str) -> None:
    with psycopg.connect(before_taxes) as connection:
        connection.execute("set session_replication_role = replica")  # without the rows that these name
        row(connection, "issuers", code="default")
        row(connection, "tax_rates", code="vat", percent=19)
        row(connection, "customers", tax_exempt=True, tax_number="DE1")
        row(connection, "prices", code="fee")
        row(connection, "invoice_lines", kind="charge", service_end="2026-02-01T00:00:00Z", tax=0)
    assert migrate(before_taxes) is True
    with psycopg.connect(before_taxes) as connection:

        def only(columns: str, table: str) -> tuple[object, ...]:
            (found,) = connection.execute(f"select {columns} from {table}").fetchall()
            return tuple(found)

        assert only("registrations, tax_category, tax_rounding, tax_point", "issuers") == (
            [],
            "standard",
            "per_invoice",
            "service_end",
        )
        assert only("percent, country, category, replaces_wider, valid_from, valid_to", "tax_rates") == (
            *(19, None, None, False, None, None),
        )
        assert only("tax_exempt, tax_number, tax_exemption", "customers") == (True, "DE1", None)
        assert only("tax_category", "prices") == (None,)
        assert only("tax_treatment, tax_reason", "invoice_lines") == (None, None)
