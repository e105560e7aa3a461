"""Use cases of simulations."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from counterfoil.core.calendar import format_instant
from counterfoil.core.errors import CounterfoilError, InvalidInput, NotFound, TooLarge
from counterfoil.core.ids import show_id
from counterfoil.modules.catalog import (
    PriceFilter,
    get_plan_version,
    search_prices,
    tried_price,
)
from counterfoil.modules.customers import resolve_customers
from counterfoil.modules.identity import (
    OperationStatus,
    cancel_operation,
    finish_operation,
    get_operation,
    progress_operation,
    start_operation,
)
from counterfoil.modules.simulations import repository
from counterfoil.modules.simulations.comparing import compared
from counterfoil.modules.simulations.types import (
    BATCH,
    MAX_CUSTOMERS,
    MAX_DRAFTS,
    MAX_YEARS,
    Simulation,
)
from counterfoil.store import OffsetQuery
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from typing import Any

    from counterfoil.modules.catalog import Price
    from counterfoil.modules.identity import Operation
    from counterfoil.modules.simulations.types import NewSimulation, SimulationResult, SimulationTotal
    from counterfoil.store import Page, PageQuery, Scope, Store, Uow

SIMULATE_TASK: Final = "simulations.run"
_MANY: Final = 10_000
MAX_NAME: Final = 255
_ENDED: Final = frozenset({OperationStatus.SUCCEEDED, OperationStatus.FAILED, OperationStatus.CANCELLED})


async def start_simulation(uow: Uow, new: NewSimulation) -> Simulation:
    """Ask for a simulation, which the worker carries out; its operation tells how far it is.

    Raises ``InvalidInput`` naming the field (``to``, ``customers.<n>``, ``prices.<n>.…``, ``plan_version``),
    ``TooLarge`` for a time or lists that are too long.
    """
    _check_time(new)
    if not new.prices and new.version is None:
        raise InvalidInput(
            "nothing is tried", field="prices", allowed="prices, or a plan_version, or both of them"
        )
    drafts = await _drafts(uow, new)
    version = await _version(uow, new)
    customers = await _customers(uow, new)
    operation = await start_operation(
        uow, "simulation.run", {"from": format_instant(new.start), "to": format_instant(new.end)}
    )
    simulation = Simulation(
        id=uow.new_id(),
        operation_id=operation.id,
        starts_at=new.start,
        ends_at=new.end,
        customer_ids=customers,
        drafts=drafts,
        version=version,
        passed=None,
        created_at=uow.wall,
    )
    await repository.add(uow, simulation)
    uow.defer(
        SIMULATE_TASK,
        organization_id=str(uow.organization_id),
        environment_id=str(uow.environment_id),
        simulation_id=str(simulation.id),
    )
    return simulation


async def get_simulation(
    uow: Uow, simulation_id: UUID
) -> tuple[Simulation, Operation, list[SimulationTotal]]:
    """A simulation, how far it is, and the sums so far; ``NotFound``."""
    simulation = await repository.get(uow, simulation_id)
    operation = await get_operation(uow, simulation.operation_id)
    return simulation, operation, await repository.totals(uow, simulation_id)


async def list_simulations(uow: Uow, query: PageQuery) -> Page[Simulation]:
    """Simulations, newest first."""
    return await repository.page(uow, query)


async def list_results(uow: Uow, simulation_id: UUID, query: PageQuery) -> Page[SimulationResult]:
    """What came out for each customer and currency, those rated last first; ``NotFound``."""
    await repository.get(uow, simulation_id)
    return await repository.page_of_results(uow, simulation_id, query)


async def cancel_simulation(uow: Uow, simulation_id: UUID) -> Simulation:
    """Stop a simulation after the batch that it is at; what came out so far stays.

    Raises ``NotFound``, ``WrongState`` if it has ended.
    """
    simulation = await repository.get(uow, simulation_id)
    await cancel_operation(uow, simulation.operation_id)
    return simulation


async def run_simulation(store: Store, scope: Scope, simulation_id: UUID) -> None:
    """Carry a simulation out from where it stands, a batch of customers in each transaction."""
    more = True
    while more:
        async with store.unit(scope) as uow:
            more = await run_batch(uow, simulation_id)


async def run_batch(uow: Uow, simulation_id: UUID) -> bool:
    """Rate the next customers; false if it has ended, or ends with this."""
    simulation = await repository.get(uow, simulation_id, locked=True)
    operation = await get_operation(uow, simulation.operation_id)
    if operation.status in _ENDED:
        return False
    customers = await repository.next_customers(uow, simulation, BATCH)
    if not customers:
        totals = await repository.totals(uow, simulation_id)
        await finish_operation(uow, operation.id, result={"totals": [_total_json(one) for one in totals]})
        return False
    results = await compared(uow, simulation, customers)
    await repository.add_results(uow, simulation_id, results)
    await repository.pass_customer(uow, simulation_id, customers[-1])
    done = int(operation.progress.get("customers", 0)) + len(customers)
    of = operation.progress.get("of") or await repository.count_customers(uow, simulation)
    await progress_operation(uow, operation.id, {"customers": done, "of": of})
    return True


def _total_json(total: SimulationTotal) -> dict[str, Any]:
    return {
        "currency": total.currency,
        "customers": total.customers,
        "charges": total.charges,
        "current": total.current.amount_text(),
        "simulated": total.simulated.amount_text(),
        "difference": total.difference.amount_text(),
        "problems": total.problems,
    }


def _check_time(new: NewSimulation) -> None:
    if not new.start < new.end:
        raise InvalidInput("to is not after from", field="to", allowed="a time after from")
    if new.end - new.start > timedelta(days=366 * MAX_YEARS):
        raise TooLarge("the time is too long", field="to", allowed=f"at most {MAX_YEARS} years after from")


async def _customers(uow: Uow, new: NewSimulation) -> list[UUID] | None:
    if new.customers is None:
        return None
    if not 1 <= len(new.customers) <= MAX_CUSTOMERS:
        raise TooLarge(
            "customers are none or too many",
            field="customers",
            allowed=f"1 to {MAX_CUSTOMERS:,} customers, or none said for all of them",
        )
    for index, name in enumerate(new.customers):
        check_text(name, f"customers.{index}", longest=MAX_NAME)
    known = await resolve_customers(uow, set(new.customers))
    for index, name in enumerate(new.customers):
        if name not in known:
            raise NotFound(
                "no such customer", field=f"customers.{index}", allowed="a customer's id or external id"
            )
    return sorted(set(known.values()))


async def _drafts(uow: Uow, new: NewSimulation) -> list[dict[str, Any]]:
    """The draft prices, checked as prices that are made."""
    if len(new.prices) > MAX_DRAFTS:
        raise TooLarge("there are too many prices", field="prices", allowed=f"at most {MAX_DRAFTS}")
    for index, draft in enumerate(new.prices):
        check_text(draft.code, f"prices.{index}.code", longest=MAX_NAME)
    bases = await _bases(uow, new)
    drafts: list[dict[str, Any]] = []
    seen: set[tuple[UUID, str]] = set()
    for index, draft in enumerate(new.prices):
        key, path = (draft.plan_id, draft.code), f"prices.{index}"
        if key in seen:
            raise InvalidInput(
                f"{path} is there twice", field=f"{path}.code", allowed="each price of a plan once"
            )
        if key not in bases:
            raise NotFound(
                "this plan has no such price",
                field=f"{path}.code",
                allowed="the code of a price that the plan has or had",
            )
        seen.add(key)
        try:
            tried = await tried_price(uow, bases[key], draft.model, draft.params, draft.terms)
        except CounterfoilError as refused:
            raise refused.within(path) from None
        drafts.append(
            {
                "id": str(tried.id),
                "plan_id": str(draft.plan_id),
                "code": draft.code,
                "model": tried.model,
                "params": tried.params,
                "terms": tried.terms,
            }
        )
    return drafts


async def _bases(uow: Uow, new: NewSimulation) -> dict[tuple[UUID, str], Price]:
    """The newest price of each plan and code that is tried."""
    if not new.prices:
        return {}
    wanted = PriceFilter(
        codes={draft.code for draft in new.prices}, plan_ids={draft.plan_id for draft in new.prices}
    )
    found = await search_prices(uow, wanted, OffsetQuery(limit=_MANY))
    bases: dict[tuple[UUID, str], Price] = {}
    for price in found.items:
        assert price.plan_id is not None
        bases.setdefault((price.plan_id, price.code), price)
    return bases


async def _version(uow: Uow, new: NewSimulation) -> dict[str, Any] | None:
    if new.version is None:
        return None
    plan_id, number = new.version
    known = 1 <= number <= _MANY
    try:
        version = await get_plan_version(uow, plan_id, number) if known else None
    except NotFound:
        version = None
    if version is None:
        raise NotFound(
            "this plan has no such version",
            field="plan_version.number",
            allowed="the number of a version, from 1",
        )
    return {
        "plan": show_id("plan", plan_id),
        "plan_id": str(plan_id),
        "number": number,
        "price_ids": [str(price.id) for price in version.prices],
    }
