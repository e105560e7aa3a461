"""The schema's version: applied at start, checked before serving.

Owns: running Alembic as the owner under an advisory lock, and refusing a schema that this program does not
know.  Always holds: a database that is newer, half migrated or not ours is never written to.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from counterfoil.core.errors import Unavailable
from counterfoil.store.engine import driver_url

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncEngine

HEAD: Final = "0022"
"""The newest revision; a test holds it equal to the last migration's."""

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_READY_SECONDS: Final = 2
_LOCK: Final = 0x636F756E  # any constant that no other program on the database uses


def revision(connection: Connection) -> str | None:
    """The database's revision, ``None`` for an empty one, or ``Unavailable`` where it makes no sense."""
    tables = set(connection.scalars(text("select tablename from pg_tables where schemaname = 'public'")))
    if "alembic_version" not in tables:
        if tables:
            raise Unavailable("this database holds tables that are not Counterfoil's; name an empty one")
        return None
    found = list(connection.scalars(text("select version_num from alembic_version")))
    if len(found) > 1 or (not found and len(tables) > 1):
        raise Unavailable("the schema is half migrated; restore the backup made before the upgrade")
    return found[0] if found else None


def _refuse_newer(found: str | None) -> None:
    if found is not None and found > HEAD:
        raise Unavailable(
            f"the database has schema {found}, newer than this program's {HEAD}; install the newer program"
        )


def check_schema(url: str) -> None:
    """Refuse to go on unless the schema is exactly this program's; ``url`` may be the application role's."""
    engine = create_engine(driver_url(url))
    try:
        with engine.connect() as connection:
            found = revision(connection)
    except OperationalError as error:
        raise Unavailable(f"the database does not answer: {_reason(error)}") from error
    finally:
        engine.dispose()
    _refuse_newer(found)
    if found != HEAD:
        raise Unavailable(
            f"the database has schema {found or 'none'} and this program needs {HEAD};"
            " set COUNTERFOIL_MIGRATION_URL to the owner's URL and start again"
        )


async def check_ready(engine: AsyncEngine) -> None:
    """Refuse unless the database answers, within two seconds, and has this program's schema."""
    try:
        async with asyncio.timeout(_READY_SECONDS), engine.connect() as connection:
            found = (await connection.execute(text("select version_num from alembic_version"))).scalar()
    except (TimeoutError, DBAPIError) as error:
        raise Unavailable("the database does not answer") from error
    if found != HEAD:
        raise Unavailable(f"the database has schema {found or 'none'} and this program needs {HEAD}")


def migrate(owner_url: str) -> bool:
    """Bring the schema to ``HEAD`` as its owner; returns whether anything changed.

    Concurrent starters wait for each other on an advisory lock; each migration is one transaction.
    """
    engine = create_engine(driver_url(owner_url))
    try:
        with engine.connect() as connection:
            connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": _LOCK})
            try:
                found = revision(connection)
                _refuse_newer(found)
                if found == HEAD:
                    return False
                connection.commit()
                _upgrade(connection)
            finally:
                connection.rollback()
                connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            return True
    except OperationalError as error:
        raise Unavailable(f"the database does not answer: {_reason(error)}") from error
    finally:
        engine.dispose()


def _upgrade(connection: Connection) -> None:
    # Alembic is slow to import and most starts find nothing to do.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _reason(error: OperationalError) -> str:
    return str(error.orig).strip().splitlines()[0] if error.orig is not None else "no reason given"
