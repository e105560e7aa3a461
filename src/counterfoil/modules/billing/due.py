"""The billing run: changes whose date has come, drafts of what is due, finalisation after the grace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.modules.billing.finalising import finalise_due
from counterfoil.modules.billing.run import bill_due
from counterfoil.modules.billing.scheduled import apply_due
from counterfoil.modules.billing.types import Billed

if TYPE_CHECKING:
    from datetime import datetime

    from counterfoil.store import Scope, Store


async def run_due(store: Store, scope: Scope, *, now: datetime | None = None) -> Billed:
    """Do everything that is due in an environment, a transaction a change and a batch.

    Changes come first, in order: nothing is billed beyond one that waits.
    """
    done = Billed()
    while True:
        await apply_due(store, scope, now=now)
        async with store.unit(scope, now=now) as uow:
            batch = await bill_due(uow)
        async with store.unit(scope, now=now) as uow:
            batch += await finalise_due(uow)
        if not batch:
            return done
        done += batch
