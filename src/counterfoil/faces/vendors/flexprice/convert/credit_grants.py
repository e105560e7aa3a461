"""Credit grants: a plan's template, or a subscription's own with dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import IntervalUnit
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text, parse_decimal
from counterfoil.faces.vendors.flexprice import ids
from counterfoil.faces.vendors.flexprice.convert.common import (
    PERIODS,
    currency_from_wire,
    instant_from_wire,
    instant_to_wire,
    interval_from_wire,
    metadata_to_wire,
    stamps,
    status_of,
)
from counterfoil.faces.vendors.flexprice.searching import keep, refuse
from counterfoil.faces.vendors.flexprice.wire import CreditGrant as Shown
from counterfoil.faces.vendors.flexprice.wire_generated import (
    CreditGrantApplicationResponse,
)
from counterfoil.modules.wallets import (
    DurationUnit,
    GrantCadence,
    GrantExpiration,
    GrantScope,
    NewCreditGrant,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from counterfoil.faces.kit.context import Unit
    from counterfoil.faces.vendors.flexprice.wire import CreateCreditGrantRequest, UpdateCreditGrantRequest
    from counterfoil.modules.wallets import CreditGrant, CreditGrantApplication

_CADENCES: Final = {"ONETIME": GrantCadence.ONE_TIME, "RECURRING": GrantCadence.RECURRING}
_EXPIRATIONS: Final = {
    "NEVER": GrantExpiration.NEVER,
    "DURATION": GrantExpiration.DURATION,
    "BILLING_CYCLE": GrantExpiration.BILLING_CYCLE,
}
_SCOPES: Final = {"PLAN": GrantScope.PLAN, "SUBSCRIPTION": GrantScope.SUBSCRIPTION}

WORDS: Final = {
    "starts_at": "start_date",
    "ends_at": "end_date",
    "at": "effective_date",
    "anchor_at": "credit_grant_anchor",
    "expiration": "expiration_type",
    "expiration_unit": "expiration_duration_unit",
}
"""Their names of fields that have another name with us."""

_FIXED: Final = (
    "addon_id",
    "cadence",
    "conversion_rate",
    "credit_grant_anchor",
    "credits",
    "currency",
    "expiration_duration",
    "expiration_duration_unit",
    "expiration_type",
    "period",
    "period_count",
    "plan_id",
    "priority",
    "scope",
    "start_date",
    "status",
    "subscription_id",
    "topup_conversion_rate",
)
"""What no change of a grant changes."""


def grant_from_wire(body: CreateCreditGrantRequest, *, with_subscription: bool = False) -> NewCreditGrant:
    """The grant to make; ``with_subscription``: together with its subscription, which has no id yet."""
    scope = _SCOPES.get(body.scope)
    if scope is None:
        raise InvalidInput("there are no add-ons yet", field="scope", allowed=", ".join(_SCOPES))
    refuse(body, "addon_id", why="names nothing: there are no add-ons yet")
    refuse(body, "credit_grant_anchor")
    if with_subscription and scope is not GrantScope.SUBSCRIPTION:
        raise InvalidInput("the grant would be the subscription's", field="scope", allowed="SUBSCRIPTION")
    if with_subscription and body.subscription_id:
        raise InvalidInput("the subscription has no id yet", field="subscription_id", allowed="none")
    if body.proration_behavior == "create_prorations":
        raise InvalidInput("grants are given whole", field="proration_behavior", allowed="none")
    unit = body.expiration_duration_unit
    return NewCreditGrant(
        name=body.name,
        scope=scope,
        credits=parse_decimal(body.credits, field="credits"),
        cadence=_CADENCES[body.cadence],
        plan_id=ids.parse("plan", body.plan_id, "plan_id") if body.plan_id else None,
        subscription_id=_subscription(body.subscription_id),
        currency=currency_from_wire(body.currency) if body.currency else None,
        period=_period(body.period),
        period_count=body.period_count,
        expiration=_EXPIRATIONS[body.expiration_type or "NEVER"],
        expiration_duration=body.expiration_duration,
        expiration_unit=None if unit is None else DurationUnit(unit.lower()),
        priority=body.priority,
        conversion_rate=_rate(body.conversion_rate, "conversion_rate"),
        topup_conversion_rate=_rate(body.topup_conversion_rate, "topup_conversion_rate"),
        starts_at=instant_from_wire(body.start_date, "start_date"),
        ends_at=instant_from_wire(body.end_date, "end_date"),
        meta=body.metadata or {},
    )


def changes_from_wire(uow: Unit, body: UpdateCreditGrantRequest, before: CreditGrant) -> dict[str, Any]:
    """The fields to change: those that are there."""
    keep(body, grant_to_wire(uow, before).to_json(), *_FIXED)
    fields: dict[str, Any] = {}
    if body.name is not None:
        fields["name"] = body.name
    if body.metadata is not None:
        fields["meta"] = body.metadata
    if body.end_date is not None:
        fields["ends_at"] = instant_from_wire(body.end_date, "end_date")
    return fields


def grant_to_wire(uow: Unit, grant: CreditGrant) -> Shown:
    """A grant as Flexprice shows it."""
    unit = grant.expiration_unit
    return Shown(
        id=ids.show("credit_grant", grant.id),
        name=grant.name,
        scope=grant.scope.upper(),
        plan_id=None if grant.plan_id is None else ids.show("plan", grant.plan_id),
        subscription_id=None
        if grant.subscription_id is None
        else ids.show("subscription", grant.subscription_id),
        credits=decimal_text(grant.credits),
        currency=None if grant.currency is None else grant.currency.lower(),
        cadence="RECURRING" if grant.cadence is GrantCadence.RECURRING else "ONETIME",
        period=None if grant.period is None else PERIODS[grant.period],
        period_count=grant.period_count,
        expiration_type=grant.expiration.upper(),
        expiration_duration=grant.expiration_duration,
        expiration_duration_unit=None if unit is None else unit.upper(),
        priority=grant.priority,
        conversion_rate=_decimal(grant.conversion_rate),
        topup_conversion_rate=_decimal(grant.topup_conversion_rate),
        start_date=instant_to_wire(grant.starts_at),
        end_date=instant_to_wire(grant.ends_at),
        credit_grant_anchor=instant_to_wire(grant.anchor_at),
        metadata=metadata_to_wire(grant.meta),
        status=status_of(grant),
        **stamps(uow, grant),
    )


def application_to_wire(
    uow: Unit, application: CreditGrantApplication, grant: CreditGrant
) -> CreditGrantApplicationResponse:
    """The credits of a grant for one period as Flexprice shows them."""
    if grant.cadence is not GrantCadence.RECURRING:
        reason = "onetime_credit_grant"
    elif application.period_start == grant.starts_at:
        reason = "first_time_recurring_credit_grant"
    else:
        reason = "recurring_credit_grant"
    own = ids.show("credit_grant_application", application.id)
    return CreditGrantApplicationResponse(
        id=own,
        credit_grant_id=ids.show("credit_grant", application.grant_id),
        subscription_id=ids.show("subscription", application.subscription_id),
        credits=decimal_text(application.credits),
        application_status=application.status.value,
        application_reason=reason,
        period_start=instant_to_wire(application.period_start),
        period_end=instant_to_wire(application.period_end),
        scheduled_for=instant_to_wire(application.due_at),
        applied_at=instant_to_wire(application.applied_at),
        failure_reason=application.failure,
        retry_count=max(0, application.attempts - 1),
        idempotency_key=own,
        metadata={},
        status="published",
        **stamps(uow, application),
    )


def _subscription(text: str | None) -> Any:
    return ids.parse("subscription", text, "subscription_id") if text else None


def _period(word: str | None) -> IntervalUnit | None:
    return None if word is None else interval_from_wire(word, "period")


def _rate(text: str | None, field: str) -> Decimal | None:
    return parse_decimal(text, field=field) if text else None


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value)
