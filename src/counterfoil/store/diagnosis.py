"""Facts about the database for ``counterfoil doctor``: read, never changed.

Owns: the queries.  Does not own: what a fact means or what to do about it; the caller says that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from counterfoil.store.schema import HEAD as HEAD

if TYPE_CHECKING:
    from counterfoil.store.engine import Store

_SERVER: Final = text(
    """
    select current_setting('server_version') as version,
           current_setting('server_version_num')::int as number,
           current_user as role,
           r.rolsuper or r.rolbypassrls as privileged,
           exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                   where c.relowner = r.oid and c.relkind in ('r', 'p') and n.nspname = 'public') as owner,
           (select version_num from alembic_version) as schema,
           clock_timestamp() as now,
           current_setting('fsync') = 'on' and current_setting('full_page_writes') = 'on' as durable
    from pg_roles r where r.rolname = current_user
    """
)
_UNPROTECTED: Final = text(
    """
    select distinct c.relname
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
    join pg_attribute a on a.attrelid = c.oid and a.attname in ('environment_id', 'organization_id')
    where c.relkind in ('r', 'p') and not c.relispartition and not c.relrowsecurity
      and not exists (select from pg_inherits where inhrelid = c.oid)
    order by 1
    """
)
_UNPLACED: Final = text(
    "select count(*) as waiting, min(recorded_at) as oldest from changes where position is null"
)
_JOBS: Final = text(
    """
    select count(*) filter (where status = 'failed') as failed,
           count(*) filter (where status = 'todo') as waiting
    from procrastinate_jobs
    """
)
# Money that is really owed comes first; among equals the one that was put on hold first.
_HELD: Final = text(
    """
    select count(*) over () as held, count(*) filter (where e.kind = 'live') over () as live,
           s.billing_error as reason, o.slug || ' · ' || e.name as place
    from subscriptions s
    join environments e on e.id = s.environment_id
    join organizations o on o.id = e.organization_id
    where s.billing_error is not null
    order by e.kind = 'live' desc, s.updated_at, s.id
    limit 1
    """
)
# Operations keep real time, also where business time is a test clock's.
_STUCK: Final = text(
    """
    select count(*) as stuck, min(updated_at) as oldest
    from operations where status in ('pending', 'running') and updated_at < :before
    """
)
STUCK_AFTER: Final = timedelta(minutes=10)
"""An operation that has told nothing for so long has nobody who works on it."""


@dataclass(frozen=True, slots=True)
class Held:
    """Subscriptions that cannot be billed, in all environments; ``reason`` and ``place``: of the oldest.

    ``live`` of them are in live environments, whose oldest comes first.
    """

    count: int
    live: int
    reason: str
    place: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says about itself; ``wall`` is this machine's clock at the same moment."""

    version: str
    number: int
    role: str
    privileged: bool
    schema: str | None
    now: datetime
    wall: datetime
    durable: bool
    unprotected: tuple[str, ...]
    unplaced: int
    oldest_unplaced: datetime | None
    failed_jobs: int
    waiting_jobs: int
    held: Held | None
    stuck: int
    oldest_stuck: datetime | None


async def diagnose(store: Store) -> Facts:
    """Read all of it in one transaction across tenants."""
    async with store.engine.connect() as connection:
        wall = store.clock()
        server = (await connection.execute(_SERVER)).one()
    async with store.system() as uow:
        unprotected = tuple((await uow.execute(_UNPROTECTED)).scalars())
        changes = (await uow.execute(_UNPLACED)).one()
        jobs = (await uow.execute(_JOBS)).one()
        held = (await uow.execute(_HELD)).one_or_none()
        stuck = (await uow.execute(_STUCK, {"before": wall - STUCK_AFTER})).one()
    return Facts(
        version=server.version,
        number=server.number,
        role=server.role,
        privileged=server.privileged or server.owner,
        schema=server.schema,
        now=server.now.astimezone(UTC),
        wall=wall,
        durable=server.durable,
        unprotected=unprotected,
        unplaced=changes.waiting,
        oldest_unplaced=changes.oldest,
        failed_jobs=jobs.failed,
        waiting_jobs=jobs.waiting,
        held=None if held is None else Held(held.held, held.live, held.reason, held.place),
        stuck=stuck.stuck,
        oldest_stuck=stuck.oldest,
    )
