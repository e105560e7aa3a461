"""``/v1/features``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    DecimalText,
    FeatureId,
    IfMatch,
    InstantText,
    ListOf,
    Metadata,
    MeterId,
    PageQuery,
    ProductId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.catalog_wire import (
    SHOWN,
    CodedIn,
    DescribedPatch,
    coded_of,
    example,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.catalog import (
    CatalogChanges,
    Feature,
    FeatureKind,
    NewFeature,
    Region,
    Visibility,
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
    "description": "Tokens that a model reads",
    "product_id": "prod_01kahgp1g0edgrx4zm6byashwh",
    "meter_id": "mtr_01kahgp1g0edgrx4zm6byashwh",
    "options": [],
    "sku": "AI-IN-1",
    "unit": {"singular": "token", "plural": "tokens"},
    "default_value": "100000",
    "visibility": "public",
    "position": 1,
    "rounding": {"unit": "token", "step": "1000", "mode": "ceil"},
    "regions": [{"code": "eu-1", "name": "Frankfurt"}],
    "external_id": None,
    "metadata": {},
}
_DEFAULT_VALUE = "What a plan gives that says nothing else, in the form of its kind; null for none"
_POSITION = "Its place in lists, from 0"


class RegionWire(Wire):
    """A place where a feature is sold at its price."""

    code: str
    name: str


class UnitWire(Wire):
    """What one and several of what is counted are called."""

    singular: str
    plural: str


class RoundingWire(Wire):
    """A multiple to which usage is rounded before it is priced."""

    unit: str = Field(description="Of the step, such as GB")
    step: DecimalText
    mode: Literal["ceil", "floor", "half_up"]


class FeatureIn(CodedIn):
    """A feature to make."""

    model_config = ConfigDict(json_schema_extra=example(_EXAMPLE))

    kind: FeatureKind = Field(description="What a plan says of it")
    meter_id: MeterId | None = Field(default=None, description="Of a metered feature: its meter")
    options: list[str] = Field(default_factory=list, description="Of an enum feature: its values")
    description: str | None = None
    product_id: ProductId | None = Field(default=None, description="The product that it is of")
    sku: str | None = Field(default=None, description="Its name in an ERP")
    unit: UnitWire | None = None
    default_value: Any = Field(default=None, description=_DEFAULT_VALUE)
    visibility: Visibility = Visibility.PUBLIC
    position: int = Field(default=0, strict=True, description=_POSITION)
    rounding: RoundingWire | None = None
    regions: list[RegionWire] = Field(default_factory=list)

    def from_wire(self) -> NewFeature:
        """The command."""
        return NewFeature(
            **self.common(),
            kind=self.kind,
            meter_id=self.meter_id,
            options=self.options,
            description=self.description,
            product_id=self.product_id,
            sku=self.sku,
            unit={} if self.unit is None else dict(self.unit),
            default_value=self.default_value,
            visibility=self.visibility,
            position=self.position,
            rounding={} if self.rounding is None else dict(self.rounding),
            regions=[Region(one.code, one.name) for one in self.regions],
        )


class FeaturePatch(DescribedPatch):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(
        json_schema_extra=example({"description": "Tokens that a model reads", "visibility": "private"})
    )

    sku: str | None = Field(default=None, description="Its name in an ERP")
    unit: UnitWire | None = None
    default_value: Any = Field(default=None, description=_DEFAULT_VALUE)
    visibility: Visibility = Visibility.PUBLIC
    position: int = Field(default=0, strict=True, description=_POSITION)
    regions: list[RegionWire] = Field(default_factory=list)

    def from_wire(self, expected_version: int | None) -> CatalogChanges:
        """The command: only the fields that were sent."""
        fields = dict(super().from_wire(expected_version).fields)
        if "unit" in fields:
            fields["unit"] = {} if self.unit is None else dict(self.unit)
        if "regions" in fields:
            fields["regions"] = [Region(one.code, one.name) for one in self.regions]
        return CatalogChanges(fields, expected_version)


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
    description: str | None
    product_id: ProductId | None
    meter_id: MeterId | None
    options: list[str]
    sku: str | None
    unit: UnitWire | None
    default_value: Any
    visibility: Visibility
    position: int
    rounding: RoundingWire | None
    regions: list[RegionWire]
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText
    archived_at: InstantText | None


def to_wire(feature: Feature) -> FeatureOut:
    """A feature on the wire."""
    return FeatureOut.model_construct(
        **coded_of(feature),
        kind=feature.kind,
        description=feature.description,
        product_id=feature.product_id,
        meter_id=feature.meter_id,
        options=list(feature.options),
        sku=feature.sku,
        unit=UnitWire(**feature.unit) if feature.unit else None,
        default_value=feature.default_value,
        visibility=feature.visibility,
        position=feature.position,
        rounding=RoundingWire.model_validate(feature.rounding) if feature.rounding else None,
        regions=[RegionWire(code=region.code, name=region.name) for region in feature.regions],
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
    product_id: Annotated[ProductId | None, Query(description="Only features of this product")] = None,
) -> Response:
    """Features, newest first."""
    page = await list_features(uow, query, code=code, external_id=external_id, product_id=product_id)
    return shown(list_of("feature", page, to_wire))


@router.get("/{feature_id}", response_model=FeatureOut, dependencies=[READ])
async def get(feature_id: FeatureId, uow: Unit) -> Response:
    """One feature."""
    feature = await get_feature(uow, feature_id)
    return shown(to_wire(feature), version=feature.version)


@router.patch("/{feature_id}", response_model=FeatureOut, dependencies=[WRITE])
async def update(feature_id: FeatureId, body: FeaturePatch, uow: Unit, if_match: IfMatch) -> Response:
    """Change a feature's words, its default value, where it is shown and sold, external id or metadata."""
    feature = await update_feature(uow, feature_id, body.from_wire(if_match))
    return shown(to_wire(feature), version=feature.version)


@router.post("/{feature_id}/archive", response_model=FeatureOut, dependencies=[WRITE])
async def archive(feature_id: FeatureId, uow: Unit) -> Response:
    """Put a feature away; it stays readable, and no new version of a plan may give it."""
    feature = await archive_feature(uow, feature_id)
    return shown(to_wire(feature), version=feature.version)
