"""Which customer pays which price for which feature: a row for each customer × feature that items charge.

The rows are written when items are made, and stay when the items end: what was paid can be asked for.  A
price that names no feature makes no row.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from counterfoil.modules.catalog import prices_by_ids
from counterfoil.modules.subscriptions import repository_customer_features as repository
from counterfoil.modules.subscriptions.customer_feature_types import (
    ChargeForm,
    CustomerFeature,
    CustomerFeatureFilter,
    FeatureCharge,
    Numbering,
    SortBy,
    SortKey,
)
from counterfoil.store import Found, numbers_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.catalog import Price
    from counterfoil.store import OffsetQuery, Page, PageQuery, Uow


async def note_items(uow: Uow, customer_id: UUID, prices: Iterable[Price]) -> None:
    """Note that items with these prices were made for a customer; at most one statement.

    To be called with the items' writing, whoever makes them; what is known already changes nothing.
    """
    charged: defaultdict[UUID, set[str]] = defaultdict(set)
    for price in prices:
        if price.feature_id is not None:
            form = ChargeForm(price.model, price.quantity_source, price.cadence)
            charged[price.feature_id].add(str(form))
    if charged:
        await repository.note(uow, customer_id, charged)


async def page_of_customer_features(
    uow: Uow,
    query: PageQuery,
    *,
    customer_id: UUID | None = None,
    feature_id: UUID | None = None,
    product_id: UUID | None = None,
) -> Page[CustomerFeature]:
    """Customers' features, newest first."""
    return await repository.page(
        uow, query, customer_id=customer_id, feature_id=feature_id, product_id=product_id
    )


async def list_customer_features(
    uow: Uow,
    wanted: CustomerFeatureFilter,
    sort: Sequence[SortKey],
    query: OffsetQuery,
    numbering: Numbering | None = None,
) -> Found[CustomerFeature]:
    """A page by offset of the customers' features that match, ordered by ``sort`` and then by their making.

    By number, if there is a ``numbering``: what has none yet is numbered first, so that the order is the same
    on every page.
    """
    items, unnumbered = await repository.search(uow, wanted, sort, query, numbering)
    if unnumbered:
        assert numbering is not None
        await _number(uow, {key.by for key in sort}, numbering)
        items, _ = await repository.search(uow, wanted, sort, query, numbering)
    return Found(items, await repository.count(uow, wanted, numbering))


async def charges_of(uow: Uow, features: Sequence[CustomerFeature]) -> dict[UUID, list[FeatureCharge]]:
    """What each of these customers has paid and will pay for the feature, in the order of time.

    By the id of the customer's feature; items that ended before they began never charged, and are left out,
    and so are those that would have begun in a pause that lasts.  After it they go on as other items.
    """
    found: dict[UUID, list[FeatureCharge]] = {one.id: [] for one in features}
    of_pair: dict[tuple[UUID, UUID | None], list[FeatureCharge]] = {
        (one.customer_id, one.feature_id): found[one.id] for one in features
    }
    rows = await repository.charges(
        uow, {one.customer_id for one in features}, {one.feature_id for one in features}
    )
    prices = await prices_by_ids(uow, {row.price_id for row in rows})
    for row in rows:
        price = prices[row.price_id]
        asked = of_pair.get((row.customer_id, price.feature_id))
        ended_at = _earlier(row.item_ended_at, row.subscription_ended_at)
        if asked is None or (ended_at is not None and ended_at <= row.started_at):
            continue
        asked.append(
            FeatureCharge(
                item_id=row.item_id,
                quantity=row.quantity,
                started_at=row.started_at,
                ended_at=ended_at,
                price=price,
                subscription_id=row.subscription_id,
                currency=row.currency,
                subscription_started_at=row.subscription_started_at,
                subscription_ended_at=row.subscription_ended_at,
            )
        )
    return found


async def _number(uow: Uow, by: set[SortBy], numbering: Numbering) -> None:
    """Number every object that a sort key numbers and that has no number yet."""
    kinds: Mapping[SortBy, str] = {
        SortBy.CUSTOMER: numbering.customer,
        SortBy.FEATURE: numbering.feature,
        SortBy.PRODUCT: numbering.product,
    }
    for one, kind in kinds.items():
        if one in by:
            ids = await repository.unnumbered(uow, one, numbering.face, kind)
            await numbers_of(uow, numbering.face, kind, ids)


def _earlier(*ends: datetime | None) -> Any:
    return min((end for end in ends if end is not None), default=None)
