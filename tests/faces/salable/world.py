"""A seller who uses Salable, for the tests over all faces."""

from __future__ import annotations

from typing import Any, Final

from tests.conftest import Tenant
from tests.faces.salable.shop import make_shop, subscribe_to_team
from tests.support.faces import Ids, Samples, World

_RELATIONS: Final = {
    "getProductByUuid": "features.featureEnumOptions,capabilities,currencies.currency,"
    "organisationPaymentIntegration,plans.features.feature,plans.capabilities,plans.currencies.currency",
    "getProductPlans": "capabilities.capability,features.enumValue,currencies",
    "getPlanByUuid": "capabilities.capability,features.feature,features.enumValue,currencies.currency",
    "getSubscriptionByUuid": "product.currencies,plan.currencies,customer",
}


def _headers(key: str, _: Tenant) -> dict[str, str]:
    return {"x-api-key": key}


def _reason(refusal: Any) -> str:
    assert isinstance(refusal, dict)
    assert len(refusal) == 1, "a refusal has one text, or the fields at fault"
    if "error" in refusal:
        return str(refusal["error"])
    return str([f"{one['property']}: {one['error']}" for one in refusal["validationErrors"]])


async def _make(world: World) -> None:
    """A product with features, plans and a pricing table, and a subscription to one of its plans."""
    shop = await make_shop(world.store, world.tenant)
    subscription = await subscribe_to_team(world.store, shop)
    world.ids |= {
        "productUuid": shop["planner"],
        "planUuid": shop["team"],
        "pricingTableUuid": shop["table"],
        "subscriptionUuid": str(subscription),
    }
    world.texts["url"] = "https://example.com"


def _table(ids: Ids) -> dict[str, Any]:
    return {
        "globalSuccessUrl": ids["url"],
        "globalCancelUrl": ids["url"],
        "globalGranteeId": "user-1",
        "member": "org-1",
    }


def _expand(relations: str) -> Any:
    return lambda _: {"expand": relations}


SAMPLES: Final = Samples(
    headers=_headers,
    make=_make,
    reason=_reason,
    queries={
        **{operation: _expand(relations) for operation, relations in _RELATIONS.items()},
        "getProductPricingTable": _table,
        "getPricingTableByUuid": _table,
        "cancelSubscription": lambda _: {"when": "end"},
    },
    refused={"getPlanCheckoutLink": 400},
    last=("cancelSubscription",),
)
