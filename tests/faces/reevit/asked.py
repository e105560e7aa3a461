"""What Reevit's users ask for."""

from __future__ import annotations

from typing import Any


def gold(**changes: Any) -> dict[str, Any]:
    """49.90 cedis a month by mobile money, for the customer that the seller calls ``ama``."""
    asked = {
        "customer_id": "ama",
        "plan_id": "gold",
        "amount": 4990,
        "currency": "GHS",
        "method": "mobile_money",
        "interval": "monthly",
    }
    return asked | changes
