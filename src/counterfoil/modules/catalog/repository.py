"""Rows of the catalog."""

from __future__ import annotations

import operator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import cast, func, insert, or_, select, true, update
from sqlalchemy.dialects.postgresql import JSONPATH

from counterfoil.core.errors import NotFound
from counterfoil.modules.catalog.coupon_types import AddOn, Coupon
from counterfoil.modules.catalog.meter_types import Meter
from counterfoil.modules.catalog.models import (
    AddOnRow,
    CouponRow,
    FeatureRow,
    MeterRow,
    PlanRow,
    PlanVersionRow,
    PriceRow,
    PricingTableRow,
    PricingUnitRow,
    ProductRow,
    TaxRateRow,
)
from counterfoil.modules.catalog.product_types import Feature, PricingTable, Product
from counterfoil.modules.catalog.types import (
    Plan,
    PlanFeature,
    PlanVersion,
    PlanVersionStatus,
    Price,
    PricingUnit,
    TaxRate,
)
from counterfoil.store import Found, OffsetQuery, Page, PageQuery, Uow, only, records
from counterfoil.store.paging import at_offset, counted, page_of, paged
from counterfoil.store.rows import among, columns, insert_values, row_values, update_versioned, with_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row, Select

    from counterfoil.modules.catalog.types import CatalogFilter, PriceFilter


class Objects[V: (Product, Feature, Meter, TaxRate, Plan, PricingTable, PricingUnit, Coupon, AddOn, Price)]:
    """The objects of one kind in the environment."""

    def __init__(self, model: Any, view: type[V], kind: str, selected: Sequence[Any] | None = None) -> None:
        self.model = model
        self.view: type[V] = view
        self.kind = kind
        self.select: Select[Any] = select(*(selected or columns(model, view)))
        self._by_ids = with_ids(self.select, model)

    def _of(self, uow: Uow) -> Select[Any]:
        return self.select.where(self.model.environment_id == uow.environment_id)

    async def get(self, uow: Uow, object_id: UUID) -> V:
        """The object, or ``NotFound``."""
        result = await uow.execute(self._of(uow).where(self.model.id == object_id))
        found: V = only(self.view, result, self.kind.replace("_", " "))
        return found

    async def by_ids(self, uow: Uow, ids: Collection[UUID]) -> dict[UUID, V]:
        """The objects with these ids; unknown ones are left out."""
        if not ids:
            return {}
        rows = await uow.rows(self._by_ids, {"environment_id": uow.environment_id, "ids": ids})
        return {view.id: view for view in records(self.view, rows)}

    async def page(self, uow: Uow, query: PageQuery, **equal: Any) -> Page[V]:
        """Objects, newest first, whose columns are ``equal`` to what is given (``None``: to anything)."""
        wanted = [getattr(self.model, name) == value for name, value in equal.items() if value is not None]
        rows = await uow.execute(paged(self._of(uow).where(*wanted), self.model.id, query))
        return page_of(records(self.view, rows), query)

    async def search(
        self, uow: Uow, wanted: CatalogFilter | PriceFilter, query: OffsetQuery, *, count: bool = True
    ) -> Found[V]:
        """A page by offset of what the filter asks for, and how much there is in all, if it is to count."""
        statement = self._of(uow).where(*self._conditions(wanted))
        total = (await uow.execute(counted(statement))).scalar_one() if count else None
        rows = await uow.execute(at_offset(statement, self.model.id, query))
        return Found(records(self.view, rows), total)

    def _conditions(self, wanted: CatalogFilter | PriceFilter) -> list[Any]:
        found = []
        for name, value in row_values(wanted).items():
            if value is not None:
                column, compare = _FILTERS[name]
                assert hasattr(self.model, column), f"a {self.kind} is not filtered by {name}"
                found.append(compare(getattr(self.model, column), value))
        return found

    async def update(self, uow: Uow, view: V, changed: Collection[str]) -> None:
        """Write changed fields of an object whose previous version was read."""
        await update_versioned(uow, self.model, view, changed, kind=self.kind.replace("_", " "))


class Shelf[V: (Product, Feature, Meter, TaxRate, Plan, PricingTable, PricingUnit, Coupon, AddOn)](
    Objects[V]
):
    """The objects of one kind that have a code of their own in the environment."""

    async def add(self, uow: Uow, view: V) -> None:
        """Write a new object; ``AlreadyExists`` if its code or external id is taken."""
        known = self.model.__mapper__.attrs.keys()
        values = {name: value for name, value in insert_values(uow, view).items() if name in known}
        await uow.execute(insert(self.model).values(values))

    async def by_codes(self, uow: Uow, codes: Collection[str]) -> dict[str, V]:
        """The objects with these codes; unknown ones are left out."""
        if not codes:
            return {}
        rows = await uow.execute(self._of(uow).where(among(self.model.code, codes)))
        return {view.code: view for view in records(self.view, rows)}


def _set(column: Any, yes: bool) -> Any:
    return column.is_not(None) if yes else column.is_(None)


_FILTERS: Final[dict[str, tuple[str, Callable[[Any, Any], Any]]]] = {
    "ids": ("id", among),
    "external_ids": ("external_id", among),
    "codes": ("code", among),
    "name_contains": ("name", lambda column, value: column.icontains(value, autoescape=True)),
    "product_id": ("product_id", operator.eq),
    "plan_ids": ("plan_id", among),
    "feature_ids": ("feature_id", among),
    "meter_ids": ("meter_id", among),
    "channel": ("channel", operator.eq),
    "archived": ("archived_at", _set),
    "ended": ("ended_at", _set),
    "created_from": ("created_at", operator.ge),
    "created_to": ("created_at", operator.le),
}
"""For each question of a filter the column that answers it, and how."""


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
PRICING_TABLES: Final = Shelf(PricingTableRow, PricingTable, "pricing_table")
TAX_RATES: Final = Shelf(TaxRateRow, TaxRate, "tax_rate")
PRICING_UNITS: Final = Shelf(PricingUnitRow, PricingUnit, "pricing_unit")
COUPONS: Final = Shelf(CouponRow, Coupon, "coupon")
ADD_ONS: Final = Shelf(AddOnRow, AddOn, "add_on")
PLANS: Final = Shelf(PlanRow, Plan, "plan", _PLAN_COLUMNS)
PRICES: Final = Objects(PriceRow, Price, "price")

_VERSION_FIELDS: Final = [name for name in PlanVersion.__dataclass_fields__ if name != "prices"]
_VERSIONS: Final = select(
    *(getattr(PlanVersionRow, name) for name in _VERSION_FIELDS), PlanVersionRow.price_ids
)
_LOCK_PLAN: Final = select(PlanRow.id).with_for_update(key_share=True)


async def meters_for_events(uow: Uow, names: Collection[str]) -> list[Meter]:
    """The meters that read events of these names, archived ones included, by id."""
    statement = METERS.select.where(
        MeterRow.environment_id == uow.environment_id, MeterRow.event_name.in_(names)
    )
    return records(Meter, await uow.execute(statement.order_by(MeterRow.id)))


async def tax_rates_in(uow: Uow, countries: Collection[str]) -> list[TaxRate]:
    """The rates of these countries that are not archived, by id."""
    statement = TAX_RATES.select.where(
        TaxRateRow.environment_id == uow.environment_id,
        among(TaxRateRow.country, countries),
        TaxRateRow.archived_at.is_(None),
    )
    return records(TaxRate, await uow.execute(statement.order_by(TaxRateRow.id)))


async def count_redemption(uow: Uow, coupon_id: UUID) -> Coupon:
    """Count one redemption more of a coupon; its row stays locked, so that nobody else counts meanwhile."""
    statement = (
        update(CouponRow)
        .where(CouponRow.environment_id == uow.environment_id, CouponRow.id == coupon_id)
        .values(redeemed=CouponRow.redeemed + 1)
        .returning(*columns(CouponRow, Coupon))
    )
    return only(Coupon, await uow.execute(statement), "coupon")


async def lock_plan(uow: Uow, plan_id: UUID) -> Plan:
    """The plan, of which nobody else can add or publish a version until this ends; or ``NotFound``."""
    statement = _LOCK_PLAN.where(PlanRow.environment_id == uow.environment_id, PlanRow.id == plan_id)
    if (await uow.execute(statement)).one_or_none() is None:
        raise NotFound("no such plan")
    return await PLANS.get(uow, plan_id)  # a second statement: it sees what the lock waited for


async def add_version(uow: Uow, version: PlanVersion) -> None:
    """Write a new draft whose prices are there; ``AlreadyExists`` if an external id is taken."""
    features = [asdict(feature) for feature in version.features]
    values = insert_values(uow, version) | {"features": features}
    values["price_ids"] = [price.id for price in values.pop("prices")]
    await uow.execute(insert(PlanVersionRow).values(values))


async def add_prices(uow: Uow, prices: Sequence[Price]) -> None:
    """Write new prices; ``AlreadyExists`` if an external id is taken."""
    if prices:
        await uow.execute(insert(PriceRow).values([insert_values(uow, price) for price in prices]))


async def write_ended(uow: Uow, ids: Collection[UUID], ended_at: datetime | None) -> dict[UUID, int]:
    """Write when prices left their plan (``None``: they are in it again); answers with their versions now."""
    if not ids:
        return {}
    statement = (
        update(PriceRow)
        .where(PriceRow.environment_id == uow.environment_id, among(PriceRow.id, ids))
        .values(ended_at=ended_at, version=PriceRow.version + 1, updated_at=uow.now)
        .returning(PriceRow.id, PriceRow.version)
    )
    return {row.id: row.version for row in await uow.execute(statement)}


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
    found = await _versions(uow, among(PlanVersionRow.id, ids)) if ids else []
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
    page = page_of(list(rows), query)
    return Page(await _with_prices(uow, page.items), page.has_more)


async def products_with_prices(
    uow: Uow, product_ids: Collection[UUID], *, model: str, params: str, terms: str
) -> set[UUID]:
    """Those of the products of whose plans, archived ones aside, a published price is of a kind.

    Of the kind is a price of the ``model``, and one of whose parameters or terms a JSON path finds any.
    """
    if not product_ids:
        return set()
    held = func.unnest(PlanVersionRow.price_ids).table_valued("held").lateral("held")
    statement = (
        select(PlanRow.product_id)
        .distinct()
        .join(PlanVersionRow, PlanVersionRow.plan_id == PlanRow.id)
        .join(held, true())
        .join(PriceRow, PriceRow.id == held.c.held)
        .where(
            PlanRow.environment_id == uow.environment_id,
            among(PlanRow.product_id, product_ids),
            PlanRow.archived_at.is_(None),
            PlanVersionRow.environment_id == uow.environment_id,
            PlanVersionRow.number == _NUMBERS["published_number"],
            PriceRow.environment_id == uow.environment_id,
            or_(
                PriceRow.model == model,
                func.jsonb_path_exists(PriceRow.params, cast(params, JSONPATH)),
                func.jsonb_path_exists(PriceRow.terms, cast(terms, JSONPATH)),
            ),
        )
    )
    return {row.product_id for row in await uow.execute(statement)}


async def page_of_prices(
    uow: Uow, query: PageQuery, *, plan_version_id: UUID | None, **equal: Any
) -> Page[Price]:
    """Prices, newest first; of a version of a plan, if one is named."""
    if plan_version_id is None:
        return await PRICES.page(uow, query, **equal)
    statement = PRICES.select.where(
        PriceRow.environment_id == uow.environment_id,
        PriceRow.id.in_(await _price_ids(uow, plan_version_id)),
        *(getattr(PriceRow, name) == value for name, value in equal.items() if value is not None),
    )
    rows = await uow.execute(paged(statement, PriceRow.id, query))
    return page_of(records(Price, rows), query)


async def _price_ids(uow: Uow, version_id: UUID) -> list[UUID]:
    statement = select(PlanVersionRow.price_ids).where(
        PlanVersionRow.environment_id == uow.environment_id, PlanVersionRow.id == version_id
    )
    found: list[UUID] | None = (await uow.execute(statement)).scalar_one_or_none()
    return found or []


async def _versions(uow: Uow, *conditions: Any) -> list[PlanVersion]:
    statement = _VERSIONS.where(PlanVersionRow.environment_id == uow.environment_id, *conditions)
    return await _with_prices(uow, list(await uow.execute(statement)))


async def _with_prices(uow: Uow, rows: Sequence[Row[Any]]) -> list[PlanVersion]:
    prices = await PRICES.by_ids(uow, {id_ for row in rows for id_ in row.price_ids})
    return [_version(row, prices) for row in rows]


def _version(row: Row[Any], prices: Mapping[UUID, Price]) -> PlanVersion:
    values = dict(zip(_VERSION_FIELDS, row, strict=False))  # the last column is the prices' ids
    values["features"] = [
        PlanFeature(UUID(feature["feature_id"]), feature["value"]) for feature in values["features"]
    ]
    return PlanVersion(**values, prices=[prices[id_] for id_ in row.price_ids])
