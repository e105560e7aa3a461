"""A seller who uses Gcore's billing, for the tests over all faces."""

from __future__ import annotations

from typing import Any, Final

from counterfoil.modules.catalog import NewFeature, NewPrice, NewProduct, create_feature, create_product
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.subscriptions import NewSubscription, create_subscription
from tests.conftest import Tenant
from tests.support.faces import Ids, Samples, World


def _headers(key: str, _: Tenant) -> dict[str, str]:
    return {"Authorization": f"apikey {key}"}


def _reason(refusal: Any) -> str:
    assert isinstance(refusal, dict)
    [(field, told)] = refusal.items()
    reason = told if field == "detail" else told[0]
    assert isinstance(reason, str)
    return reason


async def _make(world: World) -> None:
    """A client who pays for a feature; names are this seller's own, and numbers are everybody's."""
    own = world.tenant.organization.slug
    async with world.store.unit(world.tenant.scope) as uow:
        product = await create_product(uow, NewProduct(code="cdn", name=f"CDN of {own}"))
        feature = await create_feature(
            uow, NewFeature(name=f"Traffic of {own}", kind="boolean", product_id=product.id, sku=f"SKU-{own}")
        )
        price = NewPrice(model="flat", params={"EUR": {"amount": "5"}}, feature_id=feature.id)
        customer = await create_customer(uow, NewCustomer(f"Client of {own}", currency="EUR"))
        await create_subscription(uow, NewSubscription(customer.id, prices=[price]))
    [row] = (await world.call("GET", "/billing/org/v1/subscriptions"))["results"]
    world.ids |= {
        "company_name": row["client"]["company_name"],
        "feature_name": row["feature"]["name"],
        "feature_erp_sku_id": row["feature"]["erp_sku_id"],
    }
    world.texts |= {
        "client_id": str(row["client_id"]),
        "feature_id": str(row["feature"]["id"]),
        "id": str(row["prices"][0]["subscription"]["id"]),
    }


def _list(ids: Ids) -> dict[str, Any]:
    named = ("company_name", "feature_name", "feature_erp_sku_id", "client_id", "feature_id", "id")
    return {name: ids[name] for name in named} | {"product_id": [1, 2], "ordering": "client_id,-id"}


SAMPLES: Final = Samples(headers=_headers, make=_make, reason=_reason, queries={"listClientFeatures": _list})
