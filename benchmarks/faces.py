"""What another vendor's face costs over our own API: 100 of 10,000 subscriptions, in front and far behind.

The lists of the same subscriptions are asked for in turns, by a load generator in another process than the
server.  Printed first, and held to their limits: what an answer of a face costs the server of a processor,
as a ratio to our own list's (the median of the turns', at most ``MOST``; whatever else runs on the machine
weighs on both), and our own list's requests a second at both ends (at least ``LEAST``).  Gcore's list, which
is of other rows, has a file of its own.

    python benchmarks/faces.py [seconds a turn]
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import httpx
import psycopg
from _load import Measured, Server, body, load, served

from counterfoil.modules.identity import (
    EnvironmentKind,
    NewApiClient,
    NewOrganization,
    create_api_client,
    create_environment,
    create_organization,
)
from counterfoil.settings import Settings
from counterfoil.store import Store
from counterfoil.store.database import open_database
from counterfoil.store.embedded import start

if TYPE_CHECKING:
    from uuid import UUID

ROWS: Final = 10_000
FAR: Final = 9_900
TURNS: Final = 5
MOST: Final = 1.5
LEAST: Final = 300

_TABLES: Final[dict[str, dict[str, str | None]]] = {
    "customers": {"id": "id", "external_id": None},
    "subscriptions": {"id": "id", "external_id": None, "customer_id": "id"},
    "subscription_items": {"id": "id", "subscription_id": "id"},
    "customer_features": {"id": "id", "customer_id": "id"},
}
"""What becomes 10,000 rows, and which columns differ: ids of copies, and texts that are made unique."""

# The nth copy of an id: later by n milliseconds, the rest as it is.
_COPY_OF: Final = (
    "(lpad(to_hex(('x' || left(replace({0}::text, '-', ''), 12))::bit(48)::bigint + n), 12, '0')"
    " || substr(replace({0}::text, '-', ''), 13))::uuid"
)


@dataclass(frozen=True)
class Listing:
    """One list of subscriptions: where it is, and with which headers."""

    name: str
    path: str
    headers: dict[str, str]
    far: str
    turns: list[Measured] = field(default_factory=list)


@dataclass(frozen=True)
class Seller:
    """Whose subscriptions are listed."""

    organization_id: UUID
    environment_id: UUID
    key: str


def main(seconds: float) -> int:
    """Measure, print, and answer the exit code."""
    directory = Path(tempfile.mkdtemp(prefix="counterfoil-bench-"))
    directory.chmod(0o755)
    vendors = ("flexprice", "reevit")
    faces = [name for name in vendors if find_spec(f"counterfoil.faces.vendors.{name}")]
    chosen: Any = {"data": directory / "data", "port": 0, "rate_limit": 0, "worker": False, "faces": faces}
    settings = Settings.model_validate(chosen)
    try:
        with open_database(settings) as url, served(settings) as server:
            seller = asyncio.run(prepare(url))
            fill(server.address, seller)
            with start(settings.data) as database:
                multiply(database.url(), seller)
            return measure(server, seller, faces, seconds)
    finally:
        shutil.rmtree(directory)


def measure(server: Server, seller: Seller, faces: list[str], seconds: float) -> int:
    """All lists in turns; prints ratios first, then rates."""
    listings = [one for one in lists_of(server.address, seller) if one.name in ("native", *faces)]
    far: dict[str, Measured] = {}
    for _ in range(TURNS):
        for one in listings:
            one.turns.append(load(server, one.path, one.headers, seconds))
    for one in listings:
        far[one.name] = load(server, one.far, one.headers, seconds)
    native, *others = listings
    ratios = {
        one.name: median(
            theirs.cost / ours.cost for ours, theirs in zip(native.turns, one.turns, strict=True)
        )
        for one in others
    }
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.2f} times the native list (limit {MOST})")
    reached = min(max(one.rate for one in native.turns), far["native"].rate)
    print(f"native: {reached:.0f} requests/s at the slower end (limit {LEAST})")
    for one in listings:
        size = len(body(server.address, one.path, one.headers)) / 1024
        cost = median(turn.cost for turn in one.turns) * 1000
        print(
            f"{one.name:>10}: {max(turn.rate for turn in one.turns):>5.0f} requests/s in front,"
            f" {far[one.name].rate:>5.0f} at {FAR:,}, {cost:.1f} ms of a processor, {size:.0f} KiB a page"
        )
    return int(max(ratios.values(), default=0) > MOST or reached < LEAST)


def lists_of(address: str, seller: Seller) -> list[Listing]:
    """Every list of the seller's subscriptions, ours first."""
    ours = {"Authorization": f"Bearer {seller.key}"}
    path = "/v1/subscriptions?limit=100"
    page = json.loads(body(address, path, ours))
    for _ in range(FAR // 100 - 1):
        page = json.loads(body(address, f"{path}&cursor={page['next_cursor']}", ours))
    flexprice = "/flexprice/v1/subscriptions?limit=100&offset="
    reevit = "/reevit/v1/subscriptions?limit=100&offset="
    org = {"X-Reevit-Key": seller.key, "X-Org-Id": str(seller.organization_id)}
    return [
        Listing("native", path, ours, f"{path}&cursor={page['next_cursor']}"),
        Listing("reevit", f"{reevit}0", org, f"{reevit}{FAR}"),
        Listing("flexprice", f"{flexprice}0", {"x-api-key": seller.key}, f"{flexprice}{FAR}"),
    ]


async def prepare(url: str) -> Seller:
    """An organization with a key."""
    store = Store(url)
    async with store.system() as uow:
        organization = await create_organization(uow, NewOrganization("Bench"))
        environment = await create_environment(uow, organization.id, "bench", EnvironmentKind.SANDBOX)
        _, key = await create_api_client(uow, environment, NewApiClient("bench"))
    await store.close()
    return Seller(organization.id, environment.id, key)


def fill(address: str, seller: Seller) -> None:
    """One customer with one subscription: seats in advance, and usage that a feature charges."""
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {seller.key}"}) as api:

        def make(path: str, **content: Any) -> str:
            made = api.post(f"/v1/{path}", json=content).raise_for_status().json()
            return str(made["id"])

        product = make("products", code="cloud", name="Cloud")
        meter = make("meters", code="traffic", name="Traffic", event_name="traffic", aggregation="count")
        feature = make(
            "features", code="traffic", name="Traffic", kind="metered", meter_id=meter, product_id=product
        )
        month = {"interval": {"unit": "month"}}
        seats = {"model": "per_unit", "params": {"EUR": {"unit_amount": "15"}}, "quantity_source": "item"}
        usage = {"model": "per_unit", "params": {"EUR": {"unit_amount": "0.02"}}, "quantity_source": "usage"}
        charged = {"cadence": "in_arrears", "meter_id": meter, "feature_id": feature}
        prices = [{"code": "seats", **seats, **month}, {"code": "usage", **usage, **charged, **month}]
        plan = make("plans", code="pro", name="Pro", product_id=product, publish=True, prices=prices)
        customer = make("customers", name="Kunde", external_id="crm", currency="EUR")
        make(
            "subscriptions", customer_id=customer, plan_id=plan, external_id="sub", metadata={"source": "crm"}
        )


def multiply(url: str, seller: Seller, rows: int = ROWS) -> None:
    """Copies of what belongs to the one subscription, by the table's owner."""
    with psycopg.connect(url) as connection:
        for table, copied in _TABLES.items():
            columns = connection.execute(
                "select column_name from information_schema.columns"
                " where table_schema = 'public' and table_name = %s",
                [table],
            )
            names = [name for (name,) in columns]
            values = [
                _COPY_OF.format(f"t.{name}")
                if copied.get(name) == "id"
                else f"t.{name} || '-' || n"
                if name in copied
                else f"t.{name}"
                for name in names
            ]
            connection.execute(
                f"insert into {table} ({', '.join(names)}) select {', '.join(values)}"
                f" from {table} t, generate_series(1, {rows - 1}) n where t.environment_id = %s".encode(),
                [seller.environment_id],
            )
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze")


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0))
