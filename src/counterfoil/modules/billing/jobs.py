"""What the worker runs for billing: finding what is due, running it, advancing clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from counterfoil.core.calendar import format_instant, parse_instant
from counterfoil.core.errors import CounterfoilError
from counterfoil.modules import invoicing, subscriptions
from counterfoil.modules.billing.clocks import advance_clock
from counterfoil.modules.billing.due import run_due
from counterfoil.modules.billing.late import environments_with_late
from counterfoil.modules.identity import finish_operation, progress_operation
from counterfoil.store import Scope

if TYPE_CHECKING:
    from datetime import datetime

    from counterfoil.modules.billing.types import Billed
    from counterfoil.store import Store

RUN_TASK: Final = "billing.run_due"


async def find_due(store: Store) -> None:
    """Defer a run for each environment in which something is due; one at most waits for each."""
    async with store.system() as uow:
        due = {
            *await subscriptions.environments_with_due(uow),
            *await invoicing.environments_with_due(uow),
            *await environments_with_late(uow),
        }
        for organization_id, environment_id in sorted(due):
            uow.defer(
                RUN_TASK,
                key=f"{RUN_TASK}:{environment_id}",
                organization_id=str(organization_id),
                environment_id=str(environment_id),
            )


async def run_due_job(store: Store, *, organization_id: str, environment_id: str) -> None:
    """Bill what is due in one environment."""
    await run_due(store, Scope(UUID(organization_id), UUID(environment_id), "worker"))


async def advance_clock_job(
    store: Store, *, organization_id: str, environment_id: str, operation_id: str, target: str
) -> None:
    """Carry out an operation that advances a clock, telling its progress."""
    scope = Scope(UUID(organization_id), UUID(environment_id), "worker")
    operation = UUID(operation_id)

    async def tell(instant: datetime, done: Billed) -> None:
        async with store.unit(scope) as uow:
            await progress_operation(uow, operation, _report(instant, done))

    try:
        done = await advance_clock(store, scope, parse_instant(target, field="target"), tell)
    except CounterfoilError as error:
        async with store.unit(scope) as uow:
            await finish_operation(uow, operation, error={"code": error.code, "message": error.message})
        return
    async with store.unit(scope) as uow:
        await finish_operation(uow, operation, result=_report(uow.now, done))


def _report(instant: datetime, done: Billed) -> dict[str, object]:
    return {
        "now": format_instant(instant),
        "drafted": done.drafted,
        "finalised": done.finalised,
        "held": done.held,
    }
