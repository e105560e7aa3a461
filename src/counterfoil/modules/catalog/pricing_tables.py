"""Use cases of pricing tables: what a pricing page shows side by side."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput
from counterfoil.modules.catalog import objects
from counterfoil.modules.catalog.conditions import check_distinct
from counterfoil.modules.catalog.objects import check_count, choice, coded, named
from counterfoil.modules.catalog.product_types import PricingTable
from counterfoil.modules.catalog.repository import FEATURES, PLANS, PRICING_TABLES, PRODUCTS
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from counterfoil.modules.catalog.product_types import Feature, NewPricingTable
    from counterfoil.modules.catalog.types import CatalogChanges, Plan
    from counterfoil.store import Page, PageQuery, Uow

MAX_PLANS: Final = 50
MAX_FEATURES: Final = 200
_CHANGEABLE: Final = frozenset(
    {"title", "text", "theme", "custom_theme", "plan_ids", "feature_ids", "featured_plan_id"}
)


class Theme(StrEnum):
    """How a table looks; ``custom`` as its ``custom_theme`` says."""

    LIGHT = "light"
    DARK = "dark"
    CUSTOM = "custom"


async def create_pricing_table(uow: Uow, new: NewPricingTable) -> PricingTable:
    """Make a pricing table.

    Raises ``InvalidInput``, for plans and features of another product too, ``NotFound`` or ``WrongState`` for
    a product, plan or feature that is unknown or archived, ``AlreadyExists``.
    """
    await named(uow, PRODUCTS, [("product_id", new.product_id)])
    table = PricingTable(
        **coded(uow, "pricing_table", new),
        name=new.name,
        product_id=new.product_id,
        title=new.title,
        text=new.text,
        theme=new.theme,
        custom_theme=new.custom_theme,
        plan_ids=list(new.plan_ids),
        feature_ids=list(new.feature_ids),
        featured_plan_id=new.featured_plan_id,
        archived_at=None,
    )
    _read(table)
    await _check_named(
        uow,
        table.product_id,
        {f"plan_ids.{at}": plan for at, plan in enumerate(table.plan_ids)},
        {f"feature_ids.{at}": feature for at, feature in enumerate(table.feature_ids)},
    )
    return await objects.create(uow, PRICING_TABLES, table)


async def get_pricing_table(uow: Uow, table_id: UUID) -> PricingTable:
    """The pricing table, or ``NotFound``."""
    return await PRICING_TABLES.get(uow, table_id)


async def list_pricing_tables(
    uow: Uow,
    query: PageQuery,
    *,
    code: str | None = None,
    external_id: str | None = None,
    product_id: UUID | None = None,
) -> Page[PricingTable]:
    """Pricing tables, newest first, archived ones included."""
    return await objects.find(
        uow, PRICING_TABLES, query, code=code, external_id=external_id, product_id=product_id
    )


async def update_pricing_table(uow: Uow, table_id: UUID, changes: CatalogChanges) -> PricingTable:
    """Change anything but its code and its product (errors: ``objects.change``, ``create_pricing_table``).

    What the table shows already may stay in it when it is archived.
    """
    shown = await PRICING_TABLES.get(uow, table_id)
    plan_ids, feature_ids = (changes.fields.get(name, ()) for name in ("plan_ids", "feature_ids"))
    check_count(len(plan_ids), "plan_ids", most=MAX_PLANS)
    check_count(len(feature_ids), "feature_ids", most=MAX_FEATURES)
    await _check_named(
        uow,
        shown.product_id,
        {f"plan_ids.{at}": plan for at, plan in enumerate(plan_ids) if plan not in shown.plan_ids},
        {f"feature_ids.{at}": one for at, one in enumerate(feature_ids) if one not in shown.feature_ids},
    )
    return await objects.change(uow, PRICING_TABLES, table_id, changes, more=_CHANGEABLE, read=_read)


async def archive_pricing_table(uow: Uow, table_id: UUID) -> PricingTable:
    """Put a pricing table away; it stays readable."""
    return await objects.put_away(uow, PRICING_TABLES, table_id)


def _read(table: PricingTable) -> PricingTable:
    check_text(table.title, "title", longest=200, shortest=0)
    check_text(table.text, "text", longest=5000, shortest=0)
    choice(Theme, table.theme, "theme")
    check_text(table.custom_theme, "custom_theme", longest=10_000)
    check_count(len(table.plan_ids), "plan_ids", most=MAX_PLANS)
    check_count(len(table.feature_ids), "feature_ids", most=MAX_FEATURES)
    check_distinct(table.plan_ids, "plan_ids")
    check_distinct(table.feature_ids, "feature_ids")
    if table.featured_plan_id is not None and table.featured_plan_id not in table.plan_ids:
        raise InvalidInput(
            "the featured plan is not in the table",
            field="featured_plan_id",
            allowed="one of plan_ids, or null",
        )
    return table


async def _check_named(
    uow: Uow, product_id: UUID, plan_ids: Mapping[str, UUID], feature_ids: Mapping[str, UUID]
) -> None:
    """Refuse plans and features, each by its field, that are unknown, archived or of another product."""
    plans = await named(uow, PLANS, plan_ids.items())
    for field, plan_id in plan_ids.items():
        _check_product(plans[plan_id], product_id, field)
    features = await named(uow, FEATURES, feature_ids.items())
    for field, feature_id in feature_ids.items():
        if features[feature_id].product_id is not None:
            _check_product(features[feature_id], product_id, field)


def _check_product(view: Plan | Feature, product_id: UUID, field: str) -> None:
    if view.product_id != product_id:
        raise InvalidInput(
            f"{view.code} is not of the table's product", field=field, allowed="one of the table's product"
        )
