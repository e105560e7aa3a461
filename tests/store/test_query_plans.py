"""The cost of a query does not grow with what is stored: pages at any depth, and the scans for what is due.

Each object of a seller is there thousands of times, and so are another seller's.  What a call asks of the
database is explained as the role that asks it, under row-level security, and the rows that it reads are
counted, those included that it throws away.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import httpx
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from counterfoil.core.ids import parse_id
from counterfoil.core.states import SubscriptionState
from counterfoil.modules import catalog, customers, invoicing, subscriptions, wallets
from counterfoil.modules.catalog import CatalogFilter, PriceFilter
from counterfoil.modules.customers import CustomerFilter
from counterfoil.modules.identity import Authenticator
from counterfoil.modules.subscriptions import SubscriptionFilter, list_renewals, search_subscriptions
from counterfoil.modules.wallets import CreditGrantFilter, GrantSort
from counterfoil.store import OffsetQuery, Store, SystemUow, Uow
from counterfoil.store.feed import relay_changes
from counterfoil.store.schema import migrate
from tests.conftest import Database, client_for
from tests.faces.contract.world import Call, Operation, World, make_world, operations
from tests.support.observe import examined, statements

COPIES: Final = 1000
PAGE: Final = 5
MOST_ROWS: Final = 20 * PAGE
"""A page reads its own objects, one more, and a few rows for each."""

NAME: Final = "plans"

# One row for every unique index: its columns besides the tenant's, each with its type.
UNIQUE: Final = """
    select array_agg(a.attname::text), array_agg(format_type(a.atttypid, null))
    from pg_index i
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    where i.indrelid = %s::regclass and i.indisunique
      and a.attname not in ('environment_id', 'organization_id')
    group by i.indexrelid
"""
TABLES: Final = """
    select table_name, column_name from information_schema.columns
    where table_schema = 'public' and column_name in ('environment_id', 'organization_id')
      and table_name not in ('test_clocks', 'idempotency_keys', 'ledger_postings')
      and table_name in (select table_name from information_schema.columns where column_name = 'id')
"""
NEW: Final = {
    "text": "md5(random()::text)",
    "bigint": "n + 10000",
    "integer": "n + 10000",
    "smallint": "n + 10000",
    "bytea": "sha256(random()::text::bytea)",
}


def _one_in_fifty(*columns: str) -> dict[str, str]:
    return {name: f"case n % 50 when 0 then (one.t).{name} else gen_random_uuid() end" for name in columns}


# What spreads over time or over many parents, one in fifty being the first one's, or can be there once only.
SPREAD: Final = {
    "subscriptions": {
        "next_billing_at": "'2026-06-01'::timestamptz + n * interval '1 hour'",
        "billing_error": "case n % 50 when 0 then 'no price' end",
        "invoicing": "case n % 2 when 0 then 'joint' else 'separate' end",
        **_one_in_fifty("customer_id"),
    },
    "invoices": {
        "finalise_at": "'2026-06-01'::timestamptz + n * interval '1 hour'",
        **_one_in_fifty("customer_id", "subscription_id"),
    },
    "customer_features": {  # the two of them are there only once
        **_one_in_fifty("customer_id"),
        "feature_id": "case n % 50 when 1 then (one.t).feature_id else gen_random_uuid() end",
        **_one_in_fifty("product_id"),
    },
    "credit_grants": _one_in_fifty("subscription_id"),
    "credit_grant_applications": _one_in_fifty("subscription_id"),
    "payments": _one_in_fifty("customer_id", "invoice_id"),
    "events": {
        "at": "'2026-01-01'::timestamptz + n * interval '1 minute'",
        **_one_in_fifty("customer_id"),
    },
    "commitment_terms": {
        "start_at": "(one.t).start_at - n * interval '1 hour'",
        **_one_in_fifty("commitment_id", "subscription_id"),
    },
    "late_usage": {"line_id": "gen_random_uuid()", "state": "'waiting'", **_one_in_fifty("subscription_id")},
    "issuers": {"is_default": "false"},
    "invoice_lines": {"voided": "true", "invoice_id": "gen_random_uuid()"},
    "subscription_items": {"subscription_id": "gen_random_uuid()"},
    "subscription_phases": {"subscription_id": "gen_random_uuid()"},
    "subscription_changes": {
        "due_at": "'2026-06-01'::timestamptz + n * interval '1 hour'",
        **_one_in_fifty("subscription_id"),
    },
    "plan_versions": _one_in_fifty("plan_id"),
    "prices": {"feature_id": "gen_random_uuid()", **_one_in_fifty("plan_id", "meter_id")},
    "ledger_transactions": {
        "reference_id": "gen_random_uuid()",
        "reference_kind": "(one.t).reference_kind",
        "template": "(one.t).template",
    },
}
POSTINGS: Final = """
    insert into ledger_postings
    select (jsonb_populate_record(one.p, jsonb_build_object('transaction_id', t.id))).*
    from ledger_transactions t
    cross join (
        select p from ledger_postings p where transaction_id = (
            select transaction_id from ledger_postings where environment_id = %(tenant)s limit 1
        )
    ) one
    where t.environment_id = %(tenant)s
      and not exists (select from ledger_postings o where o.transaction_id = t.id)
"""


def multiply(connection: psycopg.Connection[Any], world: World, *, begin: str) -> None:
    """Copy one row of every table of a seller many times, with keys of their own that begin so."""
    tenants = {
        "environment_id": world.tenant.environment.id,
        "organization_id": world.tenant.organization.id,
    }
    new = NEW | {"uuid": f"overlay(gen_random_uuid()::text placing '{begin}' from 1)::uuid"}
    for table, column in connection.execute(TABLES).fetchall():
        changed: dict[str, str] = {}
        for columns, types in connection.execute(UNIQUE, [table]).fetchall():
            kinds = dict(zip(columns, types, strict=True))
            own = [
                name for name in columns if name == "id" or not name.endswith("_id") or name == "external_id"
            ]
            changed |= {
                name: f"case when (one.t).{name} is not null then {new[kinds[name]]} end"
                for name in own or columns
                if kinds[name] in new
            }
        changed |= SPREAD.get(table, {})
        parts = sql.SQL(", ").join(
            sql.SQL("{}, {}").format(sql.Literal(name), sql.SQL(value)) for name, value in changed.items()
        )
        connection.execute(
            sql.SQL(
                "insert into {table} select (jsonb_populate_record(one.t, jsonb_build_object({parts}))).*"
                " from (select t from {table} t where {column} = {tenant} order by id desc limit 1) one,"
                " generate_series(1, {copies}) n"
            ).format(
                table=sql.Identifier(table),
                column=sql.Identifier(column),
                tenant=sql.Literal(tenants[column]),
                parts=parts,
                copies=sql.Literal(COPIES),
            )
        )
    connection.execute(POSTINGS, {"tenant": tenants["environment_id"]})


@dataclass(frozen=True)
class Crowd:
    """A seller with thousands of everything, in a database of its own."""

    store: Store
    world: World
    http: httpx.AsyncClient


@pytest.fixture(scope="module")
async def crowd(database: Database) -> AsyncIterator[Crowd]:
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute(f"create database {NAME}")
        known = connection.info.dbname
    owner, app = (url.replace(f"/{known}?", f"/{NAME}?") for url in (database.owner_url, database.app_url))
    migrate(owner)
    store = Store(app)
    async with make_world(store, "Seller") as world, make_world(store, "Stranger") as stranger:
        async with store.system() as uow:
            await relay_changes(uow)
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute("set session_replication_role = replica")  # no triggers, no foreign keys
            multiply(connection, world, begin="00000000")
            multiply(connection, stranger, begin="ffffffff")  # the newest, where one looks at all of them
            connection.execute("vacuum analyze")  # what is skipped is read of the index alone
        async with client_for(store, "") as http:
            http.headers.pop("authorization")
            yield Crowd(store, world, http)
    await store.close()


def _examples(operation: Operation, world: World) -> list[dict[str, str]]:
    """The filters of a list, each by itself; a new one must be named here."""
    customer = world.ids["customer_id"]
    known: dict[str, dict[str, str]] = {
        "external_id": {"external_id": "crm-0"},
        "code": {"code": "pro"},
        "channel": {"channel": "aws"},
        "country": {"country": "DE"},
        "number": {"number": "INV-000001"},
        "reference": {"reference": world.ids["invoice_id"]},
        "status": {"status": "cancelled" if operation.id.startswith("subscriptions.") else "open"},
        "held": {"held": "true"},
        "plan_reference": {"plan_reference": "pro-2026"},
        "customer": {"customer": customer},
        "name": {"customer": customer, "name": "completion"},
        "state": {"state": "waiting"},
        "from": {"customer": customer, "from": "2026-01-01T00:00:00Z"},
        "to": {"customer": customer, "to": "2026-03-01T00:00:00Z"},
    }
    paging = {"limit", "cursor", "after"}
    names = [name for name in operation.names("query") if name not in paging]
    return [{}, *(known.get(name) or {name: world.ids[name]} for name in names)]


LISTS: Final = [one for one in operations() if "limit" in one.names("query")]


@pytest.mark.parametrize("operation", LISTS, ids=lambda one: one.id)
async def test_a_page_reads_its_own_rows_at_any_depth(operation: Operation, crowd: Crowd) -> None:
    key = crowd.world.key_for(operation)
    path = crowd.world.sample(operation).path
    turned = "after" if "after" in operation.names("query") else "cursor"
    for filters in _examples(operation, crowd.world):
        depth: dict[str, Any] = {}
        for page in range(3):
            call = Call("GET", path, {**filters, **depth, "limit": PAGE})
            with statements(crowd.store) as seen:
                answer = await call.send(crowd.http, key)
            assert answer.status_code == 200, answer.text
            read = await _read(crowd, operation, seen)
            assert read, "the list asks the database something"
            assert max(read.values()) <= MOST_ROWS, f"{filters} at page {page}: {read}"
            if page < 2:  # far on, two hundred objects at a time
                for _ in range(2):
                    shown = (
                        await Call("GET", path, {**filters, **depth, "limit": 200}).send(crowd.http, key)
                    ).json()
                    follows = shown.get("next_cursor") or shown.get("next_after")
                    depth = {turned: follows} if follows else depth


async def _read(crowd: Crowd, operation: Operation, seen: list[tuple[str, Any]]) -> dict[str, int]:
    own = [(statement, values) for statement, values in seen if "counterfoil_begin" not in statement]
    if "operatorKey" in operation.security:
        async with crowd.store.system() as uow:
            return await examined(uow, own)
    organization = crowd.world.tenant
    async with crowd.store.unit(organization.scope) as unit:
        return await examined(unit, own)


Search = Callable[[Uow, World, OffsetQuery], Awaitable[Any]]
BY_OFFSET: Final[dict[str, Search]] = {
    "customers' features": lambda uow, _, query: subscriptions.list_customer_features(
        uow,
        subscriptions.CustomerFeatureFilter(),
        [subscriptions.SortKey(subscriptions.SortBy.CREATED, descending=not query.ascending)],
        query,
    ),
    "products": lambda uow, _, query: catalog.search_products(uow, CatalogFilter(), query),
    "products of a channel": lambda uow, _, query: catalog.search_products(
        uow, CatalogFilter(channel="aws"), query
    ),
    "products that are not archived": lambda uow, _, query: catalog.search_products(
        uow, CatalogFilter(archived=False), query
    ),
    "products of a channel that are not archived": lambda uow, _, query: catalog.search_products(
        uow, CatalogFilter(channel="aws", archived=False), query
    ),
    "features": lambda uow, _, query: catalog.search_features(uow, CatalogFilter(), query),
    "features of a product": lambda uow, world, query: catalog.search_features(
        uow, CatalogFilter(product_id=_id(world, "product")), query
    ),
    "plans": lambda uow, _, query: catalog.search_plans(uow, CatalogFilter(), query),
    "plans of a product": lambda uow, world, query: catalog.search_plans(
        uow, CatalogFilter(product_id=_id(world, "product")), query
    ),
    "plans by code": lambda uow, _, query: catalog.search_plans(uow, CatalogFilter(codes=["pro"]), query),
    "prices": lambda uow, _, query: catalog.search_prices(uow, PriceFilter(), query),
    "prices of a plan": lambda uow, world, query: catalog.search_prices(
        uow, PriceFilter(plan_ids=[_id(world, "plan")]), query
    ),
    "prices of a meter": lambda uow, world, query: catalog.search_prices(
        uow, PriceFilter(meter_ids=[_id(world, "meter")]), query
    ),
    "subscriptions": lambda uow, _, query: _subscriptions(uow, query),
    "what subscriptions renew with": lambda uow, _, query: list_renewals(uow, SubscriptionFilter(), query),
    "subscriptions of a customer": lambda uow, world, query: _subscriptions(
        uow, query, customer_ids=[_id(world, "customer")]
    ),
    "subscriptions to a plan": lambda uow, world, query: _subscriptions(
        uow, query, plan_ids=[_id(world, "plan")]
    ),
    "subscriptions by plan reference": lambda uow, _, query: _subscriptions(
        uow, query, plan_reference="pro-2026"
    ),
    "subscriptions in a status": lambda uow, _, query: _subscriptions(
        uow, query, statuses=[SubscriptionState.ACTIVE]
    ),
    "subscriptions in several statuses": lambda uow, _, query: _subscriptions(
        uow, query, statuses=[SubscriptionState.ACTIVE, SubscriptionState.PAST_DUE, SubscriptionState.DRAFT]
    ),
    "subscriptions made since": lambda uow, _, query: _subscriptions(
        uow, query, created_from=datetime(2020, 1, 1, tzinfo=UTC)
    ),
    "subscriptions made until": lambda uow, _, query: _subscriptions(
        uow, query, created_to=datetime(2100, 1, 1, tzinfo=UTC)
    ),
    "customers": lambda uow, _, query: customers.search_customers(uow, CustomerFilter(), query),
    "customers made since": lambda uow, _, query: customers.search_customers(
        uow, CustomerFilter(created_from=datetime(2020, 1, 1, tzinfo=UTC)), query
    ),
    "customers by email": lambda uow, _, query: customers.search_customers(
        uow, CustomerFilter(email="a@nordwind.example"), query
    ),
    "credit grants": lambda uow, _, query: wallets.search_credit_grants(uow, CreditGrantFilter(), query),
    "credit grants of a subscription": lambda uow, world, query: wallets.search_credit_grants(
        uow, CreditGrantFilter(subscription_ids=[_id(world, "subscription")]), query
    ),
    "credit grants by name": lambda uow, _, query: wallets.search_credit_grants(
        uow, CreditGrantFilter(), query, sort=GrantSort.NAME
    ),
    "credit grants by their last change": lambda uow, _, query: wallets.search_credit_grants(
        uow, CreditGrantFilter(archived=False), query, sort=GrantSort.UPDATED_AT
    ),
}


async def _subscriptions(uow: Uow, query: OffsetQuery, **wanted: Any) -> Any:
    return await search_subscriptions(uow, SubscriptionFilter(**wanted), query, count=True)


def _id(world: World, kind: str) -> UUID:
    return parse_id(kind, world.ids[f"{kind}_id"])


@pytest.mark.parametrize("search", BY_OFFSET)
@pytest.mark.parametrize("ascending", [False, True], ids=["newest first", "oldest first"])
async def test_a_page_by_offset_skips_entries_of_an_index_and_never_rows(
    search: str, ascending: bool, crowd: Crowd
) -> None:
    """Counting how many there are is a statement of its own, which may read what it counts."""
    async with crowd.store.unit(crowd.world.tenant.scope) as uow:
        for offset in (0, 10, 600):
            with statements(crowd.store) as seen:
                await BY_OFFSET[search](uow, crowd.world, OffsetQuery(PAGE, offset, ascending))
            pages = [one for one in seen if " offset " in one[0].lower()]
            read = await examined(uow, pages, entries=False)
            assert read
            assert max(read.values()) <= MOST_ROWS, f"at {offset}: {read}"


async def test_there_is_enough_of_everything_to_tell(crowd: Crowd) -> None:
    counted = await crowd.world.fingerprint(crowd.store)
    few = {name: rows for name, (rows, _) in counted.items() if rows < COPIES}
    keyed_by_another = {"event_voids", "usage_billed"}  # a row for each of another table at most
    passing = {"late_arrivals"}  # notes that are taken away when they are looked at
    assert few.keys() <= {"test_clocks", "organizations", "aliases"} | keyed_by_another | passing


OF_A_TENANT: Final[dict[str, Callable[[Uow], Awaitable[Any]]]] = {
    "due subscriptions": lambda uow: subscriptions.due_subscriptions(uow, PAGE),
    "due families": lambda uow: subscriptions.due_families(uow, PAGE),
    "due drafts": lambda uow: invoicing.due_drafts(uow, PAGE),
    "the next subscription that is due": subscriptions.earliest_due,
    "the next draft that is due": invoicing.earliest_due,
}
ACROSS: Final[dict[str, Callable[[SystemUow], Awaitable[Any]]]] = {
    "environments with due subscriptions": subscriptions.environments_with_due,
    "environments with due drafts": invoicing.environments_with_due,
    "the relay of changes": lambda uow: relay_changes(uow, limit=PAGE),
}


@pytest.mark.parametrize("scan", OF_A_TENANT)
@pytest.mark.parametrize("due", [False, True], ids=["nothing is due", "much is due"])
async def test_a_scan_for_what_is_due_reads_what_it_takes(scan: str, due: bool, crowd: Crowd) -> None:
    scope = crowd.world.tenant.scope
    now = datetime(2027 if due else 2026, 4, 1, tzinfo=UTC)
    async with crowd.store.unit(scope, now=now) as uow:
        with statements(crowd.store) as seen:
            await OF_A_TENANT[scan](uow)
        read = await examined(uow, seen)
        assert read
        assert max(read.values()) <= MOST_ROWS, read


@pytest.mark.parametrize("scan", ACROSS)
async def test_a_scan_across_tenants_reads_what_it_takes(scan: str, crowd: Crowd) -> None:
    async with crowd.store.system() as uow:
        environments = (await uow.execute(text("select count(*) from environments"))).scalar_one()
        with statements(crowd.store) as seen:
            await ACROSS[scan](uow)
        read = await examined(uow, seen)
    assert read
    # What is asked of each environment may read the environment and its clock, and one row that is due.
    of_each = 3 * environments if scan.startswith("environments") else 0
    assert max(read.values()) <= of_each + MOST_ROWS, read


async def test_a_key_is_found_among_thousands(crowd: Crowd) -> None:
    with statements(crowd.store) as seen:
        await Authenticator(crowd.store).principal(crowd.world.tenant.key)
    async with crowd.store.system() as uow:
        read = await examined(uow, [one for one in seen if "api_clients" in one[0]])
    assert read
    assert max(read.values()) <= MOST_ROWS, read
