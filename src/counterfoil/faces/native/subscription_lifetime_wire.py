"""What subscriptions take and show of their own time: trials, terms, phases, pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import ConfigDict, Field

from counterfoil.faces.kit.shapes import Answering
from counterfoil.faces.kit.wire import (
    DecimalText,
    InstantText,
    PlanId,
    PlanVersionId,
    SubscriptionPhaseId,
    Wire,
)
from counterfoil.faces.native.prices import IntervalWire, PriceIn
from counterfoil.modules.subscriptions import (
    ChangeWhen,
    NewPhase,
    NewTerm,
    NewTrial,
    PriceOverride,
    TrialEnd,
)

if TYPE_CHECKING:
    from counterfoil.modules.subscriptions import Phase, Subscription

OVERRIDE: Final[dict[str, Any]] = {
    "code": "seats",
    "params": {"unit_amount": "9.50"},
    "starts_at": "2026-01-15T09:00:00Z",
    "ends_at": "2026-07-15T09:00:00Z",
}
TRIAL: Final[dict[str, Any]] = {"days": 14, "at_end": "need_payment_method"}
TERM: Final[dict[str, Any]] = {
    "interval": {"unit": "year", "count": 1},
    "auto_renew": True,
    "renewals": 2,
}
PHASES: Final[list[Any]] = [
    {"name": "first year", "quantities": {"seats": "10"}, "ends_at": "2027-01-15T09:00:00Z"},
    {
        "name": "from then on",
        "quantities": {"seats": "25"},
        "overrides": [{"code": "seats", "params": {"unit_amount": "8"}}],
    },
]
SHARED: Final = (
    "Another subscription of the customer may be billed by the same meter in the time that comes with this"
)


class OverrideIn(Wire):
    """What this subscription pays instead of a price of its plan, always or for a time."""

    model_config = ConfigDict(json_schema_extra={"examples": [OVERRIDE]})

    code: str = Field(description="The code of the plan's price")
    params: dict[str, Any] = Field(
        description="The parameters of the model in the subscription's currency; see a price's `params`"
    )
    model: str | None = Field(default=None, description="The plan's price's by default")
    starts_at: InstantText | None = Field(
        default=None, description="The subscription's start, or the phase's, by default"
    )
    ends_at: InstantText | None = Field(default=None, description="Not included; no end by default")

    def from_wire(self) -> PriceOverride:
        """The command."""
        return PriceOverride(self.code, self.params, self.model, self.starts_at, self.ends_at)


class TrialIn(Wire):
    """A time in use without charge, from the start on."""

    model_config = ConfigDict(json_schema_extra={"examples": [TRIAL]})

    days: int | None = Field(
        default=None,
        strict=True,
        description="So many days of the customer's time zone; 0 for no trial.  Without it and `ends_at` the "
        "plan's `trial_days`, or its `evaluation_days` where `at_end` is `expire`",
    )
    ends_at: InstantText | None = Field(default=None, description="Instead of `days`")
    at_end: TrialEnd = Field(
        default=TrialEnd.CONVERT,
        description="`convert`: it becomes active, and is billed from then on; `expire`: it ends, unless it "
        "was converted before (an evaluation); `need_payment_method`: it becomes active if it has a "
        "`payment_method` by then, and ends if not",
    )

    def from_wire(self) -> NewTrial:
        """The command."""
        return NewTrial(self.days, self.ends_at, self.at_end)


class TrialPatch(Wire):
    """Another end of a trial, or another outcome; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ends_at": "2026-02-15T09:00:00Z"}]})

    ends_at: InstantText | None = Field(default=None, description="After now; what is paid begins there")
    at_end: TrialEnd | None = None
    shared_usage: bool = Field(default=False, description=SHARED)


class TermIn(Wire):
    """How long a subscription is agreed for; nothing given: without an end."""

    model_config = ConfigDict(json_schema_extra={"examples": [TERM, {"ends_at": "2027-01-15T09:00:00Z"}]})

    interval: IntervalWire | None = Field(
        default=None, description="The length of a term; the first begins where what is paid begins"
    )
    ends_at: InstantText | None = Field(
        default=None, description="Instead of `interval`: the subscription expires then"
    )
    auto_renew: bool = Field(
        default=False, description="Another term follows each; else the subscription expires with its term"
    )
    renewals: int | None = Field(
        default=None,
        strict=True,
        description="How many terms follow the first that runs; without limit by default",
    )

    def from_wire(self) -> NewTerm:
        """The command."""
        every = self.interval
        return NewTerm(
            interval_unit=None if every is None else every.unit,
            interval_count=1 if every is None else every.count,
            ends_at=self.ends_at,
            auto_renew=self.auto_renew,
            renewals=self.renewals,
        )


class TermPut(TermIn):
    """What is agreed on how long a subscription runs, in place of what was agreed before."""

    shared_usage: bool = Field(default=False, description=SHARED)


class PhaseIn(Wire):
    """What holds in one span of a subscription."""

    model_config = ConfigDict(json_schema_extra={"examples": PHASES})

    name: str | None = None
    starts_at: InstantText | None = Field(
        default=None, description="Where the phase before it ends, by default; of the first, the start"
    )
    ends_at: InstantText | None = Field(
        default=None,
        description="Where the next phase begins, by default.  The last phase goes on; with an end, the "
        "subscription expires there",
    )
    plan_id: PlanId | None = Field(default=None, description="The subscription's plan by default")
    plan_version_id: PlanVersionId | None = Field(default=None, description="Instead of `plan_id`")
    price_codes: list[str] | None = Field(
        default=None, max_length=200, description="Which of the plan's prices it takes; all by default"
    )
    prices: list[PriceIn] = Field(default_factory=list, description="Prices of this phase alone")
    overrides: list[OverrideIn] = Field(
        default_factory=list, description="Its own price in the place of the plan's price with a code"
    )
    quantities: dict[str, DecimalText] = Field(
        default_factory=dict, max_length=200, description="By price code; the subscription's by default"
    )
    coupons: list[str] = Field(
        default_factory=list, max_length=5, description="The codes of coupons that hold in this phase"
    )

    def from_wire(self) -> NewPhase:
        """The command."""
        others = ("prices", "overrides", "coupons")
        given = {name: getattr(self, name) for name in type(self).model_fields if name not in others}
        return NewPhase(
            **given,
            prices=[price.from_wire() for price in self.prices],
            overrides=[override.from_wire() for override in self.overrides],
            discounts=self.coupons,
        )


class PhasesIn(Wire):
    """Phases from an instant ahead on, in place of what was agreed for that time."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"phases": [{"starts_at": "2027-01-15T09:00:00Z", "quantities": {"seats": "25"}}]}]
        }
    )

    phases: list[PhaseIn] = Field(description="One or more; the first says when it starts")
    shared_usage: bool = Field(default=False, description=SHARED)


class PauseIn(Wire):
    """When a subscription rests."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"when": "period_end", "resume_at": "2026-09-01T00:00:00Z"},
                {"when": "at", "at": "2026-07-01T00:00:00Z"},
            ]
        }
    )

    when: ChangeWhen = Field(
        default=ChangeWhen.NOW,
        description="`now`; `period_end`: at the next boundary of the longest interval among the prices that "
        "run; or `at`: at the instant that `at` says",
    )
    at: InstantText | None = Field(default=None, description="With when `at`: an instant ahead")
    resume_at: InstantText | None = Field(default=None, description="It goes on then by itself")


class ResumeIn(Wire):
    """When a subscription that rests goes on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"at": "2026-09-01T00:00:00Z"}]})

    at: InstantText | None = Field(default=None, description="An instant ahead; now by default")


class TermOut(Wire):
    """The term that runs, or the end that was fixed."""

    interval: IntervalWire | None = Field(description="The length of its terms; none where the end is fixed")
    ends_at: InstantText = Field(description="The end of the term that runs")
    auto_renew: bool
    renewals_left: int | None = Field(description="How many more; none where there is no limit")


class PhaseOut(Wire):
    """A span of a subscription; what is paid in it are the items in its time."""

    id: SubscriptionPhaseId
    name: str | None
    starts_at: InstantText
    ends_at: InstantText | None
    plan_id: PlanId | None
    plan_version_id: PlanVersionId | None


_term_out: Final = Answering(TermOut)
_phase_out: Final = Answering(PhaseOut)


def term_to_wire(subscription: Subscription) -> TermOut | None:
    """The term of a subscription that has one."""
    if subscription.term_ends_at is None:
        return None
    term = subscription.term
    return _term_out(
        interval=None if term is None else IntervalWire.model_construct(unit=term.unit, count=term.count),
        ends_at=subscription.term_ends_at,
        auto_renew=subscription.auto_renew,
        renewals_left=subscription.renewals_left,
    )


def phase_to_wire(phase: Phase) -> PhaseOut:
    """A phase on the wire."""
    return _phase_out(
        id=phase.id,
        name=phase.name,
        starts_at=phase.starts_at,
        ends_at=phase.ends_at,
        plan_id=phase.plan_id,
        plan_version_id=phase.plan_version_id,
    )
