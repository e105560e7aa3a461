"""What changes of a subscription take and show."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from pydantic import ConfigDict, Field

from counterfoil.core.ids import show_id
from counterfoil.core.proration import CancelCredit, ProrationBehavior
from counterfoil.faces.kit.wire import (
    DecimalText,
    InstantText,
    PlanId,
    PlanVersionId,
    SubscriptionChangeId,
    SubscriptionId,
    Wire,
)
from counterfoil.faces.native.prices import PriceIn
from counterfoil.faces.native.subscription_lifetime_wire import OverrideIn
from counterfoil.modules.subscriptions import (
    CancelWhen,
    ChangeKind,
    ChangeStatus,
    ChangeWhen,
    PlanChange,
    ScheduledChange,
)

_REPRICE: Final[dict[str, Any]] = {
    "name": "Gold",
    "model": "flat",
    "params": {"GHS": {"amount": "59.90"}},
    "when": "period_end",
}
_PLAN: Final[dict[str, Any]] = {
    "plan_id": "plan_01kahgp1g0edgrx4zm6byashwx",
    "quantities": {"seats": "20"},
    "when": "now",
    "behavior": "always_invoice",
}
_CHANGE: Final[dict[str, Any]] = {
    "id": "subchg_01kahgp1g0edgrx4zm6byashwy",
    "subscription_id": "sub_01kahgp1g0edgrx4zm6byashwr",
    "kind": "quantity",
    "command": {"code": "seats", "quantity": "15", "behavior": None},
    "due_at": "2026-01-31T23:00:00Z",
    "status": "scheduled",
    "reason": None,
    "applied_at": None,
    "created_at": "2026-01-15T09:00:00Z",
    "updated_at": "2026-01-15T09:00:00Z",
}


class When(Wire):
    """When a change takes effect, and what it moves."""

    when: ChangeWhen = Field(
        default=ChangeWhen.NOW,
        description="`now`; `period_end`: with the period that runs; or `at`: at the instant that `at` says",
    )
    at: InstantText | None = Field(default=None, description="With when `at`: an instant ahead")
    behavior: ProrationBehavior | None = Field(
        default=None,
        description="`create_prorations`: credits and charges are on the next invoice; `always_invoice`: on "
        "one of its own at once; `none`: the running period stays as it was sold. As the subscription's "
        "policy says if left out",
    )


class ItemPatch(When):
    """Another quantity for an item."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"quantity": "15"}, {"quantity": "8", "when": "period_end"}]}
    )

    quantity: DecimalText


class RepriceIn(PriceIn):
    """Another price for an item, of the subscription's own."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REPRICE]})

    when: ChangeWhen = Field(
        default=ChangeWhen.NOW, description="`now`, `period_end` of the item, or `at` an instant"
    )
    at: InstantText | None = Field(default=None, description="With when `at`: an instant ahead")
    behavior: ProrationBehavior | None = Field(
        default=None,
        description="`create_prorations`, `always_invoice` or `none`; the subscription's policy by default",
    )
    shared_usage: bool = Field(
        default=False, description="Another running subscription of the customer may be billed by its meter"
    )


class PlanChangeIn(When):
    """Another plan for a subscription, or another version of its plan."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PLAN]})

    plan_id: PlanId | None = Field(default=None, description="Its published version is taken")
    plan_version_id: PlanVersionId | None = Field(default=None, description="Instead of `plan_id`")
    price_codes: list[str] | None = Field(
        default=None,
        max_length=200,
        description="Which of the plan's prices it takes; by default all but those that it left out before",
    )
    quantities: dict[str, DecimalText] = Field(
        default_factory=dict,
        max_length=200,
        description="By the code of a price whose quantity is the item's; as before by default, or 1",
    )
    overrides: list[OverrideIn] = Field(
        default_factory=list, description="Its own price in the place of the new plan's price with a code"
    )
    keep_overrides: bool | None = Field(
        default=None,
        description="Whether its own prices instead of the old plan's hold instead of the new plan's too; "
        "by default within one plan, and not from one plan to another",
    )
    shared_usage: bool = Field(
        default=False, description="Another running subscription of the customer may be billed by its meter"
    )

    def from_wire(self) -> PlanChange:
        """The command."""
        others = ("overrides", "when", "at")
        given = {name: getattr(self, name) for name in type(self).model_fields if name not in others}
        return PlanChange(**given, overrides=[one.from_wire() for one in self.overrides])


SHARED_LONGER: Final = (
    "Another subscription of the customer may be billed by the same meter after the end that was scheduled"
)


class CancelIn(Wire):
    """When to end a subscription, and what of what was paid is given back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"when": "period_end"},
                {"when": "now", "credit": "unused"},
                {"when": "at", "at": "2026-12-31T23:00:00Z"},
            ]
        }
    )

    when: CancelWhen = Field(
        default=CancelWhen.PERIOD_END,
        description="`period_end`: at the next boundary of the longest interval among the prices; `now`; or "
        "`at`: at the instant that `at` says",
    )
    at: InstantText | None = Field(default=None, description="With when `at`: an instant ahead")
    credit: CancelCredit = Field(
        default=CancelCredit.NONE,
        description="Of what was billed in advance: `none`; `unused`: what was billed for the time after the "
        "end; `whole`: all of the period that runs at the end",
    )
    shared_usage: bool = Field(default=False, description=SHARED_LONGER)


class SubscriptionChangeOut(Wire):
    """A change of a subscription that was asked for ahead of its time."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CHANGE]})

    id: SubscriptionChangeId
    subscription_id: SubscriptionId
    kind: ChangeKind
    command: dict[str, Any] = Field(description="What it does, by its kind")
    due_at: InstantText
    status: ChangeStatus
    reason: str | None = Field(description="Why it was not made")
    applied_at: InstantText | None
    created_at: InstantText
    updated_at: InstantText


def change_to_wire(change: ScheduledChange) -> SubscriptionChangeOut:
    """A scheduled change as it is shown."""
    names = [name for name in SubscriptionChangeOut.model_fields if name != "command"]
    return SubscriptionChangeOut.model_construct(
        **{name: getattr(change, name) for name in names}, command=_command(change)
    )


def _command(change: ScheduledChange) -> dict[str, Any]:
    """What it does, with the public ids of what it names."""
    kinds = {"plan_id": "plan", "plan_version_id": "plan_version", "price_id": "price"}
    return {
        name: show_id(kinds[name], UUID(value)) if name in kinds and value is not None else value
        for name, value in change.command.items()
    }
