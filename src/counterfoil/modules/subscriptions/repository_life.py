"""Rows of what time does to subscriptions: their phases, trials and terms."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Uuid, any_, bindparam, delete, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from counterfoil.modules.subscriptions.models import SubscriptionItemRow, SubscriptionPhaseRow
from counterfoil.modules.subscriptions.types import Phase
from counterfoil.store import records
from counterfoil.store.rows import among, columns, insert_values

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from counterfoil.modules.subscriptions.types import Subscription, SubscriptionItem
    from counterfoil.store import Uow

_PHASES_OF: Final = (
    select(*columns(SubscriptionPhaseRow, Phase))
    .where(
        SubscriptionPhaseRow.environment_id == bindparam("environment_id"),
        SubscriptionPhaseRow.subscription_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
    )
    .order_by(SubscriptionPhaseRow.subscription_id, SubscriptionPhaseRow.starts_at)
)
_WRITE_TERMS: Final = text(
    """
    update subscriptions s
    set trial_ends_at = u.trial_ends_at, trial_end_behavior = u.trial_end_behavior,
        term_unit = u.term_unit, term_count = u.term_count, term_ends_at = u.term_ends_at,
        auto_renew = u.auto_renew, renewals_left = u.renewals_left, expires_at = u.expires_at,
        phase_id = u.phase_id, next_phase_at = u.next_phase_at
    from unnest(
        cast(:ids as uuid[]), cast(:trial_ends_at as timestamptz[]), cast(:trial_end_behavior as text[]),
        cast(:term_unit as text[]), cast(:term_count as integer[]), cast(:term_ends_at as timestamptz[]),
        cast(:auto_renew as boolean[]), cast(:renewals_left as integer[]),
        cast(:expires_at as timestamptz[]), cast(:phase_id as uuid[]), cast(:next_phase_at as timestamptz[])
    ) u (
        id, trial_ends_at, trial_end_behavior, term_unit, term_count, term_ends_at, auto_renew,
        renewals_left, expires_at, phase_id, next_phase_at
    )
    where s.environment_id = :environment and s.id = u.id
    """
)
_TERMS: Final = (
    *("trial_ends_at", "trial_end_behavior", "term_unit", "term_count", "term_ends_at", "auto_renew"),
    *("renewals_left", "expires_at", "phase_id", "next_phase_at"),
)


async def write_terms(uow: Uow, subscriptions: Sequence[Subscription]) -> None:
    """Write trials, terms and where in their phases locked subscriptions are, in one statement."""
    if not subscriptions:
        return
    values: dict[str, Any] = {
        "environment": uow.environment_id,
        "ids": [subscription.id for subscription in subscriptions],
    }
    for name in _TERMS:
        values[name] = [getattr(subscription, name) for subscription in subscriptions]
    await uow.execute(_WRITE_TERMS, values)


async def add_phases(uow: Uow, phases: Sequence[Phase]) -> None:
    """Write new phases."""
    if phases:
        await uow.execute(insert(SubscriptionPhaseRow), [insert_values(uow, phase) for phase in phases])


async def phases_of(uow: Uow, subscription_ids: Collection[UUID]) -> dict[UUID, list[Phase]]:
    """The phases of these subscriptions, each one's in the order of time; those without are left out."""
    found: defaultdict[UUID, list[Phase]] = defaultdict(list)
    if subscription_ids:
        values = {"environment_id": uow.environment_id, "ids": list(subscription_ids)}
        for phase in records(Phase, await uow.execute(_PHASES_OF, values)):
            found[phase.subscription_id].append(phase)
    return found


async def replace_phases(uow: Uow, subscription_id: UUID, phases: Sequence[Phase]) -> None:
    """Let these be the phases of a subscription that is locked, and no others."""
    await uow.execute(
        delete(SubscriptionPhaseRow).where(
            SubscriptionPhaseRow.environment_id == uow.environment_id,
            SubscriptionPhaseRow.subscription_id == subscription_id,
        )
    )
    await add_phases(uow, phases)


async def delete_items(uow: Uow, items: Sequence[SubscriptionItem]) -> None:
    """Forget items whose time never came, and of which nothing was billed."""
    assert all(item.billed_to == item.started_at for item in items)
    if items:
        await uow.execute(
            delete(SubscriptionItemRow).where(
                SubscriptionItemRow.environment_id == uow.environment_id,
                among(SubscriptionItemRow.id, [item.id for item in items]),
            )
        )
