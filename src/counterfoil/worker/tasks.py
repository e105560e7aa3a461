"""What the worker runs: tasks by name, and the scans that start them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterfoil.modules import billing, simulations

if TYPE_CHECKING:
    from counterfoil.worker.runner import Scan, Task

TASKS: Final[dict[str, Task]] = {
    billing.ADVANCE_TASK: billing.advance_clock_job,
    billing.MIGRATE_TASK: billing.migrate_job,
    billing.RUN_TASK: billing.run_due_job,
    simulations.SIMULATE_TASK: simulations.simulate_job,
}
SCANS: Final[dict[str, Scan]] = {"due": billing.find_due}
