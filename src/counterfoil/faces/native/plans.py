"""``/v1/plans`` and their versions."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    FeatureId,
    IfMatch,
    InstantText,
    ListOf,
    Metadata,
    PageQuery,
    PlanId,
    PlanVersionId,
    PriceId,
    ProductId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native import prices
from counterfoil.faces.native.catalog_wire import (
    SHOWN,
    CodedIn,
    DescribedPatch,
    ObjectIn,
    coded_of,
    common_of,
    example,
)
from counterfoil.faces.native.prices import PRICE_EXAMPLE, SHOWN_PRICE, PriceIn, PriceOut
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.catalog import (
    NewPlan,
    NewPlanVersion,
    Plan,
    PlanFeature,
    PlanKind,
    PlanVersion,
    PlanVersionStatus,
    Visibility,
    add_price,
    archive_plan,
    create_plan,
    create_plan_version,
    get_plan,
    get_plan_version,
    list_plan_versions,
    list_plans,
    publish_plan_version,
    published_versions,
    update_plan,
)

router = APIRouter(prefix="/plans", tags=["Plans"], route_class=NativeRoute)
READ, WRITE = allow("catalog:read"), allow("catalog:write")
_page = page_query("plan")
_version_page = page_query("plan_version")

_TAX_CATEGORY: Final = "What its prices are for tax that state nothing else; the product's if left out"
SEATS: Final = "of each price whose quantity is the item's, whenever it is agreed or changed"

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="The number of the version, from 1")]

_FEATURES: Final[list[dict[str, Any]]] = [
    {"feature_id": "feat_01kahgp1g0edgrx4zm6byashwh", "value": "5000000"}
]
_EXAMPLE: Final[dict[str, Any]] = {
    "code": "team",
    "name": "Team",
    "description": "For teams of up to 50",
    "product_id": "prod_01kahgp1g0edgrx4zm6byashwh",
    "visibility": "public",
    "position": 1,
    "kind": "standard",
    "min_seats": 1,
    "max_seats": 50,
    "trial_days": 14,
    "evaluation_days": None,
    "tax_category": None,
    "external_id": None,
    "metadata": {},
}
_VERSION_IN: Final[dict[str, Any]] = {"features": _FEATURES, "prices": [PRICE_EXAMPLE], "publish": True}
_VERSION_OUT: Final[dict[str, Any]] = {
    "id": "plv_01kahgp1g0edgrx4zm6byashwh",
    "plan_id": "plan_01kahgp1g0edgrx4zm6byashwh",
    "number": 1,
    "status": "published",
    "published_at": "2026-01-31T09:30:00Z",
    "currencies": ["EUR"],
    "features": _FEATURES,
    "prices": [SHOWN_PRICE],
    "external_id": None,
    "metadata": {},
    **SHOWN,
}


class PlanFeatureWire(Wire):
    """A feature and its value: true or false, a number (as text), an option or a JSON object, by its kind."""

    feature_id: FeatureId
    value: Any = Field(default=None, description="null for a metered feature: no limit")


class PlanVersionIn(ObjectIn):
    """A version to make."""

    model_config = ConfigDict(
        json_schema_extra=example(_VERSION_IN, {"keep": ["price_01kahgp1g0edgrx4zm6byashwh"]})
    )

    features: list[PlanFeatureWire] = Field(default_factory=list)
    keep: list[PriceId] = Field(
        default_factory=list, description="Prices that the plan has already, in their order"
    )
    prices: list[PriceIn] = Field(default_factory=list, description="New ones, after those that are kept")
    publish: bool = Field(default=False, description="Make it the one that new subscriptions get, at once")

    def from_wire(self) -> NewPlanVersion:
        """The command."""
        return NewPlanVersion(**self.common(), **_contents(self), keep=self.keep)


class PlanIn(CodedIn):
    """A plan to make; with features, prices or publish also its first version."""

    model_config = ConfigDict(json_schema_extra=example({**_EXAMPLE, **_VERSION_IN}))

    description: str | None = None
    product_id: ProductId | None = None
    visibility: Visibility = Visibility.PUBLIC
    position: int = Field(default=0, strict=True, description="Its place among plans, the lowest first")
    kind: PlanKind = PlanKind.STANDARD
    min_seats: int = Field(
        default=1, strict=True, description=f"The fewest seats, {SEATS}; 1 refuses nothing"
    )
    max_seats: int | None = Field(
        default=None, strict=True, description=f"The most seats, {SEATS}; null without limit"
    )
    trial_days: int | None = Field(
        default=None,
        strict=True,
        description="How long a new subscription is in its trial, unless it says otherwise",
    )
    evaluation_days: int | None = Field(
        default=None,
        strict=True,
        description="How long a new subscription may be evaluated, if it asks for a trial that expires",
    )
    tax_category: str | None = Field(default=None, description=_TAX_CATEGORY)
    features: list[PlanFeatureWire] = Field(default_factory=list)
    prices: list[PriceIn] = Field(default_factory=list)
    publish: bool = Field(default=False, description="Publish the first version at once")

    def from_wire(self) -> NewPlan:
        """The command."""
        has_version = bool(self.features or self.prices or self.publish)
        return NewPlan(
            **self.common(),
            description=self.description,
            product_id=self.product_id,
            visibility=self.visibility,
            position=self.position,
            kind=self.kind,
            min_seats=self.min_seats,
            max_seats=self.max_seats,
            trial_days=self.trial_days,
            evaluation_days=self.evaluation_days,
            tax_category=self.tax_category,
            initial=NewPlanVersion(**_contents(self)) if has_version else None,
        )


class PlanPatch(DescribedPatch):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(json_schema_extra=example({"name": "Team", "max_seats": 50}))

    visibility: Visibility = Visibility.PUBLIC
    position: int = Field(default=0, strict=True, description="Its place among plans, the lowest first")
    kind: PlanKind = PlanKind.STANDARD
    min_seats: int = Field(
        default=1, strict=True, description=f"The fewest seats, {SEATS}; 1 refuses nothing"
    )
    max_seats: int | None = Field(
        default=None, strict=True, description=f"The most seats, {SEATS}; null without limit"
    )
    trial_days: int | None = Field(
        default=None,
        strict=True,
        description="How long a new subscription is in its trial, unless it says otherwise",
    )
    evaluation_days: int | None = Field(
        default=None,
        strict=True,
        description="How long a new subscription may be evaluated, if it asks for a trial that expires",
    )
    tax_category: str | None = Field(default=None, description=_TAX_CATEGORY)


class PlanVersionOut(Wire):
    """What a plan gives and costs, its prices in order; once published it never changes."""

    model_config = ConfigDict(json_schema_extra=example(_VERSION_OUT))

    id: PlanVersionId
    external_id: str | None
    plan_id: PlanId
    number: int
    status: PlanVersionStatus
    published_at: InstantText | None
    currencies: list[str] = Field(description="The currencies that every price has")
    features: list[PlanFeatureWire]
    prices: list[PriceOut]
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText


class PlanOut(Wire):
    """A priced package of features."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {
                "id": "plan_01kahgp1g0edgrx4zm6byashwh",
                **_EXAMPLE,
                **SHOWN,
                "archived_at": None,
                "latest_number": 1,
                "published_version": _VERSION_OUT,
            }
        )
    )

    id: PlanId
    external_id: str | None
    code: str
    name: str
    description: str | None
    product_id: ProductId | None
    visibility: Visibility
    position: int
    kind: PlanKind
    min_seats: int
    max_seats: int | None
    trial_days: int | None
    evaluation_days: int | None
    tax_category: str | None
    latest_number: int | None = Field(description="The number of its newest version, drafts included")
    published_version: PlanVersionOut | None = Field(description="The version that new subscriptions get")
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText
    archived_at: InstantText | None


def _contents(body: PlanIn | PlanVersionIn) -> dict[str, Any]:
    return {
        "features": [PlanFeature(feature.feature_id, feature.value) for feature in body.features],
        "prices": [price.from_wire() for price in body.prices],
        "publish": body.publish,
    }


def version_to_wire(version: PlanVersion) -> PlanVersionOut:
    """A version with its prices on the wire."""
    return PlanVersionOut.model_construct(
        **common_of(version),
        plan_id=version.plan_id,
        number=version.number,
        status=version.status,
        published_at=version.published_at,
        currencies=version.currencies,
        features=[
            PlanFeatureWire.model_construct(feature_id=feature.feature_id, value=feature.value)
            for feature in version.features
        ],
        prices=[prices.to_wire(price) for price in version.prices],
    )


def to_wire(plan: Plan, published: PlanVersion | None) -> PlanOut:
    """A plan with its published version on the wire."""
    return PlanOut.model_construct(
        **coded_of(plan),
        description=plan.description,
        product_id=plan.product_id,
        visibility=plan.visibility,
        position=plan.position,
        kind=plan.kind,
        min_seats=plan.min_seats,
        max_seats=plan.max_seats,
        trial_days=plan.trial_days,
        evaluation_days=plan.evaluation_days,
        tax_category=plan.tax_category,
        latest_number=plan.latest_number,
        published_version=None if published is None else version_to_wire(published),
    )


async def _shown(uow: Unit, plan: Plan, status: int = 200) -> Response:
    published = await published_versions(uow, [plan])
    return shown(to_wire(plan, published.get(plan.id)), status, version=plan.version)


@router.post("", status_code=201, response_model=PlanOut, dependencies=[WRITE])
async def create(body: PlanIn, uow: Unit) -> Response:
    """Make a plan, and its first version if the body has features, prices or `publish`."""
    return await _shown(uow, await create_plan(uow, body.from_wire()), 201)


@router.get("", response_model=ListOf[PlanOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    code: Annotated[str | None, Query(description="Only the plan with this code")] = None,
    external_id: Annotated[str | None, Query(description="Only the plan with this external id")] = None,
) -> Response:
    """Plans, newest first."""
    page = await list_plans(uow, query, code=code, external_id=external_id)
    published = await published_versions(uow, page.items)
    return shown(list_of("plan", page, lambda plan: to_wire(plan, published.get(plan.id))))


@router.get("/{plan_id}", response_model=PlanOut, dependencies=[READ])
async def get(plan_id: PlanId, uow: Unit) -> Response:
    """One plan."""
    return await _shown(uow, await get_plan(uow, plan_id))


@router.patch("/{plan_id}", response_model=PlanOut, dependencies=[WRITE])
async def update(plan_id: PlanId, body: PlanPatch, uow: Unit, if_match: IfMatch) -> Response:
    """Change what a plan says of itself: anything but code, product, features and prices."""
    return await _shown(uow, await update_plan(uow, plan_id, body.from_wire(if_match)))


@router.post("/{plan_id}/archive", response_model=PlanOut, dependencies=[WRITE])
async def archive(plan_id: PlanId, uow: Unit) -> Response:
    """Put a plan away: its subscriptions go on; it gets no new ones and no new version."""
    return await _shown(uow, await archive_plan(uow, plan_id))


@router.post("/{plan_id}/versions", status_code=201, response_model=PlanVersionOut, dependencies=[WRITE])
async def create_version(plan_id: PlanId, body: PlanVersionIn, uow: Unit) -> Response:
    """Add a version to a plan: a draft, or published at once."""
    version = await create_plan_version(uow, plan_id, body.from_wire())
    return shown(version_to_wire(version), 201, version=version.version)


@router.get("/{plan_id}/versions", response_model=ListOf[PlanVersionOut], dependencies=[READ])
async def list_versions(
    plan_id: PlanId, uow: Unit, query: Annotated[PageQuery, Depends(_version_page)]
) -> Response:
    """The versions of a plan, newest first."""
    page = await list_plan_versions(uow, plan_id, query)
    return shown(list_of("plan_version", page, version_to_wire))


@router.get("/{plan_id}/versions/{number}", response_model=PlanVersionOut, dependencies=[READ])
async def get_version(plan_id: PlanId, number: Number, uow: Unit) -> Response:
    """One version of a plan."""
    version = await get_plan_version(uow, plan_id, number)
    return shown(version_to_wire(version), version=version.version)


@router.post("/{plan_id}/versions/{number}/publish", response_model=PlanVersionOut, dependencies=[WRITE])
async def publish_version(plan_id: PlanId, number: Number, uow: Unit) -> Response:
    """Make a draft the version that new subscriptions get; from then on it never changes."""
    version = await publish_plan_version(uow, plan_id, number)
    return shown(version_to_wire(version), version=version.version)


@router.post("/{plan_id}/prices", status_code=201, response_model=PriceOut, dependencies=[WRITE])
async def add_price_(plan_id: PlanId, body: PriceIn, uow: Unit) -> Response:
    """Publish a version of a plan with one price more; subscriptions keep the version that they have."""
    price = await add_price(uow, plan_id, body.from_wire())
    return shown(prices.to_wire(price), 201, version=price.version)
