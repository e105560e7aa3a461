"""The connection to PostgreSQL and the opening of units of work.

Owns: one pool a process, connected as ``counterfoil_app``; the two ways to open a transaction: for a
tenant (``unit``) and, in named functions only, across tenants (``system``).
Always holds: the role is neither superuser nor owner of a table; ``check`` refuses otherwise.
"""

from __future__ import annotations

from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Uuid, bindparam, event, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from counterfoil.core.errors import Unavailable
from counterfoil.store.compiled import Compiled
from counterfoil.store.types import Instant, json_text, json_value
from counterfoil.store.uow import Scope, SystemUow, Uow

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

APP_ROLE: Final = "counterfoil_app"
SYSTEM_ROLE: Final = "counterfoil_system"

_BEGIN: Final = Compiled(
    select(
        func.counterfoil_begin(
            bindparam("organization", type_=Uuid), bindparam("environment", type_=Uuid), type_=Instant
        )
    )
)
_ROLE_CHECK: Final = text(
    "select rolname, rolsuper or rolbypassrls as privileged,"
    " exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    "   where c.relowner = r.oid and c.relkind in ('r', 'p') and n.nspname = 'public') as owner,"
    " current_setting('server_version_num')::int as version"
    " from pg_roles r where rolname = current_user"
)


def utc_now() -> datetime:
    """Real time, in UTC."""
    return datetime.now(UTC)


def driver_url(url: str) -> str:
    """A libpq URL in the form that names our driver."""
    scheme, separator, rest = url.partition("://")
    if scheme not in ("postgres", "postgresql", "postgresql+psycopg") or not separator:
        raise Unavailable("the database URL must begin with postgresql://")
    return f"postgresql+psycopg://{rest}"


def _speak_utc(connection: Any, _: object) -> None:
    """Have instants come as UTC, so that none of the thousands of a list needs to be brought there."""
    if connection.driver_connection.info.parameter_status("TimeZone") != "UTC":
        cursor = connection.cursor()
        cursor.execute("set timezone to 'UTC'")
        cursor.close()
        connection.commit()


class Store:
    """The database of one process."""

    def __init__(self, url: str, *, pool_size: int = 10, clock: Callable[[], datetime] = utc_now) -> None:
        self.url = url
        self.clock = clock
        self.engine: AsyncEngine = create_async_engine(
            driver_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_pre_ping=False,
            json_serializer=json_text,
            json_deserializer=json_value,
        )
        event.listen(self.engine.sync_engine, "connect", _speak_utc)

    async def close(self) -> None:
        """Give every connection back."""
        await self.engine.dispose()

    async def check(self) -> None:
        """Refuse to serve as an owner or superuser, or on a server older than PostgreSQL 16."""
        async with self.engine.connect() as connection:
            role = (await connection.execute(_ROLE_CHECK)).one()
        if role.version < 160000:
            raise Unavailable("the database server is older than PostgreSQL 16")
        if role.privileged or role.owner:
            raise Unavailable(
                f"the database role {role.rolname} could read every tenant's rows; "
                f"connect as {APP_ROLE} in COUNTERFOIL_DATABASE_URL"
                " and name the owner in COUNTERFOIL_MIGRATION_URL"
            )

    @asynccontextmanager
    async def unit(self, scope: Scope, *, now: datetime | None = None) -> AsyncGenerator[Uow]:
        """One transaction for one tenant: committed at the end, rolled back by any exception.

        ``now`` overrides business time (``bill run --at``, previews); otherwise it is the environment's
        test clock or, without one, real time.
        """
        wall = self.clock()
        async with self._connection() as connection:
            uow = Uow(connection, scope, now=now or wall, wall=wall)
            begin = {"organization": scope.organization_id, "environment": scope.environment_id}
            [[frozen]] = await uow.rows(_BEGIN, begin)
            uow.now = now or frozen or wall
            yield uow
            await uow.commit()

    @asynccontextmanager
    async def system(
        self, *, actor: str = "system", request_id: str | None = None
    ) -> AsyncGenerator[SystemUow]:
        """One transaction that sees every tenant; for the named cross-tenant functions only."""
        async with self._connection() as connection:
            await connection.execute(text(f"set local role {SYSTEM_ROLE}"))
            uow = SystemUow(connection, wall=self.clock(), actor=actor, request_id=request_id)
            yield uow
            await uow.commit()

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[AsyncConnection]:
        try:
            connection = await self.engine.connect()
        except (OperationalError, PoolTimeout) as error:
            raise Unavailable("the database does not answer") from error
        async with aclosing(connection):
            yield connection
