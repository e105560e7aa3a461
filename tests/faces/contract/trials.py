"""The body of a simulation, which the world has one of."""

from __future__ import annotations

from typing import Any


def simulation_of(ids: dict[str, str]) -> dict[str, Any]:
    """Tokens at half a euro each, with the rest of the plan as it is."""
    price = {"plan_id": ids["plan_id"], "code": "tokens", "model": "per_unit", "terms": {"included": "10"}}
    return {
        "from": "2026-01-01T00:00:00Z",
        "to": "2026-04-01T00:00:00Z",
        "customers": [ids["customer_id"]],
        "prices": [price | {"params": {"EUR": {"unit_amount": "0.5"}}}],
        "plan_version": {"plan_id": ids["plan_id"], "number": 1},
    }
