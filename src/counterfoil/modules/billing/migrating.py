"""Moving the subscribers of one version of a plan to another: a cohort, in batches, looked at before.

Owns: which subscriptions move, how far the job is, what it did or would do.  Does not own: the change of one
subscription (``changing``).  Who is not in the cohort stays on the version that was agreed: there is no other
word for it, and nothing to do.
Always holds: each subscription moves in a transaction of its own, or is told with the reason; a job that is
interrupted goes on where it was, for who has moved is on the version no more.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from counterfoil.core.calendar import format_instant, parse_instant
from counterfoil.core.errors import CounterfoilError, InvalidInput, NotFound, WrongState
from counterfoil.core.ids import show_id
from counterfoil.core.money import Money, total_of, unit_of
from counterfoil.core.proration import ProrationBehavior
from counterfoil.modules.billing.changing import change_plan
from counterfoil.modules.billing.preview import preview_subscription, previewed
from counterfoil.modules.catalog import PlanVersionStatus, get_plan, get_plan_version
from counterfoil.modules.customers import names_of_customers
from counterfoil.modules.identity import (
    finish_operation,
    get_operation,
    progress_operation,
    start_operation,
)
from counterfoil.modules.subscriptions import (
    ChangeKind,
    ChangeWhen,
    PlanChange,
    pending_changes,
    subscribers_of,
)
from counterfoil.store import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from counterfoil.modules.billing.types import Preview
    from counterfoil.modules.catalog import PlanVersion
    from counterfoil.modules.identity import Operation
    from counterfoil.modules.invoicing import DraftInvoice
    from counterfoil.store import Store, Uow

MIGRATE_TASK: Final = "billing.migrate_subscribers"
BATCH: Final = 50
"""Subscriptions between two reports of progress."""

MOST_TOLD: Final = 1000
"""Subscriptions that the result tells one by one; the sums are of all."""


async def request_migration(
    uow: Uow,
    plan_id: UUID,
    from_version: int,
    to_version: int,
    *,
    when: ChangeWhen = ChangeWhen.PERIOD_END,
    at: datetime | None = None,
    behavior: ProrationBehavior | None = None,
    customer_ids: Sequence[UUID] | None = None,
    preview: bool = False,
) -> Operation:
    """Start an operation that moves who is on one version of a plan to another; the worker carries it out.

    ``customer_ids``: only theirs.  ``preview``: nothing moves, and the result tells what would be billed.
    Raises ``NotFound``, ``WrongState`` for a version that is not published, ``InvalidInput``.
    """
    if customer_ids is not None:
        known = await names_of_customers(uow, customer_ids)
        if not known.keys() >= set(customer_ids):
            raise NotFound("no such customer", field="customer_ids")
    await get_plan(uow, plan_id)
    source = await _version(uow, plan_id, from_version, "from_version")
    target = await _version(uow, plan_id, to_version, "to_version")
    if source.id == target.id:
        raise InvalidInput(
            "they are on this version already", field="to_version", allowed="another version of the plan"
        )
    if target.status is not PlanVersionStatus.PUBLISHED:
        raise WrongState("the version is a draft", field="to_version", allowed="a published version")
    if (when is ChangeWhen.AT) != (at is not None):
        allowed = "an instant with when at" if at is None else "no instant, or when at"
        raise InvalidInput("at is given with when at only", field="at", allowed=allowed)
    if at is not None and at <= uow.now:
        raise InvalidInput("at has passed", field="at", allowed="a time after now")
    operation = await start_operation(
        uow,
        "plan.migrate",
        {
            "plan_id": show_id("plan", plan_id),
            "from_version": from_version,
            "to_version": to_version,
            "when": when,
            "at": None if at is None else format_instant(at),
            "behavior": behavior,
            "customers": None if customer_ids is None else [show_id("customer", one) for one in customer_ids],
            "preview": preview,
        },
    )
    uow.defer(
        MIGRATE_TASK,
        organization_id=str(uow.organization_id),
        environment_id=str(uow.environment_id),
        operation_id=str(operation.id),
        plan_id=str(plan_id),
        source_id=str(source.id),
        target_id=str(target.id),
        customer_ids=None if customer_ids is None else [str(one) for one in customer_ids],
    )
    return operation


async def _version(uow: Uow, plan_id: UUID, number: int, field: str) -> PlanVersion:
    try:
        return await get_plan_version(uow, plan_id, number)
    except NotFound as error:
        raise NotFound(error.message, field=field, allowed="the number of a version of the plan") from None


async def migrate_job(
    store: Store,
    *,
    organization_id: str,
    environment_id: str,
    operation_id: str,
    plan_id: str,
    source_id: str,
    target_id: str,
    customer_ids: list[str] | None,
) -> None:
    """Carry out a migration, telling its progress; somebody may cancel its operation on the way."""
    scope = Scope(UUID(organization_id), UUID(environment_id), "worker")
    operation = UUID(operation_id)
    async with store.unit(scope) as uow:
        asked = (await get_operation(uow, operation)).input
    customers = None if customer_ids is None else [UUID(one) for one in customer_ids]
    work = _Work(asked, UUID(source_id), UUID(target_id))
    after: UUID | None = None
    try:
        while True:
            async with store.unit(scope) as uow:
                found = await subscribers_of(
                    uow, UUID(plan_id), work.source, customers, after=after, limit=BATCH
                )
                await progress_operation(uow, operation, work.progress())
            if not found:
                break
            for subscription_id in found:
                await work.move(store, scope, subscription_id)
            after = found[-1]
        async with store.unit(scope) as uow:
            await finish_operation(uow, operation, result=work.result())
    except WrongState:
        return  # the operation was cancelled: what has moved stays moved


class _Work:
    """A migration while it is carried out."""

    def __init__(self, asked: Mapping[str, Any], source: UUID, target: UUID) -> None:
        self.source, self.target = source, target
        self.when = ChangeWhen(asked["when"])
        self.at = None if asked["at"] is None else parse_instant(asked["at"], field="at")
        behavior = asked["behavior"]
        self.change = PlanChange(
            plan_version_id=target,
            behavior=None if behavior is None else ProrationBehavior(behavior),
            shared_usage=True,  # the same subscription goes on: nothing is billed that was not before
        )
        self.preview = bool(asked["preview"])
        self.moved = self.left = 0
        self.told: list[dict[str, Any]] = []
        self.failed: list[dict[str, Any]] = []
        self.sums: defaultdict[str, list[tuple[Money, Money, Money]]] = defaultdict(list)

    def progress(self) -> dict[str, Any]:
        """How far it is."""
        return {"moved": self.moved, "waiting_already": self.left, "refused": len(self.failed)}

    async def move(self, store: Store, scope: Scope, subscription_id: UUID) -> None:
        """One subscription, in a transaction of its own."""
        try:
            async with store.unit(scope) as uow:
                if await self._waits(uow, subscription_id):
                    self.left += 1
                elif self.preview:
                    await self._look(uow, subscription_id)
                else:
                    await self._change(uow, subscription_id)
                    self.moved += 1
        except CounterfoilError as refused:
            told = {"code": refused.code, "message": refused.message}
            self.failed.append({"subscription_id": show_id("subscription", subscription_id), **told})

    async def _change(self, uow: Uow, subscription_id: UUID) -> Any:
        return await change_plan(uow, subscription_id, self.change, when=self.when, at=self.at)

    async def _waits(self, uow: Uow, subscription_id: UUID) -> bool:
        """Whether it will come to the version anyway, by a change that is scheduled."""
        target = str(self.target)
        pending = await pending_changes(uow, subscription_id)
        return any(
            one.kind is ChangeKind.PLAN and one.command["plan_version_id"] == target for one in pending
        )

    async def _look(self, uow: Uow, subscription_id: UUID) -> None:
        before = await preview_subscription(uow, subscription_id)
        after = await previewed(uow, lambda: self._change(uow, subscription_id))
        self.moved += 1
        money = _moved(before, after)
        assert after.subscription is not None
        currency = after.subscription.currency
        self.sums[currency].append(money)
        if len(self.told) < MOST_TOLD:
            told = {"subscription_id": show_id("subscription", subscription_id), "currency": currency}
            self.told.append(told | _money_json(money))

    def result(self) -> dict[str, Any]:
        """What it did, or would do: at once, and with the next invoice instead of the one that would come."""
        found: dict[str, Any] = {**self.progress(), "failures": self.failed[:MOST_TOLD]}
        if not self.preview:
            return found
        totals = []
        for currency, moved in sorted(self.sums.items()):
            unit = unit_of(currency)
            at_once, following, without = (total_of(column, unit) for column in zip(*moved, strict=True))
            totals.append({"currency": currency} | _money_json((at_once, following, without)))
        return found | {"totals": totals, "subscriptions": self.told}


def _moved(before: Preview, after: Preview) -> tuple[Money, Money, Money]:
    """What is invoiced at once, what comes next, and what would have come next."""
    assert after.subscription is not None
    currency = after.subscription.currency
    return (
        _total(after.invoices, currency),
        _total(after.next_invoices, currency),
        _total(before.invoices, currency),
    )


def _total(drafts: Iterable[DraftInvoice], currency: str) -> Money:
    return total_of((draft.invoice.total for draft in drafts), unit_of(currency))


def _money_json(money: tuple[Money, Money, Money]) -> dict[str, str]:
    at_once, following, without = money
    return {
        "at_once": at_once.amount_text(),
        "next": following.amount_text(),
        "next_without": without.amount_text(),
        "difference": (at_once + following - without).amount_text(),
    }
