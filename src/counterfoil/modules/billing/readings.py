"""Loading what a batch of charges needs: each kind of row once, usage in one query a meter."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterfoil.modules.catalog import meters_by_ids, tax_rates_by_ids
from counterfoil.modules.customers import exempt_customers
from counterfoil.modules.usage import UsageWindow, read_meter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from uuid import UUID

    from counterfoil.modules.billing.charges import Charge
    from counterfoil.modules.catalog import Meter, TaxRate
    from counterfoil.modules.usage import MeterReading
    from counterfoil.store import Uow


@dataclass(frozen=True, slots=True)
class Facts:
    """All that rating a batch of charges looks up; ``readings`` by the charge's index in the batch."""

    meters: Mapping[UUID, Meter]
    taxes: Mapping[UUID, TaxRate]
    exempt: AbstractSet[UUID]
    readings: Mapping[int, MeterReading]


async def load_facts(uow: Uow, charges: Sequence[Charge]) -> Facts:
    """The facts of these charges, in a number of statements that depends on the meters only."""
    prices = {charge.price.id: charge.price for charge in charges}
    meters = await meters_by_ids(uow, {price.meter_id for price in prices.values() if price.meter_id})
    taxes = await tax_rates_by_ids(uow, {rate for price in prices.values() for rate in price.tax_rate_ids})
    exempt = await exempt_customers(uow, {charge.customer_id for charge in charges})
    windows: dict[UUID, list[UsageWindow]] = defaultdict(list)
    for index, charge in enumerate(charges):
        if charge.quantity is None and charge.price.meter_id is not None:
            windows[charge.price.meter_id].append(charge.window(index))
    readings: dict[int, MeterReading] = {}
    for meter_id, wanted in windows.items():
        readings |= await read_meter(uow, meters[meter_id], wanted)
    return Facts(meters, taxes, exempt, readings)
