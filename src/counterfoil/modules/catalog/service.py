"""Use cases of meters and tax rates; what is sold and what it costs have files of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.core import tax
from counterfoil.core.rating import Aggregate, Aggregation
from counterfoil.modules.catalog import objects, repository
from counterfoil.modules.catalog.conditions import MAX_PROPERTY, MAX_VALUE, read_filters, read_groups
from counterfoil.modules.catalog.objects import choice, coded
from counterfoil.modules.catalog.repository import METERS, TAX_RATES
from counterfoil.modules.catalog.types import Meter, TaxRate
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from counterfoil.modules.catalog.types import CatalogChanges, NewMeter, NewTaxRate
    from counterfoil.store import Page, PageQuery, Uow


async def create_meter(uow: Uow, new: NewMeter) -> Meter:
    """Make a meter; how it measures never changes.

    Raises ``InvalidInput``, ``AlreadyExists``.
    """
    aggregation = choice(Aggregation, new.aggregation, "aggregation")
    check_text(new.event_name, "event_name", longest=MAX_VALUE)
    check_text(new.property, "property", longest=MAX_PROPERTY)
    Aggregate(aggregation, new.property)  # refuses a property too many, or too few
    meter = Meter(
        **coded(uow, "meter", new),
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
    fields = coded(uow, "tax_rate", new)
    rate = TaxRate(
        **fields,
        name=new.name,
        percent=tax.TaxRate.of(fields["code"], new.percent).percent,
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
