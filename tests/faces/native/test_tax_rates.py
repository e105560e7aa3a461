"""What a developer does with ``/v1/tax-rates``; ``test_products`` has what all kinds share."""

from __future__ import annotations

import httpx
import pytest

from tests.faces.native.test_products import expect_refusal, post


@pytest.mark.parametrize("written", ['"8.875"', "8.875", "8.8750"])
async def test_a_percentage_keeps_every_digit_however_it_is_written(
    api: httpx.AsyncClient, written: str
) -> None:
    body = f'{{"code":"nyc","name":"New York City","percent":{written}}}'
    made = (await post(api, "/v1/tax-rates", body)).json()
    assert (made["percent"], made["inclusive"]) == ("8.875", False)
    assert (await api.get(f"/v1/tax-rates/{made['id']}")).json() == made


@pytest.mark.parametrize(
    "written",
    [
        "-1",
        "100.01",
        '"NaN"',
        '"Infinity"',
        '"1e400"',
        "1e400",
        '""',
        "null",
        "true",
        "[]",
        '"' + "9" * 500 + '"',
    ],
)
async def test_an_impossible_percentage_is_refused(api: httpx.AsyncClient, written: str) -> None:
    answer = await post(api, "/v1/tax-rates", f'{{"code":"t","name":"T","percent":{written}}}')
    assert expect_refusal(answer, 400, "percent")["allowed"]
    assert (await api.get("/v1/tax-rates")).json()["data"] == []


@pytest.mark.parametrize(("field", "value"), [("percent", "7"), ("inclusive", True)])
async def test_a_rate_never_changes(api: httpx.AsyncClient, field: str, value: object) -> None:
    made = (await api.post("/v1/tax-rates", json={"code": "t", "name": "T", "percent": "19"})).json()
    expect_refusal(await api.patch(f"/v1/tax-rates/{made['id']}", json={field: value}), 400, field)
