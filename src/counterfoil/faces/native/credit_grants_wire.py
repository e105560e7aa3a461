"""Credit grants and their applications on the wire."""

from __future__ import annotations

from typing import Any, Final

from pydantic import ConfigDict, Field

from counterfoil.faces.kit.wire import (
    CreditGrantApplicationId,
    CreditGrantId,
    DecimalText,
    InstantText,
    Metadata,
    PlanId,
    SubscriptionId,
    Wire,
)
from counterfoil.modules.wallets import (
    CreditApplicationState,
    CreditGrant,
    CreditGrantApplication,
    CreditGrantChanges,
    DurationUnit,
    GrantCadence,
    GrantExpiration,
    GrantScope,
    IntervalUnit,
    NewCreditGrant,
)

_MONTHLY: Final[dict[str, Any]] = {
    "name": "Included credits",
    "credits": "100",
    "cadence": "recurring",
    "period": "month",
    "period_count": 1,
    "expiration": "billing_cycle",
    "priority": 1,
}
_WELCOME: Final[dict[str, Any]] = {
    "name": "Welcome",
    "credits": "25",
    "cadence": "one_time",
    "expiration": "duration",
    "expiration_duration": 90,
    "expiration_unit": "day",
}
_SHOWN: Final[dict[str, Any]] = {
    "id": "cg_01kahgp1g0edgrx4zm6byashwh",
    "external_id": None,
    "scope": "subscription",
    "plan_id": None,
    "subscription_id": "sub_01kahgp1g0edgrx4zm6byashwr",
    "template_id": "cg_01kahgp1g0edgrx4zm6byashwg",
    "currency": "EUR",
    **_MONTHLY,
    "expiration_duration": None,
    "expiration_unit": None,
    "conversion_rate": None,
    "topup_conversion_rate": None,
    "starts_at": "2026-01-31T09:30:00Z",
    "ends_at": None,
    "anchor_at": "2026-01-31T09:30:00Z",
    "archived_at": None,
    "metadata": {},
    "version": 1,
    "created_at": "2026-01-31T09:30:00Z",
    "updated_at": "2026-01-31T09:30:00Z",
}
_APPLICATION: Final[dict[str, Any]] = {
    "id": "cga_01kahgp1g0edgrx4zm6byashwk",
    "credit_grant_id": "cg_01kahgp1g0edgrx4zm6byashwh",
    "subscription_id": "sub_01kahgp1g0edgrx4zm6byashwr",
    "period_start": "2026-01-31T09:30:00Z",
    "period_end": "2026-02-28T09:30:00Z",
    "due_at": "2026-01-31T09:30:00Z",
    "expires_at": "2026-02-28T09:30:00Z",
    "credits": "100",
    "status": "pending",
    "created_at": "2026-01-31T09:30:00Z",
    "updated_at": "2026-01-31T09:30:00Z",
}


class OwnGrantIn(Wire):
    """A credit grant that is made together with its subscription."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WELCOME]})

    name: str
    credits: DecimalText = Field(description="Given for each period; more than 0, never changes")
    cadence: GrantCadence
    period: IntervalUnit | None = Field(default=None, description="Of a recurring grant")
    period_count: int | None = Field(
        default=None, strict=True, description="Every so many periods, 1 to 1000; of a recurring grant"
    )
    expiration: GrantExpiration = Field(
        default=GrantExpiration.NEVER,
        description="After a duration, or with the subscription's billing period, counted from the start of "
        "the period that the credits were given for",
    )
    expiration_duration: int | None = Field(default=None, strict=True, description="1 to 1000")
    expiration_unit: DurationUnit | None = None
    priority: int | None = Field(
        default=None, strict=True, description="0 or more; lower is used first, none last"
    )
    currency: str | None = Field(
        default=None,
        description="Of a plan's grant: only subscriptions in it get the grant; any by default. A "
        "subscription's grant is in the currency of the subscription",
    )
    conversion_rate: DecimalText | None = Field(
        default=None, description="What one credit is worth; chooses the wallet, any by default"
    )
    topup_conversion_rate: DecimalText | None = Field(
        default=None, description="What one credit costs to buy; chooses the wallet, any by default"
    )
    starts_at: InstantText | None = Field(
        default=None, description="Now, or the subscription's start, by default; a plan's grant has no dates"
    )
    ends_at: InstantText | None = Field(default=None, description="No period begins then or later")
    anchor_at: InstantText | None = Field(
        default=None, description="The instant whose day and time the periods remember; the start by default"
    )
    external_id: str | None = None
    metadata: Metadata = Field(default_factory=dict)

    def from_wire(self) -> NewCreditGrant:
        """The command."""
        given = {name: getattr(self, name) for name in type(self).model_fields if name != "metadata"}
        of_plan = given.get("plan_id") is not None
        scope = GrantScope.PLAN if of_plan else GrantScope.SUBSCRIPTION
        return NewCreditGrant(**given, scope=scope, meta=self.metadata)


class CreditGrantIn(OwnGrantIn):
    """A credit grant to make, of a plan or of a subscription."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"plan_id": "plan_01kahgp1g0edgrx4zm6byashwq", **_MONTHLY},
                {"subscription_id": "sub_01kahgp1g0edgrx4zm6byashwr", **_WELCOME},
            ]
        }
    )

    plan_id: PlanId | None = Field(default=None, description="Each new subscription to it gets the grant")
    subscription_id: SubscriptionId | None = Field(default=None, description="Instead of `plan_id`")


class CreditGrantPatch(Wire):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ends_at": "2026-12-31T23:00:00Z"}]})

    name: str = ""
    metadata: Metadata = Field(default_factory=dict)
    ends_at: InstantText | None = Field(default=None, description="Of a subscription's grant; null: no end")

    def from_wire(self, expected_version: int | None) -> CreditGrantChanges:
        """The command: only the fields that were sent."""
        fields = {name: getattr(self, name) for name in self.model_fields_set}
        if "metadata" in fields:
            fields["meta"] = fields.pop("metadata")
        return CreditGrantChanges(fields, expected_version)


class CreditGrantOut(Wire):
    """A promise of credits: a plan's template, or a subscription's."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SHOWN]})

    id: CreditGrantId
    external_id: str | None
    name: str
    scope: GrantScope
    plan_id: PlanId | None
    subscription_id: SubscriptionId | None
    template_id: CreditGrantId | None = Field(description="The plan's grant that it was copied from")
    credits: DecimalText
    currency: str | None
    cadence: GrantCadence
    period: IntervalUnit | None
    period_count: int | None
    expiration: GrantExpiration
    expiration_duration: int | None
    expiration_unit: DurationUnit | None
    priority: int | None
    conversion_rate: DecimalText | None
    topup_conversion_rate: DecimalText | None
    starts_at: InstantText | None
    ends_at: InstantText | None
    anchor_at: InstantText | None
    archived_at: InstantText | None
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText


class CreditGrantApplicationOut(Wire):
    """The credits of a grant for one period."""

    model_config = ConfigDict(json_schema_extra={"examples": [_APPLICATION]})

    id: CreditGrantApplicationId
    credit_grant_id: CreditGrantId
    subscription_id: SubscriptionId
    period_start: InstantText
    period_end: InstantText | None = Field(description="None where the grant gives once")
    due_at: InstantText = Field(description="When the credits are to be given")
    expires_at: InstantText | None = Field(description="When they can no longer be used; null: never")
    credits: DecimalText
    status: CreditApplicationState
    created_at: InstantText
    updated_at: InstantText


def to_wire(grant: CreditGrant) -> CreditGrantOut:
    """A grant on the wire."""
    same = {name: getattr(grant, name) for name in CreditGrantOut.model_fields if name != "metadata"}
    return CreditGrantOut.model_construct(**same, metadata=dict(grant.meta))


def application_to_wire(application: CreditGrantApplication) -> CreditGrantApplicationOut:
    """An application on the wire."""
    fields = CreditGrantApplicationOut.model_fields
    same = {name: getattr(application, name) for name in fields if name != "credit_grant_id"}
    return CreditGrantApplicationOut.model_construct(**same, credit_grant_id=application.grant_id)
