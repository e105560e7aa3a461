"""Loading what a batch of charges needs: each kind of row once, usage in one query a meter and detail."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterfoil.core.errors import CounterfoilError
from counterfoil.core.pricing import Detail
from counterfoil.modules.billing.charges import need_of
from counterfoil.modules.billing.discounting import NONE, Discounts, load_discounts
from counterfoil.modules.billing.taxing import parties_asked, taxes_of
from counterfoil.modules.catalog import meters_by_ids
from counterfoil.modules.customers import parties_of
from counterfoil.modules.invoicing import DraftInvoice, billed_lines, invoices_by_ids, issuers_for
from counterfoil.modules.usage import (
    UsageWindow,
    read_meter,
    read_meter_amounts,
    read_meter_groups,
    read_meter_windows,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from counterfoil.core.pricing import Need
    from counterfoil.modules.billing.charges import Charge, Reading
    from counterfoil.modules.billing.credits import Credit
    from counterfoil.modules.billing.ports import Answer
    from counterfoil.modules.catalog import Meter
    from counterfoil.modules.invoicing import Issuer
    from counterfoil.store import Uow


@dataclass(frozen=True, slots=True)
class Facts:
    """All that rating a batch of charges looks up; ``taxes`` and ``readings`` by the charge's index in it."""

    meters: Mapping[UUID, Meter]
    issuers: Mapping[UUID | None, Issuer]
    taxes: Sequence[Answer]
    readings: Mapping[int, Reading]
    billed: Mapping[UUID, Sequence[DraftInvoice]]
    """By item, what stands of it on which invoices, where something of it is to be given back."""
    payers: Mapping[UUID, UUID]
    """Of each customer, whose name the invoices bear."""
    discounts: Discounts = NONE


async def load_facts(
    uow: Uow,
    charges: Sequence[Charge],
    credits: Sequence[Credit] = (),
    customer_ids: Collection[UUID] = (),
) -> Facts:
    """The facts of these, in a number of statements that depends on meters and details only.

    ``customer_ids``: of whom it is asked who pays; one may have nothing but a line of a commitment.
    """
    meters, readings = await read_usage_of(uow, charges)
    issuers = await issuers_for(uow, {charge.issuer_id for charge in charges} or {None})
    parties = await parties_of(uow, parties_asked(charges) | set(customer_ids))
    taxes = await taxes_of(uow, charges, issuers, parties)
    discounts = await load_discounts(uow, charges)
    billed = await _billed(uow, credits)
    return Facts(meters, issuers, taxes, readings, billed, parties.payers, discounts)


async def read_usage_of(
    uow: Uow, charges: Sequence[Charge]
) -> tuple[Mapping[UUID, Meter], Mapping[int, Reading]]:
    """The meters of these charges, and what those counted for each, by its index."""
    prices = {charge.price.id: charge.price for charge in charges}
    meters = await meters_by_ids(uow, {price.meter_id for price in prices.values() if price.meter_id})
    windows: dict[tuple[UUID, Need], list[UsageWindow]] = defaultdict(list)
    readings: dict[int, Reading] = {}
    for index, charge in enumerate(charges):
        if charge.quantity is None and charge.price.meter_id is not None:
            try:
                need = need_of(charge)
                windows[charge.price.meter_id, need].append(charge.window(index, need))
            except CounterfoilError as refused:
                readings[index] = refused  # of this charge alone; the others go on
    for (meter_id, need), wanted in windows.items():
        readings |= await _read(uow, meters[meter_id], need, wanted)
    return meters, readings


async def _billed(uow: Uow, credits: Sequence[Credit]) -> dict[UUID, list[DraftInvoice]]:
    if not credits:
        return {}
    lines = await billed_lines(uow, [(credit.item_id, credit.since) for credit in credits])
    invoices = await invoices_by_ids(uow, {line.invoice_id for found in lines.values() for line in found})
    return {
        item_id: [DraftInvoice(invoices[line.invoice_id], (line,)) for line in found]
        for item_id, found in lines.items()
    }


async def _read(uow: Uow, meter: Meter, need: Need, windows: Sequence[UsageWindow]) -> Mapping[int, Reading]:
    """What the meter counted, in the detail that is needed and no more."""
    match need.detail:
        case Detail.GROUPS:
            return await read_meter_groups(uow, meter, windows, need.group_by)
        case Detail.WINDOWS:
            return await read_meter_windows(uow, meter, windows)
        case Detail.AMOUNTS:
            return await read_meter_amounts(uow, meter, windows)
        case Detail.QUANTITY | Detail.EVENTS:
            return await read_meter(uow, meter, windows)
