"""Parents and children: who may be whose, and who pays."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.joint_invoices.conftest import Group


async def refused(group: Group, customer: str, **body: Any) -> tuple[int, str]:
    answer = await group.api.patch(f"/v1/customers/{customer}", json=body)
    return answer.status_code, answer.json()["error"]["field"]


async def test_nobody_is_above_themselves(group: Group) -> None:
    north = await group.daughter("North")
    assert await refused(group, group.parent, parent_id=group.parent) == (400, "parent_id")
    assert await refused(group, group.parent, parent_id=north) == (400, "parent_id")


async def test_a_parent_is_a_customer_that_exists_here(group: Group) -> None:
    unknown = "cus_01kahgp1g0edgrx4zm6byashwh"
    assert await refused(group, group.parent, parent_id=unknown) == (404, "parent_id")


async def test_an_archived_customer_is_nobodys_new_parent(group: Group) -> None:
    old = await group.customer("Old")
    await group.ask("POST", f"/customers/{old}/archive")
    assert await refused(group, group.parent, parent_id=old) == (409, "parent_id")


async def test_a_family_is_at_most_five_deep(group: Group) -> None:
    lowest = group.parent
    for level in range(4):
        lowest = await group.customer(f"Level {level}", parent_id=lowest)
    body = {"name": "Too deep", "parent_id": lowest}
    answer = await group.api.post("/v1/customers", json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "parent_id")
    # Nor from above: the family of five gets no sixth by a parent of its highest.
    above = await group.customer("Above")
    assert await refused(group, group.parent, parent_id=above) == (400, "parent_id")


async def test_who_has_no_parent_cannot_be_billed_to_one(group: Group) -> None:
    assert await refused(group, group.parent, billed_to="parent") == (400, "billed_to")
    north = await group.daughter("North")
    assert await refused(group, north, parent_id=None) == (400, "billed_to")


async def test_children_are_listed_by_their_parent(group: Group) -> None:
    north, south = await group.daughter("North"), await group.daughter("South")
    await group.customer("Granddaughter", parent_id=north)
    found = await group.api.get("/v1/customers", params={"parent_id": group.parent})
    assert [one["id"] for one in found.json()["data"]] == [south, north]


@pytest.mark.parametrize("invoicing", ["separate", "joint"])
async def test_who_pays_is_whoever_is_highest_among_those_who_pass_it_on(
    group: Group, invoicing: str
) -> None:
    middle = await group.daughter("Middle")
    lowest = await group.daughter("Lowest", parent_id=middle)
    await group.sell(lowest, invoicing=invoicing)
    await group.until("2026-01-02T00:00:00Z")
    (first,) = await group.invoices()
    assert first["customer_id"] == group.parent
    await group.ask("PATCH", f"/customers/{middle}", billed_to="self")
    await group.until("2026-02-01T02:00:00Z")
    assert (await group.invoices())[-1]["customer_id"] == middle
    await group.ask("PATCH", f"/customers/{lowest}", billed_to="self")
    await group.until("2026-03-01T02:00:00Z")
    last = (await group.invoices())[-1]
    assert (last["customer_id"], last["buyer"]["name"]) == (lowest, "Lowest")


async def test_taxes_are_those_of_who_pays(group: Group) -> None:
    rate = {"name": "VAT", "percent": "19", "country": "DE"}
    await group.ask("POST", "/tax-rates", code="de", **rate)
    issuer = (await group.ask("GET", "/issuers"))["data"][0]["id"]
    await group.ask(
        "PATCH", f"/issuers/{issuer}", address={"country": "DE"}, registrations=[{"country": "DE"}]
    )
    await group.ask("PATCH", f"/customers/{group.parent}", address={"country": "DE"})
    abroad = await group.daughter("Abroad", address={"country": "US"})
    await group.sell(abroad)
    await group.until("2026-01-01T02:00:00Z")
    (invoice,) = await group.invoices()
    assert (invoice["customer_id"], invoice["tax"]) == (group.parent, "5.70")
