"""``/v1/meters``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.core.rating import Aggregation, Reset
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    DecimalText,
    IfMatch,
    InstantText,
    ListOf,
    Metadata,
    MeterId,
    PageQuery,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.catalog_wire import (
    SHOWN,
    CodedIn,
    NamePatch,
    coded_of,
    example,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.catalog import (
    Meter,
    NewMeter,
    archive_meter,
    create_meter,
    get_meter,
    list_meters,
    update_meter,
)

router = APIRouter(prefix="/meters", tags=["Meters"], route_class=NativeRoute)
READ, WRITE = allow("catalog:read"), allow("catalog:write")
_page = page_query("meter")

_EXAMPLE: dict[str, Any] = {
    "code": "input-tokens",
    "name": "Input tokens",
    "event_name": "completion",
    "aggregation": "sum",
    "property": "input_tokens",
    "multiplier": None,
    "expression": None,
    "reset": "period",
    "filters": {"status": ["ok"]},
    "group_by": ["model"],
    "external_id": None,
    "metadata": {},
}


class MeterIn(CodedIn):
    """A meter to make."""

    model_config = ConfigDict(json_schema_extra=example(_EXAMPLE))

    event_name: str = Field(description="The events that it reads; never changes")
    aggregation: Aggregation = Field(description="How events become a number; never changes")
    property: str | None = Field(
        default=None,
        description="What is summed, compared or counted; none for count and expression; never changes",
    )
    multiplier: DecimalText | None = Field(
        default=None, description="Of `sum_with_multiplier`, what the sum is multiplied by; never changes"
    )
    expression: str | None = Field(
        default=None,
        description="Of `expression`, what each event is worth, such as `ceil(seconds / 60)`; never changes",
    )
    reset: Reset = Field(
        default=Reset.PERIOD,
        description="`never`: what happened before a period takes part in it, as a level does; never changes",
    )
    filters: dict[str, list[Any]] = Field(
        default_factory=dict, description="Only events whose properties have one of these values, as text"
    )
    group_by: list[str] = Field(default_factory=list, description="Properties that usage is shown by")

    def from_wire(self) -> NewMeter:
        """The command."""
        return NewMeter(
            **self.common(),
            event_name=self.event_name,
            aggregation=self.aggregation,
            property=self.property,
            multiplier=self.multiplier,
            expression=self.expression,
            reset=self.reset,
            filters=self.filters,
            group_by=self.group_by,
        )


class MeterOut(Wire):
    """How events become a quantity."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {"id": "mtr_01kahgp1g0edgrx4zm6byashwh", **_EXAMPLE, **SHOWN, "archived_at": None}
        )
    )

    id: MeterId
    external_id: str | None
    code: str
    name: str
    event_name: str
    aggregation: Aggregation
    property: str | None
    multiplier: DecimalText | None
    expression: str | None
    reset: Reset
    filters: dict[str, list[str]]
    group_by: list[str]
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText
    archived_at: InstantText | None


def to_wire(meter: Meter) -> MeterOut:
    """A meter on the wire."""
    return MeterOut.model_construct(
        **coded_of(meter),
        event_name=meter.event_name,
        aggregation=meter.aggregation,
        property=meter.property,
        multiplier=meter.multiplier,
        expression=meter.expression,
        reset=meter.reset,
        filters=dict(meter.filters),
        group_by=list(meter.group_by),
    )


@router.post("", status_code=201, response_model=MeterOut, dependencies=[WRITE])
async def create(body: MeterIn, uow: Unit) -> Response:
    """Make a meter."""
    meter = await create_meter(uow, body.from_wire())
    return shown(to_wire(meter), 201, version=meter.version)


@router.get("", response_model=ListOf[MeterOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    code: Annotated[str | None, Query(description="Only the meter with this code")] = None,
    external_id: Annotated[str | None, Query(description="Only the meter with this external id")] = None,
) -> Response:
    """Meters, newest first."""
    page = await list_meters(uow, query, code=code, external_id=external_id)
    return shown(list_of("meter", page, to_wire))


@router.get("/{meter_id}", response_model=MeterOut, dependencies=[READ])
async def get(meter_id: MeterId, uow: Unit) -> Response:
    """One meter."""
    meter = await get_meter(uow, meter_id)
    return shown(to_wire(meter), version=meter.version)


@router.patch("/{meter_id}", response_model=MeterOut, dependencies=[WRITE])
async def update(meter_id: MeterId, body: NamePatch, uow: Unit, if_match: IfMatch) -> Response:
    """Change name, external id or metadata of a meter."""
    meter = await update_meter(uow, meter_id, body.from_wire(if_match))
    return shown(to_wire(meter), version=meter.version)


@router.post("/{meter_id}/archive", response_model=MeterOut, dependencies=[WRITE])
async def archive(meter_id: MeterId, uow: Unit) -> Response:
    """Put a meter away; what is priced by it is measured on, and nothing new may name it."""
    meter = await archive_meter(uow, meter_id)
    return shown(to_wire(meter), version=meter.version)
