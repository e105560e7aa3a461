"""The schema: brought up to date once, and refused when it is not ours to touch."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import make_url

import counterfoil.modules
import counterfoil.store.idempotency
import counterfoil.store.outbox
from counterfoil.core.errors import Unavailable
from counterfoil.store import Base
from counterfoil.store.engine import driver_url
from counterfoil.store.schema import HEAD, MIGRATIONS, check_schema, migrate, revision
from tests.conftest import Database


@pytest.fixture
def empty(database: Database) -> Iterator[str]:
    """The owner's URL of an empty database of this test's own."""
    name = f"test_{uuid4().hex}"
    engine = create_engine(driver_url(database.owner_url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create database {name}"))
    url = make_url(driver_url(database.owner_url)).set(database=name, drivername="postgresql")
    yield url.render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    engine.dispose()


def run(url: str, *statements: str) -> None:
    engine = create_engine(driver_url(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def tables(url: str) -> set[str]:
    engine = create_engine(driver_url(url))
    with engine.connect() as connection:
        found = set(inspect(connection).get_table_names())
    engine.dispose()
    return found


def test_head_is_the_last_migration_and_the_steps_are_one_line() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_heads() == [HEAD]
    steps = [step.revision for step in script.walk_revisions()]
    assert steps == [f"{number:04}" for number in range(int(HEAD), 0, -1)]


def test_an_empty_database_is_made_ours_once(empty: str) -> None:
    with pytest.raises(Unavailable, match="COUNTERFOIL_MIGRATION_URL"):
        check_schema(empty)
    assert migrate(empty) is True
    check_schema(empty)
    assert migrate(empty) is False
    assert {"organizations", "customers", "changes", "procrastinate_jobs"} <= tables(empty)


def test_those_who_start_at_once_migrate_once(empty: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        changed = list(pool.map(migrate, [empty] * 4))
    assert sorted(changed) == [False, False, False, True]
    check_schema(empty)


def test_a_newer_schema_is_left_alone(empty: str) -> None:
    migrate(empty)
    run(empty, "update alembic_version set version_num = '9999'")
    for refuses in (migrate, check_schema):
        with pytest.raises(Unavailable, match=f"9999, newer than this program's {HEAD}"):
            refuses(empty)


def test_an_older_schema_is_not_served_before_it_is_brought_up_to_date(empty: str) -> None:
    migrate(empty)
    run(empty, "update alembic_version set version_num = '0001'")
    with pytest.raises(Unavailable, match=f"has schema 0001 and this program needs {HEAD}"):
        check_schema(empty)


def test_somebody_elses_database_is_left_alone(empty: str) -> None:
    run(empty, "create table shopping (item text)")
    for refuses in (migrate, check_schema):
        with pytest.raises(Unavailable, match="not Counterfoil's"):
            refuses(empty)
    assert tables(empty) == {"shopping"}


@pytest.mark.parametrize(
    "damage", ["delete from alembic_version", "insert into alembic_version values ('0001')"]
)
def test_a_half_migrated_schema_is_left_alone(empty: str, damage: str) -> None:
    migrate(empty)
    run(empty, damage)
    for refuses in (migrate, check_schema):
        with pytest.raises(Unavailable, match="half migrated"):
            refuses(empty)


def test_a_server_that_does_not_answer_is_said_in_a_sentence() -> None:
    for refuses in (migrate, check_schema):
        with pytest.raises(Unavailable, match="the database does not answer: "):
            refuses("postgresql://nobody@127.0.0.1:1/nothing")


def _models() -> None:
    """Every module's tables, declared on ``Base``."""
    for module in pkgutil.iter_modules(counterfoil.modules.__path__):
        if module.ispkg:
            importlib.import_module(f"counterfoil.modules.{module.name}")


def _ours(connection: Connection) -> set[str]:
    """The tables of the models and those there are, but for partitions and those of other packages."""
    partitions = set(connection.scalars(text("select relname from pg_class where relispartition")))
    there = {name for name in inspect(connection).get_table_names() if not name.startswith("procrastinate_")}
    return (there | set(Base.metadata.tables)) - partitions - {"alembic_version"}


def _differences(connection: Connection) -> list[str]:
    ours = _ours(connection)
    context = MigrationContext.configure(
        connection,
        opts={
            "compare_type": True,
            "include_object": lambda thing, name, kind, *_: (
                (name if kind == "table" else thing.table.name) in ours
            ),
        },
    )
    return [str(one) for one in compare_metadata(context, Base.metadata)]


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    _models()
    engine = create_engine(driver_url(database.owner_url))
    with engine.connect() as connection:
        assert revision(connection) == HEAD
        differences = _differences(connection)
        assert not differences, "\n".join(differences)
        for damage in (
            "create table stray (id uuid)",
            "alter table roles drop column permissions",
            "alter table users alter column email drop not null",
            "drop index ix_operations_environment_id_id",
        ):
            connection.execute(text(damage))
        assert len(_differences(connection)) == 4, "each is seen, and rolled back with the connection"
    engine.dispose()
