"""Features: make, read, find, change, put away; a metered one may bring its meter along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Query, Response

from counterfoil.core.errors import InvalidInput
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.vendor_wire import vendor_answer
from counterfoil.faces.vendors.flexprice import ids
from counterfoil.faces.vendors.flexprice.auth import FlexpriceRoute
from counterfoil.faces.vendors.flexprice.convert.common import pagination
from counterfoil.faces.vendors.flexprice.convert.features import (
    METER_WORDS,
    WORDS,
    changes_from_wire,
    feature_from_wire,
    feature_to_wire,
    meter_from_wire,
)
from counterfoil.faces.vendors.flexprice.errors import in_their_words
from counterfoil.faces.vendors.flexprice.searching import (
    Column,
    ListQuery,
    Names,
    column_of_ids,
    page_of,
    terms_of,
)
from counterfoil.faces.vendors.flexprice.wire import CreateFeatureRequest, UpdateFeatureRequest
from counterfoil.faces.vendors.flexprice.wire_generated import (
    FeatureFilter,
    FeatureResponse,
    ListFeaturesResponse,
    SuccessResponse,
)
from counterfoil.modules import catalog
from counterfoil.modules.catalog import CatalogChanges, CatalogFilter

if TYPE_CHECKING:
    from uuid import UUID

    from counterfoil.modules.catalog import Feature

router = APIRouter(prefix="/v1/features", tags=["Features"], route_class=FlexpriceRoute)
READ, WRITE = allow("catalog:read"), allow("catalog:write")

_COLUMNS: Final = {
    "id": column_of_ids("feature", "ids"),
    "lookup_key": Column("external_ids"),
    "meter_id": column_of_ids("meter", "meter_ids"),
    "name": Column("name_contains", contains=True),
}


class FeatureQuery(ListQuery):
    """What features are listed by."""

    feature_ids: Names | None = None
    lookup_key: str | None = None
    lookup_keys: Names | None = None
    meter_ids: Names | None = None
    name_contains: str | None = None


@router.post(
    "", operation_id="createFeature", status_code=201, response_model=FeatureResponse, dependencies=[WRITE]
)
async def create(body: CreateFeatureRequest, uow: Unit) -> Response:
    """Create a feature, and its meter if it brings one along."""
    meter_id = await _meter(uow, body)
    with in_their_words(WORDS):
        made = await catalog.create_feature(uow, feature_from_wire(body, meter_id))
    return await _one(uow, made, 201)


@router.get("", operation_id="listFeatures", response_model=ListFeaturesResponse, dependencies=[READ])
async def list_(query: Annotated[FeatureQuery, Query()], uow: Unit) -> Response:
    """List features."""
    return await _found(uow, query)


@router.post("/search", operation_id="queryFeature", response_model=ListFeaturesResponse, dependencies=[READ])
async def search(body: FeatureFilter, uow: Unit) -> Response:
    """Find features."""
    return await _found(uow, body)


@router.get("/{id}", operation_id="getFeature", response_model=FeatureResponse, dependencies=[READ])
async def get(id: str, uow: Unit) -> Response:
    """Get a feature."""
    return await _one(uow, await catalog.get_feature(uow, ids.parse("feature", id)))


@router.put("/{id}", operation_id="updateFeature", response_model=FeatureResponse, dependencies=[WRITE])
async def update(id: str, body: UpdateFeatureRequest, uow: Unit) -> Response:
    """Change a feature."""
    feature = await catalog.get_feature(uow, ids.parse("feature", id))
    fields = changes_from_wire(body, feature)
    if fields:
        with in_their_words(WORDS):
            feature = await catalog.update_feature(uow, feature.id, CatalogChanges(fields))
    return await _one(uow, feature)


@router.delete("/{id}", operation_id="deleteFeature", response_model=SuccessResponse, dependencies=[WRITE])
async def delete(id: str, uow: Unit) -> Response:
    """Put a feature away."""
    await catalog.archive_feature(uow, ids.parse("feature", id), freeing=True)
    return vendor_answer(SuccessResponse(message="feature deleted successfully"))


async def _meter(uow: Unit, body: CreateFeatureRequest) -> UUID | None:
    """The meter of a feature to make: the one that it names or, made first, the one that it brings."""
    if body.meter is not None and body.meter_id:
        raise InvalidInput("a feature has one meter", field="meter", allowed="either meter or meter_id")
    if body.meter is None:
        return None if not body.meter_id else ids.parse("meter", body.meter_id, "meter_id")
    if body.type != "metered":
        raise InvalidInput(f"a {body.type} feature has no meter", field="meter", allowed="none")
    new = meter_from_wire(body.meter)
    with in_their_words(METER_WORDS):
        return (await catalog.create_meter(uow, new)).id


async def _one(uow: Unit, feature: Feature, status: int = 200) -> Response:
    meter = None if feature.meter_id is None else await catalog.get_meter(uow, feature.meter_id)
    return vendor_answer(feature_to_wire(uow, feature, meter), status)


async def _found(uow: Unit, asked: FeatureFilter | FeatureQuery) -> Response:
    page, terms = page_of(asked), terms_of(asked, _COLUMNS)
    terms.ids("feature", "ids", asked, "feature_ids")
    terms.texts("external_ids", asked, "lookup_keys", "lookup_key")
    terms.ids("meter", "meter_ids", asked, "meter_ids")
    terms.text("name_contains", asked.name_contains, "name_contains")
    with in_their_words({"external_ids": "lookup_key"}):
        found = await catalog.search_features(uow, CatalogFilter(**terms.values), page)
    wanted = {one.meter_id for one in found.items if one.meter_id is not None}
    meters = await catalog.meters_by_ids(uow, wanted) if wanted else {}
    items = [
        feature_to_wire(uow, one, meters.get(one.meter_id) if one.meter_id else None) for one in found.items
    ]
    return vendor_answer(ListFeaturesResponse(items=items, pagination=pagination(found, page)))
