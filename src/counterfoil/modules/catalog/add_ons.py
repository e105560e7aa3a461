"""Use cases of add-ons; who has one, and since when, is with subscriptions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput, WrongState
from counterfoil.core.money import decimal_text
from counterfoil.modules.catalog import objects, repository
from counterfoil.modules.catalog.conditions import check_distinct
from counterfoil.modules.catalog.coupon_types import AddOn, AddOnKind
from counterfoil.modules.catalog.objects import check_count, choice, coded, named
from counterfoil.modules.catalog.prices import check_codes, check_references, read_prices
from counterfoil.modules.catalog.pricing_units import in_currencies
from counterfoil.modules.catalog.repository import ADD_ONS, FEATURES, PLANS
from counterfoil.modules.catalog.types import CatalogChanges
from counterfoil.store.guards import check_version

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from counterfoil.modules.catalog.coupon_types import NewAddOn
    from counterfoil.modules.catalog.types import NewPrice, Price
    from counterfoil.store import Page, PageQuery, Uow

MAX_NAMED: Final = 100
_CHANGEABLE: Final = frozenset({"feature_ids", "plan_ids", "max_quantity"})


async def create_add_on(uow: Uow, new: NewAddOn) -> AddOn:
    """Make an add-on with its prices.

    Raises ``InvalidInput`` naming ``prices.<n>.…`` too, ``NotFound`` or ``WrongState`` for a feature or plan
    that is unknown or archived, ``AlreadyExists``.
    """
    fields = coded(uow, "add_on", new)
    prices = await _read_prices(uow, fields["id"], await in_currencies(uow, new.prices))
    add_on = AddOn(
        **fields,
        name=new.name,
        description=new.description,
        kind=choice(AddOnKind, new.kind, "kind"),
        price_ids=[price.id for price in prices],
        feature_ids=list(new.feature_ids),
        plan_ids=list(new.plan_ids),
        max_quantity=new.max_quantity,
        archived_at=None,
    )
    await _check(uow, add_on, frozenset(), frozenset())
    await check_references(uow, {f"prices.{index}": price for index, price in enumerate(prices)})
    await objects.create(uow, ADD_ONS, add_on)
    await repository.add_prices(uow, prices)
    return add_on


async def get_add_on(uow: Uow, add_on_id: UUID) -> AddOn:
    """The add-on, or ``NotFound``."""
    return await ADD_ONS.get(uow, add_on_id)


async def list_add_ons(
    uow: Uow, query: PageQuery, *, code: str | None = None, external_id: str | None = None
) -> Page[AddOn]:
    """Add-ons, newest first, archived ones included."""
    return await objects.find(uow, ADD_ONS, query, code=code, external_id=external_id)


async def update_add_on(
    uow: Uow, add_on_id: UUID, changes: CatalogChanges, prices: Sequence[NewPrice] | None = None
) -> AddOn:
    """Change anything but its code and kind; ``prices`` take the place of those that it has.

    Who has the add-on keeps the prices that it was added at.  Raises what ``objects.change`` and
    ``create_add_on`` raise.
    """
    before = await ADD_ONS.get(uow, add_on_id)
    check_version(before.version, changes.expected_version)
    if prices is not None and before.archived_at is not None:
        raise WrongState(
            f"the add-on {before.code} is archived", field="prices", allowed="an add-on not archived"
        )
    fields = dict(changes.fields)
    made: list[Price] = []
    if prices is not None:
        made = await _read_prices(uow, add_on_id, await in_currencies(uow, prices))
        await check_references(uow, {f"prices.{index}": price for index, price in enumerate(made)})
        fields["price_ids"] = [price.id for price in made]
    after = replace(before, **fields)
    await _check(uow, after, set(before.feature_ids), set(before.plan_ids))
    changes = CatalogChanges(fields, before.version)
    changed = await objects.change(uow, ADD_ONS, add_on_id, changes, more=_CHANGEABLE | {"price_ids"})
    if made:
        await repository.add_prices(uow, made)
        await repository.write_ended(uow, before.price_ids, uow.now)
    return changed


async def archive_add_on(uow: Uow, add_on_id: UUID) -> AddOn:
    """Put an add-on away: who has it keeps it, and no subscription can get it any more."""
    return await objects.put_away(uow, ADD_ONS, add_on_id)


async def add_ons_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, AddOn]:
    """The add-ons with these ids; unknown ones are left out."""
    return await ADD_ONS.by_ids(uow, ids)


async def add_ons_by_codes(uow: Uow, codes: Collection[str]) -> dict[str, AddOn]:
    """The add-ons with these codes; unknown ones are left out."""
    return await ADD_ONS.by_codes(uow, codes)


async def _read_prices(uow: Uow, add_on_id: UUID, new: Sequence[NewPrice]) -> list[Price]:
    if not new:
        raise InvalidInput("an add-on has no price", field="prices", allowed="one price or more")
    read = read_prices(uow, None, await in_currencies(uow, new))
    prices = [replace(price, add_on_id=add_on_id) for price in read]
    check_codes({f"prices.{index}.code": price for index, price in enumerate(prices)})
    return prices


async def _check(
    uow: Uow, add_on: AddOn, known_features: Collection[UUID], known_plans: Collection[UUID]
) -> None:
    """Refuse what does not fit; what the add-on names already may have been archived since."""
    for name in ("feature_ids", "plan_ids"):
        check_count(len(getattr(add_on, name)), name, most=MAX_NAMED)
        check_distinct(getattr(add_on, name), name)
    most = add_on.max_quantity
    if most is not None and (most <= 0 or len(decimal_text(most)) > 30):
        raise InvalidInput(
            "max_quantity is out of range", field="max_quantity", allowed="above 0, up to 30 digits, or null"
        )
    features = [(f"feature_ids.{at}", one) for at, one in enumerate(add_on.feature_ids)]
    await named(uow, FEATURES, [pair for pair in features if pair[1] not in known_features])
    plans = [(f"plan_ids.{at}", one) for at, one in enumerate(add_on.plan_ids)]
    await named(uow, PLANS, [pair for pair in plans if pair[1] not in known_plans])
