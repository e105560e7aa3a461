"""Between Reevit's subscriptions and ours.

Owns: which of their words is which of ours.  Always holds: a subscription made here has one price of its
own, in advance, in the minor units that were given; what is shown as plan or customer finds the same
subscription again when a list is asked for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from counterfoil.core.calendar import Interval, IntervalUnit
from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.ids import show_id
from counterfoil.core.money import Money, unit_of
from counterfoil.core.states import SubscriptionState
from counterfoil.faces.vendors.reevit.wire import SubscriptionRow
from counterfoil.modules.catalog import NewPrice
from counterfoil.modules.subscriptions import NewSubscription

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from counterfoil.faces.vendors.reevit.wire import SubscriptionCreate, SubscriptionUpdate
    from counterfoil.modules.subscriptions import ListedSubscription, Renewal

_S = SubscriptionState
STATUSES: Final[Mapping[SubscriptionState, str]] = {
    _S.DRAFT: "active",
    _S.TRIALING: "active",
    _S.ACTIVE: "active",
    _S.PAST_DUE: "active",
    _S.PAUSED: "paused",
    _S.CANCELLED: "canceled",
    _S.EXPIRED: "canceled",
}
STATES: Final = {
    word: [state for state in _S if STATUSES[state] == word] for word in sorted(set(STATUSES.values()))
}
"""Which of our states each of their statuses means."""

_UNITS: Final = {"monthly": IntervalUnit.MONTH, "yearly": IntervalUnit.YEAR}
_METHODS: Final = {"momo": "mobile_money", "bank": "bank_transfer"}
_LONGEST_NAME: Final = 200
WORDS: Final = {"plan_reference": "plan_id", "payment_method": "method", "name": "plan_id"}
"""What Reevit calls the fields of a subscription and its price."""


def price_words(currency: str) -> dict[str, str]:
    """What Reevit calls the fields of a new subscription's price."""
    amount = f"params.{currency}"
    below = {"name": "plan_id", amount: "amount", f"{amount}.amount": "amount"}
    return WORDS | below | {f"prices.0.{name}": word for name, word in below.items()}


def new_subscription(body: SubscriptionCreate, customer_id: UUID) -> NewSubscription:
    """A subscription to make; ``InvalidInput``."""
    price = new_price(body.plan_id, body.amount, body.currency, body.interval)
    return NewSubscription(
        customer_id,
        prices=[price],
        plan_reference=body.plan_id,
        payment_method=method_from_wire(body.method),
        currency=body.currency,
        meta=body.metadata or {},
    )


def new_price(plan: str, amount: int, currency: str, interval: str) -> NewPrice:
    """The price of a subscription's own: this amount, at this interval, in advance."""
    if amount < 0:
        raise InvalidInput("amount is below zero", field="amount", allowed="0 or more minor units")
    try:
        written = Money(amount, unit_of(currency)).amount_text()
    except TooLarge as error:
        raise error.within("amount") from None
    return NewPrice(
        name=plan[:_LONGEST_NAME],
        model="flat",
        params={currency: {"amount": written}},
        interval_unit=_UNITS[interval],
    )


def method_from_wire(method: str) -> str:
    """How a customer pays, in one word for each way."""
    word = method.strip().lower()
    return _METHODS.get(word, word)


def interval_to_wire(interval: Interval | None) -> str | None:
    """``monthly``, ``yearly``, or ``None`` for any other."""
    months = 0 if interval is None else interval.months
    return {1: "monthly", 12: "yearly"}.get(months)


def repriced(body: SubscriptionUpdate, before: SubscriptionRow, renewal: Renewal) -> NewPrice | None:
    """The price that an update asks for; ``None`` if it asks for none or for the present one.

    Raises ``InvalidInput`` for another amount, interval or plan of a subscription that does not renew with
    one fixed price at one of their intervals.
    """
    asked = {"amount": body.amount, "interval": body.interval, "plan_id": body.plan_id}
    changed = [name for name, value in asked.items() if value not in (None, getattr(before, name))]
    if not changed:
        return None
    if before.amount is msgspec.UNSET or before.interval is msgspec.UNSET or len(renewal.item_ids) != 1:
        raise InvalidInput(
            "this subscription does not renew with one amount, monthly or yearly",
            field=changed[0],
            allowed="a subscription with one fixed price",
        )
    return new_price(
        body.plan_id or before.plan_id or "",
        before.amount if body.amount is None else body.amount,
        before.currency,
        body.interval or before.interval,
    )


def check_kept(body: SubscriptionUpdate, before: SubscriptionRow) -> None:
    """Refuse what no update changes, unless it is as it is shown."""
    present = msgspec.to_builtins(before)
    for name, value in (body.model_extra or {}).items():
        if name in present and value not in (None, present[name]):
            allowed = "cancel and resume" if name == "status" else "leave it out"
            raise InvalidInput(f"{name} cannot be changed here", field=name, allowed=allowed)


def changes_of(body: SubscriptionUpdate) -> dict[str, Any]:
    """The labels that an update changes, by the names of our fields."""
    fields: dict[str, Any] = {}
    if body.plan_id is not None:
        fields["plan_reference"] = body.plan_id
    if body.method is not None:
        fields["payment_method"] = method_from_wire(body.method)
    if body.metadata is not None:
        fields["meta"] = body.metadata
    return fields


def subscription_to_wire(one: ListedSubscription, renewal: Renewal, organization: str) -> SubscriptionRow:
    """A subscription with what it renews with."""
    plan = one.plan_reference
    if plan is None and one.plan_id is not None:
        plan = show_id("plan", one.plan_id)
    return SubscriptionRow(
        one.id,
        organization,
        one.customer_external_id or show_id("customer", one.customer_id),
        plan,
        msgspec.UNSET if renewal.amount is None else renewal.amount.minor,
        one.currency,
        one.payment_method,
        interval_to_wire(renewal.interval) or msgspec.UNSET,
        STATUSES[one.status],
        renewal.at,
        dict(one.meta),
        one.created_at,
        one.updated_at,
    )
