"""What the worker runs: tasks by name, and the scans that start them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from counterfoil.worker.runner import Scan, Task

TASKS: Final[dict[str, Task]] = {}
SCANS: Final[dict[str, Scan]] = {}
