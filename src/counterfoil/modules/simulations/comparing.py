"""Comparing a batch of customers: the same charges with the same usage, at the billed and the other price."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import UUID

from counterfoil.core.calendar import Period, format_instant
from counterfoil.core.errors import CounterfoilError
from counterfoil.core.money import Money, unit_of
from counterfoil.core.proration import prorate
from counterfoil.modules.billing import charge_of_line, read_usage_of
from counterfoil.modules.catalog import prices_by_ids
from counterfoil.modules.invoicing import invoices_by_ids, lines_of
from counterfoil.modules.simulations import repository
from counterfoil.modules.simulations.repricing import Drafts, amount_of
from counterfoil.modules.simulations.types import MAX_PROBLEMS, Problem, SimulationResult
from counterfoil.modules.subscriptions import item_cycle, items_of, subscriptions_by_ids

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from counterfoil.modules.billing import Charge
    from counterfoil.modules.simulations.types import Simulation
    from counterfoil.store import Uow


@dataclass(slots=True)
class _Sums:
    """What one customer's charges in one currency come to."""

    charges: int = 0
    current: int = 0
    simulated: int = 0
    problems: list[Problem] = field(default_factory=list)


async def compared(uow: Uow, simulation: Simulation, customers: Sequence[UUID]) -> list[SimulationResult]:
    """What these customers' charges come to at both prices, in statements that depend on meters only."""
    charges, drafts = await _charges(uow, simulation, customers)
    sums: defaultdict[tuple[UUID, str], _Sums] = defaultdict(_Sums)
    pairs: list[tuple[Charge, Charge | None]] = []
    for charge in charges:
        try:
            price = drafts.instead(charge.price, charge.currency)
        except CounterfoilError as refused:
            _tell(sums, charge, refused)
            continue
        pairs.append((charge, None if price is None else replace(charge, price=price)))
    tried = [other for _, other in pairs if other is not None]
    meters, readings = await read_usage_of(uow, [*(charge for charge, _ in pairs), *tried])
    place = len(pairs)
    for index, (charge, other) in enumerate(pairs):
        reading = None if other is None else readings.get(place)
        place += other is not None
        try:
            current = amount_of(charge, readings.get(index), meters)
            simulated = Money.zero(current.unit) if other is None else amount_of(other, reading, meters)
        except CounterfoilError as refused:
            _tell(sums, charge, refused)
            continue
        found = sums[charge.customer_id, charge.currency]
        found.charges += 1
        found.current += current.minor
        found.simulated += simulated.minor
    return [_result(uow, customer, currency, sums[customer, currency]) for customer, currency in sorted(sums)]


async def _charges(
    uow: Uow, simulation: Simulation, customers: Sequence[UUID]
) -> tuple[list[Charge], Drafts]:
    """What these customers were charged for periods within the time by prices that others are tried for."""
    places = await repository.charged_lines(uow, simulation, customers)
    ids = dict.fromkeys(invoice_id for invoice_id, _ in places)
    invoices, lines = await invoices_by_ids(uow, ids.keys()), await lines_of(uow, ids.keys())
    chosen = {line_id for _, line_id in places}
    charged = [(invoices[line.invoice_id], line) for id_ in ids for line in lines[id_] if line.id in chosen]
    wanted = {line.price_id for _, line in charged if line.price_id is not None}
    version = simulation.version
    listed = () if version is None else [UUID(id_) for id_ in version["price_ids"]]
    prices = await prices_by_ids(uow, {*wanted, *listed})
    drafts = Drafts.of(simulation.drafts, version, prices)
    found = [
        charge_of_line(invoice, line, prices)
        for invoice, line in charged
        if line.price_id is not None and drafts.tries(prices[line.price_id])
    ]
    return await _with_shares(uow, found), drafts


async def _with_shares(uow: Uow, charges: Sequence[Charge]) -> list[Charge]:
    """The charges with the share of a period that each was for, which a line tells only where it matters."""
    ids = {charge.subscription_id for charge in charges}
    subscriptions = await subscriptions_by_ids(uow, ids)
    items = {item.id: item for found in (await items_of(uow, ids)).values() for item in found}
    shared = []
    for charge in charges:
        subscription = subscriptions[charge.subscription_id]
        cycle = item_cycle(subscription, items[charge.item_id], charge.price.interval)
        share = prorate(Period(charge.start, charge.end), cycle, subscription.policy)
        shared.append(replace(charge, share=share.share, share_note=share.words))
    return shared


def _tell(sums: Mapping[tuple[UUID, str], _Sums], charge: Charge, refused: CounterfoilError) -> None:
    start, end = format_instant(charge.start), format_instant(charge.end)
    problem = Problem(f"{charge.price.name} from {start} to {end}", refused.message)
    sums[charge.customer_id, charge.currency].problems.append(problem)


def _result(uow: Uow, customer_id: UUID, currency: str, sums: _Sums) -> SimulationResult:
    unit = unit_of(currency)
    return SimulationResult(
        id=uow.new_id(),
        customer_id=customer_id,
        currency=currency,
        charges=sums.charges,
        current=Money(sums.current, unit),
        simulated=Money(sums.simulated, unit),
        problems=len(sums.problems),
        told=tuple(sums.problems[:MAX_PROBLEMS]),
    )
