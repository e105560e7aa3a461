"""The roles of every organization may do with credit grants what they do with subscriptions."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.types.json import Jsonb

from counterfoil.store.schema import migrate
from tests.conftest import Database
from tests.support.migrating import database_at

ROLES = {
    "administrator": ["api_clients:read", "subscriptions:read", "subscriptions:write"],
    "reader": ["subscriptions:read"],
    "clerk": ["subscriptions:read", "subscriptions:write"],
}


@pytest.fixture
def before(database: Database) -> Iterator[str]:
    """The owner's URL of a database of this test's own, as it was before the migration."""
    with database_at(database, "0012") as owner:
        yield owner


def test_the_first_roles_may_and_roles_of_ones_own_stay_as_they_are(before: str) -> None:
    with psycopg.connect(before) as connection:
        connection.execute(
            "insert into organizations (id, name, slug, status, metadata, version, created_at, updated_at)"
            " values (gen_random_uuid(), 'A', 'a', 'active', '{}', 1, now(), now())"
        )
        for name, permissions in ROLES.items():
            connection.execute(
                "insert into roles (id, organization_id, name, permissions, version, created_at, updated_at)"
                " select gen_random_uuid(), id, %s, %s, 1, now(), now() from organizations",
                [name, Jsonb(permissions)],
            )
    assert migrate(before) is True
    with psycopg.connect(before) as connection:
        rows = connection.execute("select name, permissions from roles").fetchall()
    found: dict[str, list[str]] = dict(rows)
    assert found == {
        "administrator": [
            "api_clients:read",
            "credit_grants:read",
            "credit_grants:write",
            "subscriptions:read",
            "subscriptions:write",
        ],
        "reader": ["credit_grants:read", "subscriptions:read"],
        "clerk": ROLES["clerk"],
    }
