"""Between Suger's products and ours.

Owns: which of their fields is which of ours.  A listing's ``terms`` are their ``info``; texts of our metadata
are their ``customMetaInfo``, and the rest of their ``metaInfo`` stands there under one key, ``suger``.
Always holds: what is shown fits their types, for their client refuses a whole answer for one value that does
not; prices are the decimals that were written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, get_args
from uuid import UUID

from counterfoil.core.calendar import format_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.faces.kit.fitting import fitting
from counterfoil.faces.vendors.suger.auth import is_id
from counterfoil.faces.vendors.suger.wire_generated import (
    MeteringDimension,
    Partner,
    ProductInfo,
    WorkloadMetaInfo,
    WorkloadProduct,
)
from counterfoil.modules.catalog import CatalogChanges, NewProduct

if TYPE_CHECKING:
    from collections.abc import Set

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
_EMPTY: Final[Sequence[Any]] = ("", [], {})
_PARTNERS: Final = tuple(word for word in get_args(Partner)[1].values if word)
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
        channel=channel_of(body.partner),
        listing=_listing({}, body, body.model_fields_set, with_prices=True),
        meta=_meta({}, body.metaInfo),
    )


def changes_from_wire(
    body: WorkloadProduct, product: Product, organization: str, *, with_prices: bool
) -> CatalogChanges:
    """What a body changes of a product: a field that it does not have stays, an empty one goes.

    As it was shown, a field stays too, and so does what their types cannot show and came back as null.

    Raises ``InvalidInput`` for another organization or id, and for other prices unless ``with_prices``.
    """
    _check_same("organization", body.organizationID, UUID(organization), "organizationID")
    _check_same("product", body.id, product.id, "id")
    given = _told(body, product_to_wire(product, organization))
    fields: dict[str, Any] = {}
    if "name" in given:
        fields["name"] = body.name or ""
    if "externalID" in given:
        fields["external_id"] = body.externalID or None
    if "partner" in given:
        fields["channel"] = channel_of(body.partner)
    if given & {*_LISTED, "info"}:
        fields["listing"] = _listing(product.listing, body, given, with_prices=with_prices)
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


def channel_of(partner: str | None) -> str | None:
    """The channel that a partner is, in any case; ``InvalidInput`` for a word that is none."""
    if not partner:
        return None
    if partner.upper() not in _PARTNERS:
        raise InvalidInput(f"{partner} is no partner", field="partner", allowed=", ".join(_PARTNERS))
    return partner.lower()


def _told(body: BaseModel, shown: BaseModel) -> set[str]:
    """The fields in which a body says something else than was shown."""
    return {
        name
        for name in body.model_fields_set
        if (getattr(body, name) or None) != (getattr(shown, name) or None)
    }


def _listing(
    before: Mapping[str, Any], body: WorkloadProduct, given: Set[str], *, with_prices: bool
) -> dict[str, Any]:
    after = dict(before)
    for theirs, ours in _LISTED.items():
        if theirs in given:
            after[ours] = getattr(body, theirs) or None
    if "info" in given and body.info is not None:
        after["terms"] = _terms(before.get("terms") or {}, body.info, with_prices=with_prices)
    return {name: value for name, value in after.items() if value is not None}


def _terms(before: Mapping[str, Any], info: ProductInfo, *, with_prices: bool) -> dict[str, Any]:
    given = _values(info)
    shown = fitting(ProductInfo, _readable(before))
    present = {} if shown is None else _values(shown)
    after = dict(before)
    for name in info.model_fields_set:
        value, old = given.get(name), present.get(name)
        if _same(value, old):
            continue  # as it was shown; what was not shown of it stays too
        if name in _PRICES and not with_prices and (value or old):
            raise InvalidInput(
                f"info.{name}: prices do not change here",
                field=f"info.{name}",
                allowed="the present value, or none; a draft's prices change by draftProduct",
            )
        after[name] = None if value in _EMPTY and name in before else value
    return {name: value for name, value in after.items() if value is not None}


def _same(value: Any, shown: Any) -> bool:
    """Whether a value is the one that was shown, as a client sends it back that reads numbers as floats."""
    if isinstance(value, Decimal) and isinstance(shown, Decimal):
        return value == shown or value == Decimal(repr(float(shown)))
    if isinstance(value, dict) and isinstance(shown, dict):
        return value.keys() == shown.keys() and all(_same(value[name], shown[name]) for name in value)
    if isinstance(value, list) and isinstance(shown, list):
        return len(value) == len(shown) and all(map(_same, value, shown))
    return bool(value == shown)


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
    texts = _texts(product.meta)
    found = _own(product.meta) | ({"customMetaInfo": texts} if texts else {})
    return found or None


def _texts(meta: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in meta.items() if isinstance(value, str)}


def _own(meta: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in metadata in Suger's words."""
    own = meta.get(_OWN_KEY)
    return dict(own) if isinstance(own, dict) else {}


def _meta(before: Mapping[str, Any], body: WorkloadMetaInfo | None) -> dict[str, Any]:
    """Metadata with what a body says: a field that it does not have stays, an empty one goes."""
    if body is None:
        return dict(before)
    given, own, texts = _values(body), _own(before), _texts(before)
    shown = _values(fitting(WorkloadMetaInfo, own) or WorkloadMetaInfo())
    for name in body.model_fields_set - {"customMetaInfo"}:
        if given.get(name) != shown.get(name):
            own[name] = None if given.get(name) in _EMPTY else given.get(name)
    own = {name: value for name, value in own.items() if value is not None}
    if "customMetaInfo" in body.model_fields_set:
        wanted = body.customMetaInfo or {}
        if _OWN_KEY in wanted and (own or wanted[_OWN_KEY] != texts.get(_OWN_KEY)):
            raise InvalidInput(
                f"{_OWN_KEY} names what is kept of metaInfo itself",
                field=f"metaInfo.customMetaInfo.{_OWN_KEY}",
                allowed="another name",
            )
        texts = wanted
    elif own and _OWN_KEY in texts:
        raise InvalidInput(
            f"customMetaInfo has the name {_OWN_KEY}, which is needed for what is kept of metaInfo itself",
            field="metaInfo.customMetaInfo",
            allowed=f"the other texts, without {_OWN_KEY}",
        )
    kept = {name: value for name, value in before.items() if name != _OWN_KEY and not isinstance(value, str)}
    return kept | texts | ({_OWN_KEY: own} if own else {})
