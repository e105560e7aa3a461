"""A list asks the database as much for many objects as for few, whatever is shown with each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from counterfoil.settings import Settings
from counterfoil.store import Store
from tests.conftest import Tenant, client_for
from tests.faces.flexprice.asked import grant, price
from tests.support import observe


@pytest.fixture
async def here(store: Store, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """The face in this process, so that its statements can be counted."""
    settings = Settings(faces=("flexprice",), rate_limit=0)
    async with client_for(store, tenant.key, settings) as http:
        http.base_url = httpx.URL("http://api.test/flexprice/v1")
        yield http


async def _made(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Any:
    answer = await http.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _world(http: httpx.AsyncClient, number: int) -> None:
    """A plan with a fee, a usage price and a grant, and a customer's subscription to it."""
    meter = {
        "name": "Calls",
        "event_name": f"call-{number}",
        "aggregation": {"type": "COUNT"},
        "reset_usage": "BILLING_PERIOD",
    }
    feature = await _made(http, "/features", {"name": "Calls", "type": "metered", "meter": meter})
    plan = (await _made(http, "/plans", {"name": "Pro"}))["id"]
    for asked in (
        price(plan),
        price(plan, "0.1", type_="USAGE", meter_id=feature["meter_id"], invoice_cadence="ARREAR"),
    ):
        await _made(http, "/prices", {**asked, "type": asked.pop("type_")})
    await _made(http, "/creditgrants", grant(plan))
    customer = await _made(http, "/customers", {"external_id": f"c-{number}", "name": "C"})
    body = {"customer_id": customer["id"], "plan_id": plan, "currency": "usd", "billing_period": "MONTHLY"}
    await _made(http, "/subscriptions", body)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/creditgrants", 2),
        ("/customers", 2),
        ("/features", 3),
        ("/plans?expand=prices,meters,credit_grants", 7),
        ("/prices?expand=meters", 3),
        ("/subscriptions?with_line_items=true&expand=customer,plan,credit_grants", 8),
    ],
)
async def test_a_list_takes_as_many_statements_for_many_as_for_few(
    here: httpx.AsyncClient, store: Store, path: str, most: int
) -> None:
    counts = []
    for number in range(3):
        await _world(here, number)
        with observe.statements(store) as seen:
            listed = (await here.get(path)).json()
        assert len(listed["items"]) >= number + 1
        counts.append(len([one for one, _ in seen if one.lower().lstrip().startswith("select")]))
    assert len(set(counts)) == 1, counts
    assert counts[0] <= most + 2, "besides the page: the key, and the environment's clock"
