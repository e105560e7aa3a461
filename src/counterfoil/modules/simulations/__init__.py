"""What past usage would have cost at other prices.

Owns: simulations, with what they were asked and what came out for each customer.
Does not own: how a charge is rated (billing), the prices that are tried (catalog checks them), invoices.
Always holds: nothing but a simulation's own rows is written; what is compared are the same charges with the
same usage, once at the price that they were billed at and once at the other, by the code that bills them;
a batch of customers is one transaction, so that an interrupted simulation goes on where it stood.
"""

from counterfoil.modules.simulations.jobs import SIMULATE_TASK, simulate_job
from counterfoil.modules.simulations.models import SimulationResultRow, SimulationRow
from counterfoil.modules.simulations.service import (
    cancel_simulation,
    get_simulation,
    list_results,
    list_simulations,
    run_batch,
    run_simulation,
    start_simulation,
)
from counterfoil.modules.simulations.types import (
    MAX_CUSTOMERS,
    MAX_DRAFTS,
    MAX_YEARS,
    DraftPrice,
    NewSimulation,
    Problem,
    Simulation,
    SimulationResult,
    SimulationTotal,
)

__all__ = [
    "MAX_CUSTOMERS",
    "MAX_DRAFTS",
    "MAX_YEARS",
    "SIMULATE_TASK",
    "DraftPrice",
    "NewSimulation",
    "Problem",
    "Simulation",
    "SimulationResult",
    "SimulationResultRow",
    "SimulationRow",
    "SimulationTotal",
    "cancel_simulation",
    "get_simulation",
    "list_results",
    "list_simulations",
    "run_batch",
    "run_simulation",
    "simulate_job",
    "start_simulation",
]
