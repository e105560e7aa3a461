"""Lists of events page by a stable key and are served from an index, as the program's own role."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from counterfoil.core.errors import InvalidInput
from counterfoil.modules.usage import EventPlace, EventQuery, NewEvent, ingest, list_events
from counterfoil.store import Uow
from tests.modules.usage.conftest import World

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def test_a_customers_events_come_newest_first_without_gap(uow: Uow, world: World) -> None:
    # Three of each instant, so that a page ends within one.
    events = [NewEvent(f"e{n}", "request", "acme", at=START + n // 3 * HOUR) for n in range(20)]
    await ingest(uow, [*events, NewEvent("other", "request", "beta", at=START)])
    seen: list[str] = []
    after = None
    while True:
        page = await list_events(uow, EventQuery(4, after, "acme"))
        seen += [event.id for event in page.items]
        if not page.has_more:
            break
        after = EventPlace(page.items[-1].at, page.items[-1].id)
    assert seen == [event.id for event in sorted(events, key=lambda e: (e.at, e.id), reverse=True)]


async def test_name_and_time_narrow_a_customers_list(uow: Uow, world: World) -> None:
    properties = {"billable": False}
    await ingest(
        uow,
        [
            NewEvent("e0", "request", "acme", at=START),
            NewEvent("e1", "request", "acme", at=START + HOUR),
            NewEvent("e2", "transfer", "acme", at=START + HOUR, properties=properties),
            NewEvent("e3", "request", "acme", at=START + 2 * HOUR),
        ],
    )
    narrow = EventQuery(9, None, "acme", "request", START + HOUR, START + 2 * HOUR)
    assert [event.id for event in (await list_events(uow, narrow)).items] == ["e1"]


async def test_all_events_come_by_id(uow: Uow, world: World) -> None:
    await ingest(uow, [NewEvent(id_, "request", "acme", at=START) for id_ in ("c", "a", "b")])
    page = await list_events(uow, EventQuery(2))
    assert ([event.id for event in page.items], page.has_more) == (["a", "b"], True)
    rest = await list_events(uow, EventQuery(2, EventPlace(None, "b")))
    assert ([event.customer_id for event in rest.items], rest.has_more) == ([world.acme], False)


@pytest.mark.parametrize(("field", "value"), [("name", "request"), ("start", START), ("end", START)])
async def test_a_filter_without_a_customer_is_refused(uow: Uow, field: str, value: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        await list_events(uow, EventQuery(9, **{field: value}))  # type: ignore[arg-type]
    assert refused.value.field == "customer"
