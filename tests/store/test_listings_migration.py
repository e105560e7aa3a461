"""What was there before products had listings and features had more than a kind is carried over."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import create_engine, text

from counterfoil.store.engine import driver_url
from counterfoil.store.schema import migrate
from tests.conftest import Database
from tests.support.migrating import database_at


@pytest.fixture
def before(database: Database) -> Iterator[str]:
    """The owner's URL of a database of this test's own, as it was before the migration."""
    with database_at(database, "0010") as owner:
        yield owner


def test_products_that_were_there_count_as_published_and_features_as_public(before: str) -> None:
    common = "gen_random_uuid(), null, '{}', 1, '2026-01-02T03:04:05Z', '2026-02-01T00:00:00Z', null"
    columns = "environment_id, external_id, metadata, version, created_at, updated_at, archived_at"
    with psycopg.connect(before) as connection:
        connection.execute(
            f"insert into products (id, code, name, {columns}) values (gen_random_uuid(), 'p', 'P', {common})"
        )
        connection.execute(
            f"insert into features (id, code, name, kind, options, {columns})"
            f" values (gen_random_uuid(), 'f', 'F', 'enum', '[\"a\"]', {common})"
        )
    assert migrate(before) is True
    engine = create_engine(driver_url(before))
    with engine.connect() as connection:
        product = connection.execute(text("select * from products")).one()
        feature = connection.execute(text("select * from features")).one()
    engine.dispose()
    assert product.published_at == product.created_at
    assert (product.listing, product.channel, product.version) == ({}, None, 1)
    assert (feature.visibility, feature.position, feature.options) == ("public", 0, ["a"])
    assert (feature.unit, feature.rounding, feature.regions, feature.default_value) == ({}, {}, [], None)


VERSIONS = """
    insert into plan_versions (id, environment_id, metadata, version, created_at, updated_at,
                               plan_id, number, status, published_at, features)
    select v.id::uuid, p.environment_id, '{}', 1, now(), now(), p.id, v.number, v.status, v.published_at, '[]'
    from plans p, (values
        ('00000000-0000-7000-8000-000000000001', 1, 'draft', null::timestamptz),
        ('00000000-0000-7000-8000-000000000002', 2, 'draft', null),
        ('00000000-0000-7000-8000-000000000003', 3, 'draft', null),
        ('00000000-0000-7000-8000-000000000004', 4, 'draft', null)
    ) v (id, number, status, published_at)
"""
PRICES = """
    insert into prices (id, environment_id, metadata, version, created_at, updated_at, plan_version_id, code,
                        name, model, params, filters, quantity_source, interval_unit, interval_count,
                        cadence, tax_rate_ids, position)
    select gen_random_uuid(), v.environment_id, '{}', 1, now(), now(), v.id, 'p' || v.number || n, 'P',
           'flat', '{"EUR": {"amount": "1"}}', '{}', 'one', 'month', 1, 'in_advance', '{}', 2 - n
    from plan_versions v, generate_series(0, 2) n where v.number < 4
"""


def test_each_version_lists_the_prices_that_were_its_own_in_their_order(before: str) -> None:
    """Versions 1 and 3 are published, 2 was never, 4 has no prices; prices were made in another order."""
    with psycopg.connect(before) as connection:
        connection.execute(
            "insert into plans (id, environment_id, metadata, version, created_at, updated_at, code, name)"
            " values (gen_random_uuid(), gen_random_uuid(), '{}', 1, now(), now(), 't', 'T')"
        )
        connection.execute(VERSIONS)
        connection.execute(PRICES)
        for number, month in ((1, 1), (3, 3)):
            connection.execute(
                "update plan_versions set status = 'published', published_at = make_date(2026, %s, 1)"
                " where number = %s",
                [month, number],
            )
    assert migrate(before) is True
    with psycopg.connect(before) as connection:
        listed = connection.execute(
            """
            select v.number, array_agg(p.code order by place), bool_and(p.plan_id = v.plan_id),
                   array_agg(distinct to_char(p.ended_at, 'YYYY-MM-DD'))
            from plan_versions v, unnest(v.price_ids) with ordinality u (id, place)
            join prices p on p.id = u.id group by v.number order by v.number
            """
        ).fetchall()
        assert listed == [
            (1, ["p12", "p11", "p10"], True, ["2026-03-01"]),
            (2, ["p22", "p21", "p20"], True, [None]),
            (3, ["p32", "p31", "p30"], True, [None]),
        ]
        empty = connection.execute("select price_ids from plan_versions where number = 4").fetchone()
        plan = connection.execute(
            "select visibility, kind, position, min_seats, max_seats, trial_days, evaluation_days from plans"
        ).fetchone()
        assert (empty, plan) == (([],), ("public", "standard", 0, 1, None, None, None))
        with pytest.raises(psycopg.errors.CheckViolation, match="never changes"):
            connection.execute("update plan_versions set price_ids = '{}' where number = 1")
