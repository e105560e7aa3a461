"""What customers are charged for is read from the subscriptions that are there when the table is made."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from counterfoil.store.schema import migrate
from tests.conftest import Database
from tests.support.migrating import database_at

ENVIRONMENT, OTHER = uuid4(), uuid4()


@pytest.fixture
def before(database: Database) -> Iterator[str]:
    """The owner's URL of a database of this test's own, as it was before the migration."""
    with database_at(database, "0011") as owner:
        yield owner


def row(
    connection: psycopg.Connection, table: str, environment: UUID = ENVIRONMENT, **values: object
) -> UUID:
    """A row of which only what matters here is given; the rest is anything that the columns take."""
    id_ = uuid4()
    given = {"id": id_, "environment_id": environment, **values}
    found = connection.execute(
        "select column_name, udt_name from information_schema.columns"
        " where table_schema = 'public' and table_name = %s and is_nullable = 'NO'",
        [table],
    ).fetchall()
    anything = {"int8": 1, "int4": 1, "numeric": 1, "jsonb": "{}", "timestamptz": "2026-01-01T00:00:00Z"}
    anything |= {"bool": "false", "text": "x", "uuid": str(uuid4()), "_uuid": "{}"}
    filled = {name: anything[kind] for name, kind in found} | given
    connection.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, filled)),
            sql.SQL(", ").join(sql.Placeholder() * len(filled)),
        ),
        list(filled.values()),
    )
    return id_


def test_a_row_is_made_for_each_customer_and_feature_with_the_id_of_the_first_item(before: str) -> None:
    with psycopg.connect(before) as connection:
        connection.execute("set session_replication_role = replica")  # without the rows that these name
        product = row(connection, "products", code="p")
        feature = row(connection, "features", code="a", product_id=product)
        monthly = row(connection, "prices", code="m", feature_id=feature, model="flat", cadence="in_advance")
        used = row(connection, "prices", code="u", feature_id=feature, model="per_unit", cadence="in_arrears")
        without = row(connection, "prices", code="w", model="flat")
        customer = row(connection, "customers")
        subscriptions = [row(connection, "subscriptions", customer_id=customer) for _ in range(2)]
        items = [
            row(connection, "subscription_items", subscription_id=one, price_id=price)
            for one, price in zip(
                [*subscriptions, *subscriptions], [monthly, used, monthly, without], strict=True
            )
        ]
        row(connection, "subscription_items", OTHER, subscription_id=uuid4(), price_id=monthly)
    assert migrate(before) is True
    with psycopg.connect(before) as connection:
        made = connection.execute(
            "select id, environment_id, customer_id, feature_id, product_id, charged from customer_features"
        ).fetchall()
    forms = ["flat/x/in_advance", "per_unit/x/in_arrears"]
    assert made == [(min(items[:3]), ENVIRONMENT, customer, feature, product, forms)]
