"""Use cases of rates of tax: those that prices name, and those that apply by place and category."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterfoil.core import tax
from counterfoil.core.errors import InvalidInput
from counterfoil.core.tax_rules import check_category
from counterfoil.modules.catalog import objects, repository
from counterfoil.modules.catalog.objects import coded
from counterfoil.modules.catalog.repository import TAX_RATES
from counterfoil.modules.catalog.types import TaxRate
from counterfoil.store.guards import check_country, check_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from counterfoil.modules.catalog.types import CatalogChanges, NewTaxRate
    from counterfoil.store import Page, PageQuery, Uow

MAX_PLACE: Final = 40
_DATES: Final = frozenset({"valid_from", "valid_to"})


async def create_tax_rate(uow: Uow, new: NewTaxRate) -> TaxRate:
    """Make a rate of tax; of it only when it is in force may change, besides its labels.

    Raises ``InvalidInput`` (per cent is 0 to 100; a region, a postal prefix and a category need a country),
    ``AlreadyExists``.
    """
    fields = coded(uow, "tax_rate", new)
    rate = TaxRate(
        **fields,
        name=new.name,
        percent=tax.TaxRate.of(fields["code"], new.percent).percent,
        inclusive=new.inclusive,
        archived_at=None,
        country=new.country,
        region=new.region,
        postal_prefix=new.postal_prefix,
        category=new.category,
        replaces_wider=new.replaces_wider,
        valid_from=new.valid_from,
        valid_to=new.valid_to,
    )
    return await objects.create(uow, TAX_RATES, _checked(rate))


async def get_tax_rate(uow: Uow, tax_rate_id: UUID) -> TaxRate:
    """The rate, or ``NotFound``."""
    return await TAX_RATES.get(uow, tax_rate_id)


async def list_tax_rates(
    uow: Uow,
    query: PageQuery,
    *,
    code: str | None = None,
    external_id: str | None = None,
    country: str | None = None,
) -> Page[TaxRate]:
    """Rates of tax, newest first, archived ones included; ``InvalidInput`` for a country that is none."""
    check_country(country, "country")
    return await objects.find(uow, TAX_RATES, query, code=code, external_id=external_id, country=country)


async def update_tax_rate(uow: Uow, tax_rate_id: UUID, changes: CatalogChanges) -> TaxRate:
    """Change name, external id, metadata or when it is in force (errors: ``objects.change``).

    Lines that are finalised keep the rates that they bear.
    """
    return await objects.change(uow, TAX_RATES, tax_rate_id, changes, more=_DATES, read=_checked)


async def archive_tax_rate(uow: Uow, tax_rate_id: UUID) -> TaxRate:
    """Put a rate away: the prices that name it go on bearing it, no new price may, and no place has it."""
    return await objects.put_away(uow, TAX_RATES, tax_rate_id)


async def tax_rates_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, TaxRate]:
    """The rates with these ids; unknown ones are left out."""
    return await TAX_RATES.by_ids(uow, ids)


async def tax_rates_by_codes(uow: Uow, codes: Collection[str]) -> dict[str, TaxRate]:
    """The rates with these codes; unknown ones are left out."""
    return await TAX_RATES.by_codes(uow, codes)


async def tax_rates_in(uow: Uow, countries: Collection[str]) -> list[TaxRate]:
    """The rates that apply by themselves in these countries, in one statement; no archived ones."""
    return await repository.tax_rates_in(uow, countries) if countries else []


def _checked(rate: TaxRate) -> TaxRate:
    check_country(rate.country, "country")
    check_text(rate.region, "region", longest=MAX_PLACE)
    check_text(rate.postal_prefix, "postal_prefix", longest=MAX_PLACE)
    check_category(rate.category, "category")
    for name in ("region", "postal_prefix", "category", "replaces_wider"):
        if rate.country is None and getattr(rate, name):
            raise InvalidInput(
                f"{name} says where a rate applies, and this one has no country",
                field=name,
                allowed=f"a country beside {name}, or neither",
            )
    if rate.valid_from is not None and rate.valid_to is not None and rate.valid_to <= rate.valid_from:
        raise InvalidInput(
            "the rate would end before it begins", field="valid_to", allowed="an instant after valid_from"
        )
    return rate
