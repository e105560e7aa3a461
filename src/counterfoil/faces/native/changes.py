"""``/v1/changes``: what happened in this environment, in order, for those who keep a copy or react."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.storage import Change, list_changes
from counterfoil.faces.kit.wire import ChangeId, InstantText, Wire, shown, shown_actor, shown_object
from counterfoil.faces.native.routes import NativeRoute

router = APIRouter(prefix="/changes", tags=["Changes"], route_class=NativeRoute)
READ = allow("changes:read")
_FARTHEST = 2**63 - 1

_EXAMPLE: dict[str, Any] = {
    "id": "chg_01kahgp1g0edgrx4zm6byashwh",
    "position": 4711,
    "event": "customer.created",
    "object_kind": "customer",
    "object_id": "cus_01kahgp1g0edgrx4zm6byashwj",
    "object_version": 1,
    "data": {"external_id": "crm-4711"},
    "actor": "api_client:key_01kahgp1g0edgrx4zm6byashwk",
    "occurred_at": "2026-01-31T09:30:00Z",
    "recorded_at": "2026-01-31T09:30:00Z",
}


class ChangeOut(Wire):
    """One fact: what happened to which object, which then had this version.

    `occurred_at` is business time, `recorded_at` real time.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: ChangeId
    position: int
    event: str
    object_kind: str
    object_id: str
    object_version: int
    data: dict[str, Any]
    actor: str
    occurred_at: InstantText
    recorded_at: InstantText


class ChangesOut(Wire):
    """A part of the feed; ask for what follows with `after` = `next_after`, also when it is empty."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"data": [_EXAMPLE], "next_after": 4711}]})

    data: list[ChangeOut]
    next_after: int = Field(description="The last position of this part, or your `after` if it is empty")


def to_wire(change: Change) -> ChangeOut:
    """A change on the wire."""
    return ChangeOut.model_construct(
        id=change.id,
        position=change.position,
        event=change.event,
        object_kind=change.object_kind,
        object_id=shown_object(change.object_kind, change.object_id),
        object_version=change.object_version,
        data=dict(change.data),
        actor=shown_actor(change.actor),
        occurred_at=change.occurred_at,
        recorded_at=change.recorded_at,
    )


@router.get("", response_model=ChangesOut, dependencies=[READ])
async def list_(
    uow: Unit,
    after: Annotated[int, Query(ge=0, le=_FARTHEST, description="The last position you have seen")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """What happened after a position, in order: positions ascend by one, so none is ever missed."""
    changes = await list_changes(uow, after=after, limit=limit)
    last = changes[-1].position if changes else after
    return shown(ChangesOut.model_construct(data=[to_wire(one) for one in changes], next_after=last))
