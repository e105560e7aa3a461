"""Between our plans and Salable's pricing tables: which plans a table shows, and in which order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import format_instant
from counterfoil.faces.vendors.salable.assortment import any_paid
from counterfoil.faces.vendors.salable.convert import (
    feature_to_wire,
    features_to_wire,
    integration_to_wire,
    plan_to_wire,
    product_currencies_to_wire,
    product_fields,
    product_to_wire,
    sold_in,
    status_of,
)
from counterfoil.faces.vendors.salable.expand import Expand
from counterfoil.faces.vendors.salable.prices import is_paid, leading_price, minor_units
from counterfoil.faces.vendors.salable.wire import (
    PricingTable,
    PricingTableFeature,
    PricingTablePlan,
    ProductPricingTable,
)
from counterfoil.modules.catalog import FeatureKind, PlanKind, Visibility

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from counterfoil.faces.vendors.salable.assortment import PlanNow
    from counterfoil.faces.vendors.salable.convert import Seller
    from counterfoil.modules import catalog

_PLAN: Final = Expand(
    frozenset({"features", "features.feature", "features.enumValue", "currencies", "currencies.currency"})
)
_PRODUCT: Final = Expand(
    frozenset({"features", "features.featureEnumOptions", "currencies", "currencies.currency"})
)


def product_table_to_wire(
    product: catalog.Product,
    plans: Sequence[PlanNow],
    seller: Seller,
    features: Sequence[catalog.Feature],
    given: Mapping[UUID, catalog.Feature],
) -> ProductPricingTable:
    """A product with its public features and plans: free ones, paid ones by price, then those to come."""
    _, currency = sold_in(product, plans)
    offered = [one for one in plans if _is_offered(one) and one.plan.visibility is Visibility.PUBLIC]
    shown = {id_: one for id_, one in given.items() if _is_public(one)}
    return ProductPricingTable(
        **product_fields(product, seller, paid=any_paid(plans)),
        features=features_to_wire([one for one in features if _is_public(one)], options=True),
        currencies=product_currencies_to_wire(product, plans, named=True),
        organisationPaymentIntegration=integration_to_wire(product, seller),
        plans=[
            plan_to_wire(one, seller, _PLAN, shown, checkoutUrl=None)
            for one in sorted(offered, key=lambda one: _place(one, currency))
        ],
    )


def table_to_wire(
    table: catalog.PricingTable,
    product: catalog.Product,
    plans: Sequence[PlanNow],
    seller: Seller,
    features: Sequence[catalog.Feature],
    given: Mapping[UUID, catalog.Feature],
) -> PricingTable:
    """A pricing table as the seller arranged it; what was archived since is left out."""
    changed, uuid = format_instant(table.updated_at), str(table.id)
    by_plan = {one.plan.id: one for one in plans if _is_offered(one)}
    rows = [
        given[id_] for id_ in table.feature_ids if given[id_].kind in _SHOWN and not given[id_].archived_at
    ]
    return PricingTable(
        uuid=uuid,
        name=table.name,
        status=status_of(table.archived_at),
        title=table.title,
        text=table.text,
        theme=table.theme,
        featureOrder="default",
        productUuid=str(product.id),
        customTheme=table.custom_theme,
        featuredPlanUuid=str(table.featured_plan_id) if table.featured_plan_id in by_plan else None,
        updatedAt=changed,
        features=[
            PricingTableFeature(
                pricingTableUuid=uuid,
                featureUuid=str(feature.id),
                sortOrder=order,
                updatedAt=changed,
                feature=feature_to_wire(feature, options=True),
            )
            for order, feature in enumerate(rows)
        ],
        product=product_to_wire(product, plans, seller, _PRODUCT, features, paid=any_paid(plans)),
        plans=[
            PricingTablePlan(
                pricingTableUuid=uuid,
                planUuid=str(plan_id),
                sortOrder=order,
                updatedAt=changed,
                plan=plan_to_wire(by_plan[plan_id], seller, _PLAN, given, checkoutUrl=None),
            )
            for order, plan_id in enumerate(id_ for id_ in table.plan_ids if id_ in by_plan)
        ],
    )


_SHOWN: Final = frozenset(FeatureKind) - {FeatureKind.CONFIG, FeatureKind.CAPABILITY}


def _is_public(feature: catalog.Feature) -> bool:
    return feature.visibility is Visibility.PUBLIC and feature.archived_at is None


def _is_offered(now: PlanNow) -> bool:
    """Whether a customer can have a plan, or shall hear that it comes."""
    return now.plan.archived_at is None and (now.version is not None or now.plan.kind is PlanKind.COMING_SOON)


def _place(now: PlanNow, currency: str | None) -> tuple[int, Decimal]:
    """Where a plan stands in its product's table; of equals the seller's own order decides."""
    if now.plan.kind is PlanKind.COMING_SOON:
        return 2, Decimal(0)
    if not is_paid(now.version):
        return 0, Decimal(0)
    leading = leading_price(now.version)
    assert leading is not None
    stated = currency if currency is not None and currency in leading.params else min(leading.params)
    return 1, minor_units(leading, stated) or Decimal(0)
