"""A price of each model, on a meter that tells all that they need: events of payments, each in a region."""

from __future__ import annotations

from typing import Any, Final

from counterfoil.modules.catalog import Meter, NewMeter, NewPrice, create_meter
from counterfoil.store import Uow

_TIERS: Final = [{"up_to": "10", "unit_amount": "1", "flat_amount": "1"}, {"unit_amount": "0.5"}]
EVERY_PARAMS: Final[dict[str, dict[str, Any]]] = {
    "bucketed": {"window": {"unit": "day"}, "model": "graduated", "params": {"tiers": _TIERS}},
    "commit": {"unit_amount": "2", "committed_quantity": "5"},
    "cost_plus": {"markup_percent": "20"},
    "dynamic": {"multiplier": "1.5"},
    "flat": {"amount": "9"},
    "graduated": {"tiers": _TIERS},
    "graduated_percentage": {"tiers": [{"up_to": "100", "rate_percent": "1"}, {"rate_percent": "2"}]},
    "matrix": {
        "properties": ["region"],
        "prices": [{"values": ["eu"], "unit_amount": "0.4"}],
        "default_unit_amount": "1",
    },
    "overcommit": {"unit_amount": "2", "committed_quantity": "5"},
    "package": {"package_size": "10", "package_amount": "3"},
    "per_unit": {"unit_amount": "0.1"},
    "percentage": {"rate_percent": "3", "fixed_per_event": "0.2", "min_per_event": "0.5"},
    "seat": {"unit_amount": "2", "min_seats": "1"},
    "stairstep": {"tiers": [{"up_to": "10", "flat_amount": "5"}]},
    "volume": {"tiers": _TIERS},
}


async def payments(uow: Uow, code: str = "payments") -> Meter:
    """The meter."""
    return await create_meter(
        uow,
        NewMeter(
            code=code,
            name="Payments",
            event_name="payment",
            aggregation="sum",
            property="amount",
            group_by=["region"],
        ),
    )


def every_price(meter: Meter, **fields: Any) -> list[NewPrice]:
    """A price of each model, in euros, metered but for the fees; its code is its model's name."""
    metered: dict[str, Any] = {"quantity_source": "usage", "meter_id": meter.id}
    return [
        NewPrice(
            model=model,
            params={"EUR": params},
            code=model,
            cadence="in_arrears",
            **({} if model in ("commit", "flat") else metered),
            **fields,
        )
        for model, params in EVERY_PARAMS.items()
    ]
