"""How long a subscription is agreed for: terms that end or renew, an end that is fixed, or no end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import LATEST, as_instant, format_instant, parse_interval
from counterfoil.core.errors import InvalidInput
from counterfoil.core.states import SUBSCRIPTION, SubscriptionTrigger, advance
from counterfoil.modules.catalog import prices_by_ids
from counterfoil.modules.subscriptions import planning, repository
from counterfoil.modules.subscriptions.overlaps import refuse_longer
from counterfoil.modules.subscriptions.passing import first_term_end, own_end, paid_from
from counterfoil.modules.subscriptions.writing import announce, save
from counterfoil.store.guards import check_version

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.subscriptions.types import NewTerm, Subscription
    from counterfoil.store import Uow

MAX_RENEWALS: Final = 1000


def with_term(
    subscription: Subscription, term: NewTerm, since: datetime, path: str = "term."
) -> Subscription:
    """The subscription with these terms, the first of which runs at ``since``.

    ``path`` stands before the names of the term's fields in refusals.

    Terms are counted from where what is paid begins.  An end may lie in the past: then the subscription is
    billed up to it, and expires.  Raises ``InvalidInput``.
    """
    interval = None
    if term.interval_unit is not None:
        interval = parse_interval(term.interval_unit, term.interval_count, field=f"{path}interval")
    _check(term, path)
    end = None if term.ends_at is None else as_instant(term.ends_at, field=f"{path}ends_at")
    begin = max(paid_from(subscription), since)
    if end is not None and end <= begin:
        raise InvalidInput(
            "the end comes before what it shall end",
            field=f"{path}ends_at",
            allowed=f"a time after {format_instant(begin)}",
        )
    after = replace(
        subscription,
        term_unit=None if interval is None else interval.unit,
        term_count=None if interval is None else interval.count,
        term_ends_at=end,
        auto_renew=term.auto_renew,
        renewals_left=term.renewals,
    )
    try:
        if interval is not None:
            after = replace(after, term_ends_at=first_term_end(after, begin))
        return replace(after, expires_at=own_end(after))
    except InvalidInput:
        raise InvalidInput(
            "the terms are too long",
            field=f"{path}interval",
            allowed=f"an end before {format_instant(LATEST)}",
        ) from None


def _check(term: NewTerm, path: str) -> None:
    recurs = term.interval_unit is not None
    if recurs and term.ends_at is not None:
        raise InvalidInput(
            "terms that recur have no fixed end",
            field=f"{path}ends_at",
            allowed="either interval or ends_at; renewals says how often a term is renewed",
        )
    if term.auto_renew and not recurs:
        raise InvalidInput(
            "only a term with an interval renews",
            field=f"{path}auto_renew",
            allowed="false, or interval with it",
        )
    if term.renewals is None:
        return
    if not term.auto_renew:
        raise InvalidInput(
            "what does not renew has no number of renewals",
            field=f"{path}renewals",
            allowed="none, or auto_renew true",
        )
    if not 0 <= term.renewals <= MAX_RENEWALS:
        raise InvalidInput(
            "that is no number of renewals",
            field=f"{path}renewals",
            allowed=f"0 to {MAX_RENEWALS}; none for renewals without limit",
        )


async def change_term(
    uow: Uow,
    subscription_id: UUID,
    term: NewTerm,
    *,
    shared_usage: bool = False,
    expected_version: int | None = None,
) -> Subscription:
    """Agree anew how long a subscription runs: whether it renews, when it ends, or that it has no end.

    An interval of its own makes terms that are counted from where what is paid begins, so the one that runs
    now ends with the next of their boundaries.  An end before what was paid ahead gives nothing back.  Raises
    ``NotFound``, ``VersionMismatch``, ``WrongState`` for one that rests or has ended, ``InvalidInput``, and
    ``Conflict`` as ``create_subscription`` does for what it bills after the end that was agreed.
    """
    before = await repository.get(uow, subscription_id, locked=True)
    check_version(before.version, expected_version)
    advance(SUBSCRIPTION, planning.as_of(before, uow.now).status, SubscriptionTrigger.CHANGE)
    after = with_term(before, term, uow.now, "")
    if after == before:
        return before
    items = (await repository.items_of(uow, [before.id])).get(before.id, [])
    prices = await prices_by_ids(uow, {item.price_id for item in items})
    if not shared_usage:
        await refuse_longer(uow, before, after, items, prices, None)
    due = [planning.with_due(after, item, prices[item.price_id]) for item in items]
    after = await save(uow, after, due, terms=True)
    told = {"term_ends_at": after.term_ends_at, "auto_renew": after.auto_renew}
    announce(uow, "term_changed", after, {**told, "expires_at": after.expires_at})
    return after
