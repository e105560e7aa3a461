"""``/v1/audit-records``: who did what; nothing here can be changed or deleted."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import ConfigDict

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    AuditRecordId,
    InstantText,
    ListOf,
    PageQuery,
    Wire,
    list_of,
    page_query,
    shown,
    shown_actor,
    shown_object,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.identity import AuditRecord, list_audit_records

router = APIRouter(prefix="/audit-records", tags=["Audit"], route_class=NativeRoute)
READ = allow("audit:read")
_page = page_query("audit_record")


class AuditRecordOut(Wire):
    """One deed: who (`actor`), what (`action`) to which object, when (real time), in which request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "aud_01kahgp1g0edgrx4zm6byashwh",
                    "actor": "api_client:key_01kahgp1g0edgrx4zm6byashwj",
                    "action": "api_client.revoked",
                    "object_kind": "api_client",
                    "object_id": "key_01kahgp1g0edgrx4zm6byashwk",
                    "data": {},
                    "request_id": "4fd1a1cc2a6f0b7f5d0c3b9e",
                    "recorded_at": "2026-01-31T09:30:00Z",
                }
            ]
        }
    )

    id: AuditRecordId
    actor: str
    action: str
    object_kind: str
    object_id: str
    data: dict[str, Any]
    request_id: str | None
    recorded_at: InstantText


def to_wire(record: AuditRecord) -> AuditRecordOut:
    """A record on the wire."""
    return AuditRecordOut.model_construct(
        id=record.id,
        actor=shown_actor(record.actor),
        action=record.action,
        object_kind=record.object_kind,
        object_id=shown_object(record.object_kind, record.object_id),
        data=dict(record.data),
        request_id=record.request_id,
        recorded_at=record.recorded_at,
    )


@router.get("", response_model=ListOf[AuditRecordOut], dependencies=[READ])
async def list_(uow: Unit, query: Annotated[PageQuery, Depends(_page)]) -> Response:
    """What was done in this environment, newest first."""
    return shown(list_of("audit_record", await list_audit_records(uow, query), to_wire))
