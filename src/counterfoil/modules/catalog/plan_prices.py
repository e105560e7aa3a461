"""Use cases of prices: in a plan, which publishes a version when they change, and of one subscription."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from counterfoil.core.errors import InvalidInput, WrongState
from counterfoil.core.tax_rules import check_category
from counterfoil.modules.catalog import objects, repository
from counterfoil.modules.catalog.objects import MAX_ID
from counterfoil.modules.catalog.plans import add_version, lock_open_plan, published
from counterfoil.modules.catalog.prices import (
    check_codes,
    check_meters,
    check_references,
    read_price,
    read_prices,
    within,
)
from counterfoil.modules.catalog.pricing_units import in_currencies, one_in_currencies
from counterfoil.modules.catalog.repository import METERS, PRICES
from counterfoil.modules.catalog.types import CatalogChanges, NewPlanVersion, NewPrice
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Any
    from uuid import UUID

    from counterfoil.modules.catalog.types import (
        Plan,
        PlanVersion,
        Price,
        PriceFilter,
    )
    from counterfoil.store import Found, OffsetQuery, Page, PageQuery, Uow


async def get_price(uow: Uow, price_id: UUID) -> Price:
    """The price, or ``NotFound``."""
    return await PRICES.get(uow, price_id)


async def list_prices(
    uow: Uow,
    query: PageQuery,
    *,
    plan_id: UUID | None = None,
    plan_version_id: UUID | None = None,
    external_id: str | None = None,
) -> Page[Price]:
    """Prices, newest first, those of single subscriptions included; ended ones too."""
    check_text(external_id, "external_id", longest=MAX_ID)
    return await repository.page_of_prices(
        uow, query, plan_version_id=plan_version_id, plan_id=plan_id, external_id=external_id
    )


async def search_prices(uow: Uow, wanted: PriceFilter, query: OffsetQuery) -> Found[Price]:
    """Prices that the filter asks for, newest first unless the query says otherwise, and how many in all."""
    return await objects.search(uow, PRICES, wanted, query)


async def prices_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, Price]:
    """The prices with these ids; unknown ones are left out."""
    return await PRICES.by_ids(uow, ids)


async def prices_of_versions(uow: Uow, version_ids: Collection[UUID]) -> dict[UUID, list[Price]]:
    """The prices of each of these versions, in their order."""
    found = await repository.versions_by_ids(uow, version_ids)
    return {id_: list(found[id_].prices) if id_ in found else [] for id_ in version_ids}


async def add_price(uow: Uow, plan_id: UUID, new: NewPrice) -> Price:
    """Publish a version of a plan that has one price more, the last; its first version if there is none.

    Raises ``NotFound``, ``WrongState``, ``AlreadyExists``, and ``InvalidInput`` naming the price's field.
    """
    plan = await lock_open_plan(uow, plan_id)
    version = await published(uow, plan)
    price = await _made(uow, plan, new)
    listed = [] if version is None else version.prices
    return await _publish_with(uow, plan, version, [*listed, price], price)


async def add_prices(uow: Uow, plan_id: UUID, new: Sequence[NewPrice]) -> list[Price]:
    """Publish one version of a plan that has these prices more, the last; they are made all or none.

    Raises what ``add_price`` raises, naming ``prices.<n>.…``.
    """
    plan = await lock_open_plan(uow, plan_id)
    version = await published(uow, plan)
    made = read_prices(uow, plan.id, await in_currencies(uow, new))
    listed = [] if version is None else version.prices
    others = {str(index): price for index, price in enumerate(listed)}
    check_codes(others | {f"prices.{index}.code": price for index, price in enumerate(made)})
    await check_references(uow, {f"prices.{index}": price for index, price in enumerate(made)})
    features = [] if version is None else version.features
    await add_version(uow, plan, NewPlanVersion(publish=True), features, [*listed, *made], made)
    return made


async def replace_price(uow: Uow, price_id: UUID, new: NewPrice) -> Price:
    """Publish a version of the price's plan that has another price in its place; who has it keeps it.

    Without a code or name the new price takes over the old one's.  Raises what ``remove_price`` and
    ``add_price`` raise.
    """
    plan, version, before = await _published_price(uow, price_id)
    new = replace(new, code=new.code or before.code, name=new.name or before.name)
    price = await _made(uow, plan, new)
    listed = [price if one.id == price_id else one for one in version.prices]
    return await _publish_with(uow, plan, version, listed, price)


async def remove_price(uow: Uow, price_id: UUID, *, freeing: bool = False) -> Price:
    """Publish a version of the price's plan without it; who has it keeps it.  Twice is the same as once.

    Without its last price the plan costs nothing: it can be subscribed to, and nothing is billed for it.

    ``freeing`` takes the external id from it as well, for another price to have.

    Raises ``NotFound``, and ``WrongState`` if it is a subscription's own, its plan is archived, or only a
    draft has it.
    """
    price = await PRICES.get(uow, price_id)
    if price.ended_at is None:
        plan, version, price = await _published_price(uow, price_id)
        listed = [one for one in version.prices if one.id != price_id]
        await add_version(uow, plan, NewPlanVersion(publish=True), version.features, listed, [])
        price = await PRICES.get(uow, price_id)
    if freeing and price.external_id is not None:
        return await update_price(uow, price_id, CatalogChanges({"external_id": None}))
    return price


async def update_price(uow: Uow, price_id: UUID, changes: CatalogChanges) -> Price:
    """Change name, description, external id, metadata or category of tax (errors: ``objects.change``)."""
    return await objects.change(uow, PRICES, price_id, changes, more={"tax_category"}, read=_checked)


async def tried_price(
    uow: Uow, base: Price, model: str, params: Mapping[str, Mapping[str, Any]], terms: Mapping[str, Any]
) -> Price:
    """What ``base`` would be by another model: checked as a price that is made, and not written.

    Raises ``InvalidInput`` naming ``model``, ``params.…`` or ``terms.…``.
    """
    new = NewPrice(
        model=model,
        params=params,
        terms=terms,
        code=base.code,
        name=base.name,
        quantity_source=base.quantity_source,
        meter_id=base.meter_id,
        filters=base.filters,
        interval_unit=base.interval_unit,
        interval_count=base.interval_count,
        cadence=base.cadence,
    )
    price = read_price(uow, base.plan_id, await one_in_currencies(uow, new))
    if price.meter_id is not None:
        check_meters(await METERS.by_ids(uow, [price.meter_id]), {"": price})
    return price


async def create_own_price(uow: Uow, new: NewPrice, currency: str | None = None) -> Price:
    """Make a price that no plan has, for one subscription; ``currency``: one that it must have amounts in.

    Raises ``InvalidInput``, ``NotFound``, ``WrongState``, ``AlreadyExists``, naming the price's field.
    """
    price = read_price(uow, None, await one_in_currencies(uow, new))
    _check_currency(price, currency)
    await check_references(uow, {"": price})
    await repository.add_prices(uow, [price])
    return price


async def create_own_prices(uow: Uow, news: Sequence[NewPrice], currency: str | None = None) -> list[Price]:
    """Make prices that no plan has, as ``create_own_price``; refusals name ``prices.<n>.…``."""
    prices = read_prices(uow, None, await in_currencies(uow, news))
    for index, price in enumerate(prices):
        with within(f"prices.{index}"):
            _check_currency(price, currency)
    await check_references(uow, {f"prices.{index}": price for index, price in enumerate(prices)})
    await repository.add_prices(uow, prices)
    return prices


async def _published_price(uow: Uow, price_id: UUID) -> tuple[Plan, PlanVersion, Price]:
    """A price that new subscriptions get, with its plan, which is locked, and the version that has it."""
    price = await PRICES.get(uow, price_id)
    if price.plan_id is None:
        whose = "one subscription's own" if price.add_on_id is None else "an add-on's"
        raise WrongState(f"the price is {whose}", allowed="a price of a plan")
    plan = await lock_open_plan(uow, price.plan_id)
    version = await published(uow, plan)
    for one in () if version is None else version.prices:
        if one.id == price_id:
            assert version is not None
            return plan, version, one
    raise WrongState(
        f"the price {price.code} is not in the published version of its plan",
        allowed="a price that new subscriptions get",
    )


async def _made(uow: Uow, plan: Plan, new: NewPrice) -> Price:
    price = read_price(uow, plan.id, await one_in_currencies(uow, new))
    await check_references(uow, {"": price})
    return price


async def _publish_with(
    uow: Uow, plan: Plan, version: PlanVersion | None, prices: Sequence[Price], made: Price
) -> Price:
    """Publish the next version: the features of the one before it, and these prices."""
    others = {str(index): price for index, price in enumerate(prices) if price is not made}
    check_codes({**others, "code": made})
    features = [] if version is None else version.features
    await add_version(uow, plan, NewPlanVersion(publish=True), features, prices, [made])
    return made


def _checked(price: Price) -> Price:
    check_category(price.tax_category)
    return price


def _check_currency(price: Price, currency: str | None) -> None:
    if currency is not None and currency not in price.params:
        raise InvalidInput(
            f"the price {price.code} has no amounts in {currency}", field="params", allowed=currency
        )
