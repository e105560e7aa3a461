"""PostgreSQL: the one place where things are kept.

Owns: the engine and its roles, the unit of work (one transaction a request or job), column types, the
outbox of changes and its relay, idempotency keys, aliases of ids, deferred jobs, migrations, the embedded
server.
Does not own: any table of the business; modules declare theirs on ``Base``.
Always holds: a tenant's unit of work sees that tenant's rows only (row-level security, role
``counterfoil_app``); only ``Uow`` commits.
"""

from counterfoil.store.aliases import adopt_alias, numbers_by_kind, numbers_of, objects_of
from counterfoil.store.compiled import Compiled
from counterfoil.store.engine import Store
from counterfoil.store.paging import Found, OffsetQuery, Page, PageQuery
from counterfoil.store.rows import only, record, records
from counterfoil.store.types import Base, Decimals, Instant, Minor
from counterfoil.store.uow import Scope, SystemUow, Uow

__all__ = [
    "Base",
    "Compiled",
    "Decimals",
    "Found",
    "Instant",
    "Minor",
    "OffsetQuery",
    "Page",
    "PageQuery",
    "Scope",
    "Store",
    "SystemUow",
    "Uow",
    "adopt_alias",
    "numbers_by_kind",
    "numbers_of",
    "objects_of",
    "only",
    "record",
    "records",
]
