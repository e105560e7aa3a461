"""Add-ons of subscriptions: what is had besides the plan, added and removed by itself.

Owns: which add-on fits a subscription, and which items it is there.  Does not own: what an add-on costs
(catalog), how a change in the middle of a period is billed (``switching``).
Always holds: an add-on is on a subscription at most once at a time; its prices' codes are no others'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterfoil.core.errors import AlreadyExists, InvalidInput, NotFound, WrongState
from counterfoil.core.proration import ProrationBehavior
from counterfoil.modules.catalog import (
    AddOnKind,
    QuantitySource,
    add_ons_by_codes,
    prices_by_ids,
)
from counterfoil.modules.customers import lock_customer
from counterfoil.modules.subscriptions.agreeing import ONE
from counterfoil.modules.subscriptions.checks import check_billable
from counterfoil.modules.subscriptions.customer_features import note_items
from counterfoil.modules.subscriptions.overlaps import refuse_shared_usage
from counterfoil.modules.subscriptions.seats import check_add_on_quantity
from counterfoil.modules.subscriptions.switching import Addition, Replacement, running_from, switched
from counterfoil.modules.subscriptions.terms import change_at, changeable, write_switch, write_switched
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.modules.catalog import AddOn, Price
    from counterfoil.modules.subscriptions.types import ChosenAddOn, Subscription, SubscriptionItem
    from counterfoil.store import Uow


@dataclass(frozen=True, slots=True)
class PickedPrice:
    """A price of an add-on that a subscription gets, with its quantity; ``field``: what asked for it."""

    add_on: AddOn
    price: Price
    quantity: Decimal
    field: str

    def addition(self, start: datetime) -> Addition:
        """What begins with it."""
        once = self.add_on.kind is AddOnKind.ONE_TIME
        return Addition(self.price, self.quantity, start, add_on_id=self.add_on.id, once=once)


async def pick_add_ons(
    uow: Uow,
    chosen: Sequence[tuple[str, ChosenAddOn]],
    plan_id: UUID | None,
    currency: str,
    taken: Collection[str],
    has: Collection[UUID | None] = (),
) -> list[PickedPrice]:
    """The prices of add-ons, each with the field that asks for it, that a subscription to a plan gets.

    ``taken``: the codes of the prices that it has, ``has``: its add-ons.  Raises ``NotFound``, ``WrongState``
    for an archived one, ``InvalidInput`` for one that does not fit, lacks the currency or has another
    quantity than it may, ``AlreadyExists`` for one that is there twice or whose prices have codes that others
    have.
    """
    for field, one in chosen:
        check_text(one.code, f"{field}code", longest=100)
    found = await add_ons_by_codes(uow, {one.code for _, one in chosen})
    prices = await prices_by_ids(uow, {id_ for add_on in found.values() for id_ in add_on.price_ids})
    codes, had = set(taken), set(has)
    picked: list[PickedPrice] = []
    for field, one in chosen:
        add_on = found.get(one.code)
        if add_on is None:
            raise NotFound("no such add-on", field=f"{field}code", allowed="the code of an add-on")
        _check_fits(add_on, plan_id, one.quantity, field, had)
        had.add(add_on.id)
        own = [prices[id_] for id_ in add_on.price_ids]
        if one.quantity != ONE and all(price.quantity_source is not QuantitySource.ITEM for price in own):
            raise InvalidInput(
                f"no price of the add-on {add_on.code} takes a quantity",
                field=f"{field}quantity",
                allowed="1",
            )
        for price in own:
            _check_price(price, one.quantity, currency, codes, field)
            codes.add(price.code)
            quantity = one.quantity if price.quantity_source is QuantitySource.ITEM else ONE
            picked.append(PickedPrice(add_on, price, quantity, f"{field}code"))
    return picked


def add_on_items(
    uow: Uow, subscription: Subscription, picked: Sequence[PickedPrice], start: datetime
) -> list[SubscriptionItem]:
    """The items of add-ons that a new subscription has from where what is paid begins."""
    prices = {one.price.id: one.price for one in picked}
    additions = [one.addition(start) for one in picked]
    behavior = ProrationBehavior.ALWAYS_INVOICE
    return switched(subscription, (), prices, (), additions, start, behavior, uow.new_id).added


async def add_add_on(
    uow: Uow, subscription_id: UUID, chosen: ChosenAddOn, *, behavior: ProrationBehavior | None = None
) -> Subscription:
    """Give a subscription an add-on from now on; ``behavior`` is as for ``change_quantity``.

    Raises what ``pick_add_ons`` raises, ``WrongState`` for a subscription that does not run, ``Conflict`` as
    ``create_subscription`` does.
    """
    before, items = await changeable(uow, subscription_id)
    at = change_at(before, uow.now)
    prices = dict(await prices_by_ids(uow, {item.price_id for item in items}))
    running = running_from(items, at)
    taken = {prices[item.price_id].code for item in running}
    has = {item.add_on_id for item in running}
    picked = await pick_add_ons(uow, [("", chosen)], before.plan_id, before.currency, taken, has)
    metered = [(one.price, one.field) for one in picked if one.price.meter_id is not None]
    if metered and not chosen.shared_usage:
        await lock_customer(uow, before.customer_id)
        await refuse_shared_usage(uow, before, metered, at)
    await note_items(uow, before.customer_id, [one.price for one in picked])
    prices |= {one.price.id: one.price for one in picked}
    additions = [one.addition(at) for one in picked]
    behavior = behavior or before.policy.behavior
    done = switched(before, items, prices, (), additions, at, behavior, uow.new_id)
    facts = {"add_on_id": picked[0].add_on.id, "quantity": chosen.quantity, "from": at}
    return await write_switched(uow, done, {"changed": ["items"], **facts})


async def remove_add_on(
    uow: Uow, subscription_id: UUID, add_on_id: UUID, *, behavior: ProrationBehavior | None = None
) -> Subscription:
    """Take an add-on from a subscription from now on; ``behavior`` is as for ``change_quantity``.

    Raises ``NotFound`` for one that it has not, and ``WrongState`` for a subscription that does not run.
    """
    before, items = await changeable(uow, subscription_id)
    running = running_from(items, change_at(before, uow.now))
    own = [item for item in running if item.add_on_id == add_on_id]
    if not own:
        raise NotFound(
            "the subscription has no such add-on",
            field="add_on_id",
            allowed="the id of an add-on whose items run, or are to begin",
        )
    prices = await prices_by_ids(uow, {item.price_id for item in items})
    replacements = [Replacement(item, None, ONE, None) for item in own]
    behavior = behavior or before.policy.behavior
    facts = {"add_on_id": add_on_id, "quantity": None}
    return await write_switch(uow, before, items, prices, replacements, behavior, facts)


def _check_fits(
    add_on: AddOn, plan_id: UUID | None, quantity: Decimal, field: str, had: Collection[UUID | None]
) -> None:
    if add_on.id in had:
        raise AlreadyExists(
            f"the subscription has the add-on {add_on.code} already",
            field=f"{field}code",
            allowed="another add-on; the quantity of its items may change",
        )
    if add_on.archived_at is not None:
        raise WrongState(
            f"the add-on {add_on.code} is archived", field=f"{field}code", allowed="an add-on not archived"
        )
    if add_on.plan_ids and plan_id not in add_on.plan_ids:
        raise InvalidInput(
            f"the add-on {add_on.code} does not fit the subscription's plan",
            field=f"{field}code",
            allowed="an add-on for this plan, or for all",
        )
    check_add_on_quantity(add_on, quantity, f"{field}quantity")


def _check_price(price: Price, quantity: Decimal, currency: str, taken: Collection[str], field: str) -> None:
    if price.code in taken:
        raise AlreadyExists(
            f"the subscription has a price {price.code} already",
            field=f"{field}code",
            allowed="an add-on whose prices have codes that no other of its prices has",
        )
    if currency not in price.params:
        raise InvalidInput(
            f"the price {price.code} has no amounts in {currency}",
            field=f"{field}code",
            allowed=f"an add-on whose prices have amounts in {currency}",
        )
    if price.quantity_source is QuantitySource.ITEM:
        check_billable(price, quantity, currency, f"{field}quantity")
