"""Subscriptions from before go on as they were: without a trial, a term or phases."""

from __future__ import annotations

import psycopg

from counterfoil.store.schema import migrate
from tests.conftest import Database
from tests.store.test_customer_features_migration import row
from tests.support.migrating import database_at


def test_what_was_there_has_no_end_of_its_own(database: Database) -> None:
    with database_at(database, "0016") as owner:
        with psycopg.connect(owner) as connection:
            connection.execute("set session_replication_role = replica")  # without the rows that these name
            running = row(connection, "subscriptions", status="active")
            ending = row(connection, "subscriptions", status="active", cancel_at="2026-03-01T00:00:00Z")
        assert migrate(owner) is True
        with psycopg.connect(owner) as connection:
            found = connection.execute(
                "select id, auto_renew, trial_ends_at, trial_end_behavior, term_unit, term_count,"
                " term_ends_at, renewals_left, expires_at, phase_id, next_phase_at, cancel_at is null"
                " from subscriptions order by cancel_at nulls first"
            ).fetchall()
            phases = connection.execute("select count(*) from subscription_phases").fetchone()
    nothing = (False, *[None] * 9)
    assert found == [(running, *nothing, True), (ending, *nothing, False)]
    assert phases == (0,)
