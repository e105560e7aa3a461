"""Drafts, listings at channels, what a feature is, and how vendors' lists search."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from counterfoil.core.errors import InvalidInput, NotFound, WrongState
from counterfoil.modules.catalog import (
    CatalogChanges,
    CatalogFilter,
    NewFeature,
    NewMeter,
    NewProduct,
    Product,
    Region,
    archive_product,
    create_feature,
    create_meter,
    create_product,
    features_by_ids,
    get_feature,
    get_product,
    products_by_ids,
    publish_product,
    search_features,
    search_products,
    update_feature,
    update_product,
)
from counterfoil.store import OffsetQuery, Store, Uow
from tests.conftest import Tenant


async def product(uow: Uow, **fields: Any) -> Product:
    return await create_product(uow, NewProduct(name="P", **fields))


async def test_a_product_is_sold_at_once_unless_it_is_a_draft(uow: Uow) -> None:
    assert (await product(uow)).published_at == uow.now
    draft = await product(uow, draft=True)
    assert draft.published_at is None
    published = await publish_product(uow, draft.id)
    assert (published.published_at, published.version) == (uow.now, 2)
    assert await publish_product(uow, draft.id) == published, "twice is once"
    assert await get_product(uow, draft.id) == published


async def test_publishing_is_announced_once(uow: Uow, tenant: Tenant, store: Store) -> None:
    draft = await product(uow, draft=True)
    await publish_product(uow, draft.id)
    await publish_product(uow, draft.id)
    await uow.commit()
    async with store.unit(tenant.scope) as later:
        rows = await later.execute(text("select event, object_version from changes order by id"))
        assert [tuple(row) for row in rows] == [("product.created", 1), ("product.published", 2)]


async def test_what_was_put_away_is_not_published(uow: Uow) -> None:
    draft = await product(uow, draft=True)
    await archive_product(uow, draft.id)
    with pytest.raises(WrongState):
        await publish_product(uow, draft.id)
    with pytest.raises(NotFound):
        await publish_product(uow, uow.new_id())


async def test_a_listing_keeps_every_digit_of_its_terms(uow: Uow) -> None:
    terms = {"dimensions": [{"key": "gb", "rate": Decimal("0.10"), "units": 3}], "currency": "USD"}
    made = await product(uow, channel="aws", listing={"product_id": "p-1", "terms": terms})
    kept = {"dimensions": [{"key": "gb", "rate": "0.1", "units": 3}], "currency": "USD"}
    assert made.listing == {"product_id": "p-1", "terms": kept}
    assert await get_product(uow, made.id) == made
    moved = await update_product(uow, made.id, CatalogChanges({"channel": "azure", "listing": {}}))
    assert (moved.channel, moved.listing) == ("azure", {})
    assert await products_by_ids(uow, [made.id, uow.new_id()]) == {made.id: moved}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"channel": "AWS"}, "channel"),
        ({"channel": ""}, "channel"),
        ({"channel": "a" * 51}, "channel"),
        ({"default_currency": "EURO"}, "default_currency"),
        ({"logo_url": "javascript:alert(1)"}, "logo_url"),
        ({"logo_url": "https://"}, "logo_url"),
        ({"category": " "}, "category"),
        ({"listing": {"price": "1"}}, "listing"),
        ({"listing": {"terms": "all"}}, "listing.terms"),
        ({"listing": {"service": 5}}, "listing.service"),
        ({"listing": {"seller_id": ""}}, "listing.seller_id"),
        ({"listing": {"fulfillment_url": "ftp://a"}}, "listing.fulfillment_url"),
        ({"listing": {"terms": {"a": "x" * 300_000}}}, "listing"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_listing_that_cannot_be_kept_is_refused(uow: Uow, fields: dict[str, Any], field: str) -> None:
    made = await product(uow)
    with pytest.raises(InvalidInput) as new:
        await product(uow, **fields)
    with pytest.raises(InvalidInput) as changed:
        await update_product(uow, made.id, CatalogChanges(fields))
    assert (new.value.field, changed.value.field) == (field, field)
    assert new.value.allowed
    assert await get_product(uow, made.id) == made


async def test_a_feature_says_what_it_is_and_what_of_it_changes(uow: Uow) -> None:
    sold = await product(uow)
    meter = await create_meter(uow, NewMeter(name="GB", event_name="transfer", aggregation="count"))
    made = await create_feature(
        uow,
        NewFeature(
            name="Traffic",
            kind="metered",
            description="Out of the network",
            product_id=sold.id,
            meter_id=meter.id,
            sku="CDN-1",
            unit={"singular": "gigabyte", "plural": "gigabytes"},
            default_value=Decimal("1000.0"),
            visibility="private",
            position=3,
            rounding={"unit": "GB", "step": Decimal("0.10"), "mode": "ceil"},
            regions=[Region("eu-1", "Frankfurt"), Region("us-1", "Ashburn")],
        ),
    )
    assert made.default_value == "1000"
    assert made.rounding == {"unit": "GB", "step": "0.1", "mode": "ceil"}
    assert await get_feature(uow, made.id) == made
    assert await features_by_ids(uow, [made.id]) == {made.id: made}
    changed = await update_feature(
        uow, made.id, CatalogChanges({"default_value": 5, "visibility": "public", "regions": [], "unit": {}})
    )
    assert (changed.default_value, changed.visibility, changed.regions, changed.unit) == (
        "5",
        "public",
        [],
        {},
    )
    assert await get_feature(uow, made.id) == changed
    emptied = await update_feature(uow, made.id, CatalogChanges({"default_value": None}))
    assert emptied.default_value is None


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [("capability", True, True), ("boolean", False, False), ("numeric", "1.50", "1.5"), ("config", {}, {})],
)
async def test_a_default_value_has_the_form_of_its_kind(
    uow: Uow, kind: str, value: object, kept: object
) -> None:
    made = await create_feature(uow, NewFeature(name="F", kind=kind, default_value=value))
    assert made.default_value == kept
    assert await get_feature(uow, made.id) == made


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "capability", "default_value": False}, "default_value"),
        ({"kind": "boolean", "default_value": "yes"}, "default_value"),
        ({"kind": "numeric", "default_value": "many"}, "default_value"),
        ({"sku": ""}, "sku"),
        ({"sku": "x" * 256}, "sku"),
        ({"unit": {"singular": "GB"}}, "unit"),
        ({"unit": {"singular": "GB", "plural": ""}}, "unit.plural"),
        ({"position": -1}, "position"),
        ({"position": 2**40}, "position"),
        ({"visibility": "hidden"}, "visibility"),
        ({"rounding": {"unit": "GB"}}, "rounding"),
        ({"rounding": {"unit": "GB", "step": "0", "mode": "ceil"}}, "rounding.step"),
        ({"rounding": {"unit": "GB", "step": "1", "mode": "up"}}, "rounding.mode"),
        ({"rounding": {"unit": "", "step": "1", "mode": "ceil"}}, "rounding.unit"),
        ({"regions": [Region("eu", "Europe"), Region("eu", "Europa")]}, "regions.1"),
        ({"regions": [Region("", "Europe")]}, "regions.0.code"),
        ({"description": "\x00"}, "description"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_feature_that_cannot_be_kept_is_refused(uow: Uow, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await create_feature(uow, NewFeature(**{"name": "F", "kind": "boolean"} | fields))
    assert refusal.value.field == field
    assert refusal.value.allowed


async def test_a_feature_names_a_product_that_is_there(uow: Uow) -> None:
    gone = await product(uow)
    await archive_product(uow, gone.id)
    with pytest.raises(WrongState) as archived:
        await create_feature(uow, NewFeature(name="F", kind="boolean", product_id=gone.id))
    with pytest.raises(NotFound) as unknown:
        await create_feature(uow, NewFeature(name="F", kind="boolean", product_id=uow.new_id()))
    assert (archived.value.field, unknown.value.field) == ("product_id", "product_id")


async def test_products_are_searched_by_channel_and_paged_by_offset(uow: Uow) -> None:
    made = [await product(uow, channel=("aws", "gcp")[number % 2]) for number in range(5)]
    newest = made[::-1]
    everything = await search_products(uow, CatalogFilter(), OffsetQuery(limit=2, offset=2))
    assert (everything.items, everything.total) == (newest[2:4], 5)
    aws = await search_products(uow, CatalogFilter(channel="aws"), OffsetQuery(offset=1))
    assert (aws.items, aws.total) == ([made[2], made[0]], 3)
    await archive_product(uow, made[0].id)
    open_ = await search_products(uow, CatalogFilter(channel="aws", archived=False), OffsetQuery())
    assert open_.items == [made[4], made[2]]
    assert (await search_products(uow, CatalogFilter(channel="azure"), OffsetQuery())).total == 0
    uncounted = await search_products(uow, CatalogFilter(channel="gcp"), OffsetQuery(), count=False)
    assert (uncounted.items, uncounted.total) == ([made[3], made[1]], None)


async def test_features_are_searched_by_product(uow: Uow) -> None:
    one, other = await product(uow), await product(uow)
    mine = await create_feature(uow, NewFeature(name="F", kind="boolean", product_id=one.id))
    await create_feature(uow, NewFeature(name="G", kind="boolean", product_id=other.id))
    found = await search_features(uow, CatalogFilter(product_id=one.id), OffsetQuery())
    assert (found.items, found.total) == ([mine], 1)
