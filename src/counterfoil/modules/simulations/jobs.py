"""What the worker runs for simulations."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from counterfoil.modules.simulations.service import SIMULATE_TASK, run_simulation
from counterfoil.store import Scope

if TYPE_CHECKING:
    from counterfoil.store import Store

__all__ = ["SIMULATE_TASK", "simulate_job"]


async def simulate_job(
    store: Store, *, organization_id: str, environment_id: str, simulation_id: str
) -> None:
    """Carry a simulation out."""
    scope = Scope(UUID(organization_id), UUID(environment_id), "worker")
    await run_simulation(store, scope, UUID(simulation_id))
