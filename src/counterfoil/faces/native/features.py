"""``/v1/features``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    FeatureId,
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
    Feature,
    FeatureKind,
    NewFeature,
    archive_feature,
    create_feature,
    get_feature,
    list_features,
    update_feature,
)

router = APIRouter(prefix="/features", tags=["Features"], route_class=NativeRoute)
READ, WRITE = allow("catalog:read"), allow("catalog:write")
_page = page_query("feature")

_EXAMPLE: dict[str, Any] = {
    "code": "input-tokens",
    "name": "Input tokens",
    "kind": "metered",
    "meter_id": "mtr_01kahgp1g0edgrx4zm6byashwh",
    "options": [],
    "external_id": None,
    "metadata": {},
}


class FeatureIn(CodedIn):
    """A feature to make."""

    model_config = ConfigDict(json_schema_extra=example(_EXAMPLE))

    kind: FeatureKind = Field(description="What a plan says of it")
    meter_id: MeterId | None = Field(default=None, description="Of a metered feature: its meter")
    options: list[str] = Field(default_factory=list, description="Of an enum feature: its values")

    def from_wire(self) -> NewFeature:
        """The command."""
        return NewFeature(**self.common(), kind=self.kind, meter_id=self.meter_id, options=self.options)


class FeatureOut(Wire):
    """Something that a plan gives."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {"id": "feat_01kahgp1g0edgrx4zm6byashwh", **_EXAMPLE, **SHOWN, "archived_at": None}
        )
    )

    id: FeatureId
    external_id: str | None
    code: str
    name: str
    kind: FeatureKind
    meter_id: MeterId | None
    options: list[str]
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText
    archived_at: InstantText | None


def to_wire(feature: Feature) -> FeatureOut:
    """A feature on the wire."""
    return FeatureOut.model_construct(
        **coded_of(feature), kind=feature.kind, meter_id=feature.meter_id, options=list(feature.options)
    )


@router.post("", status_code=201, response_model=FeatureOut, dependencies=[WRITE])
async def create(body: FeatureIn, uow: Unit) -> Response:
    """Make a feature."""
    feature = await create_feature(uow, body.from_wire())
    return shown(to_wire(feature), 201, version=feature.version)


@router.get("", response_model=ListOf[FeatureOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    code: Annotated[str | None, Query(description="Only the feature with this code")] = None,
    external_id: Annotated[str | None, Query(description="Only the feature with this external id")] = None,
) -> Response:
    """Features, newest first."""
    page = await list_features(uow, query, code=code, external_id=external_id)
    return shown(list_of("feature", page, to_wire))


@router.get("/{feature_id}", response_model=FeatureOut, dependencies=[READ])
async def get(feature_id: FeatureId, uow: Unit) -> Response:
    """One feature."""
    feature = await get_feature(uow, feature_id)
    return shown(to_wire(feature), version=feature.version)


@router.patch("/{feature_id}", response_model=FeatureOut, dependencies=[WRITE])
async def update(feature_id: FeatureId, body: NamePatch, uow: Unit, if_match: IfMatch) -> Response:
    """Change name, external id or metadata of a feature."""
    feature = await update_feature(uow, feature_id, body.from_wire(if_match))
    return shown(to_wire(feature), version=feature.version)


@router.post("/{feature_id}/archive", response_model=FeatureOut, dependencies=[WRITE])
async def archive(feature_id: FeatureId, uow: Unit) -> Response:
    """Put a feature away; it stays readable, and no new version of a plan may give it."""
    feature = await archive_feature(uow, feature_id)
    return shown(to_wire(feature), version=feature.version)
