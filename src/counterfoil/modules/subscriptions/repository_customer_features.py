"""Rows of customers' features, and the prices that make them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ARRAY, BigInteger, Text, and_, cast, exists, func, literal, or_, select, text
from sqlalchemy.orm import aliased

from counterfoil.modules.catalog import FeatureRow, MeterRow, PriceRow, ProductRow
from counterfoil.modules.customers import CustomerRow
from counterfoil.modules.subscriptions.customer_feature_types import CustomerFeature, SortBy
from counterfoil.modules.subscriptions.models import CustomerFeatureRow, SubscriptionItemRow, SubscriptionRow
from counterfoil.store import Instant, records
from counterfoil.store.aliases import AliasRow
from counterfoil.store.paging import counted, page_of, paged
from counterfoil.store.rows import columns

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.engine import Row

    from counterfoil.modules.subscriptions.customer_feature_types import (
        CustomerFeatureFilter,
        Numbering,
        SortKey,
    )
    from counterfoil.store import OffsetQuery, Page, PageQuery, Uow

_OWN: Final = columns(CustomerFeatureRow, CustomerFeature)
_NOTE: Final = text(
    """
    insert into customer_features
      (id, environment_id, customer_id, feature_id, product_id, charged, created_at)
    select new.id, :environment, :customer, f.id, f.product_id, string_to_array(new.charged, ' '), :now
    from unnest(cast(:ids as uuid[]), cast(:features as uuid[]), cast(:charged as text[]))
      new (id, feature_id, charged)
    join features f on f.id = new.feature_id
    on conflict (environment_id, customer_id, feature_id) do update
    set charged = array(
        select distinct form from unnest(customer_features.charged || excluded.charged) form order by form
    )
    where not customer_features.charged @> excluded.charged
    """
)
# Of a seller who is far larger than others, or whose rows are newer than the statistics, the server expects
# few rows, and would look each of thousands up one by one, or worse.  All of them are read for the order.
_HASHED: Final = text("set local enable_nestloop = off")
_ANYHOW: Final = text("set local enable_nestloop = on")
# "offset 0" and "is true" hold the server to the order in which this is written: the prices of the features
# once, then each subscription's items by their index.  Where it expects few rows it would take others.
_CHARGES: Final = text(
    """
    select s.customer_id, i.id as item_id, i.price_id, i.quantity, i.started_at,
           least(i.ended_at, s.paused_at) as item_ended_at, s.id as subscription_id, s.currency,
           s.started_at as subscription_started_at,
           coalesce(s.ended_at, least(s.cancel_at, s.expires_at)) as subscription_ended_at
    from subscriptions s
    cross join lateral (
        select * from subscription_items
        where environment_id = s.environment_id and subscription_id = s.id
          and (price_id in (
              select id from prices
              where environment_id = :environment and feature_id = any(cast(:features as uuid[]))
          )) is true
        offset 0
    ) i
    where s.environment_id = :environment and s.customer_id = any(cast(:customers as uuid[]))
    order by i.started_at, i.id
    """
).columns(
    started_at=Instant, item_ended_at=Instant, subscription_started_at=Instant, subscription_ended_at=Instant
)


async def note(uow: Uow, customer_id: UUID, charged: Mapping[UUID, Collection[str]]) -> None:
    """Write which features a customer is charged for, in which forms, where that is not known yet."""
    features = sorted(charged)
    values = {
        "environment": uow.environment_id,
        "customer": customer_id,
        "ids": [uow.new_id() for _ in features],
        "features": features,
        "charged": [" ".join(sorted(charged[feature])) for feature in features],
        "now": uow.now,
    }
    await uow.execute(_NOTE, values)


async def page(
    uow: Uow,
    query: PageQuery,
    *,
    customer_id: UUID | None,
    feature_id: UUID | None,
    product_id: UUID | None,
) -> Page[CustomerFeature]:
    """Customers' features, newest first."""
    statement = select(*_OWN).where(CustomerFeatureRow.environment_id == uow.environment_id)
    if customer_id is not None:
        statement = statement.where(CustomerFeatureRow.customer_id == customer_id)
    if feature_id is not None:
        statement = statement.where(CustomerFeatureRow.feature_id == feature_id)
    if product_id is not None:
        statement = statement.where(CustomerFeatureRow.product_id == product_id)
    rows = await uow.execute(paged(statement, CustomerFeatureRow.id, query))
    return page_of(records(CustomerFeature, rows), query)


async def search(
    uow: Uow,
    wanted: CustomerFeatureFilter,
    sort: Sequence[SortKey],
    query: OffsetQuery,
    numbering: Numbering | None,
) -> tuple[list[CustomerFeature], bool]:
    """A page by offset, and whether an object that the order numbers has no number anywhere in the list."""
    search = _Search(uow, wanted, numbering)
    keys = [(search.key(one.by), one.descending) for one in sort]
    order = [key.desc() if descending else key for key, descending in keys]
    missing = func.bool_or(or_(*search.unnumbered)).over() if search.unnumbered else literal(False)
    own = CustomerFeatureRow.id
    statement = search.statement(own, missing.label("unnumbered"))
    if search.joins:
        await uow.execute(_HASHED)
    skipped = statement.order_by(*order, own).limit(query.limit).offset(query.offset)
    found = list(await uow.execute(skipped))
    if search.joins:
        await uow.execute(_ANYHOW)
    ids = [row.id for row in found]
    rows = select(*_OWN).where(CustomerFeatureRow.environment_id == uow.environment_id, own.in_(ids))
    by_id = {one.id: one for one in records(CustomerFeature, await uow.execute(rows))} if ids else {}
    return [by_id[id_] for id_ in ids], bool(found) and found[0].unnumbered


async def count(uow: Uow, wanted: CustomerFeatureFilter, numbering: Numbering | None) -> int:
    """How many match in all."""
    statement = _Search(uow, wanted, numbering).statement(CustomerFeatureRow.id)
    found: int = (await uow.execute(counted(statement))).scalar_one()
    return found


async def unnumbered(uow: Uow, by: SortBy, face: str, kind: str) -> list[UUID]:
    """The customers, features or features' products of all rows that have no number at a face."""
    column: Any = {
        SortBy.CUSTOMER: CustomerFeatureRow.customer_id,
        SortBy.FEATURE: CustomerFeatureRow.feature_id,
        SortBy.PRODUCT: CustomerFeatureRow.product_id,
    }[by]
    known = exists().where(_alias_of(uow, AliasRow, face, kind, column))
    statement = (
        select(column)
        .distinct()
        .where(CustomerFeatureRow.environment_id == uow.environment_id, column.is_not(None), ~known)
    )
    return list((await uow.execute(statement)).scalars())


async def charges(uow: Uow, customers: Collection[UUID], features: Collection[UUID]) -> list[Row[Any]]:
    """The items of these customers whose prices charge one of these features, in the order of their time."""
    if not customers:
        return []
    values = {"environment": uow.environment_id, "customers": list(customers), "features": list(features)}
    return list(await uow.execute(_CHARGES, values))


class _Search:
    """The rows that match, joined with what filters and sort keys ask of, each table once."""

    def __init__(self, uow: Uow, wanted: CustomerFeatureFilter, numbering: Numbering | None) -> None:
        self.uow = uow
        self.numbering = numbering
        self.unnumbered: list[Any] = []
        """For each number that is sorted by: the condition that a row has none."""
        self.joins: dict[Any, Any] = {}
        """The tables that every row is joined with, each with its condition."""
        self._aliases: dict[str, Any] = {}
        self._where: list[Any] = [CustomerFeatureRow.environment_id == uow.environment_id]
        known = () if numbering is None else numbering.products
        self._known = (
            func.unnest(
                cast([one.code for one in known], ARRAY(Text)),
                cast([one.number for one in known], ARRAY(BigInteger)),
                cast([one.name for one in known], ARRAY(Text)),
            )
            .table_valued("code", "number", "name", name="known")
            .render_derived()
        )
        self._filter(wanted)

    def statement(self, *selected: Any) -> Select[Any]:
        """The select of these columns."""
        statement = select(*selected).select_from(CustomerFeatureRow)
        for table, condition in self.joins.items():
            statement = statement.outerjoin(table, condition)
        return statement.where(*self._where)

    def key(self, by: SortBy) -> Any:
        """The expression to sort by; names by code point, whatever the server's language."""
        match by:
            case SortBy.CREATED:
                return CustomerFeatureRow.id
            case SortBy.CUSTOMER:
                return self._number(CustomerFeatureRow.customer_id, by)
            case SortBy.FEATURE:
                return self._number(CustomerFeatureRow.feature_id, by)
            case SortBy.FEATURE_NAME:
                return self._feature.name.collate("C")
            case SortBy.PRODUCT:
                return self._product_number()
            case SortBy.PRODUCT_NAME:
                return self._product_name().collate("C")

    def _filter(self, wanted: CustomerFeatureFilter) -> None:
        among = self._among
        if wanted.customer_ids is not None:
            among(CustomerFeatureRow.customer_id, wanted.customer_ids)
        if wanted.feature_ids is not None:
            among(CustomerFeatureRow.feature_id, wanted.feature_ids)
        if wanted.product_ids is not None:
            among(CustomerFeatureRow.product_id, wanted.product_ids)
        if wanted.product_codes is not None:
            among(self._product.code, wanted.product_codes)
        if wanted.meter_ids is not None:
            among(self._feature.meter_id, wanted.meter_ids)
        if wanted.sku is not None:
            self._where.append(self._feature.sku == wanted.sku)
        if wanted.customer_contains is not None:
            self._contains(self._customer.name, wanted.customer_contains)
        if wanted.feature_contains is not None:
            self._contains(self._feature.name, wanted.feature_contains)
        if wanted.product_contains is not None:
            self._contains(self._product_name(), wanted.product_contains)
        if wanted.meter_contains is not None:
            self._contains(self._meter.code, wanted.meter_contains)
        if wanted.charged is not None:
            forms = cast([str(form) for form in wanted.charged], ARRAY(Text))
            self._where.append(CustomerFeatureRow.charged.overlap(forms))
        if wanted.subscription_ids is not None:
            self._where.append(_charged_by(self.uow, wanted.subscription_ids))

    def _among(self, column: Any, values: Collection[Any]) -> None:
        self._where.append(column.in_(values))

    def _contains(self, column: Any, part: str) -> None:
        self._where.append(func.strpos(func.lower(column), func.lower(part)) > 0)

    def _join(self, table: Any, condition: Any) -> Any:
        self.joins.setdefault(table, condition)
        return table

    @property
    def _customer(self) -> Any:
        return self._join(CustomerRow, CustomerRow.id == CustomerFeatureRow.customer_id)

    @property
    def _feature(self) -> Any:
        return self._join(FeatureRow, FeatureRow.id == CustomerFeatureRow.feature_id)

    @property
    def _meter(self) -> Any:
        return self._join(MeterRow, MeterRow.id == self._feature.meter_id)

    @property
    def _product(self) -> Any:
        return self._join(ProductRow, ProductRow.id == CustomerFeatureRow.product_id)

    def _product_name(self) -> Any:
        product = self._product
        known = self._join(self._known, self._known.c.code == product.code)
        return func.coalesce(known.c.name, product.name)

    def _product_number(self) -> Any:
        own = CustomerFeatureRow.product_id
        if self.numbering is None:
            return own
        known = self._join(self._known, self._known.c.code == self._product.code)
        alias = self._alias(own, self.numbering.product)
        self.unnumbered.append(and_(own.is_not(None), known.c.number.is_(None), alias.number.is_(None)))
        return func.coalesce(known.c.number, alias.number + self.numbering.other_products_after)

    def _number(self, column: Any, by: SortBy) -> Any:
        if self.numbering is None:
            return column
        kind = self.numbering.customer if by is SortBy.CUSTOMER else self.numbering.feature
        alias = self._alias(column, kind)
        self.unnumbered.append(alias.number.is_(None))
        return alias.number

    def _alias(self, column: Any, kind: str) -> Any:
        assert self.numbering is not None
        if kind not in self._aliases:
            alias = self._aliases[kind] = aliased(AliasRow, name=f"number_of_{kind}")
            self._join(alias, _alias_of(self.uow, alias, self.numbering.face, kind, column))
        return self._aliases[kind]


def _alias_of(uow: Uow, alias: Any, face: str, kind: str, object_id: Any) -> Any:
    return and_(
        alias.environment_id == uow.environment_id,
        alias.face == face,
        alias.kind == kind,
        alias.object_id == object_id,
    )


def _charged_by(uow: Uow, subscription_ids: Collection[UUID]) -> Any:
    return exists().where(
        SubscriptionRow.environment_id == uow.environment_id,
        SubscriptionRow.id.in_(subscription_ids),
        SubscriptionRow.customer_id == CustomerFeatureRow.customer_id,
        SubscriptionItemRow.environment_id == uow.environment_id,
        SubscriptionItemRow.subscription_id == SubscriptionRow.id,
        PriceRow.id == SubscriptionItemRow.price_id,
        PriceRow.feature_id == CustomerFeatureRow.feature_id,
    )
