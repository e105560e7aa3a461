"""What was billed before lines had kinds: charges, and up to when usage of each customer is on invoices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from counterfoil.store.schema import migrate
from tests.conftest import Database
from tests.store.test_customer_features_migration import row
from tests.support.migrating import database_at


@pytest.fixture
def before(database: Database) -> Iterator[str]:
    """The owner's URL of a database of this test's own, as it was before the migration."""
    with database_at(database, "0014") as owner:
        yield owner


def billed(
    connection: psycopg.Connection, subscription: UUID, price: UUID, end: str, *, voided: bool
) -> None:
    """A line of an item, up to a day."""
    item = row(connection, "subscription_items", subscription_id=subscription, price_id=price)
    row(
        connection,
        "invoice_lines",
        subscription_item_id=item,
        price_id=price,
        cadence="in_arrears",
        tax_mode="exclusive",
        amount=1,
        tax=0,
        total=1,
        voided=voided,
        service_start="2026-01-01T00:00:00Z",
        service_end=end,
    )


def test_what_is_there_are_charges_and_late_usage_of_their_periods_will_be_noticed(before: str) -> None:
    with psycopg.connect(before) as connection:
        connection.execute("set session_replication_role = replica")  # without the rows that these name
        meter = row(connection, "meters", code="m")
        used = row(connection, "prices", code="u", meter_id=meter)
        fee = row(connection, "prices", code="f")
        customers = [row(connection, "customers") for _ in range(3)]
        subscriptions = [row(connection, "subscriptions", customer_id=one) for one in customers]
        billed(connection, subscriptions[0], used, "2026-02-01T00:00:00Z", voided=False)
        billed(connection, subscriptions[0], used, "2026-03-01T00:00:00Z", voided=False)
        billed(connection, subscriptions[0], used, "2026-04-01T00:00:00Z", voided=True)
        billed(connection, subscriptions[1], fee, "2026-03-01T00:00:00Z", voided=False)
        row(connection, "issuers", code="default")
        row(connection, "events", id="evt-1", customer_id=customers[0])
    assert migrate(before) is True
    with psycopg.connect(before) as connection:
        watermarks = connection.execute("select customer_id, billed_to from usage_billed").fetchall()
        kinds = connection.execute("select distinct kind, of_line_id from invoice_lines").fetchall()
        days = connection.execute("select late_usage_days from issuers").fetchall()
        events = connection.execute("select id, voided_at from events").fetchall()
    assert watermarks == [(customers[0], datetime(2026, 3, 1, tzinfo=UTC))]
    assert (kinds, days, events) == ([("charge", None)], [(30,)], [("evt-1", None)])


def test_not_even_the_owner_takes_a_void_back_or_changes_an_event(before: str) -> None:
    with psycopg.connect(before) as connection:
        row(connection, "events", id="evt-1")
    migrate(before)
    with psycopg.connect(before, autocommit=True) as connection:
        for change in ("name = 'y'", "voided_at = null", "name = 'y', voided_at = now()"):
            with pytest.raises(psycopg.errors.CheckViolation, match="never changes"):
                connection.execute(f"update events set {change}")
        connection.execute("update events set voided_at = now()")
        for change in ("voided_at = null", "voided_at = now()"):
            with pytest.raises(psycopg.errors.CheckViolation, match="never changes"):
                connection.execute(f"update events set {change}")
