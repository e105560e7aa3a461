"""``/v1/add-ons``."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    AddOnId,
    DecimalText,
    FeatureId,
    IfMatch,
    InstantText,
    ListOf,
    Metadata,
    PageQuery,
    PlanId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.catalog_wire import SHOWN, CodedIn, DescribedPatch, coded_of, example
from counterfoil.faces.native.prices import SHOWN_PRICE, PriceIn, PriceOut
from counterfoil.faces.native.prices import to_wire as price_to_wire
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.catalog import (
    AddOn,
    AddOnKind,
    NewAddOn,
    archive_add_on,
    create_add_on,
    get_add_on,
    list_add_ons,
    prices_by_ids,
    update_add_on,
)
from counterfoil.modules.subscriptions import ChosenAddOn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from counterfoil.modules.catalog import CatalogChanges, NewPrice, Price

router = APIRouter(prefix="/add-ons", tags=["Add-ons"], route_class=NativeRoute)
READ, WRITE = allow("catalog:read"), allow("catalog:write")
_page = page_query("add_on")

_PRICE: dict[str, Any] = {
    "code": "premium-support",
    "name": "Premium support",
    "model": "per_unit",
    "params": {"EUR": {"unit_amount": "30"}},
    "quantity_source": "item",
}
_EXAMPLE: dict[str, Any] = {
    "code": "support",
    "name": "Premium support",
    "description": "An answer within the hour",
    "kind": "recurring",
    "feature_ids": ["feat_01kahgp1g0edgrx4zm6byashwh"],
    "plan_ids": ["plan_01kahgp1g0edgrx4zm6byashwh"],
    "max_quantity": "5",
    "external_id": None,
    "metadata": {},
}
_KIND = "`recurring`: with each interval of its prices; `one_time`: once, whole, when it is added"
_PRICES = "One or more; their codes are no others' on a subscription that has it"
_PLANS = "The plans that it fits; all if there are none, and subscriptions without a plan"
_MOST = "The most of it on one subscription"


class AddOnIn(CodedIn):
    """An add-on to make, with its prices."""

    model_config = ConfigDict(json_schema_extra=example(_EXAMPLE | {"prices": [_PRICE]}))

    description: str | None = None
    kind: AddOnKind = Field(default=AddOnKind.RECURRING, description=_KIND)
    prices: list[PriceIn] = Field(max_length=200, description=_PRICES)
    feature_ids: list[FeatureId] = Field(default_factory=list, max_length=100, description="What it gives")
    plan_ids: list[PlanId] = Field(default_factory=list, max_length=100, description=_PLANS)
    max_quantity: DecimalText | None = Field(default=None, description=_MOST)

    def from_wire(self) -> NewAddOn:
        """The command."""
        return NewAddOn(
            **self.common(),
            description=self.description,
            kind=self.kind,
            prices=[price.from_wire() for price in self.prices],
            feature_ids=self.feature_ids,
            plan_ids=self.plan_ids,
            max_quantity=self.max_quantity,
        )


class AddOnPatch(DescribedPatch):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(json_schema_extra=example({"name": "Support", "max_quantity": "10"}))

    prices: list[PriceIn] = Field(
        default_factory=list,
        max_length=200,
        description="Instead of those that it has; who has it keeps them",
    )
    feature_ids: list[FeatureId] = Field(default_factory=list, max_length=100, description="What it gives")
    plan_ids: list[PlanId] = Field(default_factory=list, max_length=100, description=_PLANS)
    max_quantity: DecimalText | None = Field(default=None, description=_MOST)

    def commands(self, expected_version: int | None) -> tuple[CatalogChanges, list[NewPrice] | None]:
        """The commands: only the fields that were sent, and the prices, if they were."""
        changes = self.from_wire(expected_version)
        fields = {name: value for name, value in changes.fields.items() if name != "prices"}
        prices = [price.from_wire() for price in self.prices]
        return type(changes)(fields, expected_version), prices if "prices" in changes.fields else None


class AddOnOut(Wire):
    """What a subscription may have besides its plan, with its prices in order."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {
                "id": "addon_01kahgp1g0edgrx4zm6byashwh",
                **_EXAMPLE,
                "prices": [SHOWN_PRICE | _PRICE | {"plan_id": None}],
                **SHOWN,
                "archived_at": None,
            }
        )
    )

    id: AddOnId
    external_id: str | None
    code: str
    name: str
    description: str | None
    kind: AddOnKind
    prices: list[PriceOut]
    feature_ids: list[FeatureId]
    plan_ids: list[PlanId]
    max_quantity: DecimalText | None
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText
    archived_at: InstantText | None


class ChosenAddOnIn(Wire):
    """An add-on that a subscription gets."""

    model_config = ConfigDict(json_schema_extra=example({"code": "support", "quantity": "2"}))

    code: str = Field(description="Its code")
    quantity: DecimalText = Field(
        default=Decimal(1), description="Of those of its prices whose quantity is the item's"
    )

    def from_wire(self) -> ChosenAddOn:
        """The command."""
        return ChosenAddOn(self.code, self.quantity)


def to_wire(add_on: AddOn, prices: Mapping[UUID, Price]) -> AddOnOut:
    """An add-on with its prices on the wire."""
    return AddOnOut.model_construct(
        **coded_of(add_on),
        description=add_on.description,
        kind=add_on.kind,
        prices=[price_to_wire(prices[id_]) for id_ in add_on.price_ids],
        feature_ids=list(add_on.feature_ids),
        plan_ids=list(add_on.plan_ids),
        max_quantity=add_on.max_quantity,
    )


async def _prices(uow: Unit, add_ons: Sequence[AddOn]) -> Mapping[UUID, Price]:
    return await prices_by_ids(uow, {id_ for one in add_ons for id_ in one.price_ids})


async def _shown(uow: Unit, add_on: AddOn, status: int = 200) -> Response:
    return shown(to_wire(add_on, await _prices(uow, [add_on])), status, version=add_on.version)


@router.post("", status_code=201, response_model=AddOnOut, dependencies=[WRITE])
async def create(body: AddOnIn, uow: Unit) -> Response:
    """Make an add-on with its prices."""
    return await _shown(uow, await create_add_on(uow, body.from_wire()), 201)


@router.get("", response_model=ListOf[AddOnOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    code: Annotated[str | None, Query(description="Only the add-on with this code")] = None,
    external_id: Annotated[str | None, Query(description="Only the add-on with this external id")] = None,
) -> Response:
    """Add-ons, newest first."""
    page = await list_add_ons(uow, query, code=code, external_id=external_id)
    prices = await _prices(uow, page.items)
    return shown(list_of("add_on", page, lambda one: to_wire(one, prices)))


@router.get("/{add_on_id}", response_model=AddOnOut, dependencies=[READ])
async def get(add_on_id: AddOnId, uow: Unit) -> Response:
    """One add-on."""
    return await _shown(uow, await get_add_on(uow, add_on_id))


@router.patch("/{add_on_id}", response_model=AddOnOut, dependencies=[WRITE])
async def update(add_on_id: AddOnId, body: AddOnPatch, uow: Unit, if_match: IfMatch) -> Response:
    """Change anything of an add-on but its code and its kind; who has it keeps the prices it was added at."""
    changes, prices = body.commands(if_match)
    return await _shown(uow, await update_add_on(uow, add_on_id, changes, prices))


@router.post("/{add_on_id}/archive", response_model=AddOnOut, dependencies=[WRITE])
async def archive(add_on_id: AddOnId, uow: Unit) -> Response:
    """Put an add-on away: who has it keeps it, and no subscription can get it any more."""
    return await _shown(uow, await archive_add_on(uow, add_on_id))
