"""What a new credit grant is checked for, whatever it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import Interval
from counterfoil.core.credit_grants import GrantCadence, GrantExpiration, GrantScope
from counterfoil.core.errors import CounterfoilError, InvalidInput
from counterfoil.core.money import parse_decimal, unit_of
from counterfoil.store.guards import check_metadata, check_text

if TYPE_CHECKING:
    from decimal import Decimal

    from counterfoil.modules.wallets.types import NewCreditGrant

MAX_PRIORITY: Final = 1_000_000
_DATES: Final = ("starts_at", "ends_at", "anchor_at")


def check_new(new: NewCreditGrant) -> None:
    """Refuse a grant that could not be kept or would mean nothing, naming the field."""
    check_labels(new)
    check_text(new.external_id, "external_id", longest=255)
    _check_amounts(new)
    _check_cadence(new)
    _check_expiration(new)
    if new.currency is not None:
        unit_of(new.currency)
    if new.scope is GrantScope.PLAN:
        _refuse(new, ("subscription_id",), "a plan's grant belongs to no subscription", "none with plan")
        _refuse(new, _DATES, "a plan's grant is a template without dates", "none with scope plan")
        if new.plan_id is None:
            raise InvalidInput("a plan's grant needs its plan", field="plan_id", allowed="the id of a plan")
    else:
        _refuse(new, ("plan_id",), "a subscription's grant belongs to no plan", "none with subscription")


def check_labels(grant: Any) -> None:
    """Refuse a name or metadata that cannot be kept."""
    check_text(grant.name, "name", longest=200)
    check_metadata(grant.meta)


def _check_amounts(new: NewCreditGrant) -> None:
    _check_positive(new.credits, "credits")
    _check_positive(new.conversion_rate, "conversion_rate")
    _check_positive(new.topup_conversion_rate, "topup_conversion_rate")
    if new.priority is not None and not 0 <= new.priority <= MAX_PRIORITY:
        raise InvalidInput(
            "priority is out of range",
            field="priority",
            allowed=f"0 to {MAX_PRIORITY}, lower is used first",
        )


def _check_positive(value: Decimal | None, field: str) -> None:
    if value is not None and parse_decimal(value, field=field) <= 0:
        raise InvalidInput(f"{field} is not above zero", field=field, allowed="more than 0")


def _check_cadence(new: NewCreditGrant) -> None:
    if new.cadence is GrantCadence.ONE_TIME:
        _refuse(
            new, ("period", "period_count"), "a grant that gives once has no period", "none with one_time"
        )
        return
    if new.period is None:
        raise InvalidInput(
            "a recurring grant needs a period",
            field="period",
            allowed="day, week, month, quarter, half_year, year",
        )
    if new.period_count is None:
        raise InvalidInput(
            "a recurring grant needs to say every how many periods", field="period_count", allowed="1 to 1000"
        )
    _placed("period_count", lambda: Interval(new.period, new.period_count))


def _check_expiration(new: NewCreditGrant) -> None:
    lasting = ("expiration_duration", "expiration_unit")
    if new.expiration is not GrantExpiration.DURATION:
        _refuse(new, lasting, "only credits that expire after a duration have one", "none unless duration")
        return
    unit, count = new.expiration_unit, new.expiration_duration
    if count is None:
        raise InvalidInput(
            "it is not said how long the credits last", field="expiration_duration", allowed="1 to 1000"
        )
    if unit is None:
        raise InvalidInput(
            "the duration has no unit", field="expiration_unit", allowed="day, week, month, year"
        )
    _placed("expiration_duration", lambda: unit.times(count))


def _placed(field: str, make: Any) -> None:
    try:
        make()
    except CounterfoilError as refused:
        raise InvalidInput(f"{field} is impossible", field=field, allowed=refused.allowed) from None


def _refuse(new: NewCreditGrant, fields: tuple[str, ...], why: str, allowed: str) -> None:
    for field in fields:
        if getattr(new, field) is not None:
            raise InvalidInput(f"{why}: {field} was given", field=field, allowed=allowed)
