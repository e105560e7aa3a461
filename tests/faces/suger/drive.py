"""What an integrator's program does with products, in any version of Suger's client; tells it as JSON.

    python drive.py (life | read) HOST KEY ORGANIZATION

Run by the tests' own Python and by that of an environment with another version of the client, so it uses
nothing but the client.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import suger_sdk_python as suger


def product(**fields: Any) -> Any:
    """A body as the program writes it."""
    return suger.WorkloadProduct.from_dict(fields)


def connect(host: str, key: str) -> suger.ApiClient:
    """The client, pointed at this program: the host and the key are all that a user changes."""
    return suger.ApiClient(
        suger.Configuration(host=host, api_key={"APIKeyAuth": key}, api_key_prefix={"APIKeyAuth": "Key"})
    )


def read(host: str, key: str, organization: str) -> dict[str, Any]:
    """Everything there is: the client refuses a whole answer for one value that it does not know."""
    with connect(host, key) as client:
        api: Any = suger.ProductApi(client)
        listed = api.list_products(organization, limit=1000)
        for one in listed:
            assert api.get_product(organization, one.id) == one
            api.list_product_metering_dimensions(organization, one.id)
    return {"read": len(listed)}


def life(host: str, key: str, organization: str) -> dict[str, Any]:
    """A product's life, and what was seen of it."""
    seen: dict[str, Any] = {}
    with connect(host, key) as client:
        api: Any = suger.ProductApi(client)
        dimension = {"key": "gb", "name": "Traffic", "rate": 0.25}
        info = {"currency": "USD", "eulaType": "SCMP", "dimensions": [dimension]}
        draft = api.create_or_update_draft_product(
            organization, product(name="Edge", partner="AWS", info=info)
        )
        seen["draft"] = draft.status
        body = product(id=draft.id, info={"dimensions": [dimension | {"rate": 0.5}]})
        changed = api.create_or_update_draft_product(organization, body)
        seen["kept"] = [changed.name, changed.info.currency, changed.info.dimensions[0].rate]
        public = api.publish_product(organization, draft.id, changed)
        seen["public"] = public.status
        seen["dimensions"] = [
            one.to_dict() for one in api.list_product_metering_dimensions(organization, draft.id)
        ]
        custom: Any = suger.WorkloadMetaInfo.from_dict(
            {"customMetaInfo": {"team": "edge"}, "internalNote": "Key account"}
        )
        seen["meta"] = api.update_product_meta_info(organization, draft.id, custom).to_dict()
        url = suger.UpdateProductParams(
            fulfillmentUrl="https://edge.example/start", id=draft.id, organizationID=organization
        )
        seen["url"] = api.update_product_fulfillment_url(organization, draft.id, url).fulfillment_url
        seen["renamed"] = api.update_product(organization, draft.id, product(name="Edge 2")).name
        other = api.create_product(organization, product(name="Vault", partner="STRIPE", status="DRAFT"))
        seen["deleted"] = api.delete_product(organization, other.id)
        seen["after"] = api.get_product(organization, other.id).status
        seen["aws"] = [one.name for one in api.list_products_by_partner(organization, "AWS")]
        seen["page"] = [one.name for one in api.list_products(organization, partner="AWS", limit=1, offset=0)]
        seen["everything"] = len(api.list_products(organization, limit=1000))
        seen["clients"] = len(suger.APIApi(client).list_api_clients(organization))
    return seen


if __name__ == "__main__":
    print(json.dumps({"life": life, "read": read}[sys.argv[1]](*sys.argv[2:])))
