"""``/v1/operations``: progress of what takes longer than a call."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import ConfigDict

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    InstantText,
    ListOf,
    OperationId,
    PageQuery,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.identity import Operation, OperationStatus, get_operation, list_operations

router = APIRouter(prefix="/operations", tags=["Operations"], route_class=NativeRoute)
READ = allow("operations:read")
_page = page_query("operation")


class OperationOut(Wire):
    """Something asynchronous; it has ended when `status` is `succeeded`, `failed` or `cancelled`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "op_01kahgp1g0edgrx4zm6byashwh",
                    "kind": "test_clock.advance",
                    "status": "running",
                    "input": {"to": "2026-03-01T00:00:00Z"},
                    "progress": {"now_at": "2026-02-01T00:00:00Z"},
                    "result": None,
                    "error": None,
                    "version": 3,
                    "created_at": "2026-11-20T09:30:00Z",
                    "updated_at": "2026-11-20T09:30:01Z",
                    "finished_at": None,
                }
            ]
        }
    )

    id: OperationId
    kind: str
    status: OperationStatus
    input: dict[str, Any]
    progress: dict[str, Any]
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    version: int
    created_at: InstantText
    updated_at: InstantText
    finished_at: InstantText | None


def to_wire(operation: Operation) -> OperationOut:
    """An operation on the wire."""
    return OperationOut.model_construct(
        **{name: getattr(operation, name) for name in OperationOut.model_fields}
    )


@router.get("", response_model=ListOf[OperationOut], dependencies=[READ])
async def list_(uow: Unit, query: Annotated[PageQuery, Depends(_page)]) -> Response:
    """Operations, newest first."""
    return shown(list_of("operation", await list_operations(uow, query), to_wire))


@router.get("/{operation_id}", response_model=OperationOut, dependencies=[READ])
async def get(operation_id: OperationId, uow: Unit) -> Response:
    """One operation."""
    operation = await get_operation(uow, operation_id)
    return shown(to_wire(operation), version=operation.version)
