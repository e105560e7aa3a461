"""``/v1/late-usage``: what came after its period was billed and is on no invoice, yet or for ever."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    InstantText,
    InvoiceLineId,
    LateUsageId,
    ListOf,
    PageQuery,
    SubscriptionId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.billing import LateState, LateUsage, list_late_usage

router = APIRouter(prefix="/late-usage", tags=["Late usage"], route_class=NativeRoute)
READ = allow("invoices:read")
_page = page_query("late_usage")


class LateUsageOut(Wire):
    """Usage of the period of an invoice's line that came, or was voided, after it was billed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "late_01kahgp1g0edgrx4zm6byashwh",
                    "subscription_id": "sub_01kahgp1g0edgrx4zm6byashwk",
                    "line_id": "line_01kahgp1g0edgrx4zm6byashwm",
                    "state": "waiting",
                    "events": 12,
                    "first_received_at": "2026-02-03T09:30:00Z",
                    "last_received_at": "2026-02-05T17:02:11Z",
                }
            ]
        }
    )

    id: LateUsageId
    subscription_id: SubscriptionId
    line_id: InvoiceLineId
    state: LateState = Field(
        description="`waiting`: the period is rated again with the next invoice; `too_late`: it came after"
        " the issuer's `late_usage_days`, so it is counted as usage and billed by no line"
    )
    events: int = Field(description="How many events came, or were voided, in the period under their name")
    first_received_at: InstantText = Field(description="Business time")
    last_received_at: InstantText = Field(description="Business time")


def to_wire(late: LateUsage) -> LateUsageOut:
    """Late usage on the wire."""
    return LateUsageOut.model_construct(**{name: getattr(late, name) for name in LateUsageOut.model_fields})


@router.get("", response_model=ListOf[LateUsageOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    subscription_id: Annotated[SubscriptionId | None, Query(description="Only of this subscription")] = None,
    state: Annotated[LateState | None, Query(description="Only what is in this state")] = None,
) -> Response:
    """Late usage that is on no invoice, newest first: what waits for the next one, and what came too late."""
    page = await list_late_usage(uow, query, subscription_id=subscription_id, state=state)
    return shown(list_of("late_usage", page, to_wire))
