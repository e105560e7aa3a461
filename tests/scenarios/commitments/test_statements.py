"""A batch does as many statements for many commitments as for few, and none for subscriptions without."""

from __future__ import annotations

from datetime import UTC, datetime

from counterfoil.modules.billing import bill_due, finalise_due
from tests.scenarios.commitments.conftest import Shop
from tests.support.observe import statements

FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)


async def counted(shop: Shop) -> list[int]:
    """The statements of the batch that bills January, and of the one that finalises it."""
    found = []
    for at, work in ((FEBRUARY, bill_due), (FEBRUARY.replace(hour=2), finalise_due)):
        with statements(shop.store) as seen:
            async with shop.store.unit(shop.tenant.scope, now=at) as uow:
                done = await work(uow)
        assert done
        found.append(len(seen))
    return found


async def test_statements_do_not_grow_with_commitments(shop: Shop) -> None:
    minimum = {"kind": "minimum", "size": "100"}
    prepaid = {"kind": "prepaid", "size": "100", "remainder": "rollover"}
    numbers = []
    for many in (2, 9):
        await shop.open_for(many)
        for number in range(many):
            await shop.subscribe(minimum if number % 2 else prepaid, customer_id=shop.customers[number])
            await shop.use_by(shop.customers[number], "2026-01-01T00", 10)
        numbers.append(await counted(shop))
    assert numbers[0] == numbers[1]
