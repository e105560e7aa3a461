"""What runs goes on by the policy that it was billed by, and each item by its subscription's anchor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from counterfoil.core.proration import DEFAULT, ProrationPolicy
from counterfoil.store.schema import migrate
from tests.conftest import Database
from tests.store.test_customer_features_migration import row
from tests.support.migrating import database_at

ANCHOR = datetime(2025, 12, 31, 23, tzinfo=UTC)


@pytest.fixture
def before(database: Database) -> Iterator[str]:
    """The owner's URL of a database of this test's own, as it was before the migration."""
    with database_at(database, "0015") as owner:
        yield owner


def test_items_get_the_anchor_and_subscriptions_the_policy_that_there_was(before: str) -> None:
    with psycopg.connect(before) as connection:
        connection.execute("set session_replication_role = replica")  # without the rows that these name
        contract = row(connection, "subscriptions", anchor_at=ANCHOR)
        item = row(connection, "subscription_items", subscription_id=contract)
    assert migrate(before) is True
    with psycopg.connect(before) as connection:
        connection.execute("set timezone to 'UTC'")
        [(policy, next_change_at)] = connection.execute(
            "select policy, next_change_at from subscriptions where id = %s", [contract]
        ).fetchall()
        items = connection.execute(
            "select anchor_at, bill_from, give_back_from from subscription_items where id = %s", [item]
        ).fetchall()
    assert (ProrationPolicy.from_json(policy), next_change_at) == (DEFAULT, None)
    assert items == [(ANCHOR, None, None)]
