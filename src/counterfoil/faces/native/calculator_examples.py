"""The requests that the API reference shows for the calculator; the answers beside them are worked out."""

from __future__ import annotations

from typing import Any, Final

PRICE: Final[dict[str, Any]] = {
    "currency": "EUR",
    "model": "graduated",
    "params": {
        "tiers": [
            {"up_to": "100", "unit_amount": "1"},
            {"up_to": "200", "unit_amount": "0.50"},
            {"up_to": None, "unit_amount": "0.25"},
        ]
    },
    "quantity": "150",
    "terms": {"minimum": {"amount": "20"}},
    "discounts": [{"kind": "percent", "value": "10", "name": "Launch"}],
}
PRORATION: Final[dict[str, Any]] = {
    "currency": "EUR",
    "interval": {"unit": "month", "count": 1},
    "zone": "Europe/Berlin",
    "anchor": {"alignment": "calendar"},
    "change": {
        "at": "2026-03-14T23:00:00Z",
        "old": {"amount": "10.00"},
        "new": {"amount": "20.00"},
    },
}
PERIODS: Final[dict[str, Any]] = {
    "interval": {"unit": "month", "count": 1},
    "anchor": {"day": 31},
    "start": "2026-01-15T00:00:00Z",
    "count": 3,
    "currency": "EUR",
    "amount": "31.00",
}
COMMITMENT: Final[dict[str, Any]] = {
    "currency": "USD",
    "settlement": {
        "commitment": {
            "measure": "amount",
            "size": "500",
            "overage": {"kind": "factor", "value": "1.5"},
            "true_up": True,
        },
        "lines": [{"key": "calls", "quantity": "6000", "unit_amount": "0.10"}],
        "closed": True,
    },
}
TAX: Final[dict[str, Any]] = {
    "currency": "USD",
    "lines": [
        {
            "amount": "100.00",
            "rates": [{"code": "state", "percent": "6"}, {"code": "city", "percent": "2.875"}],
            "mode": "exclusive",
        }
    ],
    "discount": "10.00",
}
