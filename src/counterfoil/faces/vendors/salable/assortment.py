"""Loading what an answer shows of the catalog: a few statements, however many plans there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.errors import InvalidInput, NotFound
from counterfoil.core.ids import read_id
from counterfoil.faces.kit.wire import OffsetQuery
from counterfoil.faces.vendors.salable.prices import is_paid
from counterfoil.modules.catalog import (
    CatalogFilter,
    FeatureKind,
    features_by_ids,
    get_plan,
    get_product,
    paid_products,
    published_versions,
    search_features,
    search_plans,
    search_products,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Sequence
    from uuid import UUID

    from counterfoil.faces.kit.context import Unit
    from counterfoil.faces.kit.wire import Found
    from counterfoil.modules.catalog import Feature, Plan, PlanVersion, Product

_AT_ONCE: Final = 1000
_HIDDEN: Final = FeatureKind.CONFIG
"""The kind of feature for which Salable has no form."""


@dataclass(frozen=True, slots=True)
class PlanNow:
    """A plan and what it gives and costs now; nothing before its first version is published."""

    plan: Plan
    product_id: UUID
    version: PlanVersion | None


def wanted_id(text: str, kind: str) -> UUID:
    """The id in a path, in either form; what is none names nothing, so it is ``NotFound``."""
    try:
        return read_id(kind, text)
    except InvalidInput:
        raise NotFound(f"no such {kind.replace('_', ' ')}") from None


async def all_products(uow: Unit) -> list[Product]:
    """Every product that is or was on sale, oldest first; drafts are not."""
    found = await _all(search_products, uow, CatalogFilter())
    return [product for product in found if product.published_at is not None]


async def one_product(uow: Unit, text: str) -> Product:
    """The product with this UUID; a draft is ``NotFound``."""
    product = await get_product(uow, wanted_id(text, "product"))
    if product.published_at is None:
        raise NotFound("no such product: it is a draft, to be published first")
    return product


async def plans_of(uow: Unit, product: Product) -> list[PlanNow]:
    """The plans of a product, as they follow each other on a page."""
    return await plans_now(uow, await _all(search_plans, uow, CatalogFilter(product_id=product.id)))


async def plans_and_paid(uow: Unit, product: Product, *, needed: bool) -> tuple[list[PlanNow], bool]:
    """The plans of a product, if they are needed, and whether any of them can cost something."""
    if not needed:
        return [], product.id in await paid_products(uow, [product.id])
    plans = await plans_of(uow, product)
    return plans, any_paid(plans)


def any_paid(plans: Iterable[PlanNow]) -> bool:
    """Whether any of a product's plans that can be had can cost, as ``catalog.paid_products`` tells."""
    return any(is_paid(one.version) for one in plans if one.plan.archived_at is None)


async def plans_now(uow: Unit, plans: Sequence[Plan]) -> list[PlanNow]:
    """These plans, those of no product left out."""
    versions = await published_versions(uow, plans)
    found = [
        PlanNow(plan, plan.product_id, versions.get(plan.id)) for plan in plans if plan.product_id is not None
    ]
    return sorted(found, key=lambda one: (one.plan.position, one.plan.id))


async def one_plan(uow: Unit, text: str) -> PlanNow:
    """The plan with this UUID; ``NotFound`` for one of a draft, and of no product, as Salable has no such."""
    found = await plans_now(uow, [await get_plan(uow, wanted_id(text, "plan"))])
    if not found:
        raise NotFound("no such plan of a product: a plan without a product is not shown here")
    if (await get_product(uow, found[0].product_id)).published_at is None:
        raise NotFound("no such plan: its product is a draft, to be published first")
    return found[0]


async def features_of(uow: Unit, product: Product) -> list[Feature]:
    """The features of a product in their order, capabilities among them."""
    return in_order(await _all(search_features, uow, CatalogFilter(product_id=product.id)))


async def features_in(uow: Unit, plans: Iterable[PlanNow]) -> dict[UUID, Feature]:
    """The features that these plans give, by id."""
    return await features_by_ids(
        uow, {one.feature_id for now in plans if now.version is not None for one in now.version.features}
    )


def in_order(features: Iterable[Feature]) -> list[Feature]:
    """Features as they follow each other on a page."""
    shown = [feature for feature in features if feature.kind is not _HIDDEN]
    return sorted(shown, key=lambda feature: (feature.position, feature.id))


async def _all[V](
    search: Callable[[Unit, CatalogFilter, OffsetQuery], Coroutine[Any, Any, Found[V]]],
    uow: Unit,
    wanted: CatalogFilter,
) -> list[V]:
    """Everything that a search finds, oldest first."""
    found: list[V] = []
    while True:
        page = await search(uow, wanted, OffsetQuery(_AT_ONCE, len(found), ascending=True))
        found += page.items
        if len(page.items) < _AT_ONCE:
            return found
