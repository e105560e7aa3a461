"""Use cases of products, features, meters and tax rates; plans have a file of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterfoil.core import tax
from counterfoil.core.errors import InvalidInput
from counterfoil.core.rating import Aggregate, Aggregation
from counterfoil.modules.catalog import objects, repository
from counterfoil.modules.catalog.conditions import (
    MAX_PROPERTY,
    MAX_VALUE,
    check_distinct,
    read_filters,
    read_groups,
)
from counterfoil.modules.catalog.objects import check_count, choice, fresh
from counterfoil.modules.catalog.repository import FEATURES, METERS, PRODUCTS, TAX_RATES
from counterfoil.modules.catalog.types import Feature, FeatureKind, Meter, Product, TaxRate
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from counterfoil.modules.catalog.types import (
        CatalogChanges,
        NewFeature,
        NewMeter,
        NewProduct,
        NewTaxRate,
    )
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


async def create_meter(uow: Uow, new: NewMeter) -> Meter:
    """Make a meter; how it measures never changes.

    Raises ``InvalidInput``, ``AlreadyExists``.
    """
    aggregation = choice(Aggregation, new.aggregation, "aggregation")
    check_text(new.event_name, "event_name", longest=MAX_VALUE)
    check_text(new.property, "property", longest=MAX_PROPERTY)
    Aggregate(aggregation, new.property)  # refuses a property too many, or too few
    meter = Meter(
        **fresh(uow, new),
        code=new.code,
        name=new.name,
        event_name=new.event_name,
        aggregation=aggregation,
        property=new.property,
        filters=read_filters(new.filters),
        group_by=read_groups(new.group_by),
        archived_at=None,
    )
    return await objects.create(uow, METERS, meter)


async def get_meter(uow: Uow, meter_id: UUID) -> Meter:
    """The meter, or ``NotFound``."""
    return await METERS.get(uow, meter_id)


async def list_meters(
    uow: Uow, query: PageQuery, *, code: str | None = None, external_id: str | None = None
) -> Page[Meter]:
    """Meters, newest first, archived ones included."""
    return await objects.find(uow, METERS, query, code=code, external_id=external_id)


async def update_meter(uow: Uow, meter_id: UUID, changes: CatalogChanges) -> Meter:
    """Change name, external id or metadata (errors: ``objects.change``)."""
    return await objects.change(uow, METERS, meter_id, changes)


async def archive_meter(uow: Uow, meter_id: UUID) -> Meter:
    """Put a meter away: what is priced by it is measured on, and nothing new may name it."""
    return await objects.put_away(uow, METERS, meter_id)


async def meters_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, Meter]:
    """The meters with these ids; unknown ones are left out."""
    return await METERS.by_ids(uow, ids)


async def meters_by_codes(uow: Uow, codes: Collection[str]) -> dict[str, Meter]:
    """The meters with these codes; unknown ones are left out."""
    return await METERS.by_codes(uow, codes)


async def meters_for_event_names(uow: Uow, names: Collection[str]) -> dict[str, list[Meter]]:
    """For each of these names of events the meters that read them; archived ones too, for they still bill."""
    meters: dict[str, list[Meter]] = {name: [] for name in names}
    if meters:
        for meter in await repository.meters_for_events(uow, meters):
            meters[meter.event_name].append(meter)
    return meters


async def create_tax_rate(uow: Uow, new: NewTaxRate) -> TaxRate:
    """Make a rate of tax; its per cent and whether prices include it never change.

    Raises ``InvalidInput`` (per cent is 0 to 100), ``AlreadyExists``.
    """
    rate = TaxRate(
        **fresh(uow, new),
        code=new.code,
        name=new.name,
        percent=tax.TaxRate.of(new.code, new.percent).percent,
        inclusive=new.inclusive,
        archived_at=None,
    )
    return await objects.create(uow, TAX_RATES, rate)


async def get_tax_rate(uow: Uow, tax_rate_id: UUID) -> TaxRate:
    """The rate, or ``NotFound``."""
    return await TAX_RATES.get(uow, tax_rate_id)


async def list_tax_rates(
    uow: Uow, query: PageQuery, *, code: str | None = None, external_id: str | None = None
) -> Page[TaxRate]:
    """Rates of tax, newest first, archived ones included."""
    return await objects.find(uow, TAX_RATES, query, code=code, external_id=external_id)


async def update_tax_rate(uow: Uow, tax_rate_id: UUID, changes: CatalogChanges) -> TaxRate:
    """Change name, external id or metadata (errors: ``objects.change``)."""
    return await objects.change(uow, TAX_RATES, tax_rate_id, changes)


async def archive_tax_rate(uow: Uow, tax_rate_id: UUID) -> TaxRate:
    """Put a rate away: the prices that bear it go on bearing it, and no new price may name it."""
    return await objects.put_away(uow, TAX_RATES, tax_rate_id)


async def tax_rates_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, TaxRate]:
    """The rates with these ids; unknown ones are left out."""
    return await TAX_RATES.by_ids(uow, ids)


async def tax_rates_by_codes(uow: Uow, codes: Collection[str]) -> dict[str, TaxRate]:
    """The rates with these codes; unknown ones are left out."""
    return await TAX_RATES.by_codes(uow, codes)


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
