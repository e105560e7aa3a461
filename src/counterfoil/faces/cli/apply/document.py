"""From the file to the state that it wants, in plain values and codes instead of ids.

Owns: which sections and keys there are, their defaults, and the normal form in which wanted and present
state are compared: decimals as shortest text, prices by their code with their position.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import parse_zone
from counterfoil.core.money import decimal_text
from counterfoil.core.tax_rules import Scheme
from counterfoil.faces.cli.apply.contracts import read_lifetime, read_override
from counterfoil.faces.cli.apply.offers import read_add_on, read_chosen, read_coupon
from counterfoil.faces.cli.apply.stated import (
    currency_of,
    filters_of,
    name_of,
    need,
    read_price,
    text_or_none,
    texts_of,
    whole_or_none,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from counterfoil.faces.cli.apply.yaml_text import Place

ADDRESS: Final = ("line1", "line2", "city", "region", "postal_code", "country")
_WORDS: Final = {"unit": ("singular", "plural"), "rounding": ("unit", "step", "mode")}
_TAXED: Final = ("tax_category", "tax_rounding", "tax_point")
_PLAN_NUMBERS: Final = ("position", "min_seats", "max_seats", "trial_days", "evaluation_days")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One object that the file describes: its kind, its code or external id, and the fields it states."""

    kind: str
    key: str
    fields: Mapping[str, Any]
    place: Place


def read_document(root: Place) -> list[Wanted]:
    """Everything that the file wants, in the order in which it has to be made."""
    sections = root.fields("currency", "issuer", *_SECTIONS)
    default = sections.get("currency")
    currency = None if default is None else currency_of(default)
    wanted: list[Wanted] = []
    if "issuer" in sections:
        place = sections["issuer"]
        wanted.append(Wanted("issuer", "default", _issuer(place), place))
    for section, (kind, read) in _SECTIONS.items():
        if section in sections:
            entries = sections[section].entries().items()
            found = [Wanted(kind, key, read(place, currency), place) for key, place in entries]
            wanted += _parents_first(found) if kind == "customer" else found
    return wanted


def _parents_first(customers: Sequence[Wanted]) -> list[Wanted]:
    """The customers as they stand, but each after its parent where the file has that too."""
    by_key = {one.key: one for one in customers}
    placed: dict[str, Wanted] = {}
    for one in customers:
        line: dict[str, Wanted] = {}
        above: Wanted | None = one
        while above is not None and above.key not in placed:
            if above.key in line:
                circle = " in ".join([*line][[*line].index(above.key) :])
                place = above.place.nearest("parent")
                raise place.wrong(f"makes a circle: {circle} in {above.key}", "a customer not below this one")
            line[above.key] = above
            above = by_key.get(above.fields.get("parent") or "")
        placed |= dict(reversed(line.items()))
    return list(placed.values())


def _issuer(place: Place) -> dict[str, Any]:
    fields = place.fields(
        *("name", "address", "tax_number", "footer", "number_prefix", "grace_seconds", "net_days"),
        "late_usage_days",
        *("language", "registrations", *_TAXED),
    )
    return {
        **texts_of(fields, "name", "tax_number", "footer", "number_prefix", "language", *_TAXED),
        **({"registrations": _registrations(fields["registrations"])} if "registrations" in fields else {}),
        **{
            name: fields[name].whole()
            for name in ("grace_seconds", "net_days", "late_usage_days")
            if name in fields
        },
        **_address(fields),
    }


def _registrations(place: Place) -> list[dict[str, Any]]:
    found = []
    for one in place.each():
        fields = one.fields("country", "region", "scheme")
        scheme = fields["scheme"].text() if "scheme" in fields else Scheme.LOCAL.value
        if scheme not in list(Scheme):
            raise fields["scheme"].wrong("is not one of the choices", ", ".join(Scheme))
        country = need(one, fields, "country").text()
        found.append({"country": country, "region": text_or_none(fields, "region"), "scheme": scheme})
    return found


def _tax_rate(place: Place, _: str | None) -> dict[str, Any]:
    where, when = ("country", "region", "postal_prefix", "category"), ("valid_from", "valid_to")
    fields = place.fields("name", "percent", "inclusive", *where, "replaces_wider", *when)
    return {
        "name": name_of(place, fields),
        "percent": decimal_text(need(place, fields, "percent").decimal()),
        "inclusive": fields["inclusive"].flag() if "inclusive" in fields else False,
        **texts_of(fields, *where),
        **({"replaces_wider": fields["replaces_wider"].flag()} if "replaces_wider" in fields else {}),
        **{name: fields[name].instant() for name in when if name in fields},
    }


def _product(place: Place, _: str | None) -> dict[str, Any]:
    texts = ("description", "logo_url", "category", "default_currency", "channel", "tax_category")
    fields = place.fields("name", *texts)
    return {"name": name_of(place, fields), **texts_of(fields, *texts)}


def _meter(place: Place, _: str | None) -> dict[str, Any]:
    texts = ("event_name", "aggregation", "property", "expression", "reset")
    fields = place.fields("name", "multiplier", "filters", "group_by", *texts)
    return {
        "name": name_of(place, fields),
        "event_name": need(place, fields, "event_name").text(),
        "aggregation": need(place, fields, "aggregation").text(),
        "property": text_or_none(fields, "property"),
        "multiplier": decimal_text(fields["multiplier"].decimal()) if "multiplier" in fields else None,
        "expression": text_or_none(fields, "expression"),
        "reset": text_or_none(fields, "reset") or "period",
        "filters": filters_of(fields),
        "group_by": fields["group_by"].texts() if "group_by" in fields else [],
    }


def _feature(place: Place, _: str | None) -> dict[str, Any]:
    texts = ("description", "product", "sku", "visibility")
    others = ("default_value", "position", "unit", "rounding", "regions")
    fields = place.fields("name", "kind", "meter", "options", *texts, *others)
    value = fields.get("default_value")
    return {
        "name": name_of(place, fields),
        "kind": need(place, fields, "kind").text(),
        "meter": text_or_none(fields, "meter"),
        "options": fields["options"].texts() if "options" in fields else [],
        **texts_of(fields, *texts),
        **({} if value is None else {"default_value": feature_value(value.json())}),
        **({"position": fields["position"].whole()} if "position" in fields else {}),
        **{
            name: _words(fields[name], *keys) if fields[name].entries() else {}
            for name, keys in _WORDS.items()
            if name in fields
        },
        **({"regions": _regions(fields["regions"])} if "regions" in fields else {}),
    }


def _regions(place: Place) -> list[dict[str, str]]:
    return [_words(one, "code", "name") for one in place.each()]


def _words(place: Place, *keys: str) -> dict[str, str]:
    """An object of these words, all of them needed; a step is a decimal in its shortest text."""
    fields = place.fields(*keys)
    needed = {key: need(place, fields, key) for key in keys}
    return {key: decimal_text(one.decimal()) if key == "step" else one.text() for key, one in needed.items()}


def _plan(place: Place, currency: str | None) -> dict[str, Any]:
    texts = ("description", "visibility", "kind", "tax_category")
    fields = place.fields("name", *texts, *_PLAN_NUMBERS, "product", "features", "prices")
    features = fields["features"].entries() if "features" in fields else {}
    prices: dict[str, Any] = {}
    for position, price in enumerate(fields["prices"].each() if "prices" in fields else []):
        code, value = read_price(price, currency, position)
        if code in prices:
            raise price.wrong(f"has the code {code}, which another price of this plan has")
        prices[code] = value
    return {
        "name": name_of(place, fields),
        **texts_of(fields, *texts),
        **{name: whole_or_none(fields[name]) for name in _PLAN_NUMBERS if name in fields},
        "product": text_or_none(fields, "product"),
        "features": {code: feature_value(value.json()) for code, value in features.items()},
        "prices": prices,
    }


def _customer(place: Place, _: str | None) -> dict[str, Any]:
    fields = place.fields(
        *("name", "email", "currency", "zone", "address", "tax_number", "tax_exempt", "tax_exemption"),
        *("parent", "billed_to", "metadata"),
    )
    if "zone" in fields:
        zone = fields["zone"].text()
        fields["zone"].checked(lambda: parse_zone(zone, field=""))
    if "currency" in fields:
        currency_of(fields["currency"])
    found: dict[str, Any] = {
        "name": name_of(place, fields),
        **texts_of(fields, "email", "currency", "zone", "tax_number", "parent", "billed_to"),
    }
    if "tax_exempt" in fields:
        found["tax_exempt"] = fields["tax_exempt"].flag()
    if "tax_exemption" in fields:
        found["tax_exemption"] = _exemption(fields["tax_exemption"])
    if "metadata" in fields:
        found["metadata"] = fields["metadata"].json() or {}
    return {**found, **_address(fields)}


def _exemption(place: Place) -> dict[str, Any]:
    fields = place.fields("reason", "certificate", "valid_until")
    return {
        "reason": need(place, fields, "reason").text(),
        "certificate": text_or_none(fields, "certificate"),
        "valid_until": fields["valid_until"].instant() if "valid_until" in fields else None,
    }


def _subscription(place: Place, currency: str | None) -> dict[str, Any]:
    fields = place.fields(
        *("customer", "plan", "plan_reference", "payment_method", "invoicing", "currency", "started_at"),
        "alignment",
        *("anchor_at", "quantities", "shared_usage", "own_prices", "overrides", "add_ons", "coupons"),
        *("trial", "term", "phases"),
    )
    if "plan" not in fields and "own_prices" not in fields:
        raise place.wrong("has no plan", "plan: …, or own_prices: …")
    stated = currency_of(fields["currency"]) if "currency" in fields else currency
    quantities = fields["quantities"].entries() if "quantities" in fields else {}
    return {
        "customer": need(place, fields, "customer").text(),
        "plan": text_or_none(fields, "plan"),
        **texts_of(fields, "plan_reference", "payment_method", "invoicing"),
        **({} if stated is None else {"currency": stated}),
        **{name: fields[name].instant() for name in ("started_at", "anchor_at") if name in fields},
        **texts_of(fields, "alignment"),
        **({"shared_usage": fields["shared_usage"].flag()} if "shared_usage" in fields else {}),
        "quantities": {code: decimal_text(value.decimal()) for code, value in quantities.items()},
        **_own(fields, stated),
        **_besides(fields),
        **read_lifetime(fields),
    }


def _besides(fields: Mapping[str, Place]) -> dict[str, Any]:
    """What a subscription is made with besides its prices."""
    found: dict[str, Any] = {}
    if "add_ons" in fields:
        found["add_ons"] = [read_chosen(one) for one in fields["add_ons"].each()]
    if "coupons" in fields:
        found["coupons"] = fields["coupons"].texts()
    return found


def _own(fields: Mapping[str, Place], currency: str | None) -> dict[str, Any]:
    """The prices of a subscription's own, as far as the file states any."""
    found: dict[str, Any] = {}
    if "own_prices" in fields:
        prices = [
            read_price(place, currency, position)
            for position, place in enumerate(fields["own_prices"].each())
        ]
        found["own_prices"] = [{"code": code, **price} for code, price in prices]
    if "overrides" in fields:
        found["overrides"] = [read_override(place) for place in fields["overrides"].each()]
    return found


_SECTIONS: Final[dict[str, tuple[str, Callable[[Place, str | None], dict[str, Any]]]]] = {
    "tax_rates": ("tax_rate", _tax_rate),
    "products": ("product", _product),
    "meters": ("meter", _meter),
    "features": ("feature", _feature),
    "plans": ("plan", _plan),
    "coupons": ("coupon", read_coupon),
    "add_ons": ("add_on", read_add_on),
    "customers": ("customer", _customer),
    "subscriptions": ("subscription", _subscription),
}


def feature_value(value: Any) -> Any:
    """A feature's value in a plan as it is kept: numbers as text, truth and nothing as they are."""
    match value:
        case bool() | None | str():
            return value
        case int() | Decimal():
            return decimal_text(Decimal(value))
        case dict():
            return {key: _json(one) for key, one in value.items()}
        case _:
            return value


def _json(value: Any) -> Any:
    match value:
        case Decimal():
            return decimal_text(value)
        case dict():
            return {key: _json(one) for key, one in value.items()}
        case list():
            return [_json(one) for one in value]
        case _:
            return value


def _address(fields: Mapping[str, Place]) -> dict[str, Any]:
    if "address" not in fields:
        return {}
    return {"address": {key: place.text() for key, place in fields["address"].fields(*ADDRESS).items()}}
