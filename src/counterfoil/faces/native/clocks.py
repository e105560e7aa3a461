"""``/v1/test-clocks``: the business time of a sandbox.

A clock cannot be removed, nor set back: business time would jump over what falls due.  Make another sandbox
instead.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import InstantText, ListOf, TestClockId, Wire, shown
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.identity import TestClock, create_clock, find_clock, get_clock

router = APIRouter(prefix="/test-clocks", tags=["Test clocks"], route_class=NativeRoute)
READ, WRITE = allow("clocks:read"), allow("clocks:write")

_EXAMPLE: dict[str, Any] = {"name": "first year", "now_at": "2026-01-01T00:00:00Z"}


class TestClockIn(Wire):
    """A clock to make."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    now_at: InstantText = Field(description="The business time at which this sandbox stands from now on")
    name: str = "clock"


class TestClockOut(Wire):
    """The clock of a sandbox."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "clock_01kahgp1g0edgrx4zm6byashwh",
                    **_EXAMPLE,
                    "version": 1,
                    "created_at": "2026-11-20T09:30:00Z",
                    "updated_at": "2026-11-20T09:30:00Z",
                }
            ]
        }
    )

    id: TestClockId
    name: str
    now_at: InstantText
    version: int
    created_at: InstantText
    updated_at: InstantText


def to_wire(clock: TestClock) -> TestClockOut:
    """A clock on the wire."""
    return TestClockOut.model_construct(**{name: getattr(clock, name) for name in TestClockOut.model_fields})


@router.post("", status_code=201, response_model=TestClockOut, dependencies=[WRITE])
async def create(body: TestClockIn, uow: Unit) -> Response:
    """Stop the business time of this sandbox; it has at most one clock, and a live environment none."""
    clock = await create_clock(uow, body.now_at, body.name)
    return shown(to_wire(clock), 201, version=clock.version)


@router.get("", response_model=ListOf[TestClockOut], dependencies=[READ])
async def list_(uow: Unit) -> Response:
    """The clock of this environment, if it has one."""
    clock = await find_clock(uow)
    data = [] if clock is None else [to_wire(clock)]
    return shown(ListOf[TestClockOut].model_construct(data=data, next_cursor=None))


@router.get("/{clock_id}", response_model=TestClockOut, dependencies=[READ])
async def get(clock_id: TestClockId, uow: Unit) -> Response:
    """One clock."""
    clock = await get_clock(uow, clock_id)
    return shown(to_wire(clock), version=clock.version)
