"""Use cases of products and of the features that they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput
from counterfoil.modules.catalog import objects
from counterfoil.modules.catalog.conditions import MAX_VALUE, check_distinct
from counterfoil.modules.catalog.objects import check_count, choice, fresh
from counterfoil.modules.catalog.product_types import Feature, FeatureKind, Product
from counterfoil.modules.catalog.repository import FEATURES, METERS, PRODUCTS
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from counterfoil.modules.catalog.product_types import NewFeature, NewProduct
    from counterfoil.modules.catalog.types import CatalogChanges
    from counterfoil.store import Page, PageQuery, Uow

MAX_OPTIONS: Final = 100


async def create_product(uow: Uow, new: NewProduct) -> Product:
    """Make a product; ``InvalidInput``, ``AlreadyExists`` for a code or external id that is taken."""
    product = Product(
        **fresh(uow, new), code=new.code, name=new.name, description=new.description, archived_at=None
    )
    return await objects.create(uow, PRODUCTS, product)


async def get_product(uow: Uow, product_id: UUID) -> Product:
    """The product, or ``NotFound``."""
    return await PRODUCTS.get(uow, product_id)


async def list_products(
    uow: Uow, query: PageQuery, *, code: str | None = None, external_id: str | None = None
) -> Page[Product]:
    """Products, newest first, archived ones included."""
    return await objects.find(uow, PRODUCTS, query, code=code, external_id=external_id)


async def update_product(uow: Uow, product_id: UUID, changes: CatalogChanges) -> Product:
    """Change name, description, external id or metadata (errors: ``objects.change``)."""
    return await objects.change(uow, PRODUCTS, product_id, changes)


async def archive_product(uow: Uow, product_id: UUID) -> Product:
    """Put a product away: it stays readable, and no new plan may name it."""
    return await objects.put_away(uow, PRODUCTS, product_id)


async def products_by_codes(uow: Uow, codes: Collection[str]) -> dict[str, Product]:
    """The products with these codes; unknown ones are left out."""
    return await PRODUCTS.by_codes(uow, codes)


async def create_feature(uow: Uow, new: NewFeature) -> Feature:
    """Make a feature.

    A metered feature names its meter, an enum feature its options, and no other kind has either.  Raises
    ``InvalidInput``, ``NotFound`` for an unknown meter, ``WrongState`` for an archived one,
    ``AlreadyExists``.
    """
    feature = Feature(
        **fresh(uow, new),
        code=new.code,
        name=new.name,
        kind=choice(FeatureKind, new.kind, "kind"),
        meter_id=new.meter_id,
        options=list(new.options),
        archived_at=None,
    )
    _check_feature(feature)
    if feature.meter_id is not None:
        await objects.named(uow, METERS, [("meter_id", feature.meter_id)])
    return await objects.create(uow, FEATURES, feature)


async def get_feature(uow: Uow, feature_id: UUID) -> Feature:
    """The feature, or ``NotFound``."""
    return await FEATURES.get(uow, feature_id)


async def list_features(
    uow: Uow, query: PageQuery, *, code: str | None = None, external_id: str | None = None
) -> Page[Feature]:
    """Features, newest first, archived ones included."""
    return await objects.find(uow, FEATURES, query, code=code, external_id=external_id)


async def update_feature(uow: Uow, feature_id: UUID, changes: CatalogChanges) -> Feature:
    """Change name, external id or metadata (errors: ``objects.change``)."""
    return await objects.change(uow, FEATURES, feature_id, changes)


async def archive_feature(uow: Uow, feature_id: UUID) -> Feature:
    """Put a feature away: it stays readable, and no new version of a plan may give it."""
    return await objects.put_away(uow, FEATURES, feature_id)


async def features_by_codes(uow: Uow, codes: Collection[str]) -> dict[str, Feature]:
    """The features with these codes; unknown ones are left out."""
    return await FEATURES.by_codes(uow, codes)


def _check_feature(feature: Feature) -> None:
    if (feature.meter_id is not None) != (feature.kind is FeatureKind.METERED):
        metered = feature.kind is FeatureKind.METERED
        raise InvalidInput(
            "a metered feature needs a meter" if metered else "only a metered feature has a meter",
            field="meter_id",
            allowed="the id of a meter" if metered else "none for this kind",
        )
    if bool(feature.options) != (feature.kind is FeatureKind.ENUM):
        enum = feature.kind is FeatureKind.ENUM
        raise InvalidInput(
            "an enum feature needs options" if enum else "only an enum feature has options",
            field="options",
            allowed=f"1 to {MAX_OPTIONS} texts" if enum else "none for this kind",
        )
    check_count(len(feature.options), "options", most=MAX_OPTIONS)
    for index, option in enumerate(feature.options):
        check_text(option, f"options.{index}", longest=MAX_VALUE)
    check_distinct(feature.options, "options")
