"""What Flexprice's users do with customers: make, find by either id, change, put away."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from flexprice.models import errors

from tests.faces.flexprice.asked import price, subscribed


def test_a_customer_comes_back_as_it_was_given(client: Any) -> None:
    made = client.customers.create_customer(
        external_id="acme",
        name="Acme",
        email="billing@acme.example",
        address_line1="1 Main Street",
        address_line2="Floor 2",
        address_city="Berlin",
        address_state="BE",
        address_postal_code="10115",
        address_country="DE",
        billing_currency="eur",
        timezone="Europe/Berlin",
        tax_treatment="exempt",
        metadata={"tier": "gold"},
    )
    assert made.id is not None
    assert made.id.startswith("cust_")
    shown = made.model_dump(exclude={"id", "created_at", "updated_at", "created_by", "updated_by"})
    assert shown.pop("tenant_id").startswith("tenant_")
    assert shown.pop("environment_id").startswith("env_")
    assert {name: value for name, value in shown.items() if value is not None} == {
        "external_id": "acme",
        "name": "Acme",
        "email": "billing@acme.example",
        "address_line1": "1 Main Street",
        "address_line2": "Floor 2",
        "address_city": "Berlin",
        "address_state": "BE",
        "address_postal_code": "10115",
        "address_country": "DE",
        "billing_currency": "eur",
        "timezone": "Europe/Berlin",
        "tax_treatment": "exempt",
        "metadata": {"tier": "gold"},
        "status": "published",
    }
    assert client.customers.get_customer(id=made.id) == made
    assert client.customers.get_customer_by_external_id(external_id="acme") == made


async def test_the_id_is_that_of_the_native_api_under_another_prefix(
    client: Any, http: httpx.AsyncClient, served: str
) -> None:
    made = client.customers.create_customer(external_id="acme", name="Acme")
    assert made.id is not None
    native = made.id.replace("cust_", "cus_")
    key = {"Authorization": f"Bearer {http.headers['x-api-key']}"}
    answer = await http.get(f"{served}/v1/customers/{native}", headers=key)
    assert (answer.status_code, answer.json()["external_id"]) == (200, "acme")
    assert (await http.get("/customers/lookup/acme")).json()["id"] == made.id


def test_a_customer_is_changed_by_either_id_and_keeps_the_rest(client: Any) -> None:
    made = client.customers.create_customer(
        external_id="acme", name="Acme", email="a@acme.example", address_city="Berlin", metadata={"k": "v"}
    )
    client.customers.update_customer(external_customer_id="acme", name="Acme Ltd", address_country="GB")
    changed = client.customers.update_customer(id=made.id, email="b@acme.example", tax_treatment="exempt")
    assert (changed.name, changed.email, changed.tax_treatment) == ("Acme Ltd", "b@acme.example", "exempt")
    assert (changed.address_city, changed.address_country, changed.metadata) == ("Berlin", "GB", {"k": "v"})
    assert changed.updated_at > made.updated_at
    emptied = client.customers.update_customer(id=made.id, email="", address_city="", metadata={})
    assert (emptied.email, emptied.address_city, emptied.metadata) == ("", "", {})


async def test_a_customer_is_changed_in_the_older_way(client: Any, http: httpx.AsyncClient) -> None:
    made = client.customers.create_customer(external_id="acme", name="Acme")
    answer = await http.put(f"/customers/{made.id}", json={"name": "Acme Ltd"})
    assert (answer.status_code, answer.json()["name"], answer.json()["external_id"]) == (
        200,
        "Acme Ltd",
        "acme",
    )


def test_a_customer_who_left_is_put_away_but_not_with_a_running_subscription(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    client.prices.create_price(**price(plan.id))
    made = subscribed(client, plan.id)
    with pytest.raises(errors.ErrorResponse) as refused:
        client.customers.delete_customer(id=made.customer_id)
    assert (refused.value.data.code, refused.value.status_code) == ("invalid_operation", 400)
    assert client.customers.get_customer(id=made.customer_id).status == "published"

    client.subscriptions.cancel_subscription(id=made.id, cancellation_type="immediate")
    assert client.customers.delete_customer(id=made.customer_id) is None
    assert client.customers.get_customer(id=made.customer_id).status == "archived"
    assert client.customers.query_customer().items == []
    assert len(client.customers.query_customer(status="archived").items) == 1


def test_an_external_id_names_one_customer(client: Any) -> None:
    client.customers.create_customer(external_id="acme", name="Acme")
    with pytest.raises(errors.FlexpriceDefaultError) as refused:
        client.customers.create_customer(external_id="acme", name="Other")
    assert refused.value.status_code == 409
    assert '"already_exists"' in refused.value.body
    assert client.customers.query_customer().pagination.total == 1


async def test_customers_are_listed_and_found_alike(client: Any, http: httpx.AsyncClient) -> None:
    made = {
        name: client.customers.create_customer(
            external_id=name, name=f"{name.title()} GmbH", email=f"{name}@example.com"
        )
        for name in ("ant", "bee", "cat")
    }
    newest_first = [made[name].id for name in ("cat", "bee", "ant")]

    def found(**asked: Any) -> list[str | None]:
        return [one.id for one in client.customers.query_customer(**asked).items]

    async def listed(**query: Any) -> list[str]:
        return [one["id"] for one in (await http.get("/customers", params=query)).json()["items"]]

    assert found() == await listed() == newest_first
    assert found(order="asc") == await listed(order="asc") == newest_first[::-1]
    assert found(limit=1, offset=1) == await listed(limit=1, offset=1) == [made["bee"].id]
    pair = [made["ant"].id, made["cat"].id]
    assert found(customer_ids=pair) == await listed(customer_ids=pair) == pair[::-1]
    assert found(external_ids=["bee", "dog"]) == await listed(external_ids="bee,dog") == [made["bee"].id]
    assert found(email="cat@example.com") == await listed(email="cat@example.com") == [made["cat"].id]
    assert found(external_id="ant", email="cat@example.com") == []
    assert found(start_time=made["bee"].created_at) == [made["cat"].id, made["bee"].id]
    assert found(customer_ids=[], external_ids=[]) == await listed(customer_ids="") == newest_first


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ({"field": "name", "operator": "contains", "value": {"string": "AN"}}, ["ant"]),
        ({"field": "external_id", "operator": "in", "value": {"array": ["ant", "cat"]}}, ["cat", "ant"]),
        ({"field": "email", "operator": "eq", "value": {"string": "bee@example.com"}}, ["bee"]),
        ({"field": "id", "operator": "eq", "value": {"string": "cust_nobody"}}, []),
        ({"field": "status", "operator": "eq", "value": {"string": "archived"}}, []),
        ({"field": "created_at", "operator": "before", "value": {"date": "2020-01-01T00:00:00Z"}}, []),
    ],
)
def test_conditions_narrow_what_is_found(client: Any, condition: dict[str, Any], names: list[str]) -> None:
    for name in ("ant", "bee", "cat"):
        client.customers.create_customer(external_id=name, name=name, email=f"{name}@example.com")
    found = client.customers.query_customer(filters=[condition])
    assert [one.external_id for one in found.items] == names
    assert found.pagination.total == len(names)


def test_times_of_conditions_are_exact_to_the_microsecond(client: Any) -> None:
    made = [client.customers.create_customer(external_id=name, name=name) for name in ("ant", "bee", "cat")]
    middle = {"date": made[1].created_at.isoformat()}

    def found(operator: str) -> list[str | None]:
        condition = {"field": "created_at", "operator": operator, "value": middle}
        return [one.external_id for one in client.customers.query_customer(filters=[condition]).items]

    assert found("gt") == found("after") == ["cat"]
    assert found("gte") == ["cat", "bee"]
    assert found("lt") == found("before") == ["ant"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (
            {"filters": [{"field": "shoe_size", "operator": "eq", "value": {"string": "9"}}]},
            "filters.0.field",
        ),
        ({"filters": [{"field": "name", "operator": "eq", "value": {"string": "x"}}]}, "filters.0.operator"),
        (
            {"filters": [{"field": "email", "operator": "not_in", "value": {"array": []}}]},
            "filters.0.operator",
        ),
        ({"filters": [{"field": "email", "operator": "eq"}]}, "filters.0.value"),
        (
            {"filters": [{"field": "created_at", "operator": "gt", "value": {"date": "soon"}}]},
            "filters.0.value",
        ),
        ({"sort": [{"field": "name", "direction": "asc"}]}, "sort"),
        ({"metadata": {"k": "v"}}, "metadata"),
        ({"limit": 1001}, "limit"),
        ({"offset": 2**31}, "offset"),
        ({"external_ids": [str(number) for number in range(1001)]}, "external_ids"),
    ],
)
def test_what_cannot_be_searched_by_is_refused_by_its_name(
    client: Any, asked: dict[str, Any], field: str
) -> None:
    with pytest.raises(errors.ErrorResponse) as refused:
        client.customers.query_customer(**asked)
    assert refused.value.data.code == "validation_error"
    assert refused.value.message.startswith(field)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "N"}, "external_id"),
        ({"external_id": "e"}, "name"),
        ({"external_id": "e", "name": "N", "email": "nobody"}, "email"),
        ({"external_id": "e", "name": "N", "address_country": "Germany"}, "address_country"),
        ({"external_id": "e", "name": "N", "billing_currency": "euros"}, "billing_currency"),
        ({"external_id": "e", "name": "N", "timezone": "Mars/Olympus"}, "timezone"),
        ({"external_id": "e", "name": "N", "tax_treatment": "sometimes"}, "tax_treatment"),
        ({"external_id": "e", "name": "N", "metadata": {"k": 1}}, "metadata.k"),
        ({"external_id": "e", "name": "N", "contact": "+49 30 1"}, "contact"),
        ({"external_id": "e", "name": "\u0000"}, "name"),
    ],
)
async def test_a_customer_that_cannot_be_kept_is_refused_by_its_field(
    http: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await http.post("/customers", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert answer.json()["details"]["field"] == field
    assert (await http.get("/customers")).json()["pagination"]["total"] == 0


async def test_a_change_names_its_customer_once(client: Any, http: httpx.AsyncClient) -> None:
    made = client.customers.create_customer(external_id="acme", name="Acme")
    for query in ({}, {"id": made.id, "external_customer_id": "acme"}):
        answer = await http.put("/customers", params=query, json={"name": "Other"})
        assert (answer.status_code, answer.json()["details"]["field"]) == (400, "id")
    for query in ({"id": "cust_x"}, {"external_customer_id": "nobody"}):
        assert (await http.put("/customers", params=query, json={"name": "Other"})).status_code == 404
    assert client.customers.get_customer(id=made.id) == made
