"""Databases as they were before a migration, for tests of what it carries over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from counterfoil.store.engine import driver_url
from counterfoil.store.schema import MIGRATIONS
from tests.conftest import Database


@contextmanager
def database_at(database: Database, revision: str) -> Iterator[str]:
    """The owner's URL of a database of one's own with the schema of this revision; dropped afterwards."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    url = make_url(driver_url(database.owner_url)).set(database=name, drivername="postgresql")
    owner = url.render_as_string(hide_password=False)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(driver_url(owner))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    yield owner
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
