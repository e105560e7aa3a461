"""Between Suger's products and ours.

Owns: which of their fields is which of ours.  A listing's ``terms`` are their ``info``; texts of our metadata
are their ``customMetaInfo``, and the rest of their ``metaInfo`` stands there under one key, ``suger``.
Always holds: what is shown fits their types, for their client refuses a whole answer for one value that does
not; prices are the decimals that were written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from counterfoil.core.calendar import format_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.faces.kit.fitting import fitting
from counterfoil.faces.vendors.suger.auth import is_id
from counterfoil.faces.vendors.suger.wire_generated import (
    MeteringDimension,
    ProductInfo,
    WorkloadMetaInfo,
    WorkloadProduct,
)
from counterfoil.modules.catalog import CatalogChanges, NewProduct

if TYPE_CHECKING:
    from pydantic import BaseModel

    from counterfoil.modules.catalog import Product

DRAFT: Final = "DRAFT"
PUBLIC: Final = "PUBLIC"
DELETED: Final = "DELETED"

WORDS: Final = {
    "external_id": "externalID",
    "channel": "partner",
    "metadata": "metaInfo",
    "listing": "info",
    "listing.product_id": "partnerID",
    "listing.seller_id": "sellerID",
    "listing.type": "productType",
    "listing.service": "service",
    "listing.fulfillment_url": "fulfillmentUrl",
    "listing.terms": "info",
}
"""What Suger calls the fields of a product."""

_LISTED: Final = {
    "partnerID": "product_id",
    "sellerID": "seller_id",
    "productType": "type",
    "service": "service",
    "fulfillmentUrl": "fulfillment_url",
}
_PRICES: Final = ("commits", "dimensions", "currency")
"""What of ``info`` a buyer pays: an update leaves it as it is."""
_OWN_KEY: Final = "suger"
_CHOICE: Final = ("Allowed", "Disallowed")
_METERS: Final = ("azureProductResource", "plans", "*", "priceAndAvailabilityPlan", "pricing", "customMeters")
_READ_BY_BOTH: Final[Mapping[tuple[str, ...], Sequence[str]]] = {
    ("awsPurchaseConstraints", "MultipleDimensionSelection"): _CHOICE,
    ("awsPurchaseConstraints", "QuantityConfiguration"): _CHOICE,
    (*_METERS, "meters", "*", "prices", "*", "prices"): (),
}
"""Where of ``info`` the versions of their client want something else than their contract, or than each other:
by path, what all of them read.  The last is a list to the one and an object to the other."""


def status_of(product: Product) -> str:
    """Where a product is between draft and deleted, in Suger's words."""
    if product.archived_at is not None:
        return DELETED
    return DRAFT if product.published_at is None else PUBLIC


def product_to_wire(product: Product, organization: str) -> WorkloadProduct:
    """A product as Suger's clients read it; what does not fit their types is null."""
    shown = fitting(
        WorkloadProduct,
        {
            "id": str(product.id),
            "organizationID": organization,
            "name": product.name,
            "externalID": product.external_id,
            "status": status_of(product),
            "partner": None if product.channel is None else product.channel.upper(),
            **{theirs: product.listing.get(ours) for theirs, ours in _LISTED.items()},
            "info": _readable(product.listing.get("terms")),
            "metaInfo": _meta_info(product),
            "creationTime": format_instant(product.created_at),
            "lastUpdateTime": format_instant(product.updated_at),
        },
    )
    assert shown is not None
    return shown


def meta_info_to_wire(product: Product) -> WorkloadMetaInfo:
    """What operators noted on a product."""
    return fitting(WorkloadMetaInfo, _meta_info(product) or {}) or WorkloadMetaInfo()


def dimensions_to_wire(product: Product) -> list[MeteringDimension]:
    """What of a product is metered."""
    info = fitting(ProductInfo, _readable(product.listing.get("terms")))
    return [] if info is None else list(info.dimensions or ())


def new_product(body: WorkloadProduct, organization: str, *, draft: bool) -> NewProduct:
    """A product to make; ``InvalidInput``."""
    _check_same("organization", body.organizationID, UUID(organization), "organizationID")
    if not body.name:
        raise InvalidInput("name is missing", field="name", allowed="1 to 200 characters")
    return NewProduct(
        name=body.name,
        draft=draft,
        external_id=body.externalID or None,
        channel=_channel(body.partner),
        listing=_listing({}, body, with_prices=True),
        meta=_meta({}, body.metaInfo),
    )


def changes_from_wire(
    body: WorkloadProduct, product: Product, organization: str, *, with_prices: bool
) -> CatalogChanges:
    """What a body changes of a product: a field that it does not have stays, an empty one goes.

    Raises ``InvalidInput`` for another organization or id, and for other prices unless ``with_prices``.
    """
    _check_same("organization", body.organizationID, UUID(organization), "organizationID")
    _check_same("product", body.id, product.id, "id")
    given = body.model_fields_set
    fields: dict[str, Any] = {}
    if "name" in given:
        fields["name"] = body.name or ""
    if "externalID" in given:
        fields["external_id"] = body.externalID or None
    if "partner" in given:
        fields["channel"] = _channel(body.partner)
    if given & {*_LISTED, "info"}:
        fields["listing"] = _listing(product.listing, body, with_prices=with_prices)
    if "metaInfo" in given:
        fields["meta"] = _meta(product.meta, body.metaInfo)
    return CatalogChanges(fields, product.version)


def meta_info_changes(body: WorkloadMetaInfo, product: Product) -> CatalogChanges:
    """What a body changes of what operators noted."""
    return CatalogChanges({"meta": _meta(product.meta, body)}, product.version)


def fulfillment_url_changes(
    url: str, product: Product, *, organization: str, owner: str, product_id: str
) -> CatalogChanges:
    """Another address to which a buyer is sent."""
    _check_same("organization", owner, UUID(organization), "organizationID")
    _check_same("product", product_id, product.id, "id")
    kept = {name: value for name, value in product.listing.items() if name != "fulfillment_url"}
    return CatalogChanges({"listing": kept | ({"fulfillment_url": url} if url else {})}, product.version)


def _check_same(kind: str, given: str | None, own: UUID, field: str) -> None:
    if given and not is_id(kind, given, own):
        raise InvalidInput(f"{field} is not the one in the address", field=field, allowed=f"{own}, or none")


def _channel(partner: str | None) -> str | None:
    return partner.lower() if partner else None


def _listing(before: Mapping[str, Any], body: WorkloadProduct, *, with_prices: bool) -> dict[str, Any]:
    after = dict(before)
    for theirs, ours in _LISTED.items():
        if theirs in body.model_fields_set:
            after[ours] = getattr(body, theirs) or None
    if "info" in body.model_fields_set and body.info is not None:
        after["terms"] = _terms(before.get("terms") or {}, body.info, with_prices=with_prices)
    return {name: value for name, value in after.items() if value is not None}


def _terms(before: Mapping[str, Any], info: ProductInfo, *, with_prices: bool) -> dict[str, Any]:
    given = _values(info)
    shown = fitting(ProductInfo, _readable(before))
    present = {} if shown is None else _values(shown)
    after = dict(before)
    for name in info.model_fields_set:
        value, old = given.get(name), present.get(name)
        if value == old:
            continue  # as it was shown; what was not shown of it stays too
        if name in _PRICES and not with_prices and (value or old):
            raise InvalidInput(
                f"info.{name}: prices do not change here",
                field=f"info.{name}",
                allowed="the present value, or none; a draft's prices change by draftProduct",
            )
        after[name] = value
    return {name: value for name, value in after.items() if value is not None}


def _values(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(by_alias=True, exclude_none=True)


def _readable(terms: Any) -> Any:
    """A listing's terms, less what not every version of their client can read."""
    for path, readable in _READ_BY_BOTH.items():
        terms = _held(terms, path, readable)
    return terms


def _held(value: Any, path: Sequence[str], readable: Sequence[str]) -> Any:
    """A copy of a JSON value in which only one of ``readable`` stands at ``path`` (``*``: all of a level)."""
    if not path:
        return value if value in readable else None
    name, *rest = path
    if isinstance(value, list) and name == "*":
        return [_held(one, rest, readable) for one in value]
    if not isinstance(value, dict) or (name != "*" and name not in value):
        return value
    return {key: _held(one, rest, readable) if name in ("*", key) else one for key, one in value.items()}


def _meta_info(product: Product) -> dict[str, Any] | None:
    texts = {name: value for name, value in product.meta.items() if isinstance(value, str)}
    found = _own(product.meta) | ({"customMetaInfo": texts} if texts else {})
    return found or None


def _own(meta: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in metadata in Suger's words."""
    own = meta.get(_OWN_KEY)
    return dict(own) if isinstance(own, dict) else {}


def _meta(before: Mapping[str, Any], body: WorkloadMetaInfo | None) -> dict[str, Any]:
    """Metadata with what a body says: a field that it does not have stays, an empty one goes."""
    if body is None:
        return dict(before)
    given = _values(body)
    own = _own(before)
    for name in body.model_fields_set - {"customMetaInfo"}:
        own[name] = given.get(name)
    own = {name: value for name, value in own.items() if value is not None}
    after = {name: value for name, value in before.items() if name != _OWN_KEY or isinstance(value, str)}
    if "customMetaInfo" in body.model_fields_set:
        texts = body.customMetaInfo or {}
        if _OWN_KEY in texts:
            raise InvalidInput(
                f"{_OWN_KEY} names what is kept of metaInfo itself",
                field=f"metaInfo.customMetaInfo.{_OWN_KEY}",
                allowed="another name",
            )
        after = {name: value for name, value in after.items() if not isinstance(value, str)} | texts
    return after | ({_OWN_KEY: own} if own else {})
