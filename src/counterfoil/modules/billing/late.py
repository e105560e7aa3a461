"""Late usage: what came, or was voided, after its period was billed, becomes a line of a later invoice.

Owns: which periods are rated again and when, until when that is done, the adjustment lines.
Does not own: noting that usage came late (usage), what a period costs (rating).
Always holds: the standing lines of a period sum to what it costs with all that was used in it, as soon as
what waits has been dealt with; dealt with twice, there is one line; what came too late is never forgotten.

Usage of a draft's period is no affair of this: the draft is rated again before it is final.  What waits for a
line is therefore left alone until everything that was billed for its period is final.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import format_instant
from counterfoil.core.errors import CounterfoilError
from counterfoil.core.rating import Explanation, LineKind, delta_line, rate_line
from counterfoil.core.states.invoice import InvoiceState
from counterfoil.modules.billing import repository
from counterfoil.modules.billing.charges import charge_of_line, rating_input
from counterfoil.modules.billing.late_types import LateState, LateUsage
from counterfoil.modules.billing.readings import read_usage_of
from counterfoil.modules.catalog import prices_by_ids
from counterfoil.modules.invoicing import as_it_stands, standing_lines
from counterfoil.modules.usage import usage_is_billed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.billing.charges import Charge, Reading
    from counterfoil.modules.billing.plans import SubscriptionPlan
    from counterfoil.modules.billing.repository import Touched
    from counterfoil.modules.catalog import Meter
    from counterfoil.modules.invoicing import InvoiceLine, NewLine, StandingLine
    from counterfoil.store import Page, PageQuery, SystemUow, Uow

MOST_NOTES: Final = 5_000
"""Notes that are taken up at once."""


async def take_up_notes(uow: Uow) -> None:
    """Find out which lines the notes of late usage concern, and whether they came in time.

    One statement where there is nothing to do.
    """
    found: dict[tuple[UUID, LateState], LateUsage] = {}
    for touched in await repository.take_notes(uow, MOST_NOTES):
        state = state_of(touched.received_at, touched.finalised_at, touched.late_usage_days)
        key = touched.line_id, state
        found[key] = _with(found.get(key) or _nothing(uow, touched, state), touched)
    await repository.add(uow, found.values())


async def noted_of(uow: Uow, lines: Sequence[InvoiceLine]) -> list[LateUsage]:
    """What is noted as late of drafts' charges: when they are rated after this, it is on them."""
    charges = [line.id for line in lines if line.kind is LineKind.CHARGE]
    return await repository.of_lines(uow, charges) if charges else []


async def forget(uow: Uow, noted: Sequence[LateUsage]) -> None:
    """Of drafts that are final now: what they billed is late no more; what was noted meanwhile is."""
    if noted:
        await repository.remove_unchanged(uow, noted)


async def late_of_line(uow: Uow, line_id: UUID) -> dict[LateState, LateUsage]:
    """What is late of one final line's period, what was not taken up yet included; nothing is written.

    What came before its invoice was final was on its draft.
    """
    found = {one.state: one for one in await repository.of_lines(uow, [line_id])}
    for note in await repository.notes_of_line(uow, line_id):
        if note.finalised_at is not None and note.received_at < note.finalised_at:
            continue
        state = state_of(note.received_at, note.finalised_at, note.late_usage_days)
        found[state] = _with(found.get(state) or _nothing(uow, note, state), note)
    return found


def _nothing(uow: Uow, note: Touched, state: LateState) -> LateUsage:
    at = note.received_at
    return LateUsage(uow.new_id(), note.subscription_id, note.line_id, state, 0, at, at)


def _with(late: LateUsage, note: Touched) -> LateUsage:
    """Late usage with a note more; notes come in no order."""
    return replace(
        late,
        events=late.events + note.events,
        first_received_at=min(late.first_received_at, note.received_at),
        last_received_at=max(late.last_received_at, note.received_at),
    )


def state_of(received_at: datetime, finalised_at: datetime | None, late_usage_days: int) -> LateState:
    """What becomes of usage that came at an instant, of a period whose invoice became final at another."""
    if finalised_at is None or received_at <= finalised_at + timedelta(days=late_usage_days):
        return LateState.WAITING
    return LateState.TOO_LATE


@dataclass(frozen=True, slots=True)
class Rerated:
    """A period that is to be rated again: what stands of it, and what was used in it by now.

    ``dealt_with``: the late usage that its line takes up, what came too late included: it is rated whole.
    """

    dealt_with: Sequence[UUID]
    standing: StandingLine
    charge: Charge
    reading: Reading | None

    def line(self, meters: Mapping[UUID, Meter]) -> NewLine | None:
        """The adjustment, with the discounts and the taxes that the charge bore; ``None`` if it is right.

        Raises what rating raises, naming the price and the period.
        """
        standing, charge = self.standing, self.charge
        told = Explanation.from_json(standing.line.explanation)
        discounts = tuple(applied.discount for applied in told.discounts)
        try:
            fresh = rate_line(replace(rating_input(charge, self.reading, meters), discounts=discounts))
        except CounterfoilError as error:
            start, end = (format_instant(at) for at in (charge.start, charge.end))
            error.message = f"{charge.price.name} from {start} to {end}, rated again: {error.message}"
            raise
        of = f"line {standing.line.position} of invoice {standing.invoice.number}"
        billed = [standing.line.charged, *(line.charged for line, _ in _adjustments(standing))]
        delta = delta_line(fresh, billed, of=of)
        if not delta.amount.minor:
            return None
        return replace(
            as_it_stands(standing.invoice, standing.line),
            id=None,
            kind=LineKind.ADJUSTMENT,
            of_line_id=standing.line.id,
            rated=delta,
        )


@dataclass(frozen=True, slots=True)
class Late:
    """What is to be rated again of a batch of subscriptions."""

    by_subscription: Mapping[UUID, Sequence[Rerated]]
    meters: Mapping[UUID, Meter]

    def lines(self, plan: SubscriptionPlan) -> list[NewLine]:
        """The adjustments of a subscription, in the order of their periods; raises what rating raises."""
        found = (one.line(self.meters) for one in self.by_subscription.get(plan.subscription.id, ()))
        return [line for line in found if line is not None]


NOTHING_LATE: Final = Late({}, {})


async def load_late(uow: Uow, plans: Sequence[SubscriptionPlan]) -> Late:
    """What is to be rated again with these plans' invoices, locked until this unit ends.

    One statement where nothing waits, else a number that depends on meters and details only.
    """
    ids = [plan.subscription.id for plan in plans if _gets_invoice(plan)]
    by_line: dict[UUID, list[LateUsage]] = defaultdict(list)
    for late in await repository.of_waiting_lines(uow, ids) if ids else ():
        by_line[late.line_id].append(late)
    if not by_line:
        return NOTHING_LATE
    standing = await standing_lines(uow, by_line)
    gone = [late.id for line_id, found in by_line.items() if line_id not in standing for late in found]
    if gone:
        await repository.remove(uow, gone)
    ready = [one for one in standing.values() if _is_final(one)]
    prices = await prices_by_ids(uow, {one.line.price_id for one in ready if one.line.price_id is not None})
    charges = [charge_of_line(one.invoice, one.line, prices) for one in ready]
    meters, readings = await read_usage_of(uow, charges)
    rerated: dict[UUID, list[Rerated]] = defaultdict(list)
    for place, (one, charge) in enumerate(zip(ready, charges, strict=True)):
        mine = by_line[one.line.id]
        again = Rerated([late.id for late in mine], one, charge, readings.get(place))
        rerated[mine[0].subscription_id].append(again)
    for of_one in rerated.values():
        of_one.sort(key=lambda again: (again.charge.start, again.standing.line.id))
    return Late(rerated, meters)


def _gets_invoice(plan: SubscriptionPlan) -> bool:
    """Whether something of a plan is invoiced now, or nothing ever will be."""
    return bool(plan.charges or plan.credits) or all(one.due_at is None for one in plan.advances)


def _is_final(standing: StandingLine) -> bool:
    states = (standing.invoice.status, *(state for _, state in _adjustments(standing)))
    return InvoiceState.DRAFT not in states


def _adjustments(standing: StandingLine) -> list[tuple[InvoiceLine, InvoiceState]]:
    """What was billed for the period besides its charge; what commitments draw on that is no part of it."""
    return [(line, state) for line, state in standing.others if line.kind is LineKind.ADJUSTMENT]


async def settle(uow: Uow, late: Late, plans: Sequence[SubscriptionPlan], held: Collection[UUID]) -> None:
    """After the drafts were written: say up to when usage is billed, and forget what was dealt with.

    What belongs to a subscription that was held waits on.
    """
    billed: dict[UUID, datetime] = {}
    for plan in plans:
        for charge in plan.charges if plan.subscription.id not in held else ():
            if charge.quantity is None:
                billed[charge.customer_id] = max(charge.end, billed.get(charge.customer_id, charge.end))
    if billed:
        await usage_is_billed(uow, billed)
    done = [
        id_
        for subscription_id, rerated in late.by_subscription.items()
        if subscription_id not in held
        for one in rerated
        for id_ in one.dealt_with
    ]
    if done:
        await repository.remove(uow, done)


async def list_late_usage(
    uow: Uow, query: PageQuery, *, subscription_id: UUID | None = None, state: LateState | None = None
) -> Page[LateUsage]:
    """Usage that came after its period was billed and is on no invoice, yet or for ever; newest first."""
    return await repository.page(uow, query, subscription_id=subscription_id, state=state)


async def environments_with_late(uow: SystemUow) -> list[tuple[UUID, UUID]]:
    """Organization and environment wherever late usage has to be dealt with."""
    return await repository.environments_with_late(uow)
