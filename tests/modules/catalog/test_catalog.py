"""What other modules rely on: bulk readers, prices that core can rate, rules that the database holds."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import delete, text, update

from counterfoil.core.errors import AlreadyExists, Conflict, InvalidInput, NotFound, WrongState
from counterfoil.modules.catalog import (
    Cadence,
    Meter,
    NewFeature,
    NewMeter,
    NewPlan,
    NewPlanVersion,
    NewPrice,
    NewProduct,
    NewTaxRate,
    Plan,
    PlanVersion,
    PlanVersionRow,
    PlanVersionStatus,
    PriceRow,
    archive_meter,
    create_feature,
    create_meter,
    create_plan,
    create_plan_version,
    create_product,
    create_tax_rate,
    features_by_codes,
    get_plan,
    get_plan_version,
    list_prices,
    meters_by_codes,
    meters_by_ids,
    meters_for_event_names,
    plan_versions_by_ids,
    plans_by_codes,
    plans_by_ids,
    prices_by_ids,
    prices_of_versions,
    products_by_codes,
    publish_plan_version,
    published_version_of,
    tax_rates_by_codes,
    tax_rates_by_ids,
)
from counterfoil.store import PageQuery, Store, Uow
from tests.conftest import Tenant


def fee(code: str = "fee", **amounts: str) -> NewPrice:
    params = {currency: {"amount": amount} for currency, amount in (amounts or {"EUR": "10"}).items()}
    return NewPrice(code=code, model="flat", params=params)


async def team(
    uow: Uow, *prices: NewPrice, publish: bool = True, code: str = "team"
) -> tuple[Plan, PlanVersion]:
    plan = await create_plan(uow, NewPlan(code=code, name="Team"))
    version = await create_plan_version(uow, plan.id, NewPlanVersion(prices=prices, publish=publish))
    return plan, version


async def calls(uow: Uow, code: str, event: str = "call") -> Meter:
    return await create_meter(uow, NewMeter(code=code, name=code, event_name=event, aggregation="count"))


async def test_what_is_written_is_what_is_read(uow: Uow) -> None:
    meter = await calls(uow, "calls")
    plan, version = await team(
        uow,
        NewPrice(
            code="u",
            model="per_unit",
            params={"EUR": {"unit_amount": Decimal("0.0025")}},
            quantity_source="usage",
            meter_id=meter.id,
            cadence="in_arrears",
            filters={"region": ["eu", True]},
        ),
        fee(),
    )
    assert (await plan_versions_by_ids(uow, [version.id])) == {version.id: version}
    assert await published_version_of(uow, plan.id) == version
    assert await prices_by_ids(uow, [price.id for price in version.prices]) == {
        price.id: price for price in version.prices
    }
    assert await prices_of_versions(uow, [version.id, plan.id]) == {
        version.id: version.prices,
        plan.id: [],
    }
    metered = version.prices[0]
    assert metered.cadence is Cadence.IN_ARREARS
    assert metered.filters == {"region": ["eu", "true"]}
    assert (await meters_by_ids(uow, [meter.id, plan.id])) == {meter.id: meter}
    read = await get_plan(uow, plan.id)
    assert (read.latest_number, read.published_number) == (1, 1)
    assert (await plans_by_ids(uow, [plan.id])) == {plan.id: read}
    assert (await plans_by_codes(uow, ["team", "none"])) == {"team": read}


async def test_a_price_rates_in_its_currencies_and_refuses_others(uow: Uow) -> None:
    _, version = await team(uow, fee(EUR="10.50", JPY="1500"))
    [price] = version.prices
    [part] = price.pricing("JPY").rate(Decimal(1))
    assert part.amount == Decimal(1500)
    with pytest.raises(InvalidInput) as refusal:
        price.pricing("USD")
    assert (refusal.value.field, refusal.value.allowed) == ("currency", "EUR, JPY")


async def test_objects_are_found_by_their_codes(uow: Uow) -> None:
    product = await create_product(uow, NewProduct(code="p", name="P"))
    feature = await create_feature(uow, NewFeature(code="f", name="F", kind="boolean"))
    rate = await create_tax_rate(uow, NewTaxRate(code="vat", name="VAT", percent="19.000"))
    meter = await calls(uow, "m")
    assert await products_by_codes(uow, ["p", "q"]) == {"p": product}
    assert await features_by_codes(uow, ["f"]) == {"f": feature}
    assert await tax_rates_by_codes(uow, ["vat"]) == {"vat": rate}
    assert await tax_rates_by_ids(uow, [rate.id]) == {rate.id: rate}
    assert await meters_by_codes(uow, ["m"]) == {"m": meter}
    assert rate.percent == 19
    for reader in (products_by_codes, features_by_codes, tax_rates_by_codes, meters_by_codes, plans_by_codes):
        assert await reader(uow, []) == {}
    for by_id in (meters_by_ids, tax_rates_by_ids, prices_by_ids, plan_versions_by_ids, prices_of_versions):
        assert await by_id(uow, []) == {}


async def test_ingest_finds_the_meters_of_an_event_archived_ones_too(uow: Uow) -> None:
    one, two = await calls(uow, "one"), await calls(uow, "two")
    await calls(uow, "other", event="other")
    archived = await archive_meter(uow, two.id)
    assert await meters_for_event_names(uow, ["call", "nothing"]) == {
        "call": [one, archived],
        "nothing": [],
    }


async def test_a_plan_without_a_published_version_has_none_to_give(uow: Uow) -> None:
    plan, _ = await team(uow, fee(), publish=False)
    with pytest.raises(WrongState):
        await published_version_of(uow, plan.id)
    with pytest.raises(NotFound):
        await published_version_of(uow, uow.new_id())


async def test_a_choice_that_is_none_is_refused_by_the_use_case_too(uow: Uow) -> None:
    with pytest.raises(InvalidInput) as kind:
        await create_feature(uow, NewFeature(code="f", name="F", kind="magic"))
    assert (kind.value.field, "boolean" in str(kind.value.allowed)) == ("kind", True)
    with pytest.raises(InvalidInput) as unit:
        await team(uow, NewPrice(code="p", model="flat", params={"EUR": {"amount": 1}}, interval_unit="age"))
    assert unit.value.field == "prices.0.interval.unit"


@pytest.mark.parametrize(
    ("model", "params"),
    [("commit", {"unit_amount": "2", "committed_quantity": "500"}), ("flat", {"amount": "99"})],
)
async def test_a_fee_does_not_depend_on_usage_so_it_is_prorated_by_days(
    uow: Uow, model: str, params: dict[str, str]
) -> None:
    meter = await calls(uow, "m")
    of_usage = NewPrice(
        code="p",
        model=model,
        params={"EUR": params},
        quantity_source="usage",
        meter_id=meter.id,
        cadence="in_arrears",
    )
    with pytest.raises(InvalidInput, match="whatever was used") as refused:
        async with uow.savepoint():
            await team(uow, of_usage)
    assert refused.value.field == "prices.0.model"
    assert "quantity_source one or item" in str(refused.value.allowed)
    _, version = await team(uow, replace(of_usage, quantity_source="one", meter_id=None))
    assert version.prices[0].model == model


async def test_each_change_of_state_is_announced_once(uow: Uow, tenant: Tenant, store: Store) -> None:
    plan, version = await team(uow, fee())
    await publish_plan_version(uow, plan.id, version.number)  # published already
    meter = await calls(uow, "m")
    await archive_meter(uow, meter.id)
    await archive_meter(uow, meter.id)
    await uow.commit()
    async with store.unit(tenant.scope) as later:
        rows = await later.execute(text("select event, object_version from changes order by id"))
        announced = [tuple(row) for row in rows]
    assert announced == [
        ("plan.created", 1),
        ("plan_version.created", 1),
        ("plan_version.published", 2),
        ("meter.created", 1),
        ("meter.archived", 2),
    ]


async def test_the_database_keeps_published_versions_and_what_prices_cost_as_they_are(uow: Uow) -> None:
    plan, version = await team(uow, fee())
    [price] = version.prices
    finals: list[dict[str, object]] = [
        {"number": 9},
        {"status": PlanVersionStatus.DRAFT},
        {"price_ids": []},
    ]
    for change in finals:
        with pytest.raises(Conflict):
            async with uow.savepoint():
                await uow.execute(
                    update(PlanVersionRow).where(PlanVersionRow.id == version.id).values(**change)
                )
    changes: list[dict[str, object]] = [
        {"params": {}},
        {"model": "per_unit"},
        {"code": "other"},
        {"unit": "GB"},
        {"interval_count": 2},
        {"plan_id": None},
    ]
    for change in changes:
        with pytest.raises(Exception, match="permission denied"):
            async with uow.savepoint():
                await uow.execute(update(PriceRow).where(PriceRow.id == price.id).values(**change))
    with pytest.raises(Exception, match="permission denied"):
        async with uow.savepoint():
            await uow.execute(delete(PriceRow))
    assert await get_plan_version(uow, plan.id, 1) == version


async def test_nothing_of_a_refused_version_is_kept(uow: Uow) -> None:
    plan, _ = await team(uow, fee(), publish=False)
    await create_plan_version(uow, plan.id, NewPlanVersion(external_id="second"))
    again = NewPlanVersion(prices=[fee(EUR="1")], external_id="second", publish=True)
    with pytest.raises(AlreadyExists):
        async with uow.savepoint():
            await create_plan_version(uow, plan.id, again)
    assert (await get_plan(uow, plan.id)).latest_number == 2
    assert len((await list_prices(uow, PageQuery(), plan_id=plan.id)).items) == 1
