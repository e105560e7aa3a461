"""Rows of simulations."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, not_, select, text, update

from counterfoil.core.money import Money, unit_of
from counterfoil.core.states.invoice import InvoiceState
from counterfoil.modules.invoicing import InvoiceLineRow, InvoiceRow
from counterfoil.modules.simulations.models import SimulationResultRow, SimulationRow
from counterfoil.modules.simulations.types import Simulation, SimulationResult, SimulationTotal
from counterfoil.modules.subscriptions import SubscriptionItemRow, SubscriptionRow
from counterfoil.store import Page, PageQuery, Uow, only, records
from counterfoil.store.paging import page_of, paged
from counterfoil.store.rows import among, columns, insert_values

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Row

_SELECT = select(*columns(SimulationRow, Simulation))
_FIELDS: Final = tuple(field.name for field in fields(SimulationResult))
_RESULTS = select(*columns(SimulationResultRow, SimulationResult))
_IS_CHARGE: Final = text("invoice_lines.kind = 'charge'")  # as the index says it
_NOT_BILLED: Final = (InvoiceState.DRAFT, InvoiceState.VOID)


async def add(uow: Uow, simulation: Simulation) -> None:
    """Write a new simulation."""
    await uow.execute(insert(SimulationRow).values(insert_values(uow, simulation)))


async def get(uow: Uow, simulation_id: UUID, *, locked: bool = False) -> Simulation:
    """The simulation, or ``NotFound``."""
    statement = _SELECT.where(
        SimulationRow.environment_id == uow.environment_id, SimulationRow.id == simulation_id
    )
    return only(
        Simulation, await uow.execute(statement.with_for_update() if locked else statement), "simulation"
    )


async def page(uow: Uow, query: PageQuery) -> Page[Simulation]:
    """Simulations, newest first."""
    statement = _SELECT.where(SimulationRow.environment_id == uow.environment_id)
    rows = await uow.execute(paged(statement, SimulationRow.id, query))
    return page_of(records(Simulation, rows), query)


async def pass_customer(uow: Uow, simulation_id: UUID, customer_id: UUID) -> None:
    """Note the last customer that was rated."""
    await uow.execute(
        update(SimulationRow)
        .where(SimulationRow.environment_id == uow.environment_id, SimulationRow.id == simulation_id)
        .values(passed=customer_id)
    )


async def next_customers(uow: Uow, simulation: Simulation, limit: int) -> list[UUID]:
    """The next customers, by id, that have or had a subscription."""
    column = SubscriptionRow.customer_id
    statement = select(column).where(*_asked(uow, simulation)).group_by(column).order_by(column).limit(limit)
    if simulation.passed is not None:
        statement = statement.where(column > simulation.passed)
    return list((await uow.execute(statement)).scalars())


async def count_customers(uow: Uow, simulation: Simulation) -> int:
    """How many customers there are to go through."""
    statement = select(func.count(SubscriptionRow.customer_id.distinct())).where(*_asked(uow, simulation))
    return int((await uow.execute(statement)).scalar_one())


async def charged_lines(
    uow: Uow, simulation: Simulation, customer_ids: Collection[UUID]
) -> list[tuple[UUID, UUID]]:
    """The final charges of these customers' subscriptions for periods within the time: invoice and line.

    Whoever paid for them: what others pay for a customer is the customer's use.
    """
    line = InvoiceLineRow
    statement = (
        select(line.invoice_id, line.id)
        .select_from(SubscriptionRow)
        .join(SubscriptionItemRow, SubscriptionItemRow.subscription_id == SubscriptionRow.id)
        .join(line, line.subscription_item_id == SubscriptionItemRow.id)
        .join(InvoiceRow, InvoiceRow.id == line.invoice_id)
        .where(
            SubscriptionRow.environment_id == uow.environment_id,
            among(SubscriptionRow.customer_id, customer_ids),
            _IS_CHARGE,
            not_(line.voided),
            line.price_id.is_not(None),
            line.service_start >= simulation.starts_at,
            line.service_end <= simulation.ends_at,
            InvoiceRow.status.not_in(_NOT_BILLED),
        )
        .order_by(line.invoice_id, line.position)
    )
    return [(row.invoice_id, row.id) for row in await uow.execute(statement)]


def _asked(uow: Uow, simulation: Simulation) -> list[ColumnElement[bool]]:
    found = [SubscriptionRow.environment_id == uow.environment_id]
    if simulation.customer_ids is not None:
        found.append(among(SubscriptionRow.customer_id, simulation.customer_ids))
    return found


async def add_results(uow: Uow, simulation_id: UUID, results: Sequence[SimulationResult]) -> None:
    """Write what came out for customers."""
    rows = [
        insert_values(uow, result)
        | {
            "simulation_id": simulation_id,
            "current": result.current.minor,
            "simulated": result.simulated.minor,
        }
        for result in results
    ]
    if rows:
        await uow.execute(insert(SimulationResultRow), rows)


async def page_of_results(uow: Uow, simulation_id: UUID, query: PageQuery) -> Page[SimulationResult]:
    """What came out, the customers rated last first."""
    statement = _RESULTS.where(
        SimulationResultRow.environment_id == uow.environment_id,
        SimulationResultRow.simulation_id == simulation_id,
    )
    rows = await uow.execute(paged(statement, SimulationResultRow.id, query))
    return page_of([_result(row) for row in rows], query)


def _result(row: Row[Any]) -> SimulationResult:
    values: dict[str, Any] = dict(zip(_FIELDS, row, strict=True))
    unit = unit_of(row.currency)
    values |= {name: Money(values[name], unit) for name in ("current", "simulated")}
    return SimulationResult(**values | {"told": tuple(row.told)})


async def totals(uow: Uow, simulation_id: UUID) -> list[SimulationTotal]:
    """The sums of all results, by currency."""
    row = SimulationResultRow
    statement = (
        select(
            row.currency,
            func.count(),
            func.sum(row.charges),
            func.sum(row.current),
            func.sum(row.simulated),
            func.sum(row.problems),
        )
        .where(row.environment_id == uow.environment_id, row.simulation_id == simulation_id)
        .group_by(row.currency)
        .order_by(row.currency)
    )
    return [_total(row) for row in await uow.execute(statement)]


def _total(row: Row[Any]) -> SimulationTotal:
    currency, customers, charges, current, simulated, problems = tuple(row)
    unit = unit_of(currency)
    return SimulationTotal(
        currency=currency,
        customers=customers,
        charges=int(charges),
        current=Money(int(current), unit),
        simulated=Money(int(simulated), unit),
        problems=int(problems),
    )
