"""``/v1/usage``: what a meter counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.core.money import shown_decimal
from counterfoil.core.rating import Aggregation
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import CustomerId, DecimalText, InstantText, MeterId, Wire, shown
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.usage import MAX_GROUPS, UsageQuery, read_usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.modules.usage import MeterReading, UsageReport

router = APIRouter(prefix="/usage", tags=["Usage"], route_class=NativeRoute)
READ = allow("usage:read")

_READING: Final[dict[str, Any]] = {
    "value": "2242",
    "events": 2,
    "first_at": "2026-01-15T09:30:00Z",
    "last_at": "2026-01-20T18:02:11Z",
}


class ReadingOut(Wire):
    """What was counted."""

    value: DecimalText | None = Field(
        description="Null where max, min, latest or average has no event; at most 12 decimal places are"
        " shown of one without end"
    )
    events: int = Field(description="How many events took part")
    first_at: InstantText | None = Field(description="The time of the first of them")
    last_at: InstantText | None = Field(description="The time of the last of them")


class GroupOut(ReadingOut):
    """The part of it that falls to one group."""

    group: dict[str, str | None] = Field(description="The value of each property; null where it is absent")


class UsageOut(Wire):
    """What a meter counted for a customer from `from` to before `to`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "meter_id": "mtr_01kahgp1g0edgrx4zm6byashwh",
                    "meter_code": "tokens",
                    "aggregation": "sum",
                    "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
                    "from": "2026-01-01T00:00:00Z",
                    "to": "2026-02-01T00:00:00Z",
                    "total": _READING,
                    "groups": [{**_READING, "group": {"model": "sonata-large"}}],
                }
            ]
        }
    )

    meter_id: MeterId
    meter_code: str
    aggregation: Aggregation
    customer_id: CustomerId
    start: InstantText = Field(serialization_alias="from")
    end: InstantText = Field(serialization_alias="to")
    total: ReadingOut
    groups: list[GroupOut] = Field(description="In order of their values; empty without `group_by`")


def _reading(reading: MeterReading) -> dict[str, Any]:
    return {
        "value": None if reading.value is None else shown_decimal(reading.value),
        "events": reading.events,
        "first_at": reading.first_at,
        "last_at": reading.last_at,
    }


def to_wire(report: UsageReport, group_by: Sequence[str]) -> UsageOut:
    """A report on the wire."""
    return UsageOut.model_construct(
        meter_id=report.meter.id,
        meter_code=report.meter.code,
        aggregation=report.meter.aggregation,
        customer_id=report.window.customer_id,
        start=report.window.start,
        end=report.window.end,
        total=ReadingOut.model_construct(**_reading(report.total)),
        groups=[
            GroupOut.model_construct(
                group=dict(zip(group_by, part.group, strict=True)), **_reading(part.reading)
            )
            for part in report.groups
        ],
    )


@router.get("", response_model=UsageOut, dependencies=[READ])
async def read(
    uow: Unit,
    meter: Annotated[str, Query(description="A meter's id or code")],
    customer: Annotated[str, Query(description="A customer's id or external id")],
    start: Annotated[InstantText, Query(alias="from", description="From here on")],
    end: Annotated[InstantText, Query(alias="to", description="Before this")],
    group_by: Annotated[
        list[str] | None,
        Query(description=f"Properties among the meter's `group_by`; at most {MAX_GROUPS} groups"),
    ] = None,
) -> Response:
    """What a meter counted for a customer, of all its subscriptions, in `[from, to)`."""
    report = await read_usage(uow, UsageQuery(meter, customer, start, end, tuple(group_by or ())))
    return shown(to_wire(report, group_by or []))
