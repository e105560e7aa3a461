"""Making grants and their applications, and attaching to a new subscription all that it gets."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import Cycle, as_instant
from counterfoil.core.credit_grants import (
    GrantExpiration,
    GrantScope,
    GrantTerms,
    expires_at,
    next_period,
)
from counterfoil.core.errors import CounterfoilError, InvalidInput
from counterfoil.core.states import CreditApplicationState
from counterfoil.modules.catalog import prices_by_ids
from counterfoil.modules.subscriptions import cycle_of, items_of, main_interval
from counterfoil.modules.wallets import repository
from counterfoil.modules.wallets.checks import check_new
from counterfoil.modules.wallets.types import CreditGrant, CreditGrantApplication, NewCreditGrant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.catalog import Price
    from counterfoil.modules.subscriptions import Subscription
    from counterfoil.store import Uow

FARTHEST: Final = timedelta(days=3653)
"""How far ahead a grant may start, and its anchor may lie after the start: ten years."""

_SAME: Final = frozenset(field.name for field in fields(NewCreditGrant)) & {
    field.name for field in fields(CreditGrant)
}


def template(uow: Uow, new: NewCreditGrant) -> CreditGrant:
    """A plan's grant as it is asked for."""
    return _grant(uow, new)


def granted(uow: Uow, new: NewCreditGrant, subscription: Subscription, *, starts_at: datetime) -> CreditGrant:
    """A subscription's grant as it is asked for; ``starts_at`` is its start if none is given.

    ``InvalidInput`` for dates that do not fit, and for another currency than the subscription's.
    """
    if new.currency not in (None, subscription.currency):
        raise InvalidInput(
            "the credits would be in another currency than the subscription",
            field="currency",
            allowed=subscription.currency,
        )
    start = starts_at if new.starts_at is None else as_instant(new.starts_at, field="starts_at")
    if start < subscription.started_at:
        raise InvalidInput(
            "the grant would start before its subscription",
            field="starts_at",
            allowed="the subscription's start or later",
        )
    _check_distance(start, uow.now, "starts_at", "ten years from now")
    end = None if new.ends_at is None else as_instant(new.ends_at, field="ends_at")
    if end is not None and end < start:
        raise InvalidInput(
            "the grant would end before it starts", field="ends_at", allowed="its start or later"
        )
    anchor = start if new.anchor_at is None else as_instant(new.anchor_at, field="anchor_at")
    if anchor < start:
        raise InvalidInput(
            "the anchor lies before the start", field="anchor_at", allowed="the grant's start or later"
        )
    _check_distance(anchor, start, "anchor_at", "ten years after the start")
    return _grant(
        uow,
        new,
        subscription_id=subscription.id,
        currency=subscription.currency,
        starts_at=start,
        ends_at=end,
        anchor_at=anchor,
    )


def application_of(
    uow: Uow,
    grant: CreditGrant,
    subscription: Subscription,
    billing: Cycle,
    since: datetime | None = None,
) -> CreditGrantApplication | None:
    """The application for the grant's first period, or the first from ``since`` on, if there is one."""
    assert grant.subscription_id is not None
    period = next_period(terms_of(grant, subscription.zone), since)
    if period is None:
        return None
    return CreditGrantApplication(
        id=uow.new_id(),
        grant_id=grant.id,
        subscription_id=grant.subscription_id,
        period_start=period.start,
        period_end=period.end,
        due_at=period.start,
        expires_at=expires_at(grant.expiry, period.start, billing),
        credits=grant.credits,
        status=CreditApplicationState.PENDING,
        applied_at=None,
        failure=None,
        attempts=0,
        created_at=uow.now,
        updated_at=uow.now,
    )


def terms_of(grant: CreditGrant, zone: str) -> GrantTerms:
    """What decides the periods of a subscription's grant, in the subscription's time zone."""
    assert grant.starts_at is not None
    cycle = None
    if grant.interval is not None:
        assert grant.anchor_at is not None
        cycle = Cycle(grant.interval, grant.anchor_at, zone)
    return GrantTerms(grant.starts_at, grant.ends_at, cycle)


async def billing_cycle(uow: Uow, subscription: Subscription, grants: Sequence[CreditGrant]) -> Cycle:
    """The cycle of the subscription's billing periods: the longest of its prices.

    Prices are read only if the credits of one of ``grants`` expire by it.
    """
    prices: dict[UUID, Price] = {}
    if any(grant.expiration is GrantExpiration.BILLING_CYCLE for grant in grants):
        items = (await items_of(uow, [subscription.id])).get(subscription.id, [])
        prices = await prices_by_ids(uow, {item.price_id for item in items})
    return cycle_of(subscription, main_interval(price.interval for price in prices.values()))


async def attach_grants(
    uow: Uow,
    subscription: Subscription,
    own: Sequence[NewCreditGrant] = (),
    *,
    since: datetime | None = None,
) -> list[CreditGrant]:
    """Give a new subscription its grants: a copy of each of its plan's templates, and those of its own.

    Copies run from the subscription's start, or from when it came to the plan, by its calendar; a template in
    another currency than the subscription's is left out.  Raises what ``create_credit_grant``
    raises, below ``credit_grants.0`` ….
    """
    grants: list[CreditGrant] = []
    if subscription.plan_id is not None:
        templates = await repository.templates_of(uow, subscription.plan_id)
        grants += [
            _copied(uow, one, subscription, since or subscription.started_at)
            for one in templates
            if one.currency in (None, subscription.currency)
        ]
    grants += [_own(uow, new, subscription, index) for index, new in enumerate(own)]
    if not grants:
        return []
    billing = await billing_cycle(uow, subscription, grants)
    made = [application_of(uow, grant, subscription, billing) for grant in grants]
    await repository.add(uow, grants, [one for one in made if one is not None])
    for grant in grants:
        announce(uow, "created", grant)
    return grants


def announce(uow: Uow, verb: str, grant: CreditGrant, **data: Any) -> None:
    """Tell that something happened to a grant."""
    told = {"scope": grant.scope, "plan_id": grant.plan_id, "subscription_id": grant.subscription_id, **data}
    uow.announce(f"credit_grant.{verb}", "credit_grant", grant.id, grant.version, told)


def _own(uow: Uow, new: NewCreditGrant, subscription: Subscription, index: int) -> CreditGrant:
    try:
        check_new(new)
        if new.scope is not GrantScope.SUBSCRIPTION or new.subscription_id is not None:
            raise InvalidInput(
                "a grant that is made with its subscription belongs to it",
                field="scope",
                allowed="subscription, without a subscription_id",
            )
        return granted(uow, new, subscription, starts_at=subscription.started_at)
    except CounterfoilError as error:
        raise error.within(f"credit_grants.{index}") from None


def _copied(uow: Uow, one: CreditGrant, subscription: Subscription, since: datetime) -> CreditGrant:
    anchor = since
    if one.interval is not None:
        anchor = cycle_of(subscription, one.interval).anchor
    return replace(
        one,
        id=uow.new_id(),
        external_id=None,
        scope=GrantScope.SUBSCRIPTION,
        plan_id=None,
        subscription_id=subscription.id,
        template_id=one.id,
        currency=subscription.currency,
        starts_at=since,
        anchor_at=anchor,
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
    )


def _grant(uow: Uow, new: NewCreditGrant, **given: Any) -> CreditGrant:
    values = {name: getattr(new, name) for name in _SAME} | given
    return CreditGrant(
        **values,
        id=uow.new_id(),
        template_id=None,
        archived_at=None,
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
    )


def _check_distance(instant: datetime, origin: datetime, field: str, latest: str) -> None:
    if instant - origin > FARTHEST:
        raise InvalidInput(f"{field} is too far ahead", field=field, allowed=f"a time until {latest}")
