"""What each face's page says is served is what the face serves, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from counterfoil.bootstrap import http_app
from counterfoil.settings import Settings
from counterfoil.store import Store
from tests.conftest import Tenant
from tests.support.faces import FACES

PAGES = Path(__file__).parents[2] / "docs" / "faces"
_ROW = re.compile(r"\| (?P<group>.+) \| (?P<id>\w+) \| `(?P<method>[A-Z]+) (?P<path>.+)` \| (?P<state>.+) \|")


@pytest.mark.parametrize("face", FACES)
async def test_the_page_names_every_operation_and_those_that_are_served(face: str, store: Store) -> None:
    rows = [row.groupdict() for row in _ROW.finditer((PAGES / f"{face}.md").read_text())]
    app = http_app(Settings.model_validate({"faces": [face]}), store)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api.test") as client:
        document = (await client.get(f"/{face}/openapi.json")).json()
    served = {
        (operation["operationId"], method.upper(), path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert {(row["id"], row["method"], row["path"]) for row in rows if row["state"] == "served"} == served
    assert {row["state"] for row in rows} <= {"served", "not yet"}


@pytest.mark.parametrize("face", FACES)
async def test_a_face_declares_no_refusal_in_the_frameworks_form(face: str, store: Store) -> None:
    app = http_app(Settings.model_validate({"faces": [face]}), store)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api.test") as client:
        answer = await client.get(f"/{face}/openapi.json")
    operations = [one for path in answer.json()["paths"].values() for one in path.values()]
    assert operations
    assert [one["operationId"] for one in operations if "422" in one["responses"]] == []
    assert "HTTPValidationError" not in answer.text
    assert "ValidationError" not in answer.json()["components"]["schemas"]


async def test_a_face_that_is_off_is_not_there(store: Store) -> None:
    app = http_app(Settings(faces=()), store)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api.test") as client:
        answer = await client.get("/suger/openapi.json")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


async def test_every_failure_under_a_face_has_the_faces_form(store: Store) -> None:
    app = http_app(Settings(faces=("suger",)), store)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api.test") as client:
        unknown = await client.get("/suger/nowhere")
        broken = await client.get("/suger/no%0Awhere")
        wrong = await client.put("/suger/org/x/apiClient")
        keyless = await client.get("/suger/org/x/apiClient")
    assert (unknown.status_code, unknown.json()) == (404, "there is nothing at this address")
    assert (broken.status_code, broken.json()) == (404, "there is nothing at this address")
    assert (wrong.status_code, wrong.json()) == (405, "this address does not take this method")
    assert keyless.status_code == 401
    assert keyless.json() == "Authorization: this call needs an API key (allowed: Authorization: Key ck_…)"
    assert all(answer.headers["x-request-id"] for answer in (unknown, wrong, keyless))


async def test_what_is_too_large_or_unexpected_has_the_faces_form_too(
    store: Store, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("the secret of the inside")

    monkeypatch.setattr("counterfoil.faces.kit.openapi.DocumentedApp.openapi", broken)
    settings = Settings(faces=("suger",), max_body=4096, rate_limit=7)
    headers = {"Authorization": f"Key {tenant.key}"}
    path = f"/suger/org/{tenant.organization.id}/apiClient"
    transport = httpx.ASGITransport(http_app(settings, store), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test", headers=headers) as client:
        large = await client.request("GET", path, content=b"x" * 4097)
        unexpected = await client.get("/suger/openapi.json")
    assert (large.status_code, large.json()) == (
        413,
        "body: the body is too large (allowed: at most 4096 bytes)",
    )
    assert (large.headers["ratelimit-limit"], large.headers["ratelimit-remaining"]) == ("7", "6")
    assert (unexpected.status_code, type(unexpected.json())) == (500, str)
    assert "secret" not in unexpected.text
    assert large.headers["x-request-id"] != unexpected.headers["x-request-id"]


def test_the_list_of_pages_names_every_face() -> None:
    listed = re.findall(r"^\| [^|]+ \| \[(\w+)\.md\]\(\1\.md\) \|$", (PAGES / "README.md").read_text(), re.M)
    assert listed == sorted(listed)
    assert set(FACES) <= set(listed)
