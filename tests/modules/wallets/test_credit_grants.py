"""What a seller promises with credit grants: templates of plans, grants of one subscription, their ends."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from counterfoil.core.errors import (
    AlreadyExists,
    CounterfoilError,
    InvalidInput,
    NotFound,
    VersionMismatch,
    WrongState,
)
from counterfoil.modules.catalog import archive_plan
from counterfoil.modules.subscriptions import Alignment
from counterfoil.modules.wallets import (
    CreditApplicationState,
    CreditGrant,
    CreditGrantChanges,
    CreditGrantFilter,
    DurationUnit,
    GrantExpiration,
    GrantSort,
    IntervalUnit,
    create_credit_grant,
    delete_credit_grant,
    get_credit_grant,
    search_credit_grants,
    update_credit_grant,
)
from counterfoil.store import OffsetQuery, Store
from tests.conftest import Tenant
from tests.modules.wallets.world import (
    FEE,
    MONTHLY,
    ONCE,
    SUPPORT,
    World,
    at,
    of_plan,
    of_subscription,
    span,
)

CYCLE = {"expiration": GrantExpiration.BILLING_CYCLE}
ONE_TIME = ONCE | {"period": None, "period_count": None}


async def changed(world: World, grant: CreditGrant, now: str, **fields: Any) -> CreditGrant:
    async with world.on(now) as uow:
        return await update_credit_grant(uow, grant.id, CreditGrantChanges(fields))


async def deleted(world: World, grant: CreditGrant, now: str, end: datetime | None = None) -> CreditGrant:
    async with world.on(now) as uow:
        return await delete_credit_grant(uow, grant.id, at=end)


async def test_each_new_subscription_gets_the_grants_of_its_plan_with_dates_of_its_own(world: World) -> None:
    """In Berlin, summer time begins on 29 March 2026: 10:00 there is 09:00Z before and 08:00Z after."""
    template = await world.grant("2026-01-01", of_plan(world.plan_id, priority=3, meta={"a": 1}, **CYCLE))
    assert (template.starts_at, template.anchor_at, template.currency) == (None, None, None)
    winter = await world.subscribe("2026-01-31T09:00:00Z")
    spring = await world.subscribe("2026-03-31T08:00:00Z")
    (copied,) = await world.grants(winter)
    assert (copied.template_id, copied.subscription_id, copied.plan_id) == (template.id, winter.id, None)
    assert (copied.credits, copied.priority) == (Decimal(100), 3)
    assert (copied.meta, copied.currency) == ({"a": 1}, "EUR")
    assert copied.starts_at == copied.anchor_at == at("2026-01-31T09:00:00Z")
    (first,) = await world.upcoming(winter)
    assert span(first) == ("2026-01-31T09:00:00Z", "2026-02-28T09:00:00Z", "2026-02-28T09:00:00Z")
    assert (first.due_at, first.credits) == (first.period_start, Decimal(100))
    assert first.status is CreditApplicationState.PENDING
    (first,) = await world.upcoming(spring)
    assert span(first) == ("2026-03-31T08:00:00Z", "2026-04-30T08:00:00Z", "2026-04-30T08:00:00Z")


async def test_what_was_copied_does_not_change_with_the_template_and_an_archived_one_is_copied_no_more(
    world: World,
) -> None:
    template = await world.grant("2026-01-01", of_plan(world.plan_id))
    before = await world.subscribe("2026-01-10")
    await changed(world, template, "2026-01-11", name="Another name")
    archived = await deleted(world, template, "2026-01-12")
    assert (archived.archived_at, archived.version) == (at("2026-01-12"), 3)
    assert await deleted(world, template, "2026-01-13") == archived
    after = await world.subscribe("2026-01-15")
    assert [grant.name for grant in await world.grants(before)] == ["Included"]
    assert len(await world.upcoming(before)) == 1
    assert await world.grants(after) == []


async def test_a_subscription_by_the_calendar_gets_its_credits_with_the_calendar(world: World) -> None:
    """From 15 January; midnight in Berlin is 23:00Z in winter."""
    await world.grant("2026-01-01", of_plan(world.plan_id))
    await world.grant("2026-01-01", of_plan(world.plan_id, period=IntervalUnit.WEEK))
    subscription = await world.subscribe("2026-01-15T09:00:00Z", alignment=Alignment.CALENDAR)
    weekly, monthly = sorted(await world.upcoming(subscription), key=lambda one: str(one.period_end))
    assert span(monthly) == ("2026-01-15T09:00:00Z", "2026-01-31T23:00:00Z", None)
    assert span(weekly) == ("2026-01-15T09:00:00Z", "2026-01-18T23:00:00Z", None)


async def test_a_template_in_a_currency_is_for_subscriptions_in_it(world: World) -> None:
    for currency, credits in (("EUR", 100), ("USD", 120), (None, 7)):
        new = of_plan(world.plan_id, currency=currency, credits=Decimal(credits))
        await world.grant("2026-01-01", new)
    euros = await world.subscribe("2026-01-10")
    dollars = await world.subscribe("2026-01-10", currency="USD")
    assert [f"{one.credits} {one.currency}" for one in await world.grants(euros)] == ["100 EUR", "7 EUR"]
    assert [f"{one.credits} {one.currency}" for one in await world.grants(dollars)] == ["120 USD", "7 USD"]


async def test_credits_that_expire_with_the_billing_period_follow_the_longest_price(world: World) -> None:
    plan = await world.plan("yearly", FEE, SUPPORT)
    await world.grant("2026-01-01", of_plan(plan, **CYCLE))
    subscription = await world.subscribe("2026-01-31T09:00:00Z", plan_id=plan)
    (first,) = await world.upcoming(subscription)
    assert span(first) == ("2026-01-31T09:00:00Z", "2026-02-28T09:00:00Z", "2027-01-31T09:00:00Z")


async def test_a_grant_made_during_a_subscription_starts_now_and_counts_from_there(world: World) -> None:
    subscription = await world.subscribe("2026-01-10")
    month = {"expiration": GrantExpiration.DURATION, "expiration_duration": 2}
    new = of_subscription(subscription.id, expiration_unit=DurationUnit.WEEK, **month)
    grant = await world.grant("2026-03-05", new)
    assert (grant.starts_at, grant.anchor_at, grant.ends_at) == (at("2026-03-05"), at("2026-03-05"), None)
    (first,) = await world.upcoming(subscription)
    # A month later Berlin has summer time: midnight in UTC was 01:00 there, and is 23:00Z the day before.
    assert span(first) == ("2026-03-05", "2026-04-04T23:00:00Z", "2026-03-19")


async def test_a_grant_of_its_own_starts_with_the_subscription_that_lies_ahead(world: World) -> None:
    subscription = await world.subscribe(
        "2026-01-10",
        of_subscription(None, **ONCE | {"period": None, "period_count": None}),
        started_at=at("2026-02-01"),
    )
    (own,) = await world.grants(subscription)
    assert (own.starts_at, own.interval) == (at("2026-02-01"), None)
    (first,) = await world.upcoming(subscription)
    assert span(first) == ("2026-02-01", None, None)
    later = await world.grant("2026-01-11", of_subscription(subscription.id))
    assert later.starts_at == at("2026-02-01"), "not before the subscription"


async def test_a_new_end_cancels_what_begins_later_and_a_later_one_brings_it_back(world: World) -> None:
    subscription = await world.subscribe("2026-01-01")
    dates = {"starts_at": at("2026-02-01"), "anchor_at": at("2026-02-10")}
    grant = await world.grant("2026-01-01", of_subscription(subscription.id, **dates))
    assert [span(one)[:2] for one in await world.upcoming(subscription)] == [("2026-02-01", "2026-02-10")]
    await changed(world, grant, "2026-01-02", ends_at=at("2026-02-05"))
    assert [span(one)[:2] for one in await world.upcoming(subscription)] == [("2026-02-01", "2026-02-05")]
    await changed(world, grant, "2026-01-03", ends_at=at("2026-02-01"))
    assert await world.upcoming(subscription) == []
    await changed(world, grant, "2026-01-04", ends_at=None)
    (again,) = await world.upcoming(subscription)
    assert (*span(again), again.created_at) == ("2026-02-01", "2026-02-10", None, at("2026-01-04"))


async def test_a_grant_that_has_ended_does_not_go_on_but_keeps_its_name_up_to_date(world: World) -> None:
    subscription = await world.subscribe("2026-01-01")
    grant = await world.grant("2026-01-01", of_subscription(subscription.id, ends_at=at("2026-03-01")))
    with pytest.raises(WrongState, match="has ended") as refused:
        await changed(world, grant, "2026-03-01", ends_at=at("2026-04-01"))
    assert refused.value.field == "ends_at"
    renamed = await changed(world, grant, "2026-03-01", name="Then", ends_at=at("2026-03-01"))
    assert (renamed.name, renamed.version) == ("Then", 2)


async def test_deleting_a_subscriptions_grant_ends_it_and_keeps_what_is_due(world: World) -> None:
    subscription = await world.subscribe("2026-01-01")
    running = await world.grant("2026-01-01", of_subscription(subscription.id))
    ahead = await world.grant("2026-01-01", of_subscription(subscription.id, starts_at=at("2026-06-01")))
    ended = await deleted(world, running, "2026-01-15")
    assert (ended.ends_at, ended.archived_at) == (at("2026-01-15"), None)
    assert (await deleted(world, ahead, "2026-01-15")).ends_at == at("2026-06-01"), "it never ran"
    assert [span(one)[:2] for one in await world.upcoming(subscription)] == [("2026-01-01", "2026-01-15")]
    assert await deleted(world, running, "2026-01-16") == ended


async def test_a_grant_can_be_ended_at_a_date_ahead_and_then_earlier(world: World) -> None:
    subscription = await world.subscribe("2026-01-01")
    grant = await world.grant("2026-01-01", of_subscription(subscription.id))
    assert (await deleted(world, grant, "2026-01-02", at("2026-05-01"))).ends_at == at("2026-05-01")
    assert (await deleted(world, grant, "2026-01-03", at("2026-06-01"))).ends_at == at("2026-05-01")
    assert (await deleted(world, grant, "2026-01-04")).ends_at == at("2026-01-04")


DAYS = {"expiration": GrantExpiration.DURATION, "expiration_duration": 3, "expiration_unit": DurationUnit.DAY}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"credits": Decimal(0)}, "credits"),
        ({"credits": Decimal("NaN")}, "credits"),
        ({"conversion_rate": Decimal(-1)}, "conversion_rate"),
        ({"topup_conversion_rate": Decimal(0)}, "topup_conversion_rate"),
        ({"priority": 2**31}, "priority"),
        ({"priority": -1}, "priority"),
        ({"period": None}, "period"),
        ({"period_count": None}, "period_count"),
        ({"period_count": 0}, "period_count"),
        ({**ONE_TIME, "period": IntervalUnit.DAY}, "period"),
        ({**ONE_TIME, "period_count": 1}, "period_count"),
        ({**DAYS, "expiration_duration": None}, "expiration_duration"),
        ({**DAYS, "expiration_duration": 0}, "expiration_duration"),
        ({**DAYS, "expiration_unit": None}, "expiration_unit"),
        ({**DAYS, "expiration": GrantExpiration.NEVER}, "expiration_duration"),
        ({"currency": "XXQ"}, "currency"),
        ({"currency": "USD"}, "currency"),
        ({"starts_at": at("2025-12-31")}, "starts_at"),
        ({"starts_at": at("2040-01-01")}, "starts_at"),
        ({"ends_at": at("2026-01-09")}, "ends_at"),
        ({"anchor_at": at("2026-01-09")}, "anchor_at"),
        ({"anchor_at": at("2040-01-01")}, "anchor_at"),
        ({"metadata": None, "meta": {"a": "\0"}}, "metadata"),
    ],
)
async def test_a_grant_that_means_nothing_is_refused_naming_the_field(
    world: World, fields: dict[str, Any], field: str
) -> None:
    fields.pop("metadata", None)
    subscription = await world.subscribe("2026-01-10")
    with pytest.raises(InvalidInput) as refused:
        await world.grant("2026-01-10", of_subscription(subscription.id, **fields))
    assert refused.value.field == field
    assert refused.value.allowed
    with pytest.raises(InvalidInput) as refused:
        await world.subscribe("2026-01-10", of_subscription(None), of_subscription(None, **fields))
    if field != "anchor_at" or fields["anchor_at"] > at("2026-01-10"):
        assert refused.value.field == f"credit_grants.1.{field}"
    assert await world.grants(subscription) == []


@pytest.mark.parametrize("field", ["starts_at", "ends_at", "anchor_at"])
async def test_a_plans_grant_has_no_dates(world: World, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await world.grant("2026-01-01", of_plan(world.plan_id, **{field: at("2026-02-01")}))
    assert refused.value.field == field
    template = await world.grant("2026-01-01", of_plan(world.plan_id))
    with pytest.raises(InvalidInput, match="template"):
        await changed(world, template, "2026-01-01", ends_at=at("2026-02-01"))
    with pytest.raises(InvalidInput, match="at once"):
        await deleted(world, template, "2026-01-01", at("2026-02-01"))


async def test_nothing_is_promised_to_what_is_archived_or_over_or_unknown(
    world: World, other_tenant: Tenant, store: Store
) -> None:
    async def refused(new: Any) -> CounterfoilError:
        with pytest.raises(CounterfoilError) as error:
            await world.grant("2026-01-10", new)
        return error.value

    async with world.on("2026-01-01") as uow:
        unknown = uow.new_id()
        old = await world.plan("old", FEE)
        await archive_plan(uow, old)
    for new, kind, field in (
        (of_plan(old), WrongState, "plan_id"),
        (of_plan(unknown), NotFound, "plan_id"),
        (of_subscription(unknown), NotFound, "subscription_id"),
        (of_subscription(None), InvalidInput, "subscription_id"),
    ):
        error = await refused(new)
        assert (type(error), error.field) == (kind, field)
    grant = await world.grant("2026-01-01", of_plan(world.plan_id, external_id="g-1"))
    assert type(await refused(of_plan(world.plan_id, external_id="g-1"))) is AlreadyExists
    async with store.unit(other_tenant.scope) as uow:
        for call in (
            get_credit_grant(uow, grant.id),
            update_credit_grant(uow, grant.id, CreditGrantChanges({"name": "Mine"})),
            delete_credit_grant(uow, grant.id),
            create_credit_grant(uow, of_plan(world.plan_id)),
        ):
            with pytest.raises(NotFound):
                await call


async def test_a_change_of_what_somebody_else_has_changed_is_refused(world: World) -> None:
    grant = await world.grant("2026-01-01", of_plan(world.plan_id))
    await changed(world, grant, "2026-01-01", name="Newer")
    async with world.on("2026-01-01") as uow:
        with pytest.raises(VersionMismatch):
            await update_credit_grant(uow, grant.id, CreditGrantChanges({"name": "Mine"}, expected_version=1))
        with pytest.raises(VersionMismatch):
            await delete_credit_grant(uow, grant.id, expected_version=1)


async def test_grants_are_searched_by_what_they_belong_to_and_paged_by_offset(world: World) -> None:
    first = await world.grant("2026-01-01", of_plan(world.plan_id, name="B"))
    second = await world.grant("2026-01-02", of_plan(world.plan_id, name="C"))
    subscription = await world.subscribe("2026-01-03")
    own = await world.grant("2026-01-04", of_subscription(subscription.id, name="A"))
    await changed(world, first, "2026-01-05", meta={"a": 1})
    await deleted(world, second, "2026-01-04")

    async def found(
        wanted: CreditGrantFilter, query: OffsetQuery | None = None, **sort: GrantSort
    ) -> tuple[str, int | None]:
        async with world.on("2026-01-06") as uow:
            page = await search_credit_grants(uow, wanted, query or OffsetQuery(), **sort)
        return "".join(one.name for one in page.items), page.total

    assert await found(CreditGrantFilter(plan_ids=[world.plan_id])) == ("CB", 2)
    assert await found(CreditGrantFilter(subscription_ids=[subscription.id])) == ("ACB", 3)
    assert await found(CreditGrantFilter(archived=True)) == ("C", 1)
    assert await found(CreditGrantFilter(archived=False)) == ("ACBB", 4)
    assert await found(CreditGrantFilter(ids=[own.id, first.id])) == ("AB", 2)
    assert await found(CreditGrantFilter(ids=[])) == ("", 0)
    day = CreditGrantFilter(created_from=at("2026-01-02"), created_to=at("2026-01-03"))
    assert (await found(day))[1] == 3
    everything = CreditGrantFilter()
    assert await found(everything, OffsetQuery(limit=2, offset=1)) == ("CB", 5)
    assert await found(everything, OffsetQuery(ascending=True), sort=GrantSort.NAME) == ("ABBCC", 5)
    last_changed = await found(everything, OffsetQuery(limit=1), sort=GrantSort.UPDATED_AT)
    assert last_changed == ("B", 5)
    assert MONTHLY["period_count"] == first.period_count
