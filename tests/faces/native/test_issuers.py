"""What a developer does with ``/v1/issuers``."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from counterfoil.store import Store
from tests.conftest import Tenant
from tests.modules.invoicing.world import line, make_world

_DE = {
    "code": "de",
    "name": "Counterfoil Cloud GmbH",
    "address": {"line1": "Speicherstr. 5", "city": "Hamburg", "country": "DE"},
    "tax_number": "DE987654321",
    "number_prefix": "DE-",
    "next_number": 1001,
    "net_days": 30,
}


async def test_an_environment_has_a_default_issuer_with_the_organizations_name(
    api: httpx.AsyncClient,
) -> None:
    [issuer] = (await api.get("/v1/issuers")).json()["data"]
    assert (issuer["name"], issuer["is_default"], issuer["next_number"]) == ("Test", True, 1)
    assert (issuer["grace_seconds"], issuer["net_days"]) == (3600, 14)
    assert (await api.get("/v1/issuers")).json()["data"] == [issuer]


async def test_an_issuer_is_made_and_changed(api: httpx.AsyncClient) -> None:
    await api.get("/v1/issuers")
    made = await api.post("/v1/issuers", json=_DE)
    assert made.status_code == 201
    issuer = made.json()
    assert (issuer["is_default"], issuer["next_number"], issuer["address"]["city"]) == (
        False,
        1001,
        "Hamburg",
    )
    path = f"/v1/issuers/{issuer['id']}"
    changed = await api.patch(path, json={"footer": "IBAN DE02", "net_days": 7}, headers={"If-Match": '"1"'})
    assert (changed.json()["footer"], changed.json()["net_days"], changed.json()["version"]) == (
        "IBAN DE02",
        7,
        2,
    )
    assert (await api.patch(path, json={"name": "B"}, headers={"If-Match": '"1"'})).status_code == 412
    assert (await api.get(path)).json() == changed.json()
    twice = await api.post("/v1/issuers", json=_DE)
    assert (twice.status_code, twice.json()["error"]["field"]) == (409, "code")


async def test_a_change_of_the_default_issuer_is_on_the_next_invoice(
    api: httpx.AsyncClient, store: Store, tenant: Tenant
) -> None:
    [issuer] = (await api.get("/v1/issuers")).json()["data"]
    changes = {"number_prefix": "2026/", "next_number": 42, "grace_seconds": 0, "net_days": 0}
    assert (await api.patch(f"/v1/issuers/{issuer['id']}", json=changes)).status_code == 200
    invoice = await (await make_world(store, tenant)).open(line("1"), finalise_at=None)
    assert invoice.number == "2026/000042"
    assert invoice.due_at == invoice.finalised_at == invoice.finalise_at
    late = await api.patch(f"/v1/issuers/{issuer['id']}", json={"next_number": 50})
    assert (late.status_code, late.json()["error"]["field"]) == (409, "next_number")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"footer": "x" * 1001}, "footer"),
        ({"number_prefix": "x" * 21}, "number_prefix"),
        ({"number_prefix": "a\nb"}, "number_prefix"),
        ({"next_number": 0}, "next_number"),
        ({"next_number": 1.5}, "next_number"),
        ({"next_number": 10**60}, "next_number"),
        ({"net_days": -1}, "net_days"),
        ({"net_days": 366}, "net_days"),
        ({"grace_seconds": -1}, "grace_seconds"),
        ({"grace_seconds": "3600"}, "grace_seconds"),
        ({"language": "tlh"}, "language"),
        ({"address": {"country": "Germany"}}, "address.country"),
        ({"address": {"line1": "\x00"}}, "address.line1"),
        ({"address": {"planet": "Mars"}}, "address.planet"),
        ({"metadata": {"a": "\x00"}}, "metadata"),
        ({"number": "1"}, "number"),
    ],
)
async def test_a_wrong_value_names_its_field_and_changes_nothing(
    api: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    [issuer] = (await api.get("/v1/issuers")).json()["data"]
    patched = await api.patch(f"/v1/issuers/{issuer['id']}", json=change)
    posted = await api.post("/v1/issuers", json=_DE | change)
    for refused in (patched, posted):
        assert refused.status_code == 400
        assert refused.json()["error"]["field"] == field
    assert (await api.get("/v1/issuers")).json()["data"] == [issuer]


async def test_a_number_of_400_digits_is_refused(api: httpx.AsyncClient) -> None:
    body = b'{"code": "a", "name": "A", "next_number": 1' + b"0" * 400 + b"}"
    refused = await api.post("/v1/issuers", content=body, headers={"content-type": "application/json"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "too_large")


async def test_another_organizations_issuer_is_unknown(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    [issuer] = (await api.get("/v1/issuers")).json()["data"]
    assert (await other_api.get(f"/v1/issuers/{issuer['id']}")).status_code == 404
    assert (await other_api.patch(f"/v1/issuers/{issuer['id']}", json={"name": "Mine"})).status_code == 404
    assert (await other_api.get("/v1/issuers")).json()["data"] != [issuer]
