"""What a user of Salable's own client, @salable/node-sdk of API v1, gets here."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from counterfoil.store import Store
from tests.faces.salable.shop import Shop, subscribe_to_team

OPTIONS = {
    "globalPlanOptions": {
        "granteeId": "user-1",
        "member": "org-1",
        "successUrl": "https://example.com/success",
        "cancelUrl": "https://example.com/cancel",
        "contactUsLink": "https://example.com/contact",
        "allowPromoCode": "true",
        "customer": {"email": "ada@example.com"},
    },
    "individualPlanOptions": {"plan": {"granteeId": "user-2"}},
}
LINK = {
    "granteeId": "user-1",
    "member": "org-1",
    "successUrl": "https://example.com/success",
    "cancelUrl": "https://example.com/cancel",
}


def installed(cache: pytest.Cache, version: str) -> Path:
    """The folder of a version of the client, installed once; skips where that cannot be done."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are needed to drive Salable's own client")
    shelf = cache.mkdir("salable-node-sdk")
    package = shelf / version / "node_modules/@salable/node-sdk"
    if not package.exists():
        fresh = Path(tempfile.mkdtemp(dir=shelf))
        command = ["npm", "install", "--prefix", str(fresh), "--ignore-scripts", "--no-audit", "--no-fund"]
        command += ["--fetch-retries=0", "--fetch-timeout=20000", f"@salable/node-sdk@{version}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("Salable's own client cannot be installed within two minutes")
        if done.returncode:
            pytest.skip(f"Salable's own client cannot be installed: {done.stderr[-200:]}")
        try:
            fresh.rename(shelf / version)
        except OSError:
            shutil.rmtree(fresh)  # another worker was quicker
    return package


@dataclass
class Sdk:
    """Salable's client with a seller's key."""

    package: Path
    url: str
    key: str

    def run(self, *calls: tuple[str, str, list[Any]]) -> list[dict[str, Any]]:
        """What the user of the client gets of each call: a value, or an error."""
        driver = str(Path(__file__).parent / "sdk.cjs")
        command = ["node", driver, str(self.package), self.key, self.url, json.dumps(calls)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        results: list[dict[str, Any]] = json.loads(done.stdout)
        return results

    def get(self, resource: str, method: str, *args: Any) -> Any:
        """The value of one call that succeeds."""
        [result] = self.run((resource, method, list(args)))
        assert "value" in result, result
        return result["value"]


@pytest.fixture
def sdk(pytestconfig: pytest.Config, salable: str, shop: Shop) -> Sdk:
    """Version 2.5.0, the last one of API v1."""
    assert pytestconfig.cache is not None
    return Sdk(installed(pytestconfig.cache, "2.5.0"), salable, shop.tenant.key)


def test_a_developer_reads_the_products_and_one_with_its_features_and_plans(sdk: Sdk, shop: Shop) -> None:
    [listed] = sdk.get("products", "getAll")
    assert (listed["uuid"], listed["paid"], listed["isTest"]) == (shop["planner"], True, True)
    # This version of the client has no argument for expand; its users append it to the UUID.
    product = sdk.get("products", "getOne", f"{shop['planner']}?expand=features,plans.currencies.currency")
    assert product["displayName"] == "Planner"
    assert [one["variableName"] for one in product["features"]][:2] == ["sso", "boards"]
    team = next(one for one in product["plans"] if one["name"] == "Team")
    assert {one["currency"]["shortName"]: one["price"] for one in team["currencies"]} == {
        "EUR": 1100,
        "USD": 1250,
    }


def test_a_developer_reads_what_a_product_consists_of(sdk: Sdk, shop: Shop) -> None:
    plans, features, capabilities, currencies = (
        one["value"]
        for one in sdk.run(
            *(
                ("products", method, [shop["planner"]])
                for method in ("getPlans", "getFeatures", "getCapabilities", "getCurrencies")
            )
        )
    )
    assert len(plans) == 7
    assert len(features) == 5
    assert [one["name"] for one in capabilities] == ["export"]
    assert [one["currency"]["longName"] for one in currencies if one["defaultCurrency"]] == ["US Dollar"]


def test_a_developer_reads_a_plan_and_what_it_gives_and_costs(sdk: Sdk, shop: Shop) -> None:
    plan, features, capabilities, currencies = (
        one["value"]
        for one in sdk.run(
            *(
                ("plans", method, [shop["team"]])
                for method in ("getOne", "getFeatures", "getCapabilities", "getCurrencies")
            )
        )
    )
    assert (plan["licenseType"], plan["interval"], plan["length"]) == ("perSeat", "month", 1)
    support = next(one for one in features if one["feature"]["name"] == "Support")
    assert (support["value"], support["enumValue"]["name"]) == ("phone", "phone")
    assert [one["capability"]["name"] for one in capabilities] == ["export"]
    assert {one["currency"]["shortName"]: one["price"] for one in currencies} == {"EUR": 1100, "USD": 1250}


def test_a_page_draws_the_pricing_table_of_a_product(sdk: Sdk, shop: Shop) -> None:
    table = sdk.get("products", "getPricingTable", shop["planner"], OPTIONS)
    assert [one["name"] for one in table["plans"]] == ["Free", "Metered", "Team", "Fixed", "Soon"]
    assert [one["name"] for one in table["features"]][:2] == ["Single sign-on", "Boards"]


def test_a_developer_who_wants_a_checkout_link_is_told_bad_request(sdk: Sdk, shop: Shop) -> None:
    # The client tells its users nothing but the status; the reason is in the body.
    [result] = sdk.run(("plans", "getCheckoutLink", [shop["team"], LINK]))
    assert (result["error"], result["name"]) == ("Bad Request", "Error")


async def test_a_customer_cancels_for_the_end_of_the_period(sdk: Sdk, shop: Shop, store: Store) -> None:
    own = str(await subscribe_to_team(store, shop))
    before, cancelled, after = sdk.run(
        ("subscriptions", "getOne", [own]),
        ("subscriptions", "cancel", [own, "end"]),
        ("subscriptions", "getOne", [own]),
    )
    assert cancelled == {"value": {}}  # the client reads JSON from every answer, so there has to be some
    assert before["value"]["status"] == after["value"]["status"] == "ACTIVE"
    assert before["value"]["expiryDate"] == after["value"]["expiryDate"]


async def test_a_customer_cancels_at_once(sdk: Sdk, shop: Shop, store: Store) -> None:
    own = str(await subscribe_to_team(store, shop))
    cancelled, after, again = sdk.run(
        ("subscriptions", "cancel", [own, "now"]),
        ("subscriptions", "getOne", [own]),
        ("subscriptions", "cancel", [own, "now"]),
    )
    assert cancelled == {"value": {}}
    assert after["value"]["status"] == "CANCELED"
    assert again["error"] == "Bad Request"


def test_what_is_not_there_and_a_wrong_key_are_errors_of_the_client(sdk: Sdk, shop: Shop) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    [missing] = sdk.run(("plans", "getOne", [nobody]))
    [refused] = Sdk(sdk.package, sdk.url, "test_key").run(("products", "getAll", []))
    assert (missing["error"], refused["error"]) == ("Not Found", "Unauthorized")


async def test_the_client_before_it_reads_a_subscription_as_well(
    pytestconfig: pytest.Config, salable: str, shop: Shop, store: Store
) -> None:
    assert pytestconfig.cache is not None
    older = Sdk(installed(pytestconfig.cache, "1.7.0"), salable, shop.tenant.key)
    own = str(await subscribe_to_team(store, shop))
    assert older.get("subscriptions", "getSubscription", own)["quantity"] == 7
