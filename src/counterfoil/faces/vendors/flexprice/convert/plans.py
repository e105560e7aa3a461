"""Plans: without a price at first, so that they can be subscribed to at once and get prices one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from counterfoil.faces.vendors.flexprice import ids
from counterfoil.faces.vendors.flexprice.convert.common import (
    metadata_to_wire,
    stamps,
    status_of,
    text_from_wire,
)
from counterfoil.faces.vendors.flexprice.searching import keep, refuse
from counterfoil.faces.vendors.flexprice.wire_generated import PlanResponse
from counterfoil.modules.catalog import NewPlan, NewPlanVersion

if TYPE_CHECKING:
    from counterfoil.faces.kit.context import Unit
    from counterfoil.faces.vendors.flexprice.wire import CreatePlanRequest, UpdatePlanRequest
    from counterfoil.faces.vendors.flexprice.wire_generated import CreditGrantResponse, PriceResponse
    from counterfoil.modules.catalog import Plan

WORDS: Final = {"external_id": "lookup_key", "position": "display_order"}
"""Their names of fields that have another name with us."""

_PARTS: Final = ("prices", "credit_grants", "entitlements")
"""What older clients gave with a plan."""


def plan_from_wire(body: CreatePlanRequest) -> NewPlan:
    """The plan to make, published."""
    refuse(body, *_PARTS, why="of a plan are made by themselves")
    return NewPlan(
        name=body.name,
        description=text_from_wire(body.description),
        position=body.display_order or 0,
        external_id=text_from_wire(body.lookup_key),
        meta=body.metadata or {},
        initial=NewPlanVersion(publish=True),
    )


def changes_from_wire(body: UpdatePlanRequest, before: Plan) -> dict[str, Any]:
    """The fields to change: those that are there."""
    refuse(body, *_PARTS, why="of a plan are changed by themselves")
    keep(body, {"status": status_of(before)}, "status")
    fields: dict[str, Any] = {}
    if body.name is not None:
        fields["name"] = body.name
    if body.description is not None:
        fields["description"] = text_from_wire(body.description)
    if body.lookup_key is not None:
        fields["external_id"] = text_from_wire(body.lookup_key)
    if body.display_order is not None:
        fields["position"] = body.display_order
    if body.metadata is not None:
        fields["meta"] = body.metadata
    return fields


def plan_to_wire(
    uow: Unit,
    plan: Plan,
    prices: list[PriceResponse] | None = None,
    grants: list[CreditGrantResponse] | None = None,
) -> PlanResponse:
    """A plan as Flexprice shows it; ``None``: what is left out."""
    return PlanResponse(
        id=ids.show("plan", plan.id),
        name=plan.name,
        description=plan.description or "",
        lookup_key=plan.external_id or "",
        display_order=plan.position,
        prices=prices,
        credit_grants=grants,
        metadata=metadata_to_wire(plan.meta),
        status=status_of(plan),
        **stamps(uow, plan),
    )
