"""Rows of commitments and their terms."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, or_, select, text

from counterfoil.modules.subscriptions.commitment_types import (
    CommitmentTerm,
    HeldCommitment,
    SubscriptionCommitment,
)
from counterfoil.modules.subscriptions.models_commitments import CommitmentTermRow, SubscriptionCommitmentRow
from counterfoil.store import only, records
from counterfoil.store.paging import page_of, paged
from counterfoil.store.rows import among, columns, insert_values, update_versioned
from counterfoil.store.types import json_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.store import Page, PageQuery, Uow

_SELECT: Final = select(*columns(SubscriptionCommitmentRow, SubscriptionCommitment))
_SELECT_TERMS: Final = select(*columns(CommitmentTermRow, CommitmentTerm))
_WRITE_TERMS: Final = text(
    """
    update commitment_terms t
    set end_at = u.end_at, committed = u.committed, rolled_over = u.rolled_over, credit = u.credit,
        opening = cast(:openings as jsonb) -> cast(u.place - 1 as integer), billed_parts = u.billed_parts,
        carried = u.carried, closed_at = u.closed_at
    from unnest(
        cast(:ids as uuid[]), cast(:end_at as timestamptz[]), cast(:committed as numeric[]),
        cast(:rolled_over as numeric[]), cast(:credit as numeric[]), cast(:billed_parts as integer[]),
        cast(:carried as numeric[]), cast(:closed_at as timestamptz[])
    ) with ordinality u (id, end_at, committed, rolled_over, credit, billed_parts, carried, closed_at, place)
    where t.environment_id = :environment and t.id = u.id
    """
)
_CHANGING: Final = (
    *("end_at", "committed", "rolled_over", "credit", "billed_parts", "carried", "closed_at"),
)


async def add(uow: Uow, commitment: SubscriptionCommitment) -> None:
    """Write a new commitment; ``AlreadyExists`` if the external id is taken."""
    await uow.execute(insert(SubscriptionCommitmentRow).values(insert_values(uow, commitment)))


async def add_terms(uow: Uow, terms: Sequence[CommitmentTerm]) -> None:
    """Write new terms."""
    if terms:
        await uow.execute(insert(CommitmentTermRow), [insert_values(uow, term) for term in terms])


async def write_terms(uow: Uow, terms: Sequence[CommitmentTerm]) -> None:
    """Write what can change of terms, in one statement."""
    if not terms:
        return
    values: dict[str, Any] = {
        "environment": uow.environment_id,
        "ids": [term.id for term in terms],
        "openings": json_text([dict(term.opening) for term in terms]),
    }
    for name in _CHANGING:
        values[name] = [getattr(term, name) for term in terms]
    await uow.execute(_WRITE_TERMS, values)


async def update(uow: Uow, commitment: SubscriptionCommitment, changed: Mapping[str, Any]) -> None:
    """Write changed fields of a commitment whose previous version was read."""
    await update_versioned(uow, SubscriptionCommitmentRow, commitment, changed, kind="commitment")


async def get(uow: Uow, subscription_id: UUID, commitment_id: UUID) -> SubscriptionCommitment:
    """A commitment of a subscription, or ``NotFound``."""
    row = SubscriptionCommitmentRow
    statement = _SELECT.where(
        row.environment_id == uow.environment_id,
        row.subscription_id == subscription_id,
        row.id == commitment_id,
    )
    return only(SubscriptionCommitment, await uow.execute(statement), "commitment")


async def of_subscriptions(
    uow: Uow, subscription_ids: Collection[UUID]
) -> dict[UUID, list[SubscriptionCommitment]]:
    """The commitments of each of these subscriptions, in the order in which they were agreed."""
    row = SubscriptionCommitmentRow
    statement = _SELECT.where(
        row.environment_id == uow.environment_id, among(row.subscription_id, subscription_ids)
    ).order_by(row.subscription_id, row.id)
    found: defaultdict[UUID, list[SubscriptionCommitment]] = defaultdict(list)
    for one in records(SubscriptionCommitment, await uow.execute(statement)):
        found[one.subscription_id].append(one)
    return found


async def held(
    uow: Uow, subscription_ids: Collection[UUID], since: datetime | None = None, *, locked: bool = False
) -> dict[UUID, list[HeldCommitment]]:
    """The commitments of these subscriptions with their open terms, and those that reach beyond ``since``.

    Two statements; ``locked``: nobody else changes these terms before this unit ends.
    """
    if not subscription_ids:
        return {}
    commitments = await of_subscriptions(uow, subscription_ids)
    if not commitments:
        return {}
    row = CommitmentTermRow
    open_ = row.closed_at.is_(None)
    statement = _SELECT_TERMS.where(
        row.environment_id == uow.environment_id,
        among(row.subscription_id, commitments),
        open_ if since is None else or_(open_, row.end_at > since),
    ).order_by(row.start_at, row.id)
    terms = records(CommitmentTerm, await uow.execute(statement.with_for_update() if locked else statement))
    by_commitment: defaultdict[UUID, list[CommitmentTerm]] = defaultdict(list)
    for term in terms:
        by_commitment[term.commitment_id].append(term)
    return {
        subscription_id: [HeldCommitment(one, by_commitment[one.id]) for one in of_one]
        for subscription_id, of_one in commitments.items()
    }


async def page_terms(uow: Uow, commitment_id: UUID, query: PageQuery) -> Page[CommitmentTerm]:
    """The terms of a commitment, the one made last first."""
    row = CommitmentTermRow
    statement = _SELECT_TERMS.where(
        row.environment_id == uow.environment_id, row.commitment_id == commitment_id
    )
    return page_of(records(CommitmentTerm, await uow.execute(paged(statement, row.id, query))), query)
