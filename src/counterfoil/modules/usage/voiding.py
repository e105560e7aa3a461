"""Taking single events back, and saying what they should have said.

Owns: voids and corrections, with who, when and why.  Does not own: what they change on invoices (billing).
Always holds: an event is void for ever, once; its row and its id stay; a correction is a void and a new
event, in one unit, each naming the other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from counterfoil.core.errors import Conflict, InvalidInput, WrongState
from counterfoil.core.ids import show_id
from counterfoil.modules import identity
from counterfoil.modules.usage.late import note_late
from counterfoil.modules.usage.repository import events as repository
from counterfoil.modules.usage.repository import late as late_repository
from counterfoil.modules.usage.repository import voids
from counterfoil.modules.usage.repository.events import BoundEvent
from counterfoil.modules.usage.service import get_event, ingest
from counterfoil.modules.usage.types import (
    MAX_ID,
    MAX_REASON,
    AcceptedTimes,
    Event,
    EventHistory,
    EventVoid,
    NewEvent,
    Outcome,
)
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.modules.usage.types import Correction, SubscriptionResolver
    from counterfoil.store import Uow


async def void_event(uow: Uow, event_id: str, reason: str) -> EventHistory:
    """Let no meter count an event from now on.

    Raises ``NotFound``, ``InvalidInput`` for a reason that is none, ``WrongState`` if it is void already.
    """
    return await _void(uow, event_id, reason, None)


async def correct_event(
    uow: Uow,
    event_id: str,
    correction: Correction,
    *,
    subscriptions: SubscriptionResolver,
    times: AcceptedTimes,
) -> EventHistory:
    """Void an event and store another in its place, which is returned.

    Raises what ``void_event`` raises, ``InvalidInput`` for a correction that would be refused as an event,
    and ``Conflict`` if its id is taken.
    """
    check_text(correction.id, "id", longest=MAX_ID)
    new_id = correction.id or f"correction-{uow.new_id()}"
    if new_id == event_id:
        raise InvalidInput("an event cannot correct itself", field="id", allowed="a new id, or none")
    before = (await _void(uow, event_id, correction.reason, new_id)).event
    named = before.subscription_id
    new = NewEvent(
        new_id,
        before.name,
        show_id("customer", before.customer_id),
        None if named is None else show_id("subscription", named),
        correction.at or before.at,
        correction.properties,
    )
    # That its time was accepted once is enough, however long ago that was.
    accepted = times if correction.at is not None else replace(times, max_age=uow.now - before.at)
    [answer] = await ingest(uow, [new], times=accepted, subscriptions=subscriptions)
    if answer.refusal is not None and answer.refusal.field != "id":
        raise InvalidInput(answer.refusal.message, field=answer.refusal.field, allowed=answer.refusal.allowed)
    if answer.outcome is not Outcome.ACCEPTED:
        raise Conflict("an event of this id is stored already", field="id", allowed="a new id, or none")
    return EventHistory(await repository.get(uow, new_id), None, event_id)


async def histories(uow: Uow, events: Sequence[Event]) -> list[EventHistory]:
    """These events with what became of them, in one statement."""
    found = await voids.about(uow, [event.id for event in events]) if events else []
    by_id = {void.event_id: void for void in found}
    corrects = {void.corrected_by: void.event_id for void in found}
    return [EventHistory(event, by_id.get(event.id), corrects.get(event.id)) for event in events]


async def _void(uow: Uow, event_id: str, reason: str, corrected_by: str | None) -> EventHistory:
    check_text(event_id, "id", longest=MAX_ID)
    check_text(reason, "reason", longest=MAX_REASON)
    await late_repository.share(uow)
    event = await voids.mark(uow, event_id, uow.wall)
    if event is None:
        await get_event(uow, event_id)
        raise WrongState(
            "this event is void already, and stays so",
            allowed="an event that is not void: a void is for ever",
        )
    void = EventVoid(event_id, reason, uow.actor, uow.wall, corrected_by)
    await voids.add(uow, void)
    facts = {"event_id": event_id, "reason": reason, "corrected_by": corrected_by}
    action = "event.voided" if corrected_by is None else "event.corrected"
    await identity.audit(uow, action, "customer", event.customer_id, facts)
    named = "" if event.subscription_id is None else str(event.subscription_id)
    await note_late(uow, [BoundEvent(event.id, event.name, str(event.customer_id), named, event.at, b"")])
    [told] = await histories(uow, [event])
    return told
