"""A contract of its own terms over HTTP, from its start to its end: a discount, a pause, an end at a date.

One month costs 30 in advance, half of that at first, besides what is used at 0.01 and support at 31 in
arrears.  Everything is worked out by hand, by days of the calendar in UTC.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Database, Tenant
from tests.support.serving import served


@pytest.fixture
def api(database: Database, tenant: Tenant, tmp_path: Path) -> Iterator[httpx.Client]:
    """The program with its worker, in a sandbox."""
    with served(database, tmp_path, worker="true") as url:
        headers = {"Authorization": f"Bearer {tenant.key}"}
        with httpx.Client(base_url=f"{url}/v1", headers=headers, timeout=60) as api:
            yield api


def ask(api: httpx.Client, method: str, path: str, **body: Any) -> Any:
    answer = api.request(method, path, json=body or None)
    assert answer.is_success, answer.text
    return answer.json()


class Story:
    """A seller's customer, and the clock that everything follows."""

    def __init__(self, api: httpx.Client) -> None:
        self.api = api
        self.clock = ask(api, "POST", "/test-clocks", now_at="2026-05-01T00:00:00Z")["id"]
        tokens = {"event_name": "completion", "aggregation": "sum", "property": "tokens"}
        meter = ask(api, "POST", "/meters", code="tokens", name="Tokens", **tokens)["id"]
        prices = [
            {"code": "fee", "model": "flat", "params": {"EUR": {"amount": "30"}}},
            {
                "code": "tokens",
                "model": "per_unit",
                "params": {"EUR": {"unit_amount": "0.01"}},
                "quantity_source": "usage",
                "meter_id": meter,
                "cadence": "in_arrears",
            },
        ]
        plan = ask(api, "POST", "/plans", code="pro", name="Pro", publish=True, prices=prices)["id"]
        self.customer = ask(api, "POST", "/customers", name="Ada", currency="EUR")["id"]
        self.contract = ask(
            api,
            "POST",
            "/subscriptions",
            customer_id=self.customer,
            plan_id=plan,
            prices=[
                {
                    "code": "support",
                    "model": "flat",
                    "params": {"EUR": {"amount": "31"}},
                    "cadence": "in_arrears",
                }
            ],
            overrides=[{"code": "fee", "params": {"amount": "15"}, "ends_at": "2026-06-16T00:00:00Z"}],
        )
        self.path = f"/subscriptions/{self.contract['id']}"

    def until(self, day: str) -> None:
        """Let time pass; what falls due is billed by the worker."""
        to = f"{day}T01:00:00Z"
        operation = ask(self.api, "POST", f"/test-clocks/{self.clock}/advance", to=to)
        limit = time.monotonic() + 60
        while operation["status"] not in ("succeeded", "failed"):
            assert time.monotonic() < limit, operation
            time.sleep(0.05)
            operation = ask(self.api, "GET", f"/operations/{operation['id']}")
        assert operation["status"] == "succeeded", operation

    def use(self, day: str, tokens: int) -> None:
        """Usage of a day."""
        event = {"id": f"e-{self.customer}-{day}", "name": "completion", "customer": self.customer}
        ask(self.api, "POST", "/events", **event, at=f"{day}T12:00:00Z", properties={"tokens": tokens})

    def invoices(self) -> list[tuple[str, dict[str, str]]]:
        """Total, and each line by name and days, of every invoice, the first one first."""
        found = ask(self.api, "GET", "/invoices")["data"][::-1]
        shown = []
        for invoice in found:
            lines = ask(self.api, "GET", f"/invoices/{invoice['id']}/lines")["data"]
            days = {
                f"{one['description']} {one['service_start'][:10]}/{one['service_end'][:10]}": one["amount"]
                for one in lines
            }
            shown.append((invoice["total"], days))
        return shown


def test_a_discount_a_pause_and_an_end_at_a_date(api: httpx.Client) -> None:
    story = Story(api)
    items = story.contract["items"]
    assert [(one["started_at"][:10], (one["ended_at"] or "")[:10]) for one in items] == [
        ("2026-05-01", "2026-06-16"),
        ("2026-06-16", ""),
        ("2026-05-01", ""),
        ("2026-05-01", ""),
    ]
    story.until("2026-05-11")
    story.use("2026-05-10", 1000)
    story.until("2026-06-06")
    story.use("2026-06-05", 500)
    story.until("2026-06-21")
    paused = ask(api, "POST", f"{story.path}/pause")
    assert (paused["status"], paused["paused_at"]) == ("paused", "2026-06-21T01:00:00Z")
    story.until("2026-06-26")
    story.use("2026-06-25", 400)  # in the pause: it is kept, and not billed
    story.until("2026-07-11")
    resumed = ask(api, "POST", f"{story.path}/resume")
    assert (resumed["status"], len(resumed["items"])) == ("active", 7)
    story.until("2026-07-21")
    story.use("2026-07-20", 300)
    ending = ask(api, "POST", f"{story.path}/cancel", when="at", at="2026-08-11T00:00:00Z")
    assert (ending["status"], ending["cancel_at"]) == ("active", "2026-08-11T00:00:00Z")
    story.until("2026-09-30")

    assert story.invoices() == [
        ("15.00", {"fee 2026-05-01/2026-06-01": "15.00"}),
        (
            "48.50",
            {
                "fee 2026-06-01/2026-06-16": "7.50",  # 15 of 30 days at 15
                "tokens 2026-05-01/2026-06-01": "10.00",
                "support 2026-05-01/2026-06-01": "31.00",
            },
        ),
        ("15.00", {"fee 2026-06-16/2026-07-01": "15.00"}),  # 15 of 30 days at 30
        (
            "25.67",
            {
                "tokens 2026-06-01/2026-06-21": "5.00",
                "support 2026-06-01/2026-06-21": "20.67",  # 20 of 30 days at 31
            },
        ),
        ("20.32", {"fee 2026-07-11/2026-08-01": "20.32"}),  # 21 of 31 days at 30
        (
            "33.68",
            {
                "fee 2026-08-01/2026-08-11": "9.68",  # 10 of 31 days at 30
                "tokens 2026-07-11/2026-08-01": "3.00",
                "support 2026-07-11/2026-08-01": "21.00",  # 21 of 31 days at 31
            },
        ),
        ("10.00", {"tokens 2026-08-01/2026-08-11": "0.00", "support 2026-08-01/2026-08-11": "10.00"}),
    ]
    ended = ask(api, "GET", story.path)
    assert (ended["status"], ended["ended_at"], ended["next_billing_at"]) == (
        "cancelled",
        "2026-08-11T00:00:00Z",
        None,
    )
