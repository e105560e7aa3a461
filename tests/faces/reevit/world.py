"""A seller who uses Reevit, for the tests over all faces."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from counterfoil.core.ids import show_id
from tests.conftest import Tenant
from tests.faces.reevit.asked import gold
from tests.support.faces import Samples, World


def _headers(key: str, tenant: Tenant) -> dict[str, str]:
    return {"X-Reevit-Key": key, "X-Org-Id": str(tenant.organization.id)}


def _reason(refusal: Any) -> str:
    assert refusal.keys() == {"error", "code", "message", "details"}
    assert all(isinstance(text, str) for text in refusal["details"].values())
    message = refusal["message"]
    assert isinstance(message, str)
    return message


async def _make(world: World) -> None:
    """A subscription that is paused, so that it can be resumed and canceled."""
    made = await world.call("POST", "/v1/subscriptions", gold())
    world.ids["id"] = made["id"]
    native = show_id("subscription", UUID(made["id"]))
    assert (await world.native.post(f"/v1/subscriptions/{native}/pause")).is_success
    world.texts |= {"customer": made["customer_id"], "plan": made["plan_id"]}


SAMPLES: Final = Samples(
    headers=_headers,
    make=_make,
    reason=_reason,
    bodies={
        "createSubscription": lambda ids: gold(customer_id=ids["customer"], metadata={"a": 1}),
        "updateSubscription": lambda _: {"metadata": {"a": 2}, "method": "card"},
    },
    queries={
        "listSubscriptions": lambda ids: {
            "status": "paused",
            "customer_id": ids["customer"],
            "plan_id": ids["plan"],
            "created_after": "2020-01-01T00:00:00Z",
            "created_before": "2100-01-01T00:00:00Z",
            "limit": "5",
            "offset": "0",
        }
    },
    last=("cancel",),
)
