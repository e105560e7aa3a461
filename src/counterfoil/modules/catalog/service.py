"""Use cases of meters; what is sold, what it costs and how it is taxed have files of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.core.expressions import MAX_LENGTH
from counterfoil.core.money import parse_decimal
from counterfoil.core.rating import Aggregation, Reset
from counterfoil.modules.catalog import objects, repository
from counterfoil.modules.catalog.conditions import MAX_PROPERTY, MAX_VALUE, read_filters, read_groups
from counterfoil.modules.catalog.meter_types import Meter
from counterfoil.modules.catalog.objects import choice, coded
from counterfoil.modules.catalog.repository import METERS
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from counterfoil.modules.catalog.meter_types import NewMeter
    from counterfoil.modules.catalog.types import CatalogChanges
    from counterfoil.store import Page, PageQuery, Uow


async def create_meter(uow: Uow, new: NewMeter) -> Meter:
    """Make a meter; how it measures never changes.

    Raises ``InvalidInput``, ``AlreadyExists``.
    """
    check_text(new.event_name, "event_name", longest=MAX_VALUE)
    check_text(new.property, "property", longest=MAX_PROPERTY)
    check_text(new.expression, "expression", longest=MAX_LENGTH)
    meter = Meter(
        **coded(uow, "meter", new),
        name=new.name,
        event_name=new.event_name,
        aggregation=choice(Aggregation, new.aggregation, "aggregation"),
        property=new.property,
        filters=read_filters(new.filters),
        group_by=read_groups(new.group_by),
        multiplier=None if new.multiplier is None else parse_decimal(new.multiplier, field="multiplier"),
        expression=new.expression,
        reset=choice(Reset, new.reset, "reset"),
        archived_at=None,
    )
    meter.measures()  # refuses a property, multiplier or expression too many or too few, and what is none
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
