"""Meters that are there count as they did; the first roles may simulate what they may bill."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import psycopg
import pytest
from psycopg.types.json import Jsonb

from counterfoil.store.schema import migrate
from tests.conftest import Database
from tests.support.migrating import database_at

ROLES = {
    "administrator": ["invoices:read", "invoices:write"],
    "reader": ["invoices:read"],
    "clerk": ["invoices:read", "invoices:write"],
}


@pytest.fixture
def before(database: Database) -> Iterator[str]:
    """The owner's URL of a database of this test's own, as it was before the migrations."""
    with database_at(database, "0018") as owner:
        yield owner


def test_meters_begin_anew_in_each_period_and_roles_may_simulate(before: str) -> None:
    with psycopg.connect(before) as connection:
        connection.execute(
            "insert into organizations (id, name, slug, status, metadata, version, created_at, updated_at)"
            " values (gen_random_uuid(), 'A', 'a', 'active', '{}', 1, now(), now())"
        )
        connection.execute(
            "insert into environments (id, organization_id, name, kind, created_at)"
            " select gen_random_uuid(), id, 'test', 'sandbox', now() from organizations"
        )
        connection.execute(
            "insert into meters (id, environment_id, code, name, event_name, aggregation, property, filters,"
            " group_by, metadata, version, created_at, updated_at)"
            " select gen_random_uuid(), id, 'gb', 'GB', 'moved', 'sum', 'gb', '{}', '[]', '{}', 1, now(),"
            " now() from environments"
        )
        for name, permissions in ROLES.items():
            connection.execute(
                "insert into roles (id, organization_id, name, permissions, version, created_at, updated_at)"
                " select gen_random_uuid(), id, %s, %s, 1, now(), now() from organizations",
                [name, Jsonb(permissions)],
            )
    assert migrate(before) is True
    with psycopg.connect(before) as connection:
        meters = connection.execute(
            "select aggregation, reset, multiplier, expression from meters"
        ).fetchall()
        found: dict[str, list[str]] = dict(
            connection.execute("select name, permissions from roles").fetchall()
        )
    assert meters == [("sum", "period", None, None)]
    assert found == {
        "administrator": [*ROLES["administrator"], "simulations:read", "simulations:write"],
        "reader": ["invoices:read", "simulations:read"],
        "clerk": ROLES["clerk"],
    }


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("counterfoil_quotient(2, 3, 2)", "0.67"),
        ("counterfoil_quotient(-2, 3, 2)", "-0.67"),
        ("counterfoil_quotient(1, 8, 2)", "0.13"),  # a half goes away from zero
        ("counterfoil_quotient(1, -8, 2)", "-0.13"),
        ("counterfoil_quotient(7, 1, 0)", "7"),
        ("counterfoil_quotient(1, 3, 20)", "0.33333333333333333333"),
        ("counterfoil_quotient(99999999999999999999999999999999999999, 0.0000001, 20)", f"{'9' * 38}0000000"),
        ("counterfoil_quotient(1, 0, 2)", None),
        ("counterfoil_quotient(null, 2, 2)", None),
        ("counterfoil_floor(7, 2)", "3"),
        ("counterfoil_floor(-7, 2)", "-4"),
        ("counterfoil_floor(-8, 2)", "-4"),
        ("counterfoil_floor(-0.1, 60)", "-1"),
        ("counterfoil_lesser(1, null)", None),
        ("counterfoil_lesser(1, -2)", "-2"),
        ("counterfoil_greater(1, -2)", "1"),
        ("counterfoil_greater(null, 1)", None),
    ],
)
def test_the_arithmetic_of_expressions_is_exact(database: Database, asked: str, told: str | None) -> None:
    with psycopg.connect(database.app_url) as connection:
        ((found,),) = connection.execute(f"select {asked}".encode()).fetchall()
    assert (None if found is None else Fraction(found)) == (None if told is None else Fraction(told))
