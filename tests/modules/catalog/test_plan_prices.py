"""Versions of a plan share prices: adding, replacing, removing one, keeping earlier ones, changing labels."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from counterfoil.core.errors import (
    AlreadyExists,
    CounterfoilError,
    InvalidInput,
    NotFound,
    VersionMismatch,
    WrongState,
)
from counterfoil.core.ids import show_id
from counterfoil.modules.catalog import (
    CatalogChanges,
    CatalogFilter,
    NewFeature,
    NewMeter,
    NewPlan,
    NewPlanVersion,
    NewPrice,
    NewProduct,
    NewTaxRate,
    Plan,
    PlanFeature,
    PlanKind,
    PlanVersion,
    PriceFilter,
    Visibility,
    add_price,
    add_prices,
    archive_feature,
    archive_meter,
    archive_plan,
    create_feature,
    create_meter,
    create_own_price,
    create_own_prices,
    create_plan,
    create_plan_version,
    create_product,
    create_tax_rate,
    get_plan,
    get_plan_version,
    get_price,
    list_prices,
    prices_of_versions,
    publish_plan_version,
    published_version_of,
    remove_price,
    replace_price,
    search_plans,
    search_prices,
    update_plan,
    update_price,
)
from counterfoil.store import OffsetQuery, PageQuery, Store, Uow
from tests.conftest import Tenant
from tests.modules.catalog.test_catalog import fee, team


def codes(version: PlanVersion) -> list[str]:
    return [price.code for price in version.prices]


async def published(uow: Uow, plan: Plan) -> PlanVersion:
    return await published_version_of(uow, plan.id)


async def test_a_price_added_to_a_plan_without_versions_makes_and_publishes_the_first(uow: Uow) -> None:
    plan = await create_plan(uow, NewPlan(name="Team"))
    price = await add_price(uow, plan.id, fee())
    version = await published(uow, plan)
    assert (version.number, list(version.prices)) == (1, [price])
    assert price.plan_id == plan.id


async def test_a_price_added_to_a_plan_comes_last_and_the_others_stay_the_same_prices(uow: Uow) -> None:
    sso = await create_feature(uow, NewFeature(code="sso", name="SSO", kind="boolean"))
    plan = await create_plan(uow, NewPlan(name="Team"))
    contents = NewPlanVersion(
        features=[PlanFeature(sso.id, True)], prices=[fee("z"), fee("a")], publish=True, external_id="v-1"
    )
    first = await create_plan_version(uow, plan.id, contents)
    await archive_feature(uow, sso.id)  # what a version gives already goes on
    added = await add_price(uow, plan.id, fee("m"))
    second = await published(uow, plan)
    assert (second.number, list(second.prices)) == (2, [*first.prices, added])
    assert (second.features, second.external_id) == (first.features, None)
    assert codes(await get_plan_version(uow, plan.id, 1)) == ["z", "a"]
    assert await prices_of_versions(uow, [first.id, second.id]) == {
        first.id: list(first.prices),
        second.id: list(second.prices),
    }


async def test_a_removed_price_ends_and_the_version_that_had_it_goes_on_showing_it(uow: Uow) -> None:
    plan, first = await team(uow, fee("a"), fee("b"))
    gone = await remove_price(uow, first.prices[0].id)
    assert (gone.ended_at, gone.version) == (uow.now, 2)
    assert await get_price(uow, gone.id) == gone
    assert codes(await published(uow, plan)) == ["b"]
    assert codes(await get_plan_version(uow, plan.id, 1)) == ["a", "b"]
    assert await remove_price(uow, gone.id) == gone, "twice is the same as once"
    assert (await get_plan(uow, plan.id)).latest_number == 2


async def test_the_last_price_can_be_removed_too(uow: Uow) -> None:
    plan, first = await team(uow, fee())
    await remove_price(uow, first.prices[0].id)
    assert codes(await published(uow, plan)) == []


async def test_a_price_that_replaces_another_takes_its_place_its_code_and_its_name(uow: Uow) -> None:
    plan, first = await team(uow, fee("a"), fee("b"), fee("c"))
    old = first.prices[1]
    dearer = NewPrice(model="flat", params={"EUR": {"amount": "12"}})
    new = await replace_price(uow, old.id, dearer)
    second = await published(uow, plan)
    assert [price.id for price in second.prices] == [first.prices[0].id, new.id, first.prices[2].id]
    assert (new.code, new.name, new.params) == ("b", "b", {"EUR": {"amount": "12"}})
    assert (await get_price(uow, old.id)).ended_at == uow.now
    with pytest.raises(WrongState, match="not in the published version"):
        await replace_price(uow, old.id, dearer)


async def test_a_version_keeps_earlier_prices_first_and_ends_those_that_it_leaves_out(uow: Uow) -> None:
    plan, first = await team(uow, fee("a"), fee("b"))
    a, b = first.prices
    draft = await create_plan_version(uow, plan.id, NewPlanVersion(keep=[b.id], prices=[fee("a", EUR="11")]))
    assert [price.ended_at for price in (await published(uow, plan)).prices] == [None, None]
    second = await publish_plan_version(uow, plan.id, draft.number)
    assert (codes(second), second.prices[0]) == (["b", "a"], b)
    assert (await get_price(uow, a.id)).ended_at == uow.now
    third = await create_plan_version(uow, plan.id, NewPlanVersion(keep=[a.id], publish=True))
    [back] = third.prices
    assert (back.id, back.ended_at, back.version) == (a.id, None, 3)
    assert third == await published(uow, plan)
    assert (await get_price(uow, b.id)).ended_at == uow.now


async def test_only_prices_of_the_same_plan_are_kept_each_once_and_with_codes_of_their_own(uow: Uow) -> None:
    plan, version = await team(uow, fee("a"))
    _, other = await team(uow, fee("a"), code="other")
    own = await create_own_price(uow, fee("own"))
    a = version.prices[0].id
    again = await create_plan_version(uow, plan.id, NewPlanVersion(prices=[fee("a")]))
    for keep, field in (
        ([a, a], "keep.1"),
        ([a, other.prices[0].id], "keep.1"),
        ([own.id], "keep.0"),
        ([uow.new_id()], "keep.0"),
        ([a, again.prices[0].id], "keep.1"),
    ):
        with pytest.raises(CounterfoilError) as refusal:
            await create_plan_version(uow, plan.id, NewPlanVersion(keep=keep))
        assert refusal.value.field == field
    with pytest.raises(InvalidInput) as refusal:
        await create_plan_version(uow, plan.id, NewPlanVersion(keep=[a], prices=[fee("b"), fee("a")]))
    assert refusal.value.field == "prices.1.code"


async def test_a_draft_that_a_removed_price_overtook_is_not_published(uow: Uow) -> None:
    plan, first = await team(uow, fee("a"), fee("b"))
    keep = [price.id for price in first.prices]
    draft = await create_plan_version(uow, plan.id, NewPlanVersion(keep=keep))
    await remove_price(uow, keep[0])
    with pytest.raises(WrongState, match="version 3 is published already"):
        await publish_plan_version(uow, plan.id, draft.number)


async def test_a_kept_price_whose_meter_was_archived_goes_on_and_a_new_one_is_refused(uow: Uow) -> None:
    meter = await create_meter(uow, NewMeter(code="m", name="M", event_name="m", aggregation="count"))
    usage = NewPrice(
        code="u",
        model="per_unit",
        params={"EUR": {"unit_amount": "1"}},
        quantity_source="usage",
        meter_id=meter.id,
        cadence="in_arrears",
    )
    plan, first = await team(uow, usage)
    kept = await create_plan_version(uow, plan.id, NewPlanVersion(keep=[first.prices[0].id]))
    await archive_meter(uow, meter.id)
    assert (await publish_plan_version(uow, plan.id, kept.number)).prices == first.prices
    with pytest.raises(WrongState) as refusal:
        await add_price(uow, plan.id, NewPrice.like(first.prices[0], code="v"))
    assert refusal.value.field == "meter_id"


async def test_what_is_wrong_with_an_added_price_is_named_without_its_place(uow: Uow) -> None:
    plan, _ = await team(uow, fee("a"))
    rates = [
        await create_tax_rate(uow, NewTaxRate(code=code, name="T", percent=5, inclusive=inclusive))
        for code, inclusive in (("in", True), ("out", False))
    ]
    nobody = uow.new_id()
    for new, field in (
        (fee("a"), "code"),
        (fee("Not a code"), "code"),
        (NewPrice(model="magic", params={}), "model"),
        (NewPrice.like(await create_own_price(uow, fee()), unit="x" * 51), "unit"),
        (NewPrice.like(await create_own_price(uow, fee()), feature_id=nobody), "feature_id"),
        (
            NewPrice.like(await create_own_price(uow, fee()), tax_rate_ids=[rate.id for rate in rates]),
            "tax_rate_ids",
        ),
    ):
        with pytest.raises(CounterfoilError) as refusal:
            await add_price(uow, plan.id, new)
        assert refusal.value.field == field
    assert (await get_plan(uow, plan.id)).latest_number == 1
    await archive_plan(uow, plan.id)
    with pytest.raises(WrongState, match="archived"):
        await add_price(uow, plan.id, fee("b"))
    with pytest.raises(NotFound):
        await add_price(uow, nobody, fee("b"))


async def test_prices_that_are_added_together_make_one_version(uow: Uow) -> None:
    plan, first = await team(uow, fee("a"))
    b, c = await add_prices(uow, plan.id, [fee("b"), fee("c")])
    after = await published_version_of(uow, plan.id)
    assert (after.number, [price.code for price in after.prices]) == (2, ["a", "b", "c"])
    assert list(after.prices) == [*first.prices, b, c]
    with pytest.raises(InvalidInput) as refusal:
        await add_prices(uow, plan.id, [fee("d"), fee("a")])
    assert refusal.value.field == "prices.1.code"
    assert (await published_version_of(uow, plan.id)).number == 2


async def test_a_price_of_a_draft_or_of_a_subscription_is_not_removed(uow: Uow) -> None:
    _, draft = await team(uow, fee(), publish=False)
    own = await create_own_price(uow, fee())
    for price_id in (draft.prices[0].id, own.id):
        with pytest.raises(WrongState):
            await remove_price(uow, price_id)
        with pytest.raises(WrongState):
            await replace_price(uow, price_id, fee())
    with pytest.raises(NotFound):
        await remove_price(uow, uow.new_id())


async def test_a_prices_labels_change_and_what_it_costs_stays(uow: Uow) -> None:
    _, version = await team(uow, fee("a"), fee("b"))
    price, other = version.prices
    changed = await update_price(
        uow,
        price.id,
        CatalogChanges(
            {"name": "Basic fee", "description": "Each month", "external_id": "x", "meta": {"k": 1}}, 1
        ),
    )
    assert (changed.name, changed.description, changed.external_id) == ("Basic fee", "Each month", "x")
    assert (changed.version, changed.params) == (2, price.params)
    assert await get_price(uow, price.id) == changed
    with pytest.raises(VersionMismatch):
        await update_price(uow, price.id, CatalogChanges({"name": "Other"}, 1))
    with pytest.raises(AlreadyExists):
        async with uow.savepoint():
            await update_price(uow, other.id, CatalogChanges({"external_id": "x"}))
    with pytest.raises(InvalidInput):
        await update_price(uow, price.id, CatalogChanges({"name": "\u0000"}))


async def test_a_subscriptions_own_prices_belong_to_no_plan(uow: Uow) -> None:
    sso = await create_feature(uow, NewFeature(code="sso", name="SSO", kind="boolean"))
    one, two = await create_own_prices(
        uow, [fee("same"), NewPrice.like(await create_own_price(uow, fee()), code="same", feature_id=sso.id)]
    )
    assert (one.plan_id, one.code, two.code, two.feature_id) == (None, "same", "same", sso.id)
    assert await get_price(uow, two.id) == two
    with pytest.raises(InvalidInput) as refusal:
        await create_own_prices(uow, [fee(), fee(EUR="1")], "USD")
    assert (refusal.value.field, refusal.value.allowed) == ("prices.0.params", "USD")
    with pytest.raises(InvalidInput) as refusal:
        await create_own_prices(uow, [fee(), NewPrice(model="flat", params={})])
    assert refusal.value.field == "prices.1.params"
    with pytest.raises(NotFound) as unknown:
        await create_own_prices(uow, [fee(), NewPrice.like(one, feature_id=uow.new_id())])
    assert unknown.value.field == "prices.1.feature_id"


async def test_a_price_like_another_is_as_that_one_but_for_what_is_changed(uow: Uow) -> None:
    price = await create_own_price(
        uow, NewPrice(code="p", model="flat", params={"EUR": {"amount": "1"}}, unit="GB", external_id="x")
    )
    copy = await create_own_price(uow, NewPrice.like(price, params={"EUR": {"amount": Decimal(2)}}))
    assert (copy.code, copy.name, copy.unit, copy.external_id) == ("p", "p", "GB", None)
    assert copy.params == {"EUR": {"amount": "2"}}


async def test_what_has_no_code_is_called_by_its_id(uow: Uow) -> None:
    plan = await create_plan(uow, NewPlan(name="Team"))
    meter = await create_meter(uow, NewMeter(name="M", event_name="m", aggregation="count"))
    rate = await create_tax_rate(uow, NewTaxRate(name="VAT", percent=19))
    feature = await create_feature(uow, NewFeature(name="F", kind="boolean"))
    price = await add_price(uow, plan.id, NewPrice(model="flat", params={"EUR": {"amount": 1}}))
    for kind, made in (("plan", plan), ("meter", meter), ("tax_rate", rate), ("feature", feature)):
        assert made.code == show_id(kind, made.id)
    assert (price.code, price.name) == (show_id("price", price.id), show_id("price", price.id))


async def test_a_plan_says_who_is_shown_it_and_how_many_may_sit_in_it(uow: Uow) -> None:
    plan = await create_plan(uow, NewPlan(name="Team", min_seats=2, max_seats=5, trial_days=14))
    assert (plan.visibility, plan.kind, plan.position) == (Visibility.PUBLIC, PlanKind.STANDARD, 0)
    changed = await update_plan(
        uow,
        plan.id,
        CatalogChanges({"visibility": "private", "kind": "bespoke", "position": 3, "max_seats": None}),
    )
    assert (changed.visibility, changed.kind) == (Visibility.PRIVATE, PlanKind.BESPOKE)
    assert (changed.position, changed.min_seats, changed.max_seats, changed.trial_days) == (3, 2, None, 14)
    assert await get_plan(uow, plan.id) == changed
    for fields, field in (
        ({"max_seats": 1}, "max_seats"),
        ({"min_seats": -1}, "min_seats"),
        ({"position": 2**31}, "position"),
        ({"trial_days": 4000}, "trial_days"),
        ({"evaluation_days": -1}, "evaluation_days"),
        ({"visibility": "hidden"}, "visibility"),
        ({"kind": "odd"}, "kind"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            await update_plan(uow, plan.id, CatalogChanges(fields))
        assert (refusal.value.field, bool(refusal.value.allowed)) == (field, True)


async def test_prices_are_listed_by_plan_and_by_version_ended_ones_too(uow: Uow) -> None:
    plan, first = await team(uow, fee("a"), fee("b"))
    await create_own_price(uow, fee("own"))
    await replace_price(uow, first.prices[0].id, fee("a", EUR="11"))
    second = await published(uow, plan)

    async def listed(**wanted: object) -> set[str]:
        page = await list_prices(uow, PageQuery(2), **wanted)  # type: ignore[arg-type]
        rest = await list_prices(uow, PageQuery(9, page.items[-1].id), **wanted)  # type: ignore[arg-type]
        return {str(price.id) for price in (*page.items, *rest.items)}

    assert await listed(plan_version_id=first.id) == {str(price.id) for price in first.prices}
    assert await listed(plan_version_id=second.id) == {str(price.id) for price in second.prices}
    assert await listed(plan_id=plan.id) == {str(price.id) for price in (*first.prices, *second.prices)}
    assert len(await listed()) == 4
    assert (await list_prices(uow, PageQuery(), plan_version_id=plan.id)).items == []


async def test_a_price_that_leaves_its_plan_is_announced(uow: Uow, tenant: Tenant, store: Store) -> None:
    _, version = await team(uow, fee("a"), fee("b"))
    await remove_price(uow, version.prices[0].id)
    await uow.commit()
    async with store.unit(tenant.scope) as later:
        rows = await later.execute(
            text("select event, object_id, data from changes where object_kind = 'price'")
        )
        assert [tuple(row) for row in rows] == [
            ("price.updated", version.prices[0].id, {"changed": ["ended_at"]})
        ]


async def test_plans_are_searched_by_what_vendors_lists_ask_for(uow: Uow) -> None:
    product = await create_product(uow, NewProduct(name="Suite"))
    made = [
        await create_plan(uow, NewPlan(code=code, name=name, product_id=product_id, external_id=f"x-{code}"))
        for code, name, product_id in (
            ("a", "Team 100%", product.id),
            ("b", "team 1000", None),
            ("c", "Solo_1", product.id),
        )
    ]
    _, b, c = made
    gone = await archive_plan(uow, c.id)

    async def found(query: OffsetQuery | None = None, **wanted: Any) -> tuple[list[str], int | None]:
        result = await search_plans(uow, CatalogFilter(**wanted), query or OffsetQuery())
        return [plan.code for plan in result.items], result.total

    assert await found() == (["c", "b", "a"], 3)
    assert await found(OffsetQuery(1, 1)) == (["b"], 3)
    assert await found(OffsetQuery(2, 0, ascending=True)) == (["a", "b"], 3)
    assert await found(OffsetQuery(5, 9)) == ([], 3)
    assert await found(name_contains="TEAM") == (["b", "a"], 2)
    assert await found(name_contains="100%") == (["a"], 1), "a percent sign is one"
    assert await found(name_contains="o_") == (["c"], 1)
    assert await found(product_id=product.id, archived=False) == (["a"], 1)
    assert await found(archived=True) == (["c"], 1)
    assert await found(codes=["a", "z"], external_ids=["x-a", "x-b"]) == (["a"], 1)
    assert await found(ids=[b.id, gone.id]) == (["c", "b"], 2)
    assert await found(ids=[]) == ([], 0)
    assert await found(created_from=uow.now, created_to=uow.now) == (["c", "b", "a"], 3)
    assert await found(created_from=uow.now + timedelta(seconds=1)) == ([], 0)
    for wanted, field in (
        (CatalogFilter(name_contains="\x00"), "name_contains"),
        (CatalogFilter(codes=["\ud800"]), "codes"),
        (CatalogFilter(external_ids=[""]), "external_ids"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            await search_plans(uow, wanted, OffsetQuery())
        assert refusal.value.field == field
    with pytest.raises(AssertionError):  # a fault of the caller's: plans have no channel
        await search_plans(uow, CatalogFilter(channel="aws"), OffsetQuery())


async def test_prices_are_searched_with_and_without_those_that_ended(uow: Uow) -> None:
    plan, version = await team(uow, fee("a"), fee("b"))
    other, _ = await team(uow, fee("a"), code="other")
    sso = await create_feature(uow, NewFeature(code="sso", name="SSO", kind="boolean"))
    own = await create_own_price(uow, NewPrice.like(version.prices[0], feature_id=sso.id, code="own"))
    await remove_price(uow, version.prices[0].id)

    async def found(**wanted: Any) -> list[str]:
        result = await search_prices(uow, PriceFilter(**wanted), OffsetQuery())
        assert result.total == len(result.items)
        return [price.code for price in result.items]

    assert await found() == ["own", "a", "b", "a"]
    assert await found(plan_ids=[plan.id]) == ["b", "a"]
    assert await found(plan_ids=[plan.id, other.id], ended=False) == ["a", "b"]
    assert await found(ended=True) == ["a"]
    assert await found(codes=["a"]) == ["a", "a"]
    assert await found(feature_ids=[sso.id]) == ["own"]
    assert await found(ids=[own.id], meter_ids=[]) == []
    with pytest.raises(InvalidInput):
        await found(codes=["\x00"])
