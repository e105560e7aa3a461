"""What the kit gives to faces of other vendors: exact answers, a vendor's paging, bodies that are absent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Response
from pydantic import Field

from counterfoil.bootstrap import http_app
from counterfoil.core.errors import CounterfoilError
from counterfoil.faces.kit.errors import ErrorForm
from counterfoil.faces.kit.exact_json import dumps
from counterfoil.faces.kit.face import answer_errors
from counterfoil.faces.kit.fitting import fitting
from counterfoil.faces.kit.routes import UnitRoute
from counterfoil.faces.kit.vendor_paging import OffsetQuery, offset_query
from counterfoil.faces.kit.vendor_wire import (
    DecimalNumber,
    InstantInText,
    SparseWire,
    VendorWire,
    empty_answer,
    vendor_answer,
)
from counterfoil.faces.kit.wire import InstantText, Wire
from counterfoil.settings import Settings
from counterfoil.store import Store
from tests.conftest import Tenant


class Price(VendorWire):
    amount: DecimalNumber
    from_: str | None = Field(default=None, validation_alias="from", serialization_alias="from")


class Plan(SparseWire):
    id: str
    parent: str | None
    note: str | None = None
    prices: list[Price] | None = None


class Native(Wire):
    at: InstantText


DIGITS = "12345678901234567890.123456789012345678"  # more than any float holds


def test_decimals_are_numbers_with_every_digit_and_the_rest_are_texts() -> None:
    made = dumps(
        {
            "price": Decimal(DIGITS),
            "small": Decimal("0.10"),
            "at": datetime(2026, 1, 31, 1, 2, 3, tzinfo=UTC),
            "id": UUID(int=5),
            "native": Native(at=datetime(2026, 1, 31, tzinfo=UTC)),
        }
    )
    assert (
        made
        == (
            f'{{"price":{DIGITS},"small":0.10,"at":"2026-01-31T01:02:03Z",'
            '"id":"00000000-0000-0000-0000-000000000005","native":{"at":"2026-01-31T00:00:00Z"}}'
        ).encode()
    )


def test_an_answer_has_the_vendors_names_and_null_where_there_is_no_value() -> None:
    assert dumps([Price(amount=Decimal("1.50")), Price(amount=Decimal(2), from_="x")]) == (
        b'[{"amount":1.50,"from":null},{"amount":2,"from":"x"}]'
    )


def test_a_sparse_answer_leaves_out_what_has_no_value_and_was_not_required() -> None:
    plan = Plan(id="p", parent=None, prices=[Price(amount=Decimal(DIGITS))])
    assert dumps(plan).decode() == f'{{"id":"p","parent":null,"prices":[{{"amount":{DIGITS},"from":null}}]}}'


def test_an_answer_knows_what_it_was_given() -> None:
    assert Plan(id="p", parent=None).model_fields_set == {"id", "parent"}
    assert Plan(id="p", parent=None, note="", prices=[]).model_fields_set == {
        "id",
        "parent",
        "note",
        "prices",
    }


def test_answers_without_a_body_say_so() -> None:
    assert (empty_answer().status_code, dict(empty_answer().headers)) == (200, {"content-length": "0"})
    assert (empty_answer(204).status_code, dict(empty_answer(204).headers)) == (204, {})
    assert (vendor_answer("").body, vendor_answer("", 202).status_code) == (b'""', 202)


class Form(ErrorForm):
    challenge = None

    def body(self, error: CounterfoilError, status: int, request_id: str) -> Any:
        return {"refused": error.field, "allowed": error.allowed}


class LooseRoute(UnitRoute):
    """A route for clients that do not say that they send JSON, and know the limit by another name."""

    errors = Form()
    json_only = False
    limit_headers = "X-RateLimit"


def application() -> FastAPI:
    app = FastAPI(redirect_slashes=False)
    answer_errors(app, Form())

    @app.get("/refusing")
    async def refusing(page: Annotated[OffsetQuery, offset_query(50, 200)]) -> Response:
        return vendor_answer(page)

    @app.get("/moving")
    async def moving(
        page: Annotated[OffsetQuery, offset_query(20, 100, least=0, clamp=True, limit="take", offset="skip")],
    ) -> Response:
        return vendor_answer(page)

    @app.post("/cancel")
    async def cancel(body: Plan | None = None) -> Response:
        return vendor_answer(body)

    @app.post("/price")
    async def price(body: Price) -> Response:
        return vendor_answer(body)

    @app.get("/broken")
    async def broken() -> Response:
        raise RuntimeError("the secret of the inside")

    return app


@pytest.fixture
async def vendor() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(application(), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://a.test")


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        ("/refusing", (50, 0)),
        ("/refusing?limit=200&offset=7&unheard=x", (200, 7)),
        ("/moving", (20, 0)),
        ("/moving?take=1000&skip=-5", (100, 0)),
        ("/moving?take=-1&skip=99999999999999999999", (0, 2**31 - 1)),
    ],
)
async def test_a_page_is_read_within_the_vendors_bounds(
    vendor: httpx.AsyncClient, asked: str, page: tuple[int, int]
) -> None:
    answer = (await vendor.get(asked)).json()
    assert (answer["limit"], answer["offset"]) == page


@pytest.mark.parametrize(
    ("asked", "field", "allowed"),
    [
        ("/refusing?limit=0", "limit", "at least 1"),
        ("/refusing?limit=201", "limit", "at most 200"),
        ("/refusing?offset=-1", "offset", "at least 0"),
        ("/refusing?offset=99999999999999999999", "offset", "at most 2147483647"),
        ("/moving?take=x", "take", "a whole number"),
    ],
)
async def test_what_is_out_of_bounds_is_refused_by_its_name(
    vendor: httpx.AsyncClient, asked: str, field: str, allowed: str
) -> None:
    answer = await vendor.get(asked)
    assert (answer.status_code, answer.json()) == (400, {"refused": field, "allowed": allowed})


async def test_a_body_may_be_absent_though_the_call_says_json(vendor: httpx.AsyncClient) -> None:
    answer = await vendor.post("/cancel", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.content) == (200, b"null")


async def test_a_number_comes_back_digit_by_digit(vendor: httpx.AsyncClient) -> None:
    answer = await vendor.post("/price", json={"amount": DIGITS})
    assert answer.text == f'{{"amount":{DIGITS},"from":null}}'
    assert json.loads(answer.text, parse_float=Decimal)["amount"] == Decimal(DIGITS)


async def test_what_nobody_expected_has_the_faces_form(vendor: httpx.AsyncClient) -> None:
    answer = await vendor.get("/broken")
    assert (answer.status_code, answer.json()) == (500, {"refused": None, "allowed": None})


async def test_a_face_has_its_own_names_of_headers_and_need_not_ask_for_a_content_type(
    store: Store, tenant: Tenant
) -> None:
    app = http_app(Settings(rate_limit=5), store)
    router = APIRouter(route_class=LooseRoute)

    @router.post("/loose")
    async def loose(body: Price) -> Response:
        return vendor_answer(body)

    app.include_router(router)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    key = {"Authorization": f"Bearer {tenant.key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://a.test", headers=key) as client:
        text = {"Content-Type": "text/plain"}
        taken = await client.post("/loose", content=b'{"amount": 1.10}', headers=text)
        broken = await client.post("/loose", content=b"{", headers=text)
        keyless = await client.post("/loose", headers={"Authorization": ""})
    assert (taken.status_code, taken.text) == (200, '{"amount":1.10,"from":null}')
    assert (taken.headers["x-ratelimit-limit"], taken.headers["x-ratelimit-remaining"]) == ("5", "4")
    assert (broken.status_code, broken.json()["refused"]) == (400, "body")
    assert keyless.status_code == 401
    assert "www-authenticate" not in keyless.headers


class Shelf(VendorWire):
    name: str | None = None
    since: InstantInText | None = None
    prices: list[Price] | None = None
    labels: dict[str, str] | None = None


def test_what_others_wrote_is_shown_as_far_as_it_fits() -> None:
    prices = [{"amount": "0.10", "from": 5}, "all", {"from": "x"}, {"amount": "2"}, {"amount": "many"}]
    stored = {"name": 5, "since": "soon", "prices": prices, "labels": {"a": "b", "c": 1}, "other": 1}
    shown = fitting(Shelf, stored)
    assert json.loads(dumps(shown)) == {
        "name": None,
        "since": None,
        "prices": [{"amount": 0.10, "from": None}, {"amount": 2, "from": None}],
        "labels": {"a": "b"},
    }
    assert stored["prices"] is prices
    assert len(prices) == 5
    assert fitting(Shelf, "nothing") is None
    assert fitting(Price, {}) is None
    since = {"since": "2026-01-31T09:30:00+01:00"}
    assert fitting(Shelf, since) == Shelf.model_validate(since)
