"""The roles of every organization may do with credit grants what they do with subscriptions."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from psycopg.types.json import Jsonb
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from counterfoil.store.engine import driver_url
from counterfoil.store.schema import MIGRATIONS, migrate
from tests.conftest import Database

ROLES = {
    "administrator": ["api_clients:read", "subscriptions:read", "subscriptions:write"],
    "reader": ["subscriptions:read"],
    "clerk": ["subscriptions:read", "subscriptions:write"],
}


@pytest.fixture
def before(database: Database) -> Iterator[str]:
    """The owner's URL of a database of this test's own, as it was before the migration."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    url = make_url(driver_url(database.owner_url)).set(database=name, drivername="postgresql")
    owner = url.render_as_string(hide_password=False)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(driver_url(owner))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0012")
    engine.dispose()
    yield owner
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


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
