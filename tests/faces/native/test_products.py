"""What a developer does with ``/v1/products``; codes, texts and versions work alike for the whole catalog."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

# Each kind of the catalog, with the least that makes one.
KINDS: dict[str, dict[str, Any]] = {
    "products": {"code": "c", "name": "N"},
    "features": {"code": "c", "name": "N", "kind": "boolean"},
    "meters": {"code": "c", "name": "N", "event_name": "e", "aggregation": "count"},
    "tax-rates": {"code": "c", "name": "N", "percent": "19"},
    "plans": {"code": "c", "name": "N"},
}
every_kind = pytest.mark.parametrize("kind", KINDS)


async def post(api: httpx.AsyncClient, path: str, body: object) -> httpx.Response:
    """Post a body as written (text), or as JSON in ASCII (the client's own cannot write lone surrogates)."""
    text = body if isinstance(body, str) else json.dumps(body)
    return await api.post(path, content=text, headers={"Content-Type": "application/json"})


def expect_refusal(answer: httpx.Response, status: int, field: str) -> dict[str, Any]:
    """The error of a refusal, after checking its status and field."""
    error: dict[str, Any] = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (status, field), error
    return error


@every_kind
async def test_what_was_made_is_read_back_by_id_code_and_external_id(
    api: httpx.AsyncClient, kind: str
) -> None:
    body = KINDS[kind] | {"external_id": "x-1", "metadata": {"note": "ä"}}
    made = await api.post(f"/v1/{kind}", json=body)
    assert made.status_code == 201
    assert made.headers["etag"] == '"1"'
    shown = made.json()
    assert shown | body == shown
    assert shown["archived_at"] is None
    assert (await api.get(f"/v1/{kind}/{shown['id']}")).json() == shown
    for search in ({"code": "c"}, {"external_id": "x-1"}):
        assert (await api.get(f"/v1/{kind}", params=search)).json()["data"] == [shown]
    for search in ({"code": "other"}, {"external_id": "other"}):
        assert (await api.get(f"/v1/{kind}", params=search)).json()["data"] == []


@every_kind
async def test_a_code_is_taken_once_in_its_kind(api: httpx.AsyncClient, kind: str) -> None:
    await api.post(f"/v1/{kind}", json=KINDS[kind])
    error = expect_refusal(await api.post(f"/v1/{kind}", json=KINDS[kind]), 409, "code")
    assert error["code"] == "already_exists"
    assert len((await api.get(f"/v1/{kind}")).json()["data"]) == 1


@every_kind
@pytest.mark.parametrize(
    "code", ["", "Upper", "-first", "a b", "ä", "a\u0000", "a\n", "x" * 101, "a/b", "\ud800"], ids=ascii
)
async def test_a_code_of_another_form_is_refused(api: httpx.AsyncClient, kind: str, code: str) -> None:
    answer = await post(api, f"/v1/{kind}", KINDS[kind] | {"code": code})
    assert "letter" in expect_refusal(answer, 400, "code")["allowed"]


@every_kind
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", " "),
        ("name", "a\u0000b"),
        ("name", "\ud800"),
        ("name", "x" * 201),
        ("name", None),
        ("name", 5),
        ("external_id", ""),
        ("external_id", "x" * 256),
        ("external_id", "\u0000"),
        ("metadata", {"a": "\u0000"}),
        ("metadata", {"a": "\ud800"}),
        ("metadata", {"a": "x" * 20_000}),
        ("metadata", []),
        ("surprise", 1),
    ],
    ids=lambda value: ascii(value)[:20],
)
async def test_a_text_that_cannot_be_kept_is_refused_and_nothing_is_written(
    api: httpx.AsyncClient, kind: str, field: str, value: Any
) -> None:
    expect_refusal(await post(api, f"/v1/{kind}", KINDS[kind] | {field: value}), 400, field)
    assert (await api.get(f"/v1/{kind}")).json()["data"] == []


@every_kind
async def test_names_and_metadata_change_and_what_was_left_out_stays(
    api: httpx.AsyncClient, kind: str
) -> None:
    made = (await api.post(f"/v1/{kind}", json=KINDS[kind] | {"metadata": {"a": 1}})).json()
    path = f"/v1/{kind}/{made['id']}"
    changed = await api.patch(path, json={"name": "New"}, headers={"If-Match": '"1"'})
    assert changed.headers["etag"] == '"2"'
    expected = made | {"name": "New", "version": 2, "updated_at": changed.json()["updated_at"]}
    assert changed.json() == expected
    assert (await api.get(path)).json() == expected
    late = await api.patch(path, json={"name": "Late"}, headers={"If-Match": '"1"'})
    expect_refusal(late, 412, "If-Match")
    assert (await api.patch(path, json={"metadata": {}, "external_id": "y"})).json()["metadata"] == {}
    assert (await api.get(path)).json()["name"] == "New"


@every_kind
@pytest.mark.parametrize("field", ["code", "archived_at", "version", "id"])
async def test_what_identifies_an_object_does_not_change(
    api: httpx.AsyncClient, kind: str, field: str
) -> None:
    made = (await api.post(f"/v1/{kind}", json=KINDS[kind])).json()
    expect_refusal(await api.patch(f"/v1/{kind}/{made['id']}", json={field: made[field]}), 400, field)


@every_kind
async def test_a_change_to_what_cannot_be_kept_is_refused(api: httpx.AsyncClient, kind: str) -> None:
    made = (await api.post(f"/v1/{kind}", json=KINDS[kind])).json()
    path = f"/v1/{kind}/{made['id']}"
    for body in ({"name": ""}, {"name": None}, {"name": "\u0000"}, {"metadata": {"a": "\u0000"}}):
        expect_refusal(await api.patch(path, json=body), 400, next(iter(body)))
    assert (await api.get(path)).json() == made


@every_kind
async def test_archiving_twice_is_archiving_once(api: httpx.AsyncClient, kind: str) -> None:
    made = (await api.post(f"/v1/{kind}", json=KINDS[kind])).json()
    once = (await api.post(f"/v1/{kind}/{made['id']}/archive")).json()
    assert once["archived_at"] is not None
    assert (await api.post(f"/v1/{kind}/{made['id']}/archive")).json() == once
    assert (await api.get(f"/v1/{kind}")).json()["data"] == [once]


@every_kind
async def test_pages_follow_each_other_without_gap(api: httpx.AsyncClient, kind: str) -> None:
    made = [
        (await api.post(f"/v1/{kind}", json=KINDS[kind] | {"code": f"c{n}"})).json()["id"] for n in range(5)
    ]
    seen: list[str] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        page = (
            await api.get(f"/v1/{kind}", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        seen += [item["id"] for item in page["data"]]
        cursor = page["next_cursor"]
    assert seen == made[::-1]


@every_kind
async def test_another_organizations_object_is_unknown(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, kind: str
) -> None:
    made = (await api.post(f"/v1/{kind}", json=KINDS[kind])).json()
    path = f"/v1/{kind}/{made['id']}"
    assert (await other_api.get(path)).status_code == 404
    assert (await other_api.patch(path, json={"name": "Mine"})).status_code == 404
    assert (await other_api.post(f"{path}/archive")).status_code == 404
    assert (await other_api.get(f"/v1/{kind}")).json()["data"] == []
    assert (await other_api.post(f"/v1/{kind}", json=KINDS[kind])).status_code == 201
    assert (await api.get(path)).json() == made


@every_kind
async def test_an_id_of_another_kind_is_refused(api: httpx.AsyncClient, kind: str) -> None:
    for id_ in ("cus_01jd3v8x9mf2k7t0r5w4y6z1ab", "nonsense", "01jd3v8x9mf2k7t0r5w4y6z1ab"):
        assert (await api.get(f"/v1/{kind}/{id_}")).status_code == 400
    expect_refusal(
        await api.get(f"/v1/{kind}", params={"cursor": "cus_01jd3v8x9mf2k7t0r5w4y6z1ab"}), 400, "cursor"
    )


async def test_a_product_has_a_description_that_can_be_taken_away(api: httpx.AsyncClient) -> None:
    product = (await api.post("/v1/products", json=KINDS["products"] | {"description": "Fast"})).json()
    assert product["description"] == "Fast"
    path = f"/v1/products/{product['id']}"
    assert (await api.patch(path, json={"description": None})).json()["description"] is None
    expect_refusal(await api.patch(path, json={"description": "\u0000"}), 400, "description")


@every_kind
async def test_a_search_for_what_no_object_can_have_is_refused(api: httpx.AsyncClient, kind: str) -> None:
    await api.post(f"/v1/{kind}", json=KINDS[kind])
    for name in ("code", "external_id"):
        for value in ("\u0000", "a\u0000b", "x" * 5000, ""):
            expect_refusal(await api.get(f"/v1/{kind}", params={name: value}), 400, name)
