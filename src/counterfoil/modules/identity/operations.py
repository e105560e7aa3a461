"""Use cases of operations: progress of something asynchronous, for whoever waits for it.

The flow that does the work starts the operation in the transaction of the call, and its job tells how far
it is; an operation that has ended never changes again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.errors import WrongState
from counterfoil.modules.identity import repository
from counterfoil.modules.identity.types import Operation, OperationStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from counterfoil.store import Page, PageQuery, Uow

_ENDED: Final = frozenset({OperationStatus.SUCCEEDED, OperationStatus.FAILED, OperationStatus.CANCELLED})


async def start_operation(uow: Uow, kind: str, input: Mapping[str, Any]) -> Operation:
    """Write that something was asked for; ``kind`` is ``noun.verb`` (``test_clock.advance``)."""
    operation = Operation(
        id=uow.new_id(),
        kind=kind,
        status=OperationStatus.PENDING,
        input=dict(input),
        progress={},
        result=None,
        error=None,
        version=1,
        created_at=uow.wall,
        updated_at=uow.wall,
        finished_at=None,
    )
    await repository.add_operation(uow, operation)
    uow.announce("operation.started", "operation", operation.id, 1, {"kind": kind})
    return operation


async def progress_operation(uow: Uow, operation_id: UUID, progress: Mapping[str, Any]) -> Operation:
    """Write how far it is; announces nothing, for steps can be many.  ``WrongState`` once it has ended."""
    fields = {"status": OperationStatus.RUNNING, "progress": dict(progress)}
    return await _step(uow, operation_id, fields)


async def finish_operation(
    uow: Uow,
    operation_id: UUID,
    *,
    result: Mapping[str, Any] | None = None,
    error: Mapping[str, Any] | None = None,
) -> Operation:
    """Write that it succeeded, with its ``result``, or failed, with ``error`` (``code`` and ``message``).

    Raises ``WrongState`` if it had ended already.
    """
    assert result is None or error is None
    status = OperationStatus.SUCCEEDED if error is None else OperationStatus.FAILED
    fields = {
        "status": status,
        "result": dict(result or {}) if error is None else None,
        "error": None if error is None else dict(error),
        "finished_at": uow.wall,
    }
    after = await _step(uow, operation_id, fields)
    uow.announce(f"operation.{status}", "operation", after.id, after.version, {"kind": after.kind})
    return after


async def cancel_operation(uow: Uow, operation_id: UUID) -> Operation:
    """Write that it is to stop; whoever carries it out sees that with its next step.

    Raises ``WrongState`` if it had ended already.
    """
    fields = {"status": OperationStatus.CANCELLED, "finished_at": uow.wall}
    after = await _step(uow, operation_id, fields)
    uow.announce("operation.cancelled", "operation", after.id, after.version, {"kind": after.kind})
    return after


async def get_operation(uow: Uow, operation_id: UUID) -> Operation:
    """An operation of this environment, or ``NotFound``."""
    return await repository.get_operation(uow, operation_id)


async def list_operations(uow: Uow, query: PageQuery) -> Page[Operation]:
    """Operations, newest first."""
    return await repository.page_of_operations(uow, query)


async def _step(uow: Uow, operation_id: UUID, fields: Mapping[str, Any]) -> Operation:
    before = await repository.get_operation(uow, operation_id, locked=True)
    if before.status in _ENDED:
        raise WrongState(f"this operation has {before.status} already")
    after = replace(before, **fields, version=before.version + 1, updated_at=uow.wall)
    await repository.save_operation(uow, after, fields)
    return after
