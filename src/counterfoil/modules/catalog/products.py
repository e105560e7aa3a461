"""Use cases of products and of the features that they have."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.errors import InvalidInput, WrongState
from counterfoil.core.money import decimal_text, parse_decimal, unit_of
from counterfoil.core.tax_rules import check_category
from counterfoil.modules.catalog import objects
from counterfoil.modules.catalog.conditions import MAX_VALUE, check_distinct
from counterfoil.modules.catalog.feature_values import read_value
from counterfoil.modules.catalog.objects import check_count, choice, coded, named
from counterfoil.modules.catalog.product_types import Feature, FeatureKind, Product
from counterfoil.modules.catalog.repository import FEATURES, METERS, PRODUCTS
from counterfoil.modules.catalog.types import Visibility
from counterfoil.store.guards import check_metadata, check_text, check_url

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from counterfoil.modules.catalog.product_types import NewFeature, NewProduct
    from counterfoil.modules.catalog.types import CatalogChanges, CatalogFilter
    from counterfoil.store import Found, OffsetQuery, Page, PageQuery, Uow

MAX_LISTING: Final = 256 * 1024
MAX_OPTIONS: Final = 100
MAX_REGIONS: Final = 500
MAX_POSITION: Final = 1_000_000
LISTING: Final = ("product_id", "seller_id", "type", "service", "fulfillment_url", "terms")
ROUNDING_MODES: Final = ("ceil", "floor", "half_up")
_CHANNEL: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
_OF_A_PRODUCT: Final = frozenset(
    {"logo_url", "category", "default_currency", "channel", "listing", "tax_category"}
)
_OF_A_FEATURE: Final = frozenset(
    {"description", "sku", "unit", "default_value", "visibility", "position", "regions"}
)


async def create_product(uow: Uow, new: NewProduct) -> Product:
    """Make a product; ``InvalidInput``, ``AlreadyExists`` for a code or external id that is taken."""
    product = Product(
        **coded(uow, "product", new),
        name=new.name,
        description=new.description,
        logo_url=new.logo_url,
        category=new.category,
        default_currency=new.default_currency,
        channel=new.channel,
        listing=dict(new.listing),
        tax_category=new.tax_category,
        published_at=None if new.draft else uow.now,
        archived_at=None,
    )
    return await objects.create(uow, PRODUCTS, _read_product(product))


async def get_product(uow: Uow, product_id: UUID) -> Product:
    """The product, or ``NotFound``."""
    return await PRODUCTS.get(uow, product_id)


async def list_products(
    uow: Uow,
    query: PageQuery,
    *,
    code: str | None = None,
    external_id: str | None = None,
    channel: str | None = None,
) -> Page[Product]:
    """Products, newest first, archived ones included."""
    _check_channel(channel)
    return await objects.find(uow, PRODUCTS, query, code=code, external_id=external_id, channel=channel)


async def search_products(
    uow: Uow, wanted: CatalogFilter, query: OffsetQuery, *, count: bool = True
) -> Found[Product]:
    """A page by offset of the products that ``wanted`` asks for (errors: ``objects.search``)."""
    return await objects.search(uow, PRODUCTS, wanted, query, count=count)


async def update_product(uow: Uow, product_id: UUID, changes: CatalogChanges) -> Product:
    """Change its words, its logo, where and how it is listed (errors: ``objects.change``)."""
    return await objects.change(uow, PRODUCTS, product_id, changes, more=_OF_A_PRODUCT, read=_read_product)


async def publish_product(uow: Uow, product_id: UUID) -> Product:
    """Say that a draft is sold from now on; twice is the same as once.

    Raises ``NotFound``, ``WrongState`` for an archived product.
    """
    before = await PRODUCTS.get(uow, product_id)
    if before.archived_at is not None:
        raise WrongState(f"the product {before.code} is archived", allowed="a product that is not archived")
    if before.published_at is not None:
        return before
    after = replace(before, published_at=uow.now)
    return await objects.save(uow, PRODUCTS, after, {"published_at"}, "published")


async def archive_product(uow: Uow, product_id: UUID, *, freeing: bool = False) -> Product:
    """Put a product away: it stays readable, and no new plan may name it.

    ``freeing`` takes its external id from it as well, so that another product may have that.
    """
    return await objects.put_away(uow, PRODUCTS, product_id, freeing=freeing)


async def products_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, Product]:
    """The products with these ids; unknown ones are left out."""
    return await PRODUCTS.by_ids(uow, ids)


async def products_by_codes(uow: Uow, codes: Collection[str]) -> dict[str, Product]:
    """The products with these codes; unknown ones are left out."""
    return await PRODUCTS.by_codes(uow, codes)


async def create_feature(uow: Uow, new: NewFeature) -> Feature:
    """Make a feature; its kind, its product, its meter, its options and its rounding never change.

    A metered feature names its meter, an enum feature its options, and no other kind has either.  Raises
    ``InvalidInput``, ``NotFound`` for an unknown meter or product, ``WrongState`` for an archived one,
    ``AlreadyExists``.
    """
    feature = Feature(
        **coded(uow, "feature", new),
        name=new.name,
        kind=choice(FeatureKind, new.kind, "kind"),
        description=new.description,
        product_id=new.product_id,
        meter_id=new.meter_id,
        options=list(new.options),
        sku=new.sku,
        unit=dict(new.unit),
        default_value=new.default_value,
        visibility=choice(Visibility, new.visibility, "visibility"),
        position=new.position,
        rounding=_read_rounding(new.rounding),
        regions=list(new.regions),
        archived_at=None,
    )
    _check_kind(feature)
    if feature.product_id is not None:
        await named(uow, PRODUCTS, [("product_id", feature.product_id)])
    if feature.meter_id is not None:
        await named(uow, METERS, [("meter_id", feature.meter_id)])
    return await objects.create(uow, FEATURES, _read_feature(feature))


async def get_feature(uow: Uow, feature_id: UUID) -> Feature:
    """The feature, or ``NotFound``."""
    return await FEATURES.get(uow, feature_id)


async def list_features(
    uow: Uow,
    query: PageQuery,
    *,
    code: str | None = None,
    external_id: str | None = None,
    product_id: UUID | None = None,
) -> Page[Feature]:
    """Features, newest first, archived ones included."""
    return await objects.find(uow, FEATURES, query, code=code, external_id=external_id, product_id=product_id)


async def search_features(uow: Uow, wanted: CatalogFilter, query: OffsetQuery) -> Found[Feature]:
    """A page by offset of the features that ``wanted`` asks for (errors: ``objects.search``)."""
    return await objects.search(uow, FEATURES, wanted, query)


async def update_feature(uow: Uow, feature_id: UUID, changes: CatalogChanges) -> Feature:
    """Change its words, its default value, where it is shown and sold (errors: ``objects.change``)."""
    return await objects.change(uow, FEATURES, feature_id, changes, more=_OF_A_FEATURE, read=_read_feature)


async def archive_feature(uow: Uow, feature_id: UUID, *, freeing: bool = False) -> Feature:
    """Put a feature away: it stays readable, and no new version of a plan may give it.

    ``freeing`` takes its external id from it as well, so that another feature may have that.
    """
    return await objects.put_away(uow, FEATURES, feature_id, freeing=freeing)


async def features_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, Feature]:
    """The features with these ids; unknown ones are left out."""
    return await FEATURES.by_ids(uow, ids)


async def features_by_codes(uow: Uow, codes: Collection[str]) -> dict[str, Feature]:
    """The features with these codes; unknown ones are left out."""
    return await FEATURES.by_codes(uow, codes)


def _read_product(product: Product) -> Product:
    check_url(product.logo_url, "logo_url")
    check_text(product.category, "category", longest=200)
    check_category(product.tax_category)
    if product.default_currency is not None:
        unit_of(product.default_currency, field="default_currency")
    _check_channel(product.channel)
    for name, value in product.listing.items():
        _check_listed(name, value)
    check_metadata(product.listing, "listing", most=MAX_LISTING)
    return replace(product, listing=plain(product.listing))


def _check_channel(channel: str | None) -> None:
    if channel is not None and not _CHANNEL.fullmatch(channel):
        raise InvalidInput(
            "channel has another form than a channel",
            field="channel",
            allowed="1 to 50 lower-case letters, digits, hyphens or underscores, a letter or digit first",
        )


def _check_listed(name: str, value: Any) -> None:
    field = f"listing.{name}"
    if name not in LISTING:
        raise InvalidInput("a listing has no such field", field="listing", allowed=", ".join(LISTING))
    if name == "terms":
        if not isinstance(value, dict):
            raise InvalidInput(f"{field} is not an object", field=field, allowed="a JSON object")
    elif not isinstance(value, str):
        raise InvalidInput(f"{field} is not a text", field=field, allowed="a text")
    elif name == "fulfillment_url":
        check_url(value, field)
    else:
        check_text(value, field, longest=255)


def plain(value: Any) -> Any:
    """A JSON value as it is kept: decimals as text."""
    match value:
        case Decimal():
            return decimal_text(value)
        case dict():
            return {key: plain(one) for key, one in value.items()}
        case list():
            return [plain(one) for one in value]
        case _:
            return value


def _read_feature(feature: Feature) -> Feature:
    check_text(feature.sku, "sku", longest=255)
    _check_unit(feature.unit)
    if not 0 <= feature.position <= MAX_POSITION:
        raise InvalidInput(
            "position is out of range", field="position", allowed=f"a whole number of 0 to {MAX_POSITION}"
        )
    check_count(len(feature.regions), "regions", most=MAX_REGIONS)
    for index, region in enumerate(feature.regions):
        check_text(region.code, f"regions.{index}.code", longest=50)
        check_text(region.name, f"regions.{index}.name", longest=200)
    check_distinct([region.code for region in feature.regions], "regions")
    value = feature.default_value
    return replace(
        feature,
        default_value=None if value is None else read_value(feature, value, "default_value"),
        visibility=choice(Visibility, feature.visibility, "visibility"),
    )


def _check_unit(unit: Mapping[str, str]) -> None:
    if unit and unit.keys() != {"singular", "plural"}:
        raise InvalidInput("unit is not a unit", field="unit", allowed="singular and plural, or neither")
    for name, word in unit.items():
        check_text(word, f"unit.{name}", longest=50)


def _read_rounding(rounding: Mapping[str, Any]) -> dict[str, str]:
    if not rounding:
        return {}
    if rounding.keys() != {"unit", "step", "mode"}:
        raise InvalidInput(
            "rounding is incomplete", field="rounding", allowed="unit, step and mode, or nothing"
        )
    check_text(rounding["unit"], "rounding.unit", longest=50)
    step = parse_decimal(rounding["step"], field="rounding.step")
    if step <= 0:
        raise InvalidInput("rounding.step is not positive", field="rounding.step", allowed="more than 0")
    if rounding["mode"] not in ROUNDING_MODES:
        raise InvalidInput(
            "rounding.mode is not one of the choices",
            field="rounding.mode",
            allowed=", ".join(ROUNDING_MODES),
        )
    return {"unit": rounding["unit"], "step": decimal_text(step), "mode": rounding["mode"]}


def _check_kind(feature: Feature) -> None:
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
