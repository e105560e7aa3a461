"""Discounts of a batch of charges: what was redeemed, and what it takes from the lines of each invoice.

Owns: which discounts reach which charges, and that what is taken once is taken on one standing invoice.
Does not own: how discounts are worked out (``core.coupons``), who redeemed what (subscriptions).
Always holds: a line is rated with its discounts by the pipeline, so that it explains and redoes itself; what
is taken once is locked from when it is read until its invoice is written.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from counterfoil.core.coupons import CouponDuration, Granted, rate_discounted
from counterfoil.core.ids import parse_id, show_id
from counterfoil.core.money import unit_of
from counterfoil.core.rating import Cadence, Explanation
from counterfoil.core.states import InvoiceState
from counterfoil.modules.catalog import coupons_by_ids
from counterfoil.modules.invoicing import invoices_by_ids
from counterfoil.modules.subscriptions import (
    coverage_of,
    discounts_of,
    lock_discounts,
    note_taken,
    plan_ids_of,
    sold_prices,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from counterfoil.core.coupons import Sold
    from counterfoil.core.rating import RatingInput
    from counterfoil.modules.billing.charges import Charge
    from counterfoil.modules.catalog import Coupon
    from counterfoil.modules.invoicing import NewLine
    from counterfoil.modules.subscriptions import SubscriptionDiscount
    from counterfoil.store import Uow


@dataclass(frozen=True, slots=True)
class Discounts:
    """What was redeemed, by the id of the subscription or customer that has it.

    ``plans``: the plan of each subscription; ``sold``: what coverage asks of each price under a plan.
    ``taken``: of each discount that is taken once, the standing invoice that has it.
    """

    granted: Mapping[UUID, Sequence[Granted]] = field(default_factory=dict)
    plans: Mapping[UUID, UUID | None] = field(default_factory=dict)
    sold: Mapping[tuple[UUID, UUID | None], Sold] = field(default_factory=dict)
    taken: dict[UUID, UUID | None] = field(default_factory=dict)

    def reaching(self, charge: Charge, invoice_id: UUID | None) -> list[Granted]:
        """What is taken from a charge on an invoice; ``None``: one that is being made."""
        owned = [*self.granted.get(charge.subscription_id, ()), *self.granted.get(charge.customer_id, ())]
        if not owned:
            return []
        sold = self.sold[charge.price.id, self.plans.get(charge.subscription_id)]
        return [
            one
            for one in owned
            if one.holds(charge.price.cadence, charge.start, charge.end)
            and (one.ref in charge.discounted_by or one.takes_from(sold, charge.currency))
            and self.taken.get(UUID(int=one.number)) in (None, invoice_id)
        ]

    def applied(
        self,
        charges: Sequence[Charge],
        lines: Sequence[NewLine],
        inputs: Callable[[int], RatingInput],
        invoice_id: UUID | None = None,
    ) -> list[NewLine]:
        """The lines of one invoice with what is taken from them; ``inputs`` rates each of them again.

        Where several subscriptions stand on it, each has its own amounts: they do not depend on the others.
        """
        found = list(lines)
        by_subscription: defaultdict[UUID, list[int]] = defaultdict(list)
        for index, charge in enumerate(charges):
            by_subscription[charge.subscription_id].append(index)
        for own in by_subscription.values():
            reaching = [self.reaching(charges[index], invoice_id) for index in own]
            if not any(reaching):
                continue
            unit = unit_of(charges[own[0]].currency)
            rated = rate_discounted([inputs(index) for index in own], reaching, unit)
            for index, one in zip(own, rated, strict=True):
                found[index] = replace(lines[index], rated=one)
            taken = _once([found[index] for index in own]) & self.taken.keys()
            self.taken.update(dict.fromkeys(taken, _BY_THIS_BATCH))
        return found


NONE: Final = Discounts()
_BY_THIS_BATCH: Final = UUID(int=0)


async def load_discounts(uow: Uow, charges: Sequence[Charge]) -> Discounts:
    """The discounts that may reach these charges: one statement where there are none, seven at most."""
    if not charges:
        return NONE
    since = min(one.start if one.price.cadence is Cadence.IN_ADVANCE else one.end for one in charges)
    subscription_ids = {charge.subscription_id for charge in charges}
    found = await discounts_of(uow, subscription_ids, {charge.customer_id for charge in charges}, since)
    if not found:
        return NONE
    coupons = await coupons_by_ids(uow, {one.coupon_id for one in found})
    plans = await plan_ids_of(uow, subscription_ids)
    granted: defaultdict[UUID, list[Granted]] = defaultdict(list)
    for one in found:
        granted[one.subscription_id or one.customer_id].append(_granted(one, coupons[one.coupon_id]))
    once = [one.id for one in found if coupons[one.coupon_id].duration is CouponDuration.ONCE]
    sold = await sold_prices(uow, [(one.price, plans.get(one.subscription_id)) for one in charges])
    return Discounts(granted, plans, sold, await _taken(uow, once))


async def note_discounts(
    uow: Uow, discounts: Discounts, written: Iterable[tuple[UUID, Sequence[NewLine]]]
) -> None:
    """Note which invoices took what is taken once, and which take it no more; one statement at most."""
    if not discounts.taken:
        return
    changed: dict[UUID, UUID | None] = {}
    for invoice_id, lines in written:
        has = _once(lines) & discounts.taken.keys()
        changed |= dict.fromkeys(has, invoice_id)
        changed |= {one: None for one, on in discounts.taken.items() if on == invoice_id and one not in has}
    await note_taken(uow, changed)


async def _taken(uow: Uow, ids: Sequence[UUID]) -> dict[UUID, UUID | None]:
    """The standing invoice that has each of these discounts, all of them locked; a void one has none."""
    if not ids:
        return {}
    locked = await lock_discounts(uow, ids)
    invoices = await invoices_by_ids(
        uow, {one.taken_on for one in locked.values() if one.taken_on is not None}
    )
    standing = {id_ for id_, invoice in invoices.items() if invoice.status is not InvoiceState.VOID}
    return {one.id: one.taken_on if one.taken_on in standing else None for one in locked.values()}


def _granted(discount: SubscriptionDiscount, coupon: Coupon) -> Granted:
    return Granted(
        number=discount.id.int,
        ref=show_id("discount", discount.id),
        name=coupon.name,
        percent=coupon.percent,
        amounts={code: Decimal(amount) for code, amount in coupon.amounts.items()},
        first_units=coupon.first_units,
        once=coupon.duration is CouponDuration.ONCE,
        starts_at=discount.starts_at,
        ends_at=discount.ends_at,
        coverage=coverage_of(coupon),
    )


def _once(lines: Sequence[NewLine]) -> set[UUID]:
    """The discounts that take anything from these lines."""
    return {
        parse_id("discount", applied.discount.ref)
        for line in lines
        if isinstance(line.rated.explanation, Explanation)
        for applied in line.rated.explanation.discounts
        if applied.amount and applied.discount.ref
    }
