"""``/v1/plans/{plan_id}/migrations``: who is on one version of a plan moves to another."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from counterfoil.core.proration import ProrationBehavior
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import CustomerId, InstantText, PlanId, Wire, shown
from counterfoil.faces.native import operations
from counterfoil.faces.native.operations import OperationOut
from counterfoil.faces.native.previews import AsPreview
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.billing import request_migration
from counterfoil.modules.subscriptions import ChangeWhen

router = APIRouter(prefix="/plans", tags=["Plans"], route_class=NativeRoute)

_EXAMPLE: Final[dict[str, Any]] = {"from_version": 1, "to_version": 2, "when": "period_end"}


class MigrationIn(Wire):
    """Which subscribers of a plan move, and when."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    from_version: int = Field(ge=1, le=2**31 - 1, strict=True, description="The number of their version")
    to_version: int = Field(ge=1, le=2**31 - 1, strict=True, description="A published version of the plan")
    when: ChangeWhen = Field(
        default=ChangeWhen.PERIOD_END,
        description="`period_end`: each with its own period; `now`; or `at` an instant",
    )
    at: InstantText | None = Field(default=None, description="With when `at`: an instant ahead")
    behavior: ProrationBehavior | None = Field(
        default=None, description="What the change moves; by default as each subscription's policy says"
    )
    customer_ids: list[CustomerId] | None = Field(
        default=None, max_length=1000, description="Only these customers' subscriptions; all by default"
    )


@router.post(
    "/{plan_id}/migrations",
    status_code=202,
    response_model=OperationOut,
    dependencies=[allow("subscriptions:write")],
)
async def migrate(plan_id: PlanId, body: MigrationIn, uow: Unit, preview: AsPreview = False) -> Response:
    """Move the subscribers of one version of a plan to another; who is left out stays where they are.

    The answer is an operation; ask for it until its status is `succeeded` or `failed`.  Its result tells how
    many moved, and which could not and why.  With `preview` nothing moves, and it tells the money: for each
    subscription (up to 1,000) and in all, what is invoiced `at_once`, what comes `next`, and what would have
    come next without it.
    """
    operation = await request_migration(
        uow,
        plan_id,
        body.from_version,
        body.to_version,
        when=body.when,
        at=body.at,
        behavior=body.behavior,
        customer_ids=body.customer_ids,
        preview=preview,
    )
    return shown(operations.to_wire(operation), 202)
