"""From one plan to another, or to another version of it: which prices go on, which end, which begin.

Owns: matching the prices of two plans by their codes.  Does not own: what the new plan agrees to
(``agreeing``), where items are cut (``switching``).  Always holds: a price that both have is one item, which
the change does not touch; a subscription's currency stays.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from counterfoil.core.errors import InvalidInput
from counterfoil.modules.catalog import QuantitySource, plan_versions_by_ids, prices_by_ids
from counterfoil.modules.customers import lock_customer
from counterfoil.modules.subscriptions import repository_changes
from counterfoil.modules.subscriptions.agreeing import ONE, agree, plans_of_spans
from counterfoil.modules.subscriptions.customer_features import note_items
from counterfoil.modules.subscriptions.overlaps import refuse_shared_usage
from counterfoil.modules.subscriptions.phases import drop_phases
from counterfoil.modules.subscriptions.spans import Span
from counterfoil.modules.subscriptions.switching import Addition, Replacement, running_from, switched
from counterfoil.modules.subscriptions.terms import change_at, changeable, write_switched

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.modules.catalog import PlanVersion, Price
    from counterfoil.modules.subscriptions.agreeing import Agreed, SpanPlan
    from counterfoil.modules.subscriptions.types import PlanChange, Subscription, SubscriptionItem
    from counterfoil.store import Uow


async def change_plan(
    uow: Uow, subscription_id: UUID, change: PlanChange, *, expected_version: int | None = None
) -> Subscription:
    """Put a subscription on another plan, or another version of its plan, from now on.

    Nothing changes where it is there already.  Phases to come never begin: the plan holds in their place.
    Raises ``NotFound``, ``VersionMismatch``, ``WrongState`` if it has ended or rests, or for an archived plan
    or a version that is not published, ``InvalidInput`` for a plan that lacks the subscription's currency, a
    quantity or an override that is none, a code that a price of its own has, and ``Conflict`` as
    ``create_subscription`` does.
    """
    before, items = await changeable(uow, subscription_id, expected_version)
    at = change_at(before, uow.now)
    field = "plan_version_id" if change.plan_id is None else "plan_id"
    if change.plan_id is None and change.plan_version_id is None:
        raise InvalidInput("a plan is needed", field="plan_id", allowed="plan_id or plan_version_id")
    prices = dict(await prices_by_ids(uow, {item.price_id for item in items}))
    [planned] = await plans_of_spans(uow, [_span(change, at)])
    assert planned.version is not None
    assert planned.plan is not None
    now = await _agreed_now(uow, before, items, prices, at)
    agreed = await _agreed_then(uow, before, change, planned, now, field)
    prices |= {one.stretch.price.id: one.stretch.price for one in agreed}
    keeps = planned.plan.id == before.plan_id if change.keep_overrides is None else change.keep_overrides
    matched = _Matched(now, change, keeps_overrides=keeps)
    matched.match(agreed, field)
    if planned.version.id == before.plan_version_id and not matched:
        return before
    if not change.shared_usage:
        await lock_customer(uow, before.customer_id)
        known = {item.price_id for item in now.running}
        begins = [
            (one.stretch.price, field)
            for one in agreed
            if one.stretch.price.meter_id is not None and one.stretch.price.id not in known
        ]
        await refuse_shared_usage(uow, before, begins, at)
    await note_items(uow, before.customer_id, [one.stretch.price for one in agreed])
    there = replace(before, plan_id=planned.plan.id, plan_version_id=planned.version.id)
    there = await drop_phases(uow, there)
    behavior = change.behavior or before.policy.behavior
    done = switched(there, items, prices, matched.replacements, matched.additions, at, behavior, uow.new_id)
    facts = {"plan_id": there.plan_id, "plan_version_id": there.plan_version_id, "from": at}
    return await write_switched(uow, done, {"changed": ["plan", "items"], **facts})


async def subscribers_of(
    uow: Uow,
    plan_id: UUID,
    version_id: UUID,
    customer_ids: Sequence[UUID] | None = None,
    *,
    after: UUID | None = None,
    limit: int,
) -> list[UUID]:
    """The subscriptions to a version of a plan that have not ended, in the order of their ids."""
    return await repository_changes.subscribers(uow, plan_id, version_id, customer_ids, after, limit)


@dataclass(frozen=True, slots=True)
class _Now:
    """What a subscription pays from an instant on, as things stand.

    ``plans``: by its code, what the plan's prices and the overrides of them are; ``overrides`` and ``own``:
    the ids of the prices that are of the subscription's own, instead of the plan's and beside them.
    """

    running: Sequence[SubscriptionItem]
    plans: Mapping[str, Sequence[SubscriptionItem]]
    overrides: frozenset[UUID]
    own: frozenset[str]
    left_out: frozenset[str]


def _span(change: PlanChange, at: datetime) -> Span:
    return Span(
        start=at,
        end=None,
        path="",
        plan_path="",
        plan_id=change.plan_id,
        plan_version_id=change.plan_version_id,
        price_codes=change.price_codes,
        prices=(),
        overrides=change.overrides,
        quantities=change.quantities,
        defaults={},
    )


async def _agreed_now(
    uow: Uow,
    subscription: Subscription,
    items: Sequence[SubscriptionItem],
    prices: Mapping[UUID, Price],
    at: datetime,
) -> _Now:
    version: PlanVersion | None = None
    if subscription.plan_version_id is not None:
        version = (await plan_versions_by_ids(uow, [subscription.plan_version_id]))[
            subscription.plan_version_id
        ]
    codes = {price.code for price in version.prices} if version is not None else set()
    running = running_from(items, at)
    plans: defaultdict[str, list[SubscriptionItem]] = defaultdict(list)
    overrides, own = set(), set()
    for item in running:
        price = prices[item.price_id]
        if price.plan_id is None and price.code not in codes:
            own.add(price.code)
            continue
        plans[price.code].append(item)
        if price.plan_id is None:
            overrides.add(price.id)
    return _Now(running, plans, frozenset(overrides), frozenset(own), frozenset(codes - plans.keys()))


async def _agreed_then(
    uow: Uow, before: Subscription, change: PlanChange, planned: SpanPlan, now: _Now, field: str
) -> list[Agreed]:
    """What the new plan agrees to, with the quantities that the old one has."""
    assert planned.version is not None
    codes = change.price_codes
    if codes is None and now.left_out:
        codes = [price.code for price in planned.version.prices if price.code not in now.left_out]
    taken = {price.code: price for price in planned.version.prices if codes is None or price.code in codes}
    carried: dict[str, Decimal] = {
        code: chain[0].quantity
        for code, chain in now.plans.items()
        if code in taken and taken[code].quantity_source is QuantitySource.ITEM
    }
    span = replace(planned.span, price_codes=codes, quantities=carried | dict(change.quantities))
    try:
        agreed, _ = await agree(uow, [replace(planned, span=span)], span.start, before.currency)
    except InvalidInput as refused:
        if refused.field == "currency":
            raise InvalidInput(
                f"{refused.message}, and a subscription's currency does not change",
                field=field,
                allowed=f"a plan whose prices have amounts in {before.currency}; another currency is "
                "another subscription",
            ) from None
        raise
    return agreed


class _Matched:
    """Which items give way to what, by the codes of their prices."""

    def __init__(self, now: _Now, change: PlanChange, *, keeps_overrides: bool) -> None:
        self.now, self.change, self.keeps_overrides = now, change, keeps_overrides
        self.replacements: list[Replacement] = []
        self.additions: list[Addition] = []

    def __bool__(self) -> bool:
        return bool(self.replacements or self.additions)

    def match(self, agreed: Sequence[Agreed], field: str) -> None:
        """Match all of it."""
        by_code: defaultdict[str, list[Agreed]] = defaultdict(list)
        for one in agreed:
            by_code[one.stretch.price.code].append(one)
        for code in by_code:
            if code in self.now.own:
                raise InvalidInput(
                    f"the subscription has a price {code} of its own, and the plan has one too",
                    field=field,
                    allowed="price_codes without it",
                )
        given = {override.code for override in self.change.overrides}
        for code, chain in self.now.plans.items():
            wanted = by_code.pop(code, [])
            if not wanted:
                self.replacements += [Replacement(item, None, ONE, None) for item in chain]
            elif self.keeps_overrides and code not in given:
                self._within(chain, wanted[0])
            else:
                self._instead(chain, wanted)
        for wanted in by_code.values():
            self.additions += map(_addition, wanted)

    def _within(self, chain: Sequence[SubscriptionItem], wanted: Agreed) -> None:
        """The plan's price gives way wherever it holds; what the subscription has instead of it stays."""
        price = wanted.stretch.price
        for item in chain:
            if item.price_id in self.now.overrides:
                if price.code in self.change.quantities and item.quantity != wanted.quantity:
                    raise InvalidInput(
                        f"the subscription's own price {price.code} keeps its quantity",
                        field=f"quantities.{price.code}",
                        allowed="a change of the quantity, or keep_overrides false",
                    )
            elif (item.price_id, item.quantity) != (price.id, wanted.quantity):
                self.replacements.append(Replacement(item, price, wanted.quantity, item.ended_at))

    def _instead(self, chain: Sequence[SubscriptionItem], wanted: Sequence[Agreed]) -> None:
        """All of a code's items give way to what the new plan agrees to instead of them."""
        first, *later = chain
        stretch, quantity = wanted[0].stretch, wanted[0].quantity
        same = (first.price_id, first.quantity, first.ended_at) == (stretch.price.id, quantity, stretch.end)
        if not same:
            self.replacements.append(Replacement(first, stretch.price, quantity, stretch.end))
        self.replacements += [Replacement(item, None, ONE, None) for item in later]
        self.additions += map(_addition, wanted[1:])


def _addition(one: Agreed) -> Addition:
    return Addition(one.stretch.price, one.quantity, one.stretch.start, one.stretch.end)
