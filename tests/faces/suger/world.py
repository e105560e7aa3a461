"""A seller who uses Suger, for the tests over all faces."""

from __future__ import annotations

from typing import Any, Final

from tests.conftest import Tenant
from tests.support.faces import Ids, Samples, World


def _headers(key: str, _: Tenant) -> dict[str, str]:
    return {"Authorization": f"Key {key}"}


def _reason(refusal: Any) -> str:
    assert isinstance(refusal, str), "a refusal is one JSON text"
    return refusal


async def _make(world: World) -> None:
    """The organization, a second key, a product and a draft of one."""
    body = {"name": "spare", "scopes": ["customers:read"]}
    made = await world.native.post("/v1/api-clients", json=body)
    organization = str(world.tenant.organization.id)
    [spare] = [
        one["id"]
        for one in await world.call("GET", f"/org/{organization}/apiClient")
        if made.is_success and one["role"] == "EDITOR"
    ]
    product = await world.call("POST", f"/org/{organization}/product", _PRODUCT)
    draft = await world.call("POST", f"/org/{organization}/draftProduct", {"name": "Draft"})
    world.ids |= {"orgId": organization, "apiClientId": spare}
    world.ids |= {"productId": product["id"], "draftId": draft["id"]}
    world.texts |= {"partner": "AWS"}


_PRODUCT: Final = {
    "name": "Edge",
    "partner": "AWS",
    "partnerID": "prod-edge",
    "service": "MARKETPLACE",
    "productType": "USAGE_BASED",
    "fulfillmentUrl": "https://edge.example",
    "info": {"currency": "USD", "dimensions": [{"key": "gb", "rate": 0.25}]},
    "metaInfo": {"customMetaInfo": {"team": "edge"}, "internalNote": "None"},
}


def _changed(ids: Ids) -> dict[str, Any]:
    return {"id": ids["productId"], "organizationID": ids["orgId"], "name": "Other"}


SAMPLES: Final = Samples(
    headers=_headers,
    make=_make,
    reason=_reason,
    bodies={
        "CreateProduct": lambda ids: {**_PRODUCT, "organizationID": ids["orgId"]},
        "CreateOrUpdateDraftProduct": lambda ids: {**_changed(ids), "id": ids["draftId"]},
        "UpdateProduct": _changed,
        "PublishProduct": _changed,
        "UpdateProductFulfillmentUrl": lambda ids: {
            "id": ids["productId"],
            "organizationID": ids["orgId"],
            "fulfillmentUrl": "https://edge.example/b",
        },
        "UpdateProductMetaInfo": lambda _: {"customMetaInfo": {"team": "core"}},
    },
    queries={"ListProducts": lambda _: {"partner": "AWS", "limit": 10, "offset": 0}},
    paths={("DeleteProduct", "productId"): "draftId"},
)
