"""What a change at an instant does to the items of a subscription: some end, others begin.

Pure: the subscription, its items, their prices and what shall take their place decide.
Owns: where an item is cut, from when what takes its place is billed, which cycle that follows, and on which
invoice all of it stands.
Does not own: what may take whose place (``terms``, ``plan_changes``), amounts (core).
Always holds: what takes an item's place begins where that item ends; no moment is billed twice: what was
billed beyond the change is given back, or the change waits for its end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from counterfoil.core.calendar import Alignment, Cycle
from counterfoil.core.proration import IntervalChange, ProrationBehavior
from counterfoil.core.states import SubscriptionState
from counterfoil.modules.subscriptions import planning
from counterfoil.modules.subscriptions.types import SubscriptionItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.core.calendar import Interval
    from counterfoil.modules.catalog import Price
    from counterfoil.modules.subscriptions.types import Subscription


@dataclass(frozen=True, slots=True)
class Replacement:
    """What takes an item's place until ``ended_at``: a price with a quantity, or nothing at all."""

    item: SubscriptionItem
    price: Price | None
    quantity: Decimal
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Addition:
    """A price that begins in nothing's place: with the change, or at ``start``, if that is later.

    ``add_on_id``: the add-on that it is of.  ``once``: it is charged for one whole interval from its start.
    """

    price: Price
    quantity: Decimal
    start: datetime
    end: datetime | None = None
    add_on_id: UUID | None = None
    once: bool = False


@dataclass(frozen=True, slots=True)
class Switched:
    """The subscription after a change: the items that it cut or rewrote, those it made, and the others."""

    subscription: Subscription
    changed: list[SubscriptionItem]
    added: list[SubscriptionItem]
    others: list[SubscriptionItem]


def running_at(items: Iterable[SubscriptionItem], at: datetime) -> list[SubscriptionItem]:
    """The items in whose time an instant lies."""
    return [item for item in items if item.started_at <= at and (item.ended_at is None or at < item.ended_at)]


def running_from(items: Iterable[SubscriptionItem], at: datetime) -> list[SubscriptionItem]:
    """The items of whose time something lies at or after an instant, in the order of their time."""
    left = [item for item in items if item.ended_at is None or item.ended_at > max(at, item.started_at)]
    return sorted(left, key=lambda item: item.started_at)


def switched(
    subscription: Subscription,
    items: Sequence[SubscriptionItem],
    prices: Mapping[UUID, Price],
    replacements: Sequence[Replacement],
    additions: Sequence[Addition],
    at: datetime,
    behavior: ProrationBehavior,
    new_id: Callable[[], UUID],
) -> Switched:
    """Let these items give way at ``at``, not before what is paid begins; ``prices`` are all there are.

    By ``create_prorations`` what is given back, what was served and what begins wait for the subscription's
    next invoice; by ``always_invoice``, and where a new cycle begins, they are due at once, with all that
    waited from changes before.  By ``none`` the
    running period stays as it was sold: the change waits for its end, also with another interval.
    """
    change = _Change(subscription, prices, at, behavior, new_id)
    replaced = {one.item.id for one in replacements}
    others = [item for item in items if item.id not in replaced]
    change.restart(items, replacements, additions, others)
    for one in replacements:
        change.replace(one)
    for addition in additions:
        change.add(addition)
    return change.done(others)


class _Change:
    """One change while it is worked out."""

    def __init__(
        self,
        subscription: Subscription,
        prices: Mapping[UUID, Price],
        at: datetime,
        behavior: ProrationBehavior,
        new_id: Callable[[], UUID],
    ) -> None:
        self.subscription, self.prices, self.at, self.new_id = subscription, prices, at, new_id
        self.keeps = behavior is ProrationBehavior.NONE
        self.waits = behavior is ProrationBehavior.CREATE_PRORATIONS
        self.begun = subscription.status not in (SubscriptionState.DRAFT, SubscriptionState.TRIALING)
        self.may_reset = (
            subscription.policy.interval_change is IntervalChange.RESET
            and subscription.alignment is Alignment.ANNIVERSARY
            and self.begun
        )
        self.resets = self.is_due = False
        self.main: Interval | None = None
        self.changed: list[SubscriptionItem] = []
        self.added: list[SubscriptionItem] = []

    def restart(
        self,
        items: Sequence[SubscriptionItem],
        replacements: Sequence[Replacement],
        additions: Sequence[Addition],
        others: Sequence[SubscriptionItem],
    ) -> None:
        """Whether the subscription's own interval changes, so that all that begins now begins a new cycle.

        And whether an invoice is due with the change.
        """
        self.is_due = any(item.due_at is not None and item.due_at <= self.at for item in items)
        before = [self.prices[item.price_id].interval for item in running_at(items, self.at)]
        after = [self.prices[item.price_id].interval for item in running_at(others, self.at)]
        begin = [one.price for one in replacements if one.price is not None]
        begin += [one.price for one in additions if one.add_on_id is None]  # those follow the cycle there is
        after += [price.interval for price in begin]
        self.main = planning.main_interval(after)
        self.resets = self.may_reset and bool(before) and bool(begin)
        self.resets = self.resets and planning.main_interval(before) != self.main

    def replace(self, one: Replacement) -> None:
        """Cut an item, or rewrite one of which nothing was billed and whose time is all to come.

        The same price at the same quantity is the same item, which may end at another time.
        """
        old = one.item
        if one.price is not None and (one.price.id, one.quantity) == (old.price_id, old.quantity):
            self.changed.append(replace(old, ended_at=one.ended_at))
            return
        if old.started_at >= self.at and old.billed_to == old.started_at:
            self._rewrite(one)
            return
        cut = self._sold_to(old) if self.keeps else self.at
        if old.ended_at is not None:
            cut = min(cut, old.ended_at)
        gives_back = not self.keeps and old.billed_to > cut
        self.changed.append(
            replace(old, ended_at=cut, give_back_from=cut if gives_back else old.give_back_from)
        )
        if one.price is None or (one.ended_at is not None and one.ended_at <= cut):
            return
        resets = self._resets(one.price, old)
        self.added.append(
            replace(
                old,
                id=self.new_id(),
                price_id=one.price.id,
                quantity=one.quantity,
                started_at=cut,
                ended_at=one.ended_at,
                billed_to=cut,
                anchor_at=cut if resets else old.anchor_at,
                bill_from=None,
                paid_by_id=None,
            )
        )

    def _rewrite(self, one: Replacement) -> None:
        old = one.item
        if one.price is None:
            self.changed.append(replace(old, ended_at=old.started_at))
            return
        new = replace(old, price_id=one.price.id, quantity=one.quantity, ended_at=one.ended_at)
        if self._resets(one.price, old):
            new = replace(new, anchor_at=old.started_at)
        self.changed.append(new)

    def _resets(self, price: Price, old: SubscriptionItem) -> bool:
        another = price.interval != self.prices[old.price_id].interval
        if another and self.may_reset:
            self.waits = False  # a new cycle begins with a whole period, which is due at once
        return self.resets or (another and self.may_reset)

    def _sold_to(self, old: SubscriptionItem) -> datetime:
        """The end of the period that runs, which may have been billed already."""
        if old.billed_to > self.at:
            return old.billed_to
        cycle = planning.item_cycle(self.subscription, old, self.prices[old.price_id].interval)
        return cycle.first_boundary(self.at)

    def add(self, one: Addition) -> None:
        """Begin what takes nothing's place."""
        start = max(one.start, self.at)
        cycle = planning.cycle_of(self.subscription, one.price.interval)
        waits = self.keeps and not one.once and not self.resets
        if waits and start == self.at and self.begun:
            start = cycle.first_boundary(start)
        anchor, end = start if self.resets else self.subscription.anchor_at, one.end
        if one.once:
            anchor, end = start, Cycle(one.price.interval, start, self.subscription.zone).boundary(1)
        if end is not None and end <= start:
            return
        self.added.append(
            SubscriptionItem(
                id=self.new_id(),
                subscription_id=self.subscription.id,
                price_id=one.price.id,
                quantity=one.quantity,
                started_at=start,
                ended_at=end,
                billed_to=start,
                due_at=None,
                anchor_at=anchor,
                add_on_id=one.add_on_id,
            )
        )

    def done(self, others: list[SubscriptionItem]) -> Switched:
        """All of it, each item with when it is due."""
        subscription = self.subscription
        if self.resets:
            subscription = replace(subscription, anchor_at=self._anchor(others))
        together = self._next_invoice(others) if self.waits and not self.resets else self.at

        def settled(item: SubscriptionItem, *, new: bool) -> SubscriptionItem:
            moved = (new or item.ended_at == self.at) and item.started_at <= self.at and self.begun
            if not self.keeps:
                item = replace(item, bill_from=together if moved or item.bill_from else None)
            return planning.with_due(subscription, item, self.prices[item.price_id])

        def called(item: SubscriptionItem) -> SubscriptionItem:
            item = replace(item, bill_from=together)
            return planning.with_due(subscription, item, self.prices[item.price_id])

        # What waited comes along: else the charge of an earlier change would be invoiced without its credit.
        late = [one for one in others if one.bill_from is not None and one.bill_from > together]
        late = [] if self.keeps else late
        changed = [settled(item, new=False) for item in self.changed] + [called(item) for item in late]
        added = [settled(item, new=True) for item in self.added]
        return Switched(subscription, changed, added, [one for one in others if one not in late])

    def _anchor(self, others: Sequence[SubscriptionItem]) -> datetime:
        """Where the new cycle of the subscription's interval began."""
        for item in (*self.added, *self.changed, *others):
            if self.prices[item.price_id].interval == self.main and item.ended_at != self.at:
                return item.anchor_at
        return self.subscription.anchor_at

    def _next_invoice(self, others: Sequence[SubscriptionItem]) -> datetime:
        """When the next invoice will be drafted anyway: with the change, if one is due then, or none will."""
        if self.is_due:
            return self.at
        instants = [item.due_at for item in others if item.due_at is not None and item.due_at > self.at]
        for item in (*self.added, *self.changed):
            if item.ended_at == self.at:
                continue
            cycle = planning.item_cycle(self.subscription, item, self.prices[item.price_id].interval)
            instants.append(cycle.next_boundary(max(self.at, item.started_at)))
            if item.started_at > self.at:
                instants.append(item.started_at)
        return min(instants, default=self.at)
