"""Plans: make, read, find, change, put away; with their prices and credit grants where they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Query, Response

from counterfoil.faces.kit.context import Caller, Unit, allow
from counterfoil.faces.kit.vendor_wire import vendor_answer
from counterfoil.faces.kit.wire import OffsetQuery
from counterfoil.faces.vendors.flexprice import ids
from counterfoil.faces.vendors.flexprice.auth import FlexpriceRoute
from counterfoil.faces.vendors.flexprice.convert.common import pagination
from counterfoil.faces.vendors.flexprice.convert.credit_grants import grant_to_wire
from counterfoil.faces.vendors.flexprice.convert.plans import (
    WORDS,
    changes_from_wire,
    plan_from_wire,
    plan_to_wire,
)
from counterfoil.faces.vendors.flexprice.convert.prices import price_to_wire
from counterfoil.faces.vendors.flexprice.errors import in_their_words
from counterfoil.faces.vendors.flexprice.searching import (
    Column,
    ListQuery,
    Names,
    column_of_ids,
    expanded,
    page_of,
    refuse,
    terms_of,
)
from counterfoil.faces.vendors.flexprice.wire import CreatePlanRequest, UpdatePlanRequest
from counterfoil.faces.vendors.flexprice.wire_generated import (
    CreditGrantResponse,
    ListPlansResponse,
    PlanFilter,
    PlanResponse,
    PriceResponse,
    SuccessResponse,
)
from counterfoil.modules import catalog
from counterfoil.modules.catalog import CatalogChanges, CatalogFilter
from counterfoil.modules.wallets import CreditGrantFilter, search_credit_grants

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from counterfoil.modules.catalog import Plan

router = APIRouter(prefix="/v1/plans", tags=["Plans"], route_class=FlexpriceRoute)
READ, WRITE = allow("catalog:read"), allow("catalog:write")

_COLUMNS: Final = {
    "id": column_of_ids("plan", "ids"),
    "lookup_key": Column("external_ids"),
    "name": Column("name_contains", contains=True),
}
_MOST_GRANTS: Final = 100
_WHOLE: Final = frozenset({"prices", "meters", "credit_grants"})


class PlanQuery(ListQuery):
    """What plans are listed by."""

    plan_ids: Names | None = None
    lookup_key: str | None = None


@router.post(
    "", operation_id="createPlan", status_code=201, response_model=PlanResponse, dependencies=[WRITE]
)
async def create(body: CreatePlanRequest, uow: Unit) -> Response:
    """Create a plan; prices and credit grants are added to it."""
    with in_their_words(WORDS):
        made = await catalog.create_plan(uow, plan_from_wire(body))
    return vendor_answer(plan_to_wire(uow, made), 201)


@router.get("", operation_id="listPlans", response_model=ListPlansResponse, dependencies=[READ])
async def list_(query: Annotated[PlanQuery, Query()], uow: Unit, caller: Caller) -> Response:
    """List plans."""
    return await _found(uow, caller, query)


@router.post("/search", operation_id="queryPlan", response_model=ListPlansResponse, dependencies=[READ])
async def search(body: PlanFilter, uow: Unit, caller: Caller) -> Response:
    """Find plans."""
    return await _found(uow, caller, body)


@router.get("/{id}", operation_id="getPlan", response_model=PlanResponse, dependencies=[READ])
async def get(id: str, uow: Unit, caller: Caller) -> Response:
    """Get a plan with its prices and credit grants."""
    plan = await catalog.get_plan(uow, ids.parse("plan", id))
    return vendor_answer((await _shown(uow, caller, [plan], _WHOLE))[0])


@router.put("/{id}", operation_id="updatePlan", response_model=PlanResponse, dependencies=[WRITE])
async def update(id: str, body: UpdatePlanRequest, uow: Unit) -> Response:
    """Change what a plan is called and where it stands."""
    plan = await catalog.get_plan(uow, ids.parse("plan", id))
    if fields := changes_from_wire(body, plan):
        with in_their_words(WORDS):
            plan = await catalog.update_plan(uow, plan.id, CatalogChanges(fields))
    return vendor_answer(plan_to_wire(uow, plan))


@router.delete("/{id}", operation_id="deletePlan", response_model=SuccessResponse, dependencies=[WRITE])
async def delete(id: str, uow: Unit) -> Response:
    """Put a plan away: its subscriptions go on, and it gets no new ones."""
    await catalog.archive_plan(uow, ids.parse("plan", id), freeing=True)
    return vendor_answer(SuccessResponse(message="plan deleted successfully"))


async def _found(uow: Unit, caller: Caller, asked: PlanFilter | PlanQuery) -> Response:
    refuse(asked, "metadata", why="is not searched by yet")
    page, terms = page_of(asked), terms_of(asked, _COLUMNS)
    terms.ids("plan", "ids", asked, "plan_ids")
    terms.texts("external_ids", asked, "lookup_key")
    with in_their_words({"external_ids": "lookup_key"}):
        found = await catalog.search_plans(uow, CatalogFilter(**terms.values), page)
    items = await _shown(uow, caller, found.items, expanded(asked))
    return vendor_answer(ListPlansResponse(items=items, pagination=pagination(found, page)))


async def _shown(
    uow: Unit, caller: Caller, plans: Sequence[Plan], parts: Collection[str]
) -> list[PlanResponse]:
    """Plans with the parts that are asked for, each kind of part read at once for all of them.

    Credit grants that the key may not read are left out.
    """
    prices = await _prices(uow, plans, meters="meters" in parts) if "prices" in parts else None
    granted = "credit_grants" in parts and caller.may("credit_grants:read")
    grants = await _grants(uow, plans) if granted else None
    return [
        plan_to_wire(
            uow,
            plan,
            None if prices is None else prices.get(plan.id, []),
            None if grants is None else grants.get(plan.id, []),
        )
        for plan in plans
    ]


async def _prices(uow: Unit, plans: Sequence[Plan], *, meters: bool) -> dict[UUID, list[PriceResponse]]:
    versions = await catalog.published_versions(uow, plans)
    wanted = {
        price.meter_id for one in versions.values() for price in one.prices if price.meter_id is not None
    }
    found = await catalog.meters_by_ids(uow, wanted) if meters and wanted else {}
    return {
        plan_id: [
            price_to_wire(uow, price, meter=found.get(price.meter_id) if price.meter_id else None)
            for price in version.prices
        ]
        for plan_id, version in versions.items()
    }


async def _grants(uow: Unit, plans: Sequence[Plan]) -> dict[UUID, list[CreditGrantResponse]]:
    if not plans:
        return {}
    wanted = CreditGrantFilter(plan_ids=[plan.id for plan in plans], archived=False)
    grants: dict[UUID, list[CreditGrantResponse]] = {}
    for grant in (await search_credit_grants(uow, wanted, OffsetQuery(_MOST_GRANTS * len(plans)))).items:
        assert grant.plan_id is not None
        grants.setdefault(grant.plan_id, []).append(grant_to_wire(uow, grant))
    return grants
