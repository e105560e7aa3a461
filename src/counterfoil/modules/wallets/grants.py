"""Use cases of credit grants that exist or are made by themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import as_instant
from counterfoil.core.credit_grants import GrantScope, next_period
from counterfoil.core.errors import InvalidInput, NotFound, WrongState
from counterfoil.core.states import (
    CREDIT_APPLICATION,
    SUBSCRIPTION,
    CreditApplicationState,
    CreditApplicationTrigger,
    advance,
)
from counterfoil.modules.catalog import get_plan
from counterfoil.modules.subscriptions import get_subscription, lock_subscription
from counterfoil.modules.wallets import repository
from counterfoil.modules.wallets.checks import check_labels, check_new
from counterfoil.modules.wallets.making import (
    announce,
    application_of,
    billing_cycle,
    granted,
    template,
    terms_of,
)
from counterfoil.modules.wallets.types import (
    CreditGrant,
    CreditGrantApplication,
    CreditGrantChanges,
    CreditGrantFilter,
    GrantSort,
    NewCreditGrant,
)
from counterfoil.store.guards import check_text, check_version

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from counterfoil.store import Found, OffsetQuery, Page, PageQuery, Uow

_CHANGEABLE: Final = frozenset({"name", "meta", "ends_at"})
_CLOSED: Final = frozenset({CreditApplicationState.APPLIED, CreditApplicationState.SKIPPED})

MOST_TEMPLATES: Final = 100
"""Grants of one plan that are copied to each new subscription."""


async def create_credit_grant(uow: Uow, new: NewCreditGrant) -> CreditGrant:
    """Make a grant: a plan's template, or a subscription's own with its first application.

    Raises ``InvalidInput`` naming what does not fit together, ``NotFound`` for an unknown plan or
    subscription, ``WrongState`` for an archived plan, one with too many grants or a subscription that has
    ended, ``AlreadyExists`` for an external id that is taken.
    """
    check_new(new)
    if new.scope is GrantScope.PLAN:
        await _check_plan(uow, new)
        grant = template(uow, new)
        await repository.add(uow, [grant], [])
    else:
        grant = await _create_for_subscription(uow, new)
    announce(uow, "created", grant)
    return grant


async def get_credit_grant(uow: Uow, grant_id: UUID) -> CreditGrant:
    """The grant, or ``NotFound``."""
    return await repository.get(uow, grant_id)


async def list_credit_grants(
    uow: Uow,
    query: PageQuery,
    *,
    plan_id: UUID | None = None,
    subscription_id: UUID | None = None,
    external_id: str | None = None,
) -> Page[CreditGrant]:
    """Grants, newest first, archived and ended ones too."""
    check_text(external_id, "external_id", longest=255)
    return await repository.page(
        uow, query, plan_id=plan_id, subscription_id=subscription_id, external_id=external_id
    )


async def search_credit_grants(
    uow: Uow,
    wanted: CreditGrantFilter,
    query: OffsetQuery,
    *,
    sort: GrantSort = GrantSort.CREATED_AT,
) -> Found[CreditGrant]:
    """A page by offset of the grants that were asked for, counted; by when they were made by default."""
    return await repository.search(uow, wanted, query, sort)


async def update_credit_grant(uow: Uow, grant_id: UUID, changes: CreditGrantChanges) -> CreditGrant:
    """Change name, metadata or, of a subscription's grant, its end (``None``: no end).

    What a grant gives does not change: end it, and make another.  A new end cancels the application that
    would begin at it or later, or brings the next one back.  Raises ``NotFound``, ``VersionMismatch``,
    ``InvalidInput`` for an end of a template or before the start, ``WrongState`` for another end once the
    grant has ended.
    """
    assert changes.fields.keys() <= _CHANGEABLE
    before = await repository.get(uow, grant_id, locked=True)
    check_version(before.version, changes.expected_version)
    fields = dict(changes.fields)
    if "ends_at" in fields:
        fields["ends_at"] = _new_end(uow, before, fields["ends_at"])
    after = await _save(uow, before, fields, "updated")
    if after.ends_at != before.ends_at:
        await _reschedule(uow, after)
    return after


async def delete_credit_grant(
    uow: Uow, grant_id: UUID, *, at: datetime | None = None, expected_version: int | None = None
) -> CreditGrant:
    """Put a plan's grant away, or end a subscription's at ``at``, which is now by default.

    An archived template is copied no more, and what was copied goes on.  A grant that ends keeps what it
    gave, and the periods that would begin at its end or later are cancelled; it never ends before its start,
    and one that ends earlier anyway stays as it is.  Twice is the same as once.  Raises ``NotFound``,
    ``VersionMismatch``, ``InvalidInput`` for a date with a template.
    """
    before = await repository.get(uow, grant_id, locked=True)
    check_version(before.version, expected_version)
    if before.scope is GrantScope.PLAN:
        if at is not None:
            raise InvalidInput(
                "a plan's grant is archived at once", field="at", allowed="none with a plan's grant"
            )
        if before.archived_at is not None:
            return before
        return await _save(uow, before, {"archived_at": uow.now}, "archived")
    assert before.starts_at is not None
    end = max(before.starts_at, uow.now if at is None else as_instant(at, field="at"))
    if before.ends_at is not None and before.ends_at <= end:
        return before
    after = await _save(uow, before, {"ends_at": end}, "ended")
    await _reschedule(uow, after)
    return after


async def upcoming_applications(uow: Uow, subscription_ids: Collection[UUID]) -> list[CreditGrantApplication]:
    """The next application of each grant of these subscriptions, the first due first.

    Left out are those that would begin when their subscription has ended as it was scheduled to.
    """
    return await repository.upcoming(uow, subscription_ids) if subscription_ids else []


async def end_grants(uow: Uow, ends: Mapping[UUID, datetime], *, copied: bool = False) -> None:
    """End all grants of these subscriptions, each at the instant at which its subscription ends.

    ``copied``: only those that came with their plans, which they leave then.  Periods that begin then or
    later are cancelled; two statements, however many subscriptions.
    """
    if not ends:
        return
    for grant_id, version, ends_at in await repository.end(uow, ends, copied=copied):
        uow.announce("credit_grant.ended", "credit_grant", grant_id, version, {"ends_at": ends_at})


async def _check_plan(uow: Uow, new: NewCreditGrant) -> None:
    assert new.plan_id is not None
    try:
        plan = await get_plan(uow, new.plan_id)
    except NotFound as error:
        raise error.within("plan_id") from None
    if plan.archived_at is not None:
        raise WrongState(
            f"the plan {plan.code} is archived", field="plan_id", allowed="a plan that is not archived"
        )
    if await repository.count_templates(uow, plan.id) >= MOST_TEMPLATES:
        raise WrongState(
            f"the plan {plan.code} has as many credit grants as a plan can have",
            field="plan_id",
            allowed=f"at most {MOST_TEMPLATES} that are not archived",
        )


async def _create_for_subscription(uow: Uow, new: NewCreditGrant) -> CreditGrant:
    if new.subscription_id is None:
        raise InvalidInput(
            "a subscription's grant needs its subscription",
            field="subscription_id",
            allowed="the id of a subscription",
        )
    try:
        subscription = (await lock_subscription(uow, new.subscription_id)).subscription
    except NotFound as error:
        raise error.within("subscription_id") from None
    if SUBSCRIPTION.is_final(subscription.status):
        raise WrongState(
            f"the subscription is {subscription.status.value}",
            field="subscription_id",
            allowed="a subscription that has not ended",
        )
    grant = granted(uow, new, subscription, starts_at=max(uow.now, subscription.started_at))
    billing = await billing_cycle(uow, subscription, [grant])
    first = application_of(uow, grant, subscription, billing)
    await repository.add(uow, [grant], [] if first is None else [first])
    return grant


def _new_end(uow: Uow, grant: CreditGrant, end: datetime | None) -> datetime | None:
    if grant.starts_at is None:
        raise InvalidInput(
            "a plan's grant is a template without dates",
            field="ends_at",
            allowed="the grant of a subscription",
        )
    end = None if end is None else as_instant(end, field="ends_at")
    if end == grant.ends_at:
        return end
    if grant.ends_at is not None and grant.ends_at <= uow.now:
        raise WrongState(
            "the grant has ended, and cannot go on", field="ends_at", allowed="another grant in its place"
        )
    if end is not None and end < grant.starts_at:
        raise InvalidInput(
            "the grant would end before it starts", field="ends_at", allowed="its start or later"
        )
    return end


async def _reschedule(uow: Uow, grant: CreditGrant) -> None:
    """Bring the open application in line with the grant's new end."""
    assert grant.subscription_id is not None
    latest = await repository.latest_applications(uow, grant.id)
    opened = next((one for one in latest if one.status not in _CLOSED), None)
    closed = next((one for one in latest if one.status in _CLOSED), None)
    subscription = await get_subscription(uow, grant.subscription_id)
    since = None if closed is None else closed.period_end or closed.period_start
    period = next_period(terms_of(grant, subscription.zone), since)
    if opened is not None:
        if period is None:
            status = advance(CREDIT_APPLICATION, opened.status, CreditApplicationTrigger.CANCEL)
            changed = replace(opened, status=status, updated_at=uow.now)
        else:
            assert period.start == opened.period_start
            changed = replace(opened, period_end=period.end, updated_at=uow.now)
        await repository.write_application(uow, changed)
    elif period is not None and not SUBSCRIPTION.is_final(subscription.status):
        billing = await billing_cycle(uow, subscription, [grant])
        again = application_of(uow, grant, subscription, billing, since)
        await repository.add_applications(uow, [again] if again is not None else [])


async def _save(uow: Uow, before: CreditGrant, fields: Mapping[str, Any], verb: str) -> CreditGrant:
    after = replace(before, **fields, version=before.version + 1, updated_at=uow.now)
    check_labels(after)
    await repository.update(uow, after, fields)
    announce(uow, verb, after, changed=sorted(fields))
    return after
