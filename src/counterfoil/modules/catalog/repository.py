"""Rows of the catalog."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import func, insert, select, update

from counterfoil.core.errors import NotFound
from counterfoil.modules.catalog.models import (
    FeatureRow,
    MeterRow,
    PlanRow,
    PlanVersionRow,
    PriceRow,
    ProductRow,
    TaxRateRow,
)
from counterfoil.modules.catalog.product_types import Feature, Product
from counterfoil.modules.catalog.types import (
    Meter,
    Plan,
    PlanFeature,
    PlanVersion,
    PlanVersionStatus,
    Price,
    TaxRate,
)
from counterfoil.store import Page, PageQuery, Uow, only, records
from counterfoil.store.paging import page_of, paged
from counterfoil.store.rows import columns, insert_values, update_versioned

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Select


class Shelf[V: (Product, Feature, Meter, TaxRate, Plan)]:
    """The objects of one kind that have a code of their own in the environment."""

    def __init__(self, model: Any, view: type[V], kind: str, selected: Sequence[Any] | None = None) -> None:
        self.model = model
        self.view: type[V] = view
        self.kind = kind
        self.select: Select[Any] = select(*(selected or columns(model, view)))

    def _of(self, uow: Uow) -> Select[Any]:
        return self.select.where(self.model.environment_id == uow.environment_id)

    async def add(self, uow: Uow, view: V) -> None:
        """Write a new object; ``AlreadyExists`` if its code or external id is taken."""
        known = self.model.__mapper__.attrs.keys()
        values = {name: value for name, value in insert_values(uow, view).items() if name in known}
        await uow.execute(insert(self.model).values(values))

    async def get(self, uow: Uow, object_id: UUID) -> V:
        """The object, or ``NotFound``."""
        result = await uow.execute(self._of(uow).where(self.model.id == object_id))
        found: V = only(self.view, result, self.kind.replace("_", " "))
        return found

    async def by_ids(self, uow: Uow, ids: Collection[UUID]) -> dict[UUID, V]:
        """The objects with these ids; unknown ones are left out."""
        if not ids:
            return {}
        rows = await uow.execute(self._of(uow).where(self.model.id.in_(ids)))
        return {view.id: view for view in records(self.view, rows)}

    async def by_codes(self, uow: Uow, codes: Collection[str]) -> dict[str, V]:
        """The objects with these codes; unknown ones are left out."""
        if not codes:
            return {}
        rows = await uow.execute(self._of(uow).where(self.model.code.in_(codes)))
        return {view.code: view for view in records(self.view, rows)}

    async def page(self, uow: Uow, query: PageQuery, *, code: str | None, external_id: str | None) -> Page[V]:
        """Objects, newest first."""
        statement = self._of(uow)
        if code is not None:
            statement = statement.where(self.model.code == code)
        if external_id is not None:
            statement = statement.where(self.model.external_id == external_id)
        rows = await uow.execute(paged(statement, self.model.id, query))
        return page_of(records(self.view, rows), query)

    async def update(self, uow: Uow, view: V, changed: Collection[str]) -> None:
        """Write changed fields of an object whose previous version was read."""
        await update_versioned(uow, self.model, view, changed, kind=self.kind.replace("_", " "))


def _highest_number(*conditions: Any) -> Any:
    number = select(func.max(PlanVersionRow.number)).where(PlanVersionRow.plan_id == PlanRow.id, *conditions)
    return number.correlate(PlanRow).scalar_subquery()


_NUMBERS: Final = {
    "latest_number": _highest_number(),
    "published_number": _highest_number(PlanVersionRow.status == PlanVersionStatus.PUBLISHED),
}
_PLAN_COLUMNS: Final = [
    _NUMBERS[name] if name in _NUMBERS else getattr(PlanRow, name) for name in Plan.__dataclass_fields__
]

PRODUCTS: Final = Shelf(ProductRow, Product, "product")
FEATURES: Final = Shelf(FeatureRow, Feature, "feature")
METERS: Final = Shelf(MeterRow, Meter, "meter")
TAX_RATES: Final = Shelf(TaxRateRow, TaxRate, "tax_rate")
PLANS: Final = Shelf(PlanRow, Plan, "plan", _PLAN_COLUMNS)

_VERSION_FIELDS: Final = [name for name in PlanVersion.__dataclass_fields__ if name != "prices"]
_VERSIONS: Final = select(*(getattr(PlanVersionRow, name) for name in _VERSION_FIELDS))
_PRICES: Final = select(*columns(PriceRow, Price))
_LOCK_PLAN: Final = select(PlanRow.id).with_for_update(key_share=True)


async def meters_for_events(uow: Uow, names: Collection[str]) -> list[Meter]:
    """The meters that read events of these names, archived ones included, by id."""
    statement = METERS.select.where(
        MeterRow.environment_id == uow.environment_id, MeterRow.event_name.in_(names)
    )
    return records(Meter, await uow.execute(statement.order_by(MeterRow.id)))


async def lock_plan(uow: Uow, plan_id: UUID) -> Plan:
    """The plan, of which nobody else can add or publish a version until this ends; or ``NotFound``."""
    statement = _LOCK_PLAN.where(PlanRow.environment_id == uow.environment_id, PlanRow.id == plan_id)
    if (await uow.execute(statement)).one_or_none() is None:
        raise NotFound("no such plan")
    return await PLANS.get(uow, plan_id)  # a second statement: it sees what the lock waited for


async def add_version(uow: Uow, version: PlanVersion) -> None:
    """Write a new draft with its prices; ``AlreadyExists`` if an external id is taken."""
    features = [asdict(feature) for feature in version.features]
    values = insert_values(uow, version) | {"features": features}
    del values["prices"]
    await uow.execute(insert(PlanVersionRow).values(values))
    if version.prices:
        rows = [insert_values(uow, price) for price in version.prices]
        await uow.execute(insert(PriceRow).values(rows))


async def publish_version(uow: Uow, version: PlanVersion) -> None:
    """Write that a draft was published; the database refuses any change after."""
    statement = (
        update(PlanVersionRow)
        .where(PlanVersionRow.environment_id == uow.environment_id, PlanVersionRow.id == version.id)
        .values(
            status=version.status,
            published_at=version.published_at,
            version=version.version,
            updated_at=version.updated_at,
        )
    )
    await uow.execute(statement)


async def version_by_number(uow: Uow, plan_id: UUID, number: int) -> PlanVersion:
    """The version of a plan with this number, or ``NotFound``."""
    found = await _versions(uow, PlanVersionRow.plan_id == plan_id, PlanVersionRow.number == number)
    if not found:
        raise NotFound("no such version of the plan")
    return found[0]


async def versions_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, PlanVersion]:
    """The versions with these ids; unknown ones are left out."""
    found = await _versions(uow, PlanVersionRow.id.in_(ids)) if ids else []
    return {version.id: version for version in found}


async def versions_by_numbers(uow: Uow, numbers: Mapping[UUID, int]) -> dict[UUID, PlanVersion]:
    """For each plan's id the version of that number."""
    if not numbers:
        return {}
    wanted = set(numbers.items())
    rows = await _versions(
        uow, PlanVersionRow.plan_id.in_(numbers), PlanVersionRow.number.in_(set(numbers.values()))
    )
    return {row.plan_id: row for row in rows if (row.plan_id, row.number) in wanted}


async def page_of_versions(uow: Uow, plan_id: UUID, query: PageQuery) -> Page[PlanVersion]:
    """A plan's versions, newest first."""
    statement = _VERSIONS.where(
        PlanVersionRow.environment_id == uow.environment_id, PlanVersionRow.plan_id == plan_id
    )
    rows = await uow.execute(paged(statement, PlanVersionRow.id, query))
    page = page_of([_version(row) for row in rows], query)
    return Page(await _with_prices(uow, page.items), page.has_more)


async def prices_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, Price]:
    """The prices with these ids; unknown ones are left out."""
    found = await _prices(uow, PriceRow.id.in_(ids)) if ids else []
    return {price.id: price for price in found}


async def prices_of_versions(uow: Uow, version_ids: Collection[UUID]) -> dict[UUID, list[Price]]:
    """The prices of each of these versions, in their order."""
    prices: dict[UUID, list[Price]] = {id_: [] for id_ in version_ids}
    if prices:
        for price in await _prices(uow, PriceRow.plan_version_id.in_(version_ids)):
            prices[price.plan_version_id].append(price)
    return prices


async def page_of_prices(
    uow: Uow, query: PageQuery, *, plan_version_id: UUID | None, external_id: str | None
) -> Page[Price]:
    """Prices, newest first."""
    statement = _PRICES.where(PriceRow.environment_id == uow.environment_id)
    if plan_version_id is not None:
        statement = statement.where(PriceRow.plan_version_id == plan_version_id)
    if external_id is not None:
        statement = statement.where(PriceRow.external_id == external_id)
    rows = await uow.execute(paged(statement, PriceRow.id, query))
    return page_of(records(Price, rows), query)


async def _prices(uow: Uow, condition: Any) -> list[Price]:
    statement = _PRICES.where(PriceRow.environment_id == uow.environment_id, condition)
    return records(Price, await uow.execute(statement.order_by(PriceRow.plan_version_id, PriceRow.position)))


async def _versions(uow: Uow, *conditions: Any) -> list[PlanVersion]:
    statement = _VERSIONS.where(PlanVersionRow.environment_id == uow.environment_id, *conditions)
    return await _with_prices(uow, [_version(row) for row in await uow.execute(statement)])


async def _with_prices(uow: Uow, versions: Sequence[PlanVersion]) -> list[PlanVersion]:
    prices = await prices_of_versions(uow, [version.id for version in versions])
    return [replace(version, prices=prices[version.id]) for version in versions]


def _version(row: Any) -> PlanVersion:
    values = dict(zip(_VERSION_FIELDS, row, strict=True))
    values["features"] = [
        PlanFeature(UUID(feature["feature_id"]), feature["value"]) for feature in values["features"]
    ]
    return PlanVersion(**values, prices=[])
