"""From the file to the state that it wants, in plain values and codes instead of ids.

Owns: which sections and keys there are, their defaults, and the normal form in which wanted and present
state are compared: decimals as shortest text, prices by their code with their position.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import parse_interval, parse_zone
from counterfoil.core.errors import CounterfoilError
from counterfoil.core.money import decimal_text, unit_of
from counterfoil.core.pricing import MODELS, Detail, parse_pricing
from counterfoil.core.rating import value_text
from counterfoil.core.tax_rules import Scheme
from counterfoil.modules.catalog import read_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from counterfoil.faces.cli.apply.yaml_text import Place

ADDRESS: Final = ("line1", "line2", "city", "region", "postal_code", "country")
_PRICE: Final = (
    "code", "name", "description", "feature", "unit", "model", "currencies", "terms", "meter",
    "filters", "quantity_source", "interval", "interval_count", "cadence", "tax_rates", "tax_category",
)  # fmt: skip
_PARAMETERS: Final = (
    "amount", "unit_amount", "tiers", "above_last_tier", "zero_quantity", "package_size", "package_amount",
    "included", "rounding", "committed_quantity", "bounds", "fractions", "min_seats", "max_seats",
    "rate_percent", "fixed_per_event", "free_events", "free_amount", "min_per_event", "max_per_event",
    "multiplier", "markup_percent", "unit_cost", "properties", "prices", "default_unit_amount",
)  # fmt: skip
_DETAILS: Final = tuple(Detail)  # what a meter does not tell is refused by the catalogue
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
    currency = None if default is None else _currency(default)
    wanted: list[Wanted] = []
    if "issuer" in sections:
        place = sections["issuer"]
        wanted.append(Wanted("issuer", "default", _issuer(place), place))
    for section, (kind, read) in _SECTIONS.items():
        if section in sections:
            for key, place in sections[section].entries().items():
                wanted.append(Wanted(kind, key, read(place, currency), place))
    return wanted


def _issuer(place: Place) -> dict[str, Any]:
    fields = place.fields(
        *("name", "address", "tax_number", "footer", "number_prefix", "grace_seconds", "net_days"),
        "late_usage_days",
        *("language", "registrations", *_TAXED),
    )
    return {
        **_texts(fields, "name", "tax_number", "footer", "number_prefix", "language", *_TAXED),
        **({"registrations": _registrations(fields["registrations"])} if "registrations" in fields else {}),
        **{name: fields[name].whole() for name in ("grace_seconds", "net_days", "late_usage_days") if name in fields},
        **_address(fields),
    }


def _registrations(place: Place) -> list[dict[str, Any]]:
    found = []
    for one in place.each():
        fields = one.fields("country", "region", "scheme")
        scheme = fields["scheme"].text() if "scheme" in fields else Scheme.LOCAL.value
        if scheme not in list(Scheme):
            raise fields["scheme"].wrong("is not one of the choices", ", ".join(Scheme))
        country = _needed(one, fields, "country").text()
        found.append({"country": country, "region": _text_or_none(fields, "region"), "scheme": scheme})
    return found


def _tax_rate(place: Place, _: str | None) -> dict[str, Any]:
    where, when = ("country", "region", "postal_prefix", "category"), ("valid_from", "valid_to")
    fields = place.fields("name", "percent", "inclusive", *where, "replaces_wider", *when)
    return {
        "name": _name(place, fields),
        "percent": decimal_text(_needed(place, fields, "percent").decimal()),
        "inclusive": fields["inclusive"].flag() if "inclusive" in fields else False,
        **_texts(fields, *where),
        **({"replaces_wider": fields["replaces_wider"].flag()} if "replaces_wider" in fields else {}),
        **{name: fields[name].instant() for name in when if name in fields},
    }


def _product(place: Place, _: str | None) -> dict[str, Any]:
    texts = ("description", "logo_url", "category", "default_currency", "channel", "tax_category")
    fields = place.fields("name", *texts)
    return {"name": _name(place, fields), **_texts(fields, *texts)}


def _meter(place: Place, _: str | None) -> dict[str, Any]:
    texts = ("event_name", "aggregation", "property", "expression", "reset")
    fields = place.fields("name", "multiplier", "filters", "group_by", *texts)
    return {
        "name": _name(place, fields),
        "event_name": _needed(place, fields, "event_name").text(),
        "aggregation": _needed(place, fields, "aggregation").text(),
        "property": _text_or_none(fields, "property"),
        "multiplier": decimal_text(fields["multiplier"].decimal()) if "multiplier" in fields else None,
        "expression": _text_or_none(fields, "expression"),
        "reset": _text_or_none(fields, "reset") or "period",
        "filters": _filters(fields),
        "group_by": fields["group_by"].texts() if "group_by" in fields else [],
    }


def _feature(place: Place, _: str | None) -> dict[str, Any]:
    texts = ("description", "product", "sku", "visibility")
    others = ("default_value", "position", "unit", "rounding", "regions")
    fields = place.fields("name", "kind", "meter", "options", *texts, *others)
    value = fields.get("default_value")
    return {
        "name": _name(place, fields),
        "kind": _needed(place, fields, "kind").text(),
        "meter": _text_or_none(fields, "meter"),
        "options": fields["options"].texts() if "options" in fields else [],
        **_texts(fields, *texts),
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
    needed = {key: _needed(place, fields, key) for key in keys}
    return {key: decimal_text(one.decimal()) if key == "step" else one.text() for key, one in needed.items()}


def _plan(place: Place, currency: str | None) -> dict[str, Any]:
    texts = ("description", "visibility", "kind", "tax_category")
    fields = place.fields("name", *texts, *_PLAN_NUMBERS, "product", "features", "prices")
    features = fields["features"].entries() if "features" in fields else {}
    prices: dict[str, Any] = {}
    for position, price in enumerate(fields["prices"].each() if "prices" in fields else []):
        code, value = _price(price, currency, position)
        if code in prices:
            raise price.wrong(f"has the code {code}, which another price of this plan has")
        prices[code] = value
    return {
        "name": _name(place, fields),
        **_texts(fields, *texts),
        **{name: _whole_or_none(fields[name]) for name in _PLAN_NUMBERS if name in fields},
        "product": _text_or_none(fields, "product"),
        "features": {code: feature_value(value.json()) for code, value in features.items()},
        "prices": prices,
    }


def _price(place: Place, currency: str | None, position: int) -> tuple[str, dict[str, Any]]:
    fields = place.fields(*_PRICE, *_PARAMETERS)
    code = _needed(place, fields, "code").text()
    model = _needed(place, fields, "model")
    if model.text() not in MODELS:
        raise model.wrong("is not a pricing model", ", ".join(MODELS))
    count = fields["interval_count"].whole() if "interval_count" in fields else 1
    unit = fields["interval"].text() if "interval" in fields else "month"
    fields.get("interval", place).checked(lambda: parse_interval(unit, count))
    metered = "meter" in fields
    params = _amounts(place, fields, model.text(), currency)
    return code, {
        "name": fields["name"].text() if "name" in fields else code,
        "description": _text_or_none(fields, "description"),
        "feature": _text_or_none(fields, "feature"),
        "unit": _text_or_none(fields, "unit"),
        "model": model.text(),
        "currencies": params,
        "terms": _terms(fields, model.text(), params),
        "meter": _text_or_none(fields, "meter"),
        "filters": _filters(fields),
        "quantity_source": _text_or_none(fields, "quantity_source") or ("usage" if metered else "one"),
        "interval": unit,
        "interval_count": count,
        "cadence": _text_or_none(fields, "cadence") or ("in_arrears" if metered else "in_advance"),
        "tax_rates": fields["tax_rates"].texts() if "tax_rates" in fields else [],
        "tax_category": _text_or_none(fields, "tax_category"),
        "position": position,
    }


def _amounts(place: Place, fields: Mapping[str, Place], model: str, currency: str | None) -> dict[str, Any]:
    """The model's parameters for each currency, complete: the price's own keys, or below ``currencies``."""
    own = {name: value.raw() for name, value in fields.items() if name in _PARAMETERS}
    if "currencies" in fields:
        if own:
            raise fields[next(iter(own))].wrong("stands beside currencies", "either of the two")
        found = {}
        for code, one in fields["currencies"].entries().items():
            one.checked(lambda code=code: unit_of(code, field=""))  # type: ignore[misc]
            found[code] = one.checked(partial(read_parameters, model, one.raw()))
        return found
    if currency is None:
        raise place.wrong("has no currency", "currencies, or a currency for the whole file")
    return {currency: place.checked(lambda: read_parameters(model, own))}


def read_parameters(model: str, stated: Mapping[str, Any]) -> dict[str, Any]:
    """A model's parameters in their normal form; ``InvalidInput`` for what it does not take."""
    return parse_pricing(model, stated, given=_DETAILS).to_json()


def _terms(fields: Mapping[str, Place], model: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """What is agreed besides the model."""
    if "terms" not in fields:
        return {}
    pricings = {code: parse_pricing(model, one, given=_DETAILS) for code, one in params.items()}
    stated = {name: place.json() for name, place in fields["terms"].entries().items()}
    try:
        return read_terms(stated, pricings)
    except CounterfoilError as error:
        error.field = (error.field or "").partition(".")[2] or None  # the place says terms itself
        raise fields["terms"].refused(error) from None


def _customer(place: Place, _: str | None) -> dict[str, Any]:
    fields = place.fields(
        *("name", "email", "currency", "zone", "address", "tax_number", "tax_exempt", "tax_exemption"),
        "metadata",
    )
    if "zone" in fields:
        zone = fields["zone"].text()
        fields["zone"].checked(lambda: parse_zone(zone, field=""))
    if "currency" in fields:
        _currency(fields["currency"])
    found: dict[str, Any] = {
        "name": _name(place, fields),
        **_texts(fields, "email", "currency", "zone", "tax_number"),
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
        "reason": _needed(place, fields, "reason").text(),
        "certificate": _text_or_none(fields, "certificate"),
        "valid_until": fields["valid_until"].instant() if "valid_until" in fields else None,
    }


def _subscription(place: Place, currency: str | None) -> dict[str, Any]:
    fields = place.fields(
        *("customer", "plan", "plan_reference", "payment_method", "currency", "started_at", "alignment"),
        *("anchor_at", "quantities", "shared_usage", "own_prices", "overrides"),
    )
    if "plan" not in fields and "own_prices" not in fields:
        raise place.wrong("has no plan", "plan: …, or own_prices: …")
    stated = _currency(fields["currency"]) if "currency" in fields else currency
    quantities = fields["quantities"].entries() if "quantities" in fields else {}
    return {
        "customer": _needed(place, fields, "customer").text(),
        "plan": _text_or_none(fields, "plan"),
        **_texts(fields, "plan_reference", "payment_method"),
        **({} if stated is None else {"currency": stated}),
        **{name: fields[name].instant() for name in ("started_at", "anchor_at") if name in fields},
        **_texts(fields, "alignment"),
        **({"shared_usage": fields["shared_usage"].flag()} if "shared_usage" in fields else {}),
        "quantities": {code: decimal_text(value.decimal()) for code, value in quantities.items()},
        **_own(fields, stated),
    }


def _own(fields: Mapping[str, Place], currency: str | None) -> dict[str, Any]:
    """The prices of a subscription's own, as far as the file states any."""
    found: dict[str, Any] = {}
    if "own_prices" in fields:
        prices = [
            _price(place, currency, position) for position, place in enumerate(fields["own_prices"].each())
        ]
        found["own_prices"] = [{"code": code, **price} for code, price in prices]
    if "overrides" in fields:
        found["overrides"] = [_override(place) for place in fields["overrides"].each()]
    return found


def _override(place: Place) -> dict[str, Any]:
    fields = place.fields("code", "model", "starts_at", "ends_at", *_PARAMETERS)
    model = _text_or_none(fields, "model")  # else the plan's, which reads the parameters
    own = {name: value.raw() for name, value in fields.items() if name in _PARAMETERS}
    return {
        "code": _needed(place, fields, "code").text(),
        "model": model,
        "params": own if model is None else place.checked(lambda: read_parameters(model, own)),
        **{name: fields[name].instant() for name in ("starts_at", "ends_at") if name in fields},
    }


_SECTIONS: Final[dict[str, tuple[str, Callable[[Place, str | None], dict[str, Any]]]]] = {
    "tax_rates": ("tax_rate", _tax_rate),
    "products": ("product", _product),
    "meters": ("meter", _meter),
    "features": ("feature", _feature),
    "plans": ("plan", _plan),
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


def _filters(fields: Mapping[str, Place]) -> dict[str, list[str]]:
    if "filters" not in fields:
        return {}
    found = {}
    for name, place in fields["filters"].entries().items():
        value = place.json()
        values = value if isinstance(value, list) else [value]
        texts = [value_text(one) for one in values if isinstance(one, str | int | Decimal)]
        if len(texts) != len(values) or not texts:
            raise place.wrong("is not a value or a list of values", "texts, numbers, true, false")
        found[name] = [text for text in texts if text is not None]
    return found


def _address(fields: Mapping[str, Place]) -> dict[str, Any]:
    if "address" not in fields:
        return {}
    return {"address": {key: place.text() for key, place in fields["address"].fields(*ADDRESS).items()}}


def _texts(fields: Mapping[str, Place], *names: str) -> dict[str, str]:
    return {name: fields[name].text() for name in names if name in fields}


def _text_or_none(fields: Mapping[str, Place], name: str) -> str | None:
    return None if name not in fields or fields[name].is_null else fields[name].text()


def _whole_or_none(place: Place) -> int | None:
    return None if place.is_null else place.whole()


def _name(place: Place, fields: Mapping[str, Place]) -> str:
    return _needed(place, fields, "name").text()


def _needed(place: Place, fields: Mapping[str, Place], name: str) -> Place:
    if name not in fields:
        raise place.wrong(f"has no {name}", f"{name}: …")
    return fields[name]


def _currency(place: Place) -> str:
    code = place.text()
    place.checked(lambda: unit_of(code, field=""))
    return code
