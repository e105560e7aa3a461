"""Usage of a time that was billed already: noting that it came, or went.

Owns: up to when usage of each customer was billed, the notes that billing takes up.
Does not own: what a note changes on an invoice (billing).
Always holds: usage that was not counted when a period was billed for good has left a note; an event of a time
that is not billed leaves none, so that the usual event costs one look at its customer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from counterfoil.modules.usage.repository import late as repository

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from counterfoil.modules.usage.repository.events import BoundEvent
    from counterfoil.store import Uow


async def note_late(uow: Uow, events: Sequence[BoundEvent]) -> None:
    """Note those of these events, written or voided in this unit, whose time was billed; each has a time.

    One statement, and another where there is something to note.
    """
    known = await repository.billed_to(uow, {event.customer for event in events})
    if not known:
        return
    notes: dict[tuple[str, str, str], dict[str, Any]] = {}
    for event in events:
        until = known.get(event.customer)
        assert event.at is not None
        if until is None or event.at >= until:
            continue
        key = event.customer, event.name, event.subscription
        note = notes.get(key)
        if note is None:
            notes[key] = _note(event, event.at, uow.now)
        else:
            note["first_at"] = min(note["first_at"], event.at)
            note["last_at"] = max(note["last_at"], event.at)
            note["events"] += 1
    if notes:
        await repository.add(uow, list(notes.values()))


def _note(event: BoundEvent, at: datetime, now: datetime) -> dict[str, Any]:
    return {
        "customer_id": UUID(event.customer),
        "subscription_id": UUID(event.subscription) if event.subscription else None,
        "name": event.name,
        "first_at": at,
        "last_at": at,
        "events": 1,
        "received_at": now,
    }


async def usage_is_billed(uow: Uow, instants: Mapping[UUID, datetime]) -> None:
    """Say up to when usage of these customers stands on invoices, drafts included; one statement."""
    await repository.raise_billed_to(uow, instants)


async def wait_for_events(uow: Uow) -> None:
    """Wait for those who are writing events of this environment now: some thousandths of a second.

    What is counted after this is final: who writes later knows what was billed in units committed before.
    """
    await repository.wait(uow)
