"""What ``/v1/subscriptions`` takes and shows."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from pydantic import ConfigDict, Field

from counterfoil.core.errors import CounterfoilError
from counterfoil.core.proration import DEFAULT, ProrationPolicy
from counterfoil.core.states import SubscriptionState
from counterfoil.faces.kit.shapes import Answering
from counterfoil.faces.kit.wire import (
    AddOnId,
    CustomerId,
    DecimalText,
    InstantText,
    Metadata,
    PlanId,
    PlanVersionId,
    PriceId,
    SubscriptionId,
    SubscriptionItemId,
    SubscriptionPhaseId,
    Wire,
)
from counterfoil.faces.native.add_ons import ChosenAddOnIn
from counterfoil.faces.native.calculator_wire import PolicyIn
from counterfoil.faces.native.commitments_wire import CommitmentIn
from counterfoil.faces.native.credit_grants_wire import OwnGrantIn
from counterfoil.faces.native.prices import PriceIn
from counterfoil.faces.native.subscription_lifetime_wire import (
    OVERRIDE,
    PHASES,
    TERM,
    TRIAL,
    OverrideIn,
    PhaseIn,
    PhaseOut,
    TermIn,
    TermOut,
    TrialIn,
    phase_to_wire,
    term_to_wire,
)
from counterfoil.modules.subscriptions import (
    Alignment,
    Invoicing,
    NewSubscription,
    Subscription,
    SubscriptionChanges,
    SubscriptionItem,
    TrialEnd,
    item_end,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from counterfoil.modules.subscriptions import Phase

_INVOICING: Final = (
    "joint: on one invoice with what else of the same payer falls due at the same instant and is joint, in"
    " the same currency and time zone"
)
_LATE: Final = (
    "Instead of its issuer's: for so many days after an invoice is final, usage of its periods that comes"
    " late is billed on a later one"
)
_NEW: Final[dict[str, Any]] = {
    "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
    "plan_id": "plan_01kahgp1g0edgrx4zm6byashwq",
    "currency": "EUR",
    "quantities": {"seats": "12"},
    "overrides": [OVERRIDE],
    "started_at": "2026-01-15T09:00:00Z",
    "alignment": "calendar",
    "external_id": "contract-2026-017",
    "metadata": {"sold_by": "partner"},
}
_RAMP: Final[dict[str, Any]] = {
    "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
    "plan_id": "plan_01kahgp1g0edgrx4zm6byashwq",
    "started_at": "2026-01-15T09:00:00Z",
    "trial": TRIAL,
    "term": TERM,
    "phases": PHASES,
}
_OWN: Final[dict[str, Any]] = {
    "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
    "plan_reference": "gold-2026",
    "payment_method": "mobile_money",
    "currency": "GHS",
    "prices": [{"name": "Gold", "model": "flat", "params": {"GHS": {"amount": "49.90"}}}],
}
SUBSCRIPTION: Final[dict[str, Any]] = {
    "id": "sub_01kahgp1g0edgrx4zm6byashwr",
    "external_id": "contract-2026-017",
    "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
    "plan_id": "plan_01kahgp1g0edgrx4zm6byashwq",
    "plan_version_id": "plv_01kahgp1g0edgrx4zm6byashws",
    "plan_reference": None,
    "payment_method": "bank_transfer",
    "invoicing": "separate",
    "late_usage_days": None,
    "currency": "EUR",
    "zone": "Europe/Berlin",
    "status": "active",
    "started_at": "2026-01-15T09:00:00Z",
    "anchor_at": "2025-12-31T23:00:00Z",
    "alignment": "calendar",
    "cancel_at": None,
    "cancelled_at": None,
    "ended_at": None,
    "paused_at": None,
    "trial_ends_at": None,
    "trial_end_behavior": None,
    "term": {
        "interval": {"unit": "year", "count": 1},
        "ends_at": "2027-01-15T09:00:00Z",
        "auto_renew": True,
        "renewals_left": None,
    },
    "expires_at": None,
    "phase_id": None,
    "phases": [],
    "next_billing_at": "2026-01-31T23:00:00Z",
    "billing_error": None,
    "policy": DEFAULT.to_json(),
    "next_change_at": None,
    "items": [
        {
            "id": "si_01kahgp1g0edgrx4zm6byashwt",
            "price_id": "price_01kahgp1g0edgrx4zm6byashwv",
            "add_on_id": None,
            "quantity": "12",
            "started_at": "2026-01-15T09:00:00Z",
            "ended_at": None,
            "billed_to": "2026-01-31T23:00:00Z",
            "due_at": "2026-01-31T23:00:00Z",
            "anchor_at": "2025-12-31T23:00:00Z",
            "bill_from": None,
            "give_back_from": None,
        }
    ],
    "metadata": {"sold_by": "partner"},
    "version": 1,
    "created_at": "2026-01-15T09:00:00Z",
    "updated_at": "2026-01-15T09:00:00Z",
}


class SubscriptionIn(Wire):
    """A subscription to make, to a plan, to prices of its own, or to both."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NEW, _RAMP, _OWN]})

    customer_id: CustomerId
    plan_id: PlanId | None = Field(default=None, description="Its published version is taken")
    plan_version_id: PlanVersionId | None = Field(default=None, description="Instead of `plan_id`")
    price_codes: list[str] | None = Field(
        default=None,
        max_length=200,
        description="Which of the plan's prices it takes, by their codes, such as those for one of several "
        "intervals or currencies; all by default, none only beside `prices`",
    )
    prices: list[PriceIn] = Field(
        default_factory=list, description="Prices of its own; with them it needs no plan"
    )
    overrides: list[OverrideIn] = Field(
        default_factory=list, description="Its own price in the place of the plan's price with a code"
    )
    plan_reference: str | None = Field(
        default=None,
        description="What the seller calls the plan, where it has none here; up to 255 characters",
    )
    payment_method: str | None = Field(
        default=None, description="How the customer means to pay: one word in lower case, such as `card`"
    )
    invoicing: Invoicing = Field(default=Invoicing.SEPARATE, description=_INVOICING)
    late_usage_days: int | None = Field(default=None, strict=True, description=_LATE)
    currency: str | None = Field(default=None, description="ISO 4217; the customer's by default")
    quantities: dict[str, DecimalText] = Field(
        default_factory=dict,
        max_length=200,
        description="By the code of each price whose quantity is the item's; by default 1, or the fewest "
        "that the plan allows",
    )
    started_at: InstantText | None = Field(
        default=None, description="Now by default; may lie in the past, and then what has passed is billed"
    )
    alignment: Alignment = Field(
        default=Alignment.ANNIVERSARY,
        description="Periods begin at the anchor (`anniversary`) or with the day, week, month … (`calendar`)",
    )
    anchor_at: InstantText | None = Field(
        default=None, description="The instant whose day and time the periods remember; the start by default"
    )
    trial: TrialIn | None = Field(default=None, description="The plan's `trial_days` by default")
    term: TermIn | None = Field(default=None, description="Without an end by default")
    phases: list[PhaseIn] = Field(
        default_factory=list,
        description="Spans with what is paid in each, instead of `prices` and `overrides` of the whole: they "
        "follow each other without gap or overlap from the start on",
    )
    policy: PolicyIn = Field(
        default_factory=PolicyIn,
        description="How a part of a period is counted, and what a change in mid-period moves; every invoice "
        "is the sum of its rounded lines, so `net_rounding` is `sum_of_rounded`",
    )
    shared_usage: bool = Field(
        default=False,
        description="Another running subscription of the customer may be billed by the same meter: their "
        "events name their subscription, or usage shall be billed on both",
    )
    add_ons: list[ChosenAddOnIn] = Field(
        default_factory=list, max_length=50, description="What it has besides its plan, from the beginning on"
    )
    coupons: list[str] = Field(
        default_factory=list, max_length=5, description="The codes of coupons that are redeemed with it"
    )
    credit_grants: list[OwnGrantIn] = Field(
        default_factory=list, max_length=100, description="Besides those that the plan gives"
    )
    commitments: list[CommitmentIn] = Field(
        default_factory=list, max_length=50, description="What the customer commits to"
    )
    external_id: str | None = None
    metadata: Metadata = Field(default_factory=dict)

    def from_wire(self) -> NewSubscription:
        """The command, without the credit grants."""
        others = (
            *("prices", "overrides", "trial", "term", "phases", "add_ons", "credit_grants"),
            *("commitments", "policy", "metadata"),
        )
        given = {name: getattr(self, name) for name in type(self).model_fields if name not in others}
        return NewSubscription(
            **given,
            prices=[price.from_wire() for price in self.prices],
            overrides=[override.from_wire() for override in self.overrides],
            policy=_policy(self.policy),
            trial=None if self.trial is None else self.trial.from_wire(),
            term=None if self.term is None else self.term.from_wire(),
            phases=[phase.from_wire() for phase in self.phases],
            add_ons=[add_on.from_wire() for add_on in self.add_ons],
            meta=self.metadata,
        )


class SubscriptionPatch(Wire):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"external_id": "order-882", "metadata": {"sales": "Ada"}}]}
    )

    external_id: str | None = None
    plan_reference: str | None = None
    payment_method: str | None = None
    invoicing: Invoicing = Field(default=Invoicing.SEPARATE, description=_INVOICING)
    late_usage_days: int | None = Field(default=None, strict=True, description=_LATE)
    metadata: Metadata = Field(default_factory=dict)

    def from_wire(self, expected_version: int | None) -> SubscriptionChanges:
        """The command: only the fields that were sent."""
        fields = {name: getattr(self, name) for name in self.model_fields_set}
        if "metadata" in fields:
            fields["meta"] = fields.pop("metadata")
        return SubscriptionChanges(fields, expected_version)


class ItemOut(Wire):
    """One price on a subscription."""

    id: SubscriptionItemId
    price_id: PriceId
    add_on_id: AddOnId | None = Field(description="The add-on that it is of")
    quantity: DecimalText
    started_at: InstantText
    ended_at: InstantText | None
    billed_to: InstantText = Field(description="The end of the last service period that was billed")
    due_at: InstantText | None = Field(description="When something of it is to be billed next")
    anchor_at: InstantText = Field(description="What its periods remember")
    bill_from: InstantText | None = Field(description="Nothing of it is billed before: it waits till then")
    give_back_from: InstantText | None = Field(
        description="What was billed for the time from then on is given back once its time has ended"
    )


class SubscriptionOut(Wire):
    """A contract with a customer, with an item for each price."""

    model_config = ConfigDict(json_schema_extra={"examples": [SUBSCRIPTION]})

    id: SubscriptionId
    external_id: str | None
    customer_id: CustomerId
    plan_id: PlanId | None = Field(description="None where all its prices are its own")
    plan_version_id: PlanVersionId | None
    plan_reference: str | None = Field(description="What the seller calls the plan")
    payment_method: str | None = Field(description="How the customer means to pay")
    invoicing: Invoicing
    late_usage_days: int | None = Field(description=_LATE)
    currency: str
    zone: str = Field(description="The customer's time zone when the subscription was made")
    status: SubscriptionState
    started_at: InstantText
    anchor_at: InstantText
    alignment: Alignment
    cancel_at: InstantText | None = Field(description="The end that is scheduled")
    cancelled_at: InstantText | None = Field(description="When the cancellation was asked for")
    ended_at: InstantText | None
    paused_at: InstantText | None = Field(description="Since when it is paused, or was when it ended")
    trial_ends_at: InstantText | None = Field(description="The end of its trial, also once that is over")
    trial_end_behavior: TrialEnd | None = Field(description="What the end of the trial does")
    term: TermOut | None = Field(description="The term that runs; none where it goes on without an end")
    expires_at: InstantText | None = Field(description="When it ends by its own terms; none if never")
    phase_id: SubscriptionPhaseId | None = Field(description="The phase that runs, of one with phases")
    phases: list[PhaseOut]
    next_billing_at: InstantText | None
    billing_error: str | None = Field(description="Why it cannot be billed; it is held until `retry-billing`")
    policy: PolicyIn = Field(description="How it prorates")
    next_change_at: InstantText | None = Field(description="When its next scheduled change is due")
    items: list[ItemOut]
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText


def _policy_fields(policy: ProrationPolicy | PolicyIn) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in PolicyIn.model_fields}


def _policy(policy: PolicyIn) -> ProrationPolicy:
    """The policy; what contradicts itself names ``policy.…``."""
    try:
        return ProrationPolicy(**_policy_fields(policy))
    except CounterfoilError as refused:
        raise refused.within("policy") from None


_policy_out: Final = Answering(PolicyIn)
_subscription_out: Final = Answering(SubscriptionOut)
_item_out: Final = Answering(ItemOut)


def to_wire(
    subscription: Subscription, items: Sequence[SubscriptionItem], phases: Sequence[Phase] = ()
) -> SubscriptionOut:
    """A subscription with its items and phases on the wire."""
    return to_wires([subscription], {subscription.id: items}, {subscription.id: phases})[0]


def to_wires(
    subscriptions: Sequence[Subscription],
    items: Mapping[UUID, Sequence[SubscriptionItem]],
    phases: Mapping[UUID, Sequence[Phase]],
) -> list[SubscriptionOut]:
    """Subscriptions on the wire, each with its items and phases."""
    theirs = [items.get(one.id, ()) for one in subscriptions]
    lines = iter(
        _item_out.each(
            list(chain.from_iterable(theirs)),
            ended_at=[
                item_end(one, item) for one, some in zip(subscriptions, theirs, strict=True) for item in some
            ],
        )
    )
    policies = {id(one.policy): one.policy for one in subscriptions}  # there are few
    shown = {number: _policy_out(**_policy_fields(policy)) for number, policy in policies.items()}
    return _subscription_out.each(
        subscriptions,
        term=[term_to_wire(one) for one in subscriptions],
        phases=[[phase_to_wire(phase) for phase in phases.get(one.id, ())] for one in subscriptions],
        policy=[shown[id(one.policy)] for one in subscriptions],
        items=[list(islice(lines, len(some))) for some in theirs],
        metadata=[one.meta for one in subscriptions],
    )
