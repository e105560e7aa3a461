"""Commands and views of subscriptions."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from counterfoil.core.calendar import Alignment, Interval, IntervalUnit
from counterfoil.core.proration import DEFAULT, ProrationBehavior, ProrationPolicy

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.billing_periods import ServicePeriod
    from counterfoil.core.states import SubscriptionState
    from counterfoil.modules.catalog import NewPrice


class CancelWhen(StrEnum):
    """When a cancellation takes effect."""

    NOW = "now"
    PERIOD_END = "period_end"
    AT = "at"
    """At an instant that is given."""


ChangeWhen = CancelWhen
"""When a change takes effect: in the same words as a cancellation."""


class ChangeKind(StrEnum):
    """What a scheduled change does."""

    PLAN = "plan"
    QUANTITY = "quantity"
    REPRICE = "reprice"
    ADD_ADD_ON = "add_add_on"
    REMOVE_ADD_ON = "remove_add_on"
    PAUSE = "pause"
    RESUME = "resume"


class ChangeStatus(StrEnum):
    """Where a scheduled change stands."""

    SCHEDULED = "scheduled"
    APPLIED = "applied"
    CANCELLED = "cancelled"
    """Taken back before its date."""
    FAILED = "failed"
    """Its date came, and it was refused; ``reason`` says why, and nothing of it was done."""


@dataclass(frozen=True, slots=True)
class ScheduledChange:
    """A change of a subscription that was asked for ahead of its time.

    ``command`` is what it does, as its kind reads it.  ``applied_at`` is when it was done, ``reason`` why it
    was not.
    """

    id: UUID
    subscription_id: UUID
    kind: ChangeKind
    command: Mapping[str, Any]
    due_at: datetime
    status: ChangeStatus
    reason: str | None
    applied_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Invoicing(StrEnum):
    """On which invoices the lines of a subscription stand."""

    SEPARATE = "separate"
    """On its own."""
    JOINT = "joint"
    """With whatever else of the same payer falls due at the same instant and is joint too."""


class TrialEnd(StrEnum):
    """What the end of a trial does to a subscription that goes on until then."""

    CONVERT = "convert"
    """It becomes active, and is billed from then on."""
    EXPIRE = "expire"
    """It ends: an evaluation, after which nothing is agreed unless somebody converts it before."""
    NEED_PAYMENT_METHOD = "need_payment_method"
    """It becomes active if it has a payment method by then, and ends if not."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A contract: what a customer gets, since when, by which calendar, in which currency.

    ``plan_id`` and ``plan_version_id`` are ``None`` where all its prices are its own; ``plan_reference`` is
    what the seller calls the plan there.  ``payment_method``: how the customer means to pay, one word.
    ``zone`` is the customer's when the subscription was made.  ``anchor_at`` is the instant whose local day
    and time of day its periods remember.  ``cancel_at`` is the end that was scheduled, ``cancelled_at`` when
    it was asked for, ``ended_at`` when the subscription ended; ``paused_at`` since when it is paused, or was
    when it ended.  ``trial_ends_at``: until then it is, or was, in use without charge, and
    ``trial_end_behavior`` says what happens then.  ``term_ends_at`` is the end of the term that runs, which
    is ``term_unit`` × ``term_count`` long (``None``: an end that was fixed), and is followed by another where
    ``auto_renew``, ``renewals_left`` times more (``None``: without limit).  ``expires_at``: when it ends by
    these terms; ``None`` if never.  ``phase_id`` is its phase that runs, or ran last, of one that has phases,
    ``next_phase_at`` when the next begins.  ``next_billing_at`` is the next instant at which the billing run
    has something to do here; ``None`` once nothing is left.  ``billing_error`` says why it could not bill the
    subscription, which is held then until somebody lets it be tried again.  ``policy`` says how a part of a
    period is counted and what a change moves, ``next_change_at`` when the next scheduled change is due,
    ``commitment_due_at`` when a commitment has something to bill next, or ends.  ``invoicing`` says whether
    its lines stand on invoices of its own.
    """

    id: UUID
    external_id: str | None
    customer_id: UUID
    plan_id: UUID | None
    plan_version_id: UUID | None
    plan_reference: str | None
    payment_method: str | None
    currency: str
    zone: str
    status: SubscriptionState
    started_at: datetime
    anchor_at: datetime
    alignment: Alignment
    cancel_at: datetime | None
    cancelled_at: datetime | None
    ended_at: datetime | None
    paused_at: datetime | None
    trial_ends_at: datetime | None
    trial_end_behavior: TrialEnd | None
    term_unit: IntervalUnit | None
    term_count: int | None
    term_ends_at: datetime | None
    auto_renew: bool
    renewals_left: int | None
    expires_at: datetime | None
    phase_id: UUID | None
    next_phase_at: datetime | None
    next_billing_at: datetime | None
    billing_error: str | None
    policy: ProrationPolicy
    next_change_at: datetime | None
    meta: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    commitment_due_at: datetime | None = None
    invoicing: Invoicing = Invoicing.SEPARATE
    late_usage_days: int | None = None

    @property
    def term(self) -> Interval | None:
        """The length of its terms, if they recur."""
        if self.term_unit is None or self.term_count is None:
            return None
        return Interval(self.term_unit, self.term_count)


@dataclass(frozen=True, slots=True)
class SubscriptionItem:
    """One price on a subscription, in ``[started_at, ended_at)`` as it was agreed.

    Other items may go on where it ends, at another price.  It is not billed beyond its subscription's end,
    nor while that is paused.  ``billed_to`` is the end of the last service period that was billed (the start,
    before any was), ``due_at`` when something of it is to be drafted next: a period at its start in advance,
    at its end in arrears; ``None`` when nothing is left.  ``anchor_at``: what its periods remember, which is
    another than the subscription's where only one of them began a new cycle.  Nothing of it is drafted before
    ``bill_from``: it waits for the next invoice.  What was billed beyond ``give_back_from`` is to be given
    back once its time has ended.  ``paid_by_id``: the item before a pause on whose line the time up to
    ``billed_to`` was paid, until something of this one is billed.
    """

    id: UUID
    subscription_id: UUID
    price_id: UUID
    quantity: Decimal
    started_at: datetime
    ended_at: datetime | None
    billed_to: datetime
    due_at: datetime | None
    anchor_at: datetime
    bill_from: datetime | None = None
    give_back_from: datetime | None = None
    add_on_id: UUID | None = None
    paid_by_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """A span ``[starts_at, ends_at)`` of a subscription with prices, quantities and discounts of its own.

    The phases of a subscription tile its time; the last goes on (``ends_at`` is ``None``) as long as it does.
    What is paid in one is its items in that time.  ``discounts``: what is taken off in it.
    """

    id: UUID
    subscription_id: UUID
    name: str | None
    plan_id: UUID | None
    plan_version_id: UUID | None
    starts_at: datetime
    ends_at: datetime | None
    discounts: Sequence[Any]


@dataclass(frozen=True, slots=True)
class DueSubscription:
    """A subscription that the billing run has locked, with its items in the order they were made."""

    subscription: Subscription
    items: Sequence[SubscriptionItem]


@dataclass(frozen=True, slots=True)
class ItemAdvance:
    """An item was billed up to ``billed_to``, and has something to be drafted next at ``due_at``.

    ``give_back_from`` is what is still to be given back, once credits were drafted: nothing.
    """

    item_id: UUID
    billed_to: datetime
    due_at: datetime | None
    give_back_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What was billed of an item for ``[since, billed_to)`` is to be given back, from ``due_at`` on."""

    since: datetime
    billed_to: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """The service periods of an item that are to be billed, in order, and where that leaves the item.

    ``credit`` is what is to be given back of what was billed before them.
    """

    periods: Sequence[ServicePeriod]
    advance: ItemAdvance
    credit: GivenBack | None = None


@dataclass(frozen=True, slots=True)
class PriceOverride:
    """Another price for one subscription instead of the plan's price with this ``code``.

    ``params``: the model's parameters in the subscription's currency; ``model``: the plan's price's by
    default.  All else (terms, meter, interval, cadence, taxes ...) is as in the plan.  It holds
    in ``[starts_at, ends_at)``, from the subscription's start and without end where they are not given.
    """

    code: str
    params: Mapping[str, Any]
    model: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewTrial:
    """A time without charge from the start on: ``days`` (0: none at all), or until ``ends_at``.

    With neither, the plan's: its ``trial_days``, or its ``evaluation_days`` where ``at_end`` is ``expire``.
    ``at_end``: what happens then; to convert by default.
    """

    days: int | None = None
    ends_at: datetime | None = None
    at_end: TrialEnd = TrialEnd.CONVERT


@dataclass(frozen=True, slots=True)
class NewTerm:
    """How long it is agreed for: terms of ``interval_unit`` × ``interval_count``, or until ``ends_at``.

    With neither it goes on without end.

    The first term begins where what is paid begins.  ``auto_renew``: another one follows each,
    ``renewals`` times (``None``: without limit).
    """

    interval_unit: str | None = None
    interval_count: int = 1
    ends_at: datetime | None = None
    auto_renew: bool = False
    renewals: int | None = None


@dataclass(frozen=True, slots=True)
class NewPhase:
    """What holds in one span of a subscription; the fields are as in ``NewSubscription``.

    ``starts_at``: where the phase before it ends, by default, or the subscription begins.  ``ends_at``: where
    the next one begins; the last goes on without end unless it says one, at which the subscription expires.
    Plan and ``price_codes`` are the subscription's by default, and quantities that it does not name.
    """

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    name: str | None = None
    plan_id: UUID | None = None
    plan_version_id: UUID | None = None
    price_codes: Collection[str] | None = None
    prices: Sequence[NewPrice] = ()
    overrides: Sequence[PriceOverride] = ()
    quantities: Mapping[str, Decimal] = field(default_factory=dict)
    discounts: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class ChosenAddOn:
    """An add-on to have, by its code; its quantity is that of its prices that take one.

    ``shared_usage``: as in ``NewSubscription``, for what it is billed by.
    """

    code: str
    quantity: Decimal = Decimal(1)
    shared_usage: bool = False


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """A subscription to make.

    At most one of ``plan_id`` (its published version is taken) and ``plan_version_id``; with neither,
    ``prices`` has one or more.  ``price_codes``: which of the plan's prices it takes, by their codes; all by
    default, and none only beside prices of its own.  A plan that has no prices gives its features and
    credits for nothing: there is nothing to bill.  ``prices``: its own, beside the plan's; ``overrides``:
    its own instead of the plan's.  ``plan_reference``: what the seller calls the plan (1 to 255 characters).
    ``payment_method``: a word in lower case such as ``card``.  ``late_usage_days``: instead of its issuer's,
    0 to 3,650.  ``currency``: the customer's by default.
    ``quantities``: by the code of prices whose quantity is the item's; 1 by default.  ``started_at``: now by
    default; it may lie in the past, and what has passed is billed at once.  ``anchor_at``: with alignment
    ``anniversary`` only; the start by default.  ``shared_usage``: prices may read a meter that another
    running subscription of the customer is billed by, because the customer's events name their subscription
    or because usage shall be billed on both.  ``policy``: how it prorates; every invoice is the sum of its
    rounded lines, so ``net_rounding`` is no choice.  ``trial``: the plan's ``trial_days`` by default.
    ``term``: without end by default.  ``phases``: spans with what is paid in each, instead of ``prices`` and
    ``overrides`` of the whole; coupons of a phase hold in it.  ``add_ons``: what it has besides from the
    beginning on.  ``coupons``: the codes of those that are redeemed with it.
    """

    customer_id: UUID
    plan_id: UUID | None = None
    plan_version_id: UUID | None = None
    price_codes: Collection[str] | None = None
    prices: Sequence[NewPrice] = ()
    overrides: Sequence[PriceOverride] = ()
    plan_reference: str | None = None
    payment_method: str | None = None
    invoicing: Invoicing = Invoicing.SEPARATE
    late_usage_days: int | None = None
    currency: str | None = None
    quantities: Mapping[str, Decimal] = field(default_factory=dict)
    started_at: datetime | None = None
    alignment: Alignment = Alignment.ANNIVERSARY
    anchor_at: datetime | None = None
    policy: ProrationPolicy = DEFAULT
    trial: NewTrial | None = None
    term: NewTerm | None = None
    phases: Sequence[NewPhase] = ()
    add_ons: Sequence[ChosenAddOn] = ()
    coupons: Sequence[str] = ()
    shared_usage: bool = False
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanChange:
    """Another plan, or another version of one, for a subscription that is there.

    Exactly one of ``plan_id`` (its published version is taken) and ``plan_version_id``.  A price that it has
    already goes on as it is; one with a code that it has takes the place of that price, with its quantity
    unless ``quantities`` says another; all other prices of the old plan end.  ``price_codes``: which of the
    new plan's prices it takes; by default all but those that it left out of the old plan.  ``overrides``: its
    own instead of the new plan's.  ``keep_overrides``: its own prices instead of the old plan's hold instead
    of the new plan's too, where that has their codes; by default within one plan, and not from one to
    another.  Prices of its own beside the plan's go on.  ``behavior``: what it moves; the subscription's
    policy by default.
    """

    plan_id: UUID | None = None
    plan_version_id: UUID | None = None
    price_codes: Collection[str] | None = None
    overrides: Sequence[PriceOverride] = ()
    keep_overrides: bool | None = None
    quantities: Mapping[str, Decimal] = field(default_factory=dict)
    behavior: ProrationBehavior | None = None
    shared_usage: bool = False


@dataclass(frozen=True, slots=True)
class SubscriptionFilter:
    """Which subscriptions to find; what is ``None`` does not narrow.

    ``plan_ids`` and ``plan_reference`` together find what has one or the other.  ``created_from`` and
    ``created_to`` both count in.  An empty collection finds nothing.
    """

    ids: Collection[UUID] | None = None
    customer_ids: Collection[UUID] | None = None
    plan_ids: Collection[UUID] | None = None
    plan_reference: str | None = None
    statuses: Collection[SubscriptionState] | None = None
    external_ids: Collection[str] | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionChanges:
    """Fields to change, by name; a field that is not there stays as it is.

    ``expected_version`` is the version that the caller saw (If-Match); ``None`` changes any.
    """

    fields: Mapping[str, Any]
    expected_version: int | None = None
