"""The audit: who did what, when, in which request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from counterfoil.modules.identity import repository
from counterfoil.modules.identity.types import AuditRecord

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from counterfoil.store import Page, PageQuery, SystemUow, Uow


async def audit(
    uow: Uow, action: str, object_kind: str, object_id: UUID, data: Mapping[str, Any] | None = None
) -> None:
    """Write down that the actor of this unit of work did ``action`` (``noun.verb_past``) to an object.

    The record commits or rolls back with the deed.  ``data`` says what was asked for; no secrets.
    """
    await audit_in(uow, uow.environment_id, action, object_kind, object_id, data)


async def audit_in(
    uow: SystemUow | Uow,
    environment_id: UUID,
    action: str,
    object_kind: str,
    object_id: UUID,
    data: Mapping[str, Any] | None = None,
) -> None:
    """As ``audit``, in the records of an environment that the transaction does not stand in."""
    record = AuditRecord(
        id=uow.new_id(),
        actor=uow.actor,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        data=dict(data or {}),
        request_id=uow.request_id,
        recorded_at=uow.wall,
    )
    await repository.add_audit_record(uow, record, environment_id)


async def list_audit_records(uow: Uow, query: PageQuery) -> Page[AuditRecord]:
    """The audit of this environment, newest first."""
    return await repository.page_of_audit_records(uow, query)
