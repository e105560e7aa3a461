"""Subscriptions from before keep their terms: a scheduled end is the subscription's, not its items'."""

from __future__ import annotations

from typing import Any

import psycopg

from counterfoil.store.schema import migrate
from tests.store.test_customer_features_migration import before as before
from tests.store.test_customer_features_migration import row

END, OTHER = "2026-03-01T00:00:00Z", "2026-02-01T00:00:00Z"


def test_items_that_were_to_end_with_their_subscription_are_as_they_were_agreed(before: str) -> None:
    with psycopg.connect(before) as connection:
        connection.execute("set session_replication_role = replica")  # without the rows that these name
        price = row(connection, "prices", code="m")
        ending = row(connection, "subscriptions", cancel_at=END, status="active")
        ended = row(connection, "subscriptions", cancel_at=END, ended_at=END, status="cancelled")
        scheduled = row(
            connection, "subscription_items", subscription_id=ending, price_id=price, ended_at=END
        )
        earlier = row(
            connection, "subscription_items", subscription_id=ending, price_id=price, ended_at=OTHER
        )
        past = row(connection, "subscription_items", subscription_id=ended, price_id=price, ended_at=END)
    assert migrate(before) is True
    with psycopg.connect(before) as connection:
        ends: dict[Any, Any] = dict(
            connection.execute("select id, ended_at from subscription_items").fetchall()
        )
        new = connection.execute(
            "select distinct plan_id is null, plan_reference, payment_method, paused_at from subscriptions"
        ).fetchall()
    assert ends[scheduled] is None
    assert ends[earlier] is not None
    assert ends[past] is not None
    assert new == [(False, None, None, None)]
