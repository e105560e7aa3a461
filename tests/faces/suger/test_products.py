"""What a user of Suger does with products, through Suger's own client and as plain HTTP shows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import suger_sdk_python as suger
from suger_sdk_python.exceptions import BadRequestException, NotFoundException

from counterfoil.core.ids import show_id
from counterfoil.modules.catalog import (
    CatalogChanges,
    NewProduct,
    archive_product,
    create_product,
    get_product,
    update_product,
)
from counterfoil.store import Store
from tests.conftest import Tenant
from tests.faces.suger.drive import connect, product

type Client = Any
"""Suger's client of products, whose own types say of every field that it may be missing."""


@pytest.fixture
def api(served: str, tenant: Tenant) -> Client:
    """Suger's client, pointed here: the host and the key are all that a user changes."""
    return client_for(served, tenant)


def client_for(served: str, tenant: Tenant) -> Client:
    return suger.ProductApi(connect(f"{served}/suger", tenant.key))


def refusal(answer: httpx.Response, status: int, field: str) -> str:
    """The one text of a refusal, after checking its status and field."""
    assert answer.status_code == status, answer.text
    reason: str = answer.json()
    assert reason.startswith(field), reason
    return reason


def test_a_product_comes_back_as_it_was_sent(api: Client, organization: str) -> None:
    sent = {
        "name": "Edge",
        "partner": "AZURE",
        "partnerID": "azure-1",
        "sellerID": "seller-1",
        "service": "MARKETPLACE",
        "productType": "USAGE_BASED",
        "externalID": f"erp-{uuid4()}",
        "fulfillmentUrl": "https://edge.example",
        "info": {
            "currency": "EUR",
            "attributes": {"tier": "1"},
            "commits": [{"key": "base", "rate": 100, "quantity": 1, "length": 1, "timeUnit": "YEAR"}],
        },
        "metaInfo": {"customMetaInfo": {"team": "edge"}, "salesforceOpportunityId": "006"},
    }
    made = api.create_product(organization, product(**sent)).to_dict()
    assert made | sent == made
    assert (made["status"], made["organizationID"], len(made["id"])) == ("PUBLIC", organization, 36)
    assert made["creationTime"] == made["lastUpdateTime"]
    assert api.get_product(organization, made["id"]).to_dict() == made


def test_prices_keep_every_digit(http: httpx.Client) -> None:
    rates = ["0.00000000000000000000000000000012345678", "0.10", "12345678901234567890.5", "3"]
    dimensions = ",".join(f'{{"key":"{number}","rate":{rate}}}' for number, rate in enumerate(rates))
    body = f'{{"name":"P","info":{{"dimensions":[{dimensions}]}}}}'
    made = http.post("/product", content=body, headers={"Content-Type": "application/json"})
    for path in (f"/product/{made.json()['id']}", "/product"):
        shown = json.loads(http.get(path).text, parse_float=Decimal)
        [one] = shown if isinstance(shown, list) else [shown]
        assert [each["rate"] for each in one["info"]["dimensions"]] == [Decimal(rate) for rate in rates]
    shown = json.loads(http.get(f"/product/{one['id']}/dimension").text, parse_float=Decimal)
    assert [each["rate"] for each in shown] == [Decimal(rate) for rate in rates]


async def test_a_listing_of_ours_is_shown_there_and_theirs_here(
    store: Store, tenant: Tenant, api: Client, organization: str
) -> None:
    async with store.unit(tenant.scope) as uow:
        terms = {"currency": "USD", "dimensions": [{"key": "gb", "rate": "0.10"}]}
        ours = await create_product(
            uow,
            NewProduct(
                name="Ours",
                channel="gcp",
                listing={"product_id": "g-1", "terms": terms},
                meta={"a": "b", "n": 1},
            ),
        )
    shown = api.get_product(organization, str(ours.id))
    assert (shown.partner, shown.partner_id, shown.status) == ("GCP", "g-1", "PUBLIC")
    assert shown.info.dimensions[0].rate == 0.1
    assert shown.meta_info.custom_meta_info == {"a": "b"}
    meta = suger.WorkloadMetaInfo(customMetaInfo={"c": "d"}, internalNote="x")
    api.update_product_meta_info(organization, str(ours.id), meta)
    async with store.unit(tenant.scope) as uow:
        after = await get_product(uow, ours.id)
    assert after.meta == {"c": "d", "n": 1, "suger": {"internalNote": "x"}}
    assert after.listing == ours.listing


async def test_what_their_clients_cannot_read_is_left_out(
    store: Store, tenant: Tenant, api: Client, organization: str
) -> None:
    """A listing may be written by others than Suger's users, in any form."""
    async with store.unit(tenant.scope) as uow:
        terms = {
            "currency": 5,
            "eulaType": "NONE",
            "dimensions": ["all", {"key": "gb", "rate": "much"}],
            "gcpProduct": {"createTime": "yesterday"},
            "awsProduct": True,
        }
        listing = {"type": "BOX", "service": "GEMINI", "terms": terms}
        meta = {"suger": {"offerAcceptDate": "", "contacts": "none"}, "note": "kept"}
        odd = await create_product(uow, NewProduct(name="Odd", channel="openai", listing=listing, meta=meta))
    shown = api.get_product(organization, str(odd.id))
    assert (shown.partner, shown.service, shown.product_type) == (None, None, None)
    assert shown.info.to_dict() == {"dimensions": [{"key": "gb"}], "gcpProduct": {}}
    assert shown.meta_info.to_dict() == {"customMetaInfo": {"note": "kept"}}
    assert [one.id for one in api.list_products(organization)] == [str(odd.id)]


def test_prices_of_what_is_sold_do_not_change(api: Client, organization: str) -> None:
    info = {"currency": "USD", "dimensions": [{"key": "gb", "rate": 0.25}], "sellerNotes": "a"}
    made = api.create_product(organization, product(name="P", info=info))
    for name, other in (
        ("dimensions", [{"key": "gb", "rate": 0.3}]),
        ("dimensions", []),
        ("commits", [{"key": "base", "rate": 1}]),
        ("currency", "EUR"),
    ):
        with pytest.raises(BadRequestException) as refused:
            api.update_product(organization, made.id, product(name="Q", info={name: other}))
        assert str(refused.value.data).startswith(f"info.{name}: prices do not change here")
    assert api.get_product(organization, made.id) == made
    changed = api.update_product(organization, made.id, product(info=info | {"sellerNotes": "b"}))
    assert changed.info.to_dict() == info | {"sellerNotes": "b"}
    published = api.publish_product(organization, made.id, made)
    assert (published.status, published.info) == ("PUBLIC", made.info)


def test_what_a_change_leaves_out_stays_and_what_it_empties_goes(
    http: httpx.Client, api: Client, organization: str
) -> None:
    body = {"name": "P", "partner": "AWS", "partnerID": "p", "externalID": "x", "info": {"sellerNotes": "n"}}
    made = http.post("/product", json=body | {"metaInfo": {"internalNote": "n"}}).json()
    path = f"/product/{made['id']}"
    assert http.patch(path, json=made).json() == made | {"lastUpdateTime": _time(http, path)}
    changes = {
        "partnerID": None,
        "externalID": "",
        "info": {"sellerNotes": None},
        "metaInfo": {"internalNote": None},
    }
    after = http.patch(path, json=changes).json()
    assert (after["partnerID"], after["externalID"], after["metaInfo"]) == (None, None, None)
    assert (after["name"], after["partner"]) == ("P", "AWS")
    assert after["info"]["sellerNotes"] is None
    assert http.patch(path, json={}).json() == after


def _time(http: httpx.Client, path: str) -> Any:
    return http.get(path).json()["lastUpdateTime"]


def test_only_drafts_are_deleted_or_changed_as_drafts(api: Client, organization: str) -> None:
    public = api.create_product(organization, product(name="P"))
    calls: list[Callable[[], object]] = [
        lambda: api.delete_product(organization, public.id),
        lambda: api.create_or_update_draft_product(organization, product(id=public.id, name="Q")),
    ]
    for call in calls:
        with pytest.raises(BadRequestException, match="the product is PUBLIC"):
            call()
    draft = api.create_or_update_draft_product(organization, product(name="D"))
    assert api.delete_product(organization, draft.id) == ""
    assert api.delete_product(organization, draft.id) == "", "twice is once"
    calls = [
        lambda: api.update_product(organization, draft.id, product(name="Q")),
        lambda: api.publish_product(organization, draft.id, product()),
        lambda: api.update_product_meta_info(organization, draft.id, suger.WorkloadMetaInfo()),
    ]
    for call in calls:
        with pytest.raises(BadRequestException, match="the product is DELETED"):
            call()
    assert [one.id for one in api.list_products(organization)] == [public.id]
    assert api.get_product(organization, draft.id).status == "DELETED"


def test_the_external_id_of_a_deleted_draft_is_free_again(http: httpx.Client) -> None:
    body = {"name": "D", "externalID": "erp-7"}
    draft = http.post("/draftProduct", json=body).json()
    assert http.delete(f"/product/{draft['id']}").status_code == 200
    gone = http.get(f"/product/{draft['id']}").json()
    assert (gone["status"], gone["externalID"]) == ("DELETED", None)
    again = http.post("/draftProduct", json=body).json()
    assert again["externalID"] == "erp-7"
    assert [one["id"] for one in http.get("/product").json()] == [again["id"]]


async def test_what_was_archived_here_is_deleted_there(
    store: Store, tenant: Tenant, api: Client, organization: str
) -> None:
    async with store.unit(tenant.scope) as uow:
        gone = await create_product(uow, NewProduct(name="Gone"))
        await archive_product(uow, gone.id)
    assert api.list_products(organization) == []
    assert api.get_product(organization, str(gone.id)).status == "DELETED"


def test_products_are_paged_newest_first_and_by_partner_in_any_case(
    http: httpx.Client, api: Client, organization: str
) -> None:
    made = [
        api.create_product(organization, product(name=f"P{n}", partner=("AWS", "GCP")[n % 2])).id
        for n in range(5)
    ]
    assert [one.id for one in api.list_products(organization)] == made[::-1]
    assert [one.id for one in api.list_products(organization, limit=2, offset=1)] == [made[3], made[2]]
    assert [one.id for one in api.list_products(organization, partner="AWS")] == [made[4], made[2], made[0]]
    assert [one["id"] for one in http.get("/partner/gcp/product").json()] == [made[3], made[1]]
    assert http.get("/product", params={"offset": 5}).json() == []
    assert (
        http.get("/product", params={"partner": "Aws", "limit": 1, "unheard": "1"}).json()[0]["id"] == made[4]
    )
    assert http.get("/product", params={"partner": "SNOWFLAKE"}).json() == []


@pytest.mark.parametrize("path", ["/product?partner=FOO", "/partner/FOO/product"])
def test_a_partner_that_is_none_is_refused_with_those_that_are(http: httpx.Client, path: str) -> None:
    reason = refusal(http.get(path), 400, "partner")
    assert "AWS" in reason
    assert "SNOWFLAKE" in reason


@pytest.mark.parametrize(
    ("field", "value"),
    [("limit", "0"), ("limit", "1001"), ("limit", "-1"), ("limit", "x"), ("offset", "-1"), ("offset", "1e9")],
)
def test_a_page_that_cannot_be_is_refused(http: httpx.Client, field: str, value: str) -> None:
    assert "allowed" in refusal(http.get("/product", params={field: value}), 400, field)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"partner": "OPENAI"}, "partner"),
        ({"partner": "aws"}, "partner"),
        ({"service": "EVERYTHING"}, "service"),
        ({"productType": "BOX"}, "productType"),
        ({"fulfillmentUrl": "javascript:alert(1)"}, "fulfillmentUrl"),
        ({"externalID": "x" * 256}, "externalID"),
        ({"partnerID": "\x00"}, "partnerID"),
        ({"organizationID": "other"}, "organizationID"),
        ({"status": "LIMITED"}, "status"),
        ({"info": {"dimensions": [{"rate": "much"}]}}, "info.dimensions.0.rate"),
        ({"info": {"commits": [{"minimumUsers": 0}]}}, "info.commits.0.minimumUsers"),
        ({"info": {"gcpProduct": {"createTime": "soon"}}}, "info.gcpProduct.createTime"),
        ({"info": {"sellerNotes": "x" * 300_000}}, "info"),
        ({"metaInfo": {"customMetaInfo": {"a": 1}}}, "metaInfo.customMetaInfo.a"),
        ({"metaInfo": {"customMetaInfo": {"suger": "x"}}}, "metaInfo.customMetaInfo.suger"),
        ({"metaInfo": {"internalNote": "x" * 20_000}}, "metaInfo"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_product_that_cannot_be_kept_is_refused_and_nothing_is_written(
    http: httpx.Client, body: dict[str, Any], field: str
) -> None:
    whole = body if field == "name" else {"name": "P"} | body
    for path in ("/product", "/draftProduct"):
        assert "allowed" in refusal(http.post(path, json=whole), 400, field)
    assert http.get("/product").json() == []
    made = http.post("/product", json={"name": "P"}).json()
    if body:
        assert "allowed" in refusal(http.patch(f"/product/{made['id']}", json=body), 400, field)
        assert http.get(f"/product/{made['id']}").json() == made


def test_a_product_is_known_by_its_public_id_and_its_uuid_in_any_case(
    http: httpx.Client, tenant: Tenant
) -> None:
    made = http.post("/product", json={"name": "P"}).json()
    public = show_id("product", UUID(made["id"]))
    for same in (made["id"].upper(), public):
        assert http.get(f"/product/{same}").json() == made
        body = {"id": same, "organizationID": show_id("organization", tenant.organization.id)}
        assert http.patch(f"/product/{same}", json=body).json() == made


def test_a_body_of_another_product_is_refused(http: httpx.Client) -> None:
    one, other = (http.post("/product", json={"name": name}).json() for name in "ab")
    refusal(http.patch(f"/product/{one['id']}", json=other), 400, "id")
    url = {
        "fulfillmentUrl": "https://a.example",
        "id": other["id"],
        "organizationID": other["organizationID"],
    }
    refusal(http.patch(f"/product/{one['id']}/fulfillmentUrl", json=url), 400, "id")
    missing = http.patch(f"/product/{one['id']}/fulfillmentUrl", json={"id": one["id"]})
    refusal(missing, 400, "fulfillmentUrl")
    assert http.get("/product").json() == [other, one]


def test_an_external_id_is_taken_once(http: httpx.Client) -> None:
    http.post("/product", json={"name": "P", "externalID": "x"})
    again = http.post("/product", json={"name": "Q", "externalID": "x"})
    assert "allowed" in refusal(again, 409, "externalID")
    assert [one["name"] for one in http.get("/product").json()] == ["P"]


@pytest.mark.parametrize("wanted", ["x", "00000000-0000-0000-0000-000000000000", "%00"])
def test_an_unknown_product_is_not_found(http: httpx.Client, wanted: str) -> None:
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {}),
        ("DELETE", "", None),
        ("GET", "/dimension", None),
        ("PATCH", "/publish", {}),
        ("PATCH", "/metaInfo", {}),
    ):
        answer = http.request(method, f"/product/{wanted}{path}", json=body)
        assert "no such product" in refusal(answer, 404, "productId")


def test_another_organizations_product_is_not_found(
    served: str, api: Client, organization: str, other_tenant: Tenant
) -> None:
    theirs = client_for(served, other_tenant)
    foreign = str(other_tenant.organization.id)
    made = theirs.create_or_update_draft_product(foreign, product(name="Theirs"))
    calls: list[Callable[[], object]] = [
        lambda: api.get_product(organization, made.id),
        lambda: api.update_product(organization, made.id, product(name="Mine")),
        lambda: api.create_or_update_draft_product(organization, product(id=made.id, name="Mine")),
        lambda: api.publish_product(organization, made.id, product()),
        lambda: api.delete_product(organization, made.id),
        lambda: api.list_product_metering_dimensions(organization, made.id),
        lambda: api.list_products(foreign),
    ]
    for call in calls:
        with pytest.raises(NotFoundException):
            call()
    assert api.list_products(organization) == []
    assert theirs.get_product(foreign, made.id) == made


async def test_what_their_words_cannot_show_stays_when_it_comes_back(
    store: Store, tenant: Tenant, ahttp: httpx.AsyncClient
) -> None:
    """Read over plain HTTP a field that has no word of theirs is null; sending that back means nothing."""
    listing = {"service": "GEMINI", "type": "BOX", "terms": {"eulaType": "NONE", "sellerNotes": ""}}
    meta = {"suger": {"contacts": "none", "internalNote": "n"}, "note": "kept", "n": 1}
    async with store.unit(tenant.scope) as uow:
        new = NewProduct(name="Odd", channel="openai", listing=listing, meta=meta)
        odd = await create_product(uow, new)
    path = f"/product/{odd.id}"
    shown = (await ahttp.get(path)).json()
    assert (await ahttp.patch(path, json=shown | {"name": "Even"})).json()["name"] == "Even"
    assert (await ahttp.patch(f"{path}/metaInfo", json=shown["metaInfo"])).status_code == 200
    async with store.unit(tenant.scope) as uow:
        after = await get_product(uow, odd.id)
    assert (after.channel, after.listing, after.meta) == ("openai", listing, meta)
    assert (await ahttp.patch(path, json={"partner": "AWS", "service": "CRM"})).json()["partner"] == "AWS"
    async with store.unit(tenant.scope) as uow:
        changed = await get_product(uow, odd.id)
    assert (changed.channel, changed.listing) == ("aws", listing | {"service": "CRM"})


async def test_a_text_of_ours_under_their_name_comes_back_as_it_was_shown(
    store: Store, tenant: Tenant, ahttp: httpx.AsyncClient
) -> None:
    async with store.unit(tenant.scope) as uow:
        ours = await create_product(uow, NewProduct(name="P", meta={"suger": "x", "a": "b"}))
    path = f"/product/{ours.id}"
    shown = (await ahttp.get(path)).json()
    assert shown["metaInfo"]["customMetaInfo"] == {"suger": "x", "a": "b"}
    texts = {"suger": "x", "a": "c"}
    changed = (await ahttp.patch(path, json={"metaInfo": {"customMetaInfo": texts}})).json()
    assert changed["metaInfo"]["customMetaInfo"] == texts
    noted = await ahttp.patch(path, json={"metaInfo": {"internalNote": "n"}})
    assert "without suger" in refusal(noted, 400, "metaInfo.customMetaInfo")
    both = {"customMetaInfo": {"a": "c"}, "internalNote": "n"}
    after = (await ahttp.patch(path, json={"metaInfo": both})).json()["metaInfo"]
    assert (after["customMetaInfo"], after["internalNote"]) == ({"a": "c"}, "n")


def test_info_and_meta_info_change_field_by_field(http: httpx.Client) -> None:
    info = {"eulaUrl": "https://edge.example/eula", "sellerNotes": "n", "attributes": {"tier": "1"}}
    body = {"name": "P", "info": info, "metaInfo": {"internalNote": "n", "customMetaInfo": {"a": "b"}}}
    made = http.post("/product", json=body).json()
    path = f"/product/{made['id']}"
    nothings: tuple[object, ...] = (None, {})
    for nothing in nothings:
        assert http.patch(path, json={"info": nothing, "metaInfo": nothing}).json()["info"] == made["info"]
        assert http.get(path).json()["metaInfo"] == made["metaInfo"]
    emptied = {"info": {"eulaUrl": "", "attributes": {}}, "metaInfo": {"internalNote": ""}}
    after = http.patch(path, json=emptied).json()
    assert (after["info"]["eulaUrl"], after["info"]["attributes"]) == (None, None)
    assert (after["info"]["sellerNotes"], after["metaInfo"]["internalNote"]) == ("n", None)
    assert after["metaInfo"]["customMetaInfo"] == {"a": "b"}


def test_prices_of_many_digits_come_back_from_a_client_that_reads_floats(
    http: httpx.Client, api: Client, organization: str
) -> None:
    """Suger's client reads 0.1234567890123456789 as 0.12345678901234568 and sends that back."""
    rate = "0.1234567890123456789"
    body = f'{{"name":"P","info":{{"dimensions":[{{"key":"gb","rate":{rate}}}]}}}}'
    made = http.post("/product", content=body, headers={"Content-Type": "application/json"}).json()
    read = api.get_product(organization, made["id"])
    read.name = "Q"
    assert api.update_product(organization, made["id"], read).name == "Q"
    shown = json.loads(http.get(f"/product/{made['id']}").text, parse_float=Decimal)
    assert shown["info"]["dimensions"][0]["rate"] == Decimal(rate)
    for other in ("0.1234567890123456788", "0.12345678901234567", "0.12345678901234569"):
        patch = f'{{"info":{{"dimensions":[{{"key":"gb","rate":{other}}}]}}}}'
        answer = http.patch(
            f"/product/{made['id']}", content=patch, headers={"Content-Type": "application/json"}
        )
        refusal(answer, 400, "info.dimensions")


async def test_changes_here_and_there_keep_each_other(
    store: Store, tenant: Tenant, api: Client, organization: str
) -> None:
    made = api.create_product(organization, product(name="P", partnerID="a", sellerID="b"))
    async with store.unit(tenant.scope) as uow:
        await update_product(uow, UUID(made.id), CatalogChanges({"category": "Tools", "description": "Ours"}))
    changed = api.update_product(organization, made.id, product(partnerID="c"))
    assert (changed.partner_id, changed.seller_id) == ("c", "b")
    async with store.unit(tenant.scope) as uow:
        after = await get_product(uow, UUID(made.id))
    assert (after.category, after.description, after.version) == ("Tools", "Ours", 3)
