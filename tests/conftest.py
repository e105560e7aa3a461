"""What every test with a database shares: one embedded server a session, one organization a test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from counterfoil.bootstrap import http_app
from counterfoil.modules.identity import (
    Environment,
    EnvironmentKind,
    NewApiClient,
    NewOrganization,
    Organization,
    create_api_client,
    create_environment,
    create_organization,
)
from counterfoil.settings import Settings
from counterfoil.store import Scope, Store, Uow
from counterfoil.store.embedded import start
from counterfoil.store.schema import migrate

# Durability is the embedded server's own tests' business; here it would only cost time.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Tenant:
    """An organization of a test's own: its sandbox and a key that may do everything there."""

    organization: Organization
    environment: Environment
    key: str

    @property
    def scope(self) -> Scope:
        return Scope(self.organization.id, self.environment.id, "test")


@dataclass(frozen=True)
class Database:
    """A migrated database, as its owner and as the program."""

    owner_url: str
    app_url: str


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """A server of this test run's own, migrated."""
    directory = Path(tempfile.mkdtemp(prefix="counterfoil-tests-"))
    directory.chmod(0o755)
    try:
        with start(directory / "data", settings=_FAST) as server:
            migrate(server.url())
            yield Database(server.url(), server.url(user="counterfoil_app"))
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
async def store(database: Database) -> AsyncIterator[Store]:
    """The program's connection to it."""
    store = Store(database.app_url)
    yield store
    await store.close()


async def make_tenant(store: Store, name: str = "Test") -> Tenant:
    """A new organization with a sandbox of its own and a key to it."""
    async with store.system() as uow:
        organization = await create_organization(uow, NewOrganization(name, slug=uow.new_id().hex))
        environment = await create_environment(uow, organization.id, "tests", EnvironmentKind.SANDBOX)
        _, key = await create_api_client(uow, environment, NewApiClient("tests"))
    return Tenant(organization, environment, key)


@pytest.fixture
async def tenant(store: Store) -> Tenant:
    """An organization of this test's own."""
    return await make_tenant(store)


@pytest.fixture
async def other_tenant(store: Store) -> Tenant:
    """Somebody else, who must see nothing of ``tenant``."""
    return await make_tenant(store, "Other")


@pytest.fixture
async def uow(store: Store, tenant: Tenant) -> AsyncIterator[Uow]:
    """A unit of work of the test's tenant, committed at the end of the test."""
    async with store.unit(tenant.scope) as uow:
        yield uow


def client_for(store: Store, key: str, settings: Settings | None = None) -> httpx.AsyncClient:
    """A client of the HTTP API, in process, with a key."""
    app = http_app(settings or Settings(rate_limit=0), store)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(
        transport=transport, base_url="http://api.test", headers={"Authorization": f"Bearer {key}"}
    )


@pytest.fixture
async def api(store: Store, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """The HTTP API with the test's key."""
    async with client_for(store, tenant.key) as client:
        yield client


@pytest.fixture
async def other_api(store: Store, other_tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """The HTTP API with another organization's key."""
    async with client_for(store, other_tenant.key) as client:
        yield client
