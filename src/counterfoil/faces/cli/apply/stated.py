"""What objects of a price list share: prices, and the reading of texts, numbers and currencies."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import parse_interval
from counterfoil.core.errors import CounterfoilError
from counterfoil.core.money import unit_of
from counterfoil.core.pricing import MODELS, Detail, parse_pricing
from counterfoil.core.rating import value_text
from counterfoil.modules.catalog import read_terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterfoil.faces.cli.apply.yaml_text import Place

_PRICE: Final = (
    "code", "name", "description", "feature", "unit", "model", "currencies", "terms", "meter",
    "filters", "quantity_source", "interval", "interval_count", "cadence", "tax_rates", "tax_category",
)  # fmt: skip
PARAMETERS: Final = (
    "amount", "unit_amount", "tiers", "above_last_tier", "zero_quantity", "package_size", "package_amount",
    "included", "rounding", "committed_quantity", "bounds", "fractions", "min_seats", "max_seats",
    "rate_percent", "fixed_per_event", "free_events", "free_amount", "min_per_event", "max_per_event",
    "multiplier", "markup_percent", "unit_cost", "properties", "prices", "default_unit_amount",
)  # fmt: skip
_DETAILS: Final = tuple(Detail)  # what a meter does not tell is refused by the catalogue


def read_price(place: Place, currency: str | None, position: int) -> tuple[str, dict[str, Any]]:
    """A price, its code first; ``position`` is its place in its list."""
    fields = place.fields(*_PRICE, *PARAMETERS)
    code = need(place, fields, "code").text()
    model = need(place, fields, "model")
    if model.text() not in MODELS:
        raise model.wrong("is not a pricing model", ", ".join(MODELS))
    count = fields["interval_count"].whole() if "interval_count" in fields else 1
    unit = fields["interval"].text() if "interval" in fields else "month"
    fields.get("interval", place).checked(lambda: parse_interval(unit, count))
    metered = "meter" in fields
    params = _amounts(place, fields, model.text(), currency)
    return code, {
        "name": fields["name"].text() if "name" in fields else code,
        "description": text_or_none(fields, "description"),
        "feature": text_or_none(fields, "feature"),
        "unit": text_or_none(fields, "unit"),
        "model": model.text(),
        "currencies": params,
        "terms": _terms(fields, model.text(), params),
        "meter": text_or_none(fields, "meter"),
        "filters": filters_of(fields),
        "quantity_source": text_or_none(fields, "quantity_source") or ("usage" if metered else "one"),
        "interval": unit,
        "interval_count": count,
        "cadence": text_or_none(fields, "cadence") or ("in_arrears" if metered else "in_advance"),
        "tax_rates": fields["tax_rates"].texts() if "tax_rates" in fields else [],
        "tax_category": text_or_none(fields, "tax_category"),
        "position": position,
    }


def _amounts(place: Place, fields: Mapping[str, Place], model: str, currency: str | None) -> dict[str, Any]:
    """The model's parameters for each currency, complete: the price's own keys, or below ``currencies``."""
    own = {name: value.raw() for name, value in fields.items() if name in PARAMETERS}
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


def filters_of(fields: Mapping[str, Place]) -> dict[str, list[str]]:
    """The filters that are stated, each with its values as texts."""
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


def texts_of(fields: Mapping[str, Place], *names: str) -> dict[str, str]:
    """Those of these texts that are stated."""
    return {name: fields[name].text() for name in names if name in fields}


def text_or_none(fields: Mapping[str, Place], name: str) -> str | None:
    """A text, or ``None`` where it is not stated or is null."""
    return None if name not in fields or fields[name].is_null else fields[name].text()


def whole_or_none(place: Place) -> int | None:
    """A whole number, or ``None`` for null."""
    return None if place.is_null else place.whole()


def name_of(place: Place, fields: Mapping[str, Place]) -> str:
    """The name, which must be there."""
    return need(place, fields, "name").text()


def need(place: Place, fields: Mapping[str, Place], name: str) -> Place:
    """What must be there."""
    if name not in fields:
        raise place.wrong(f"has no {name}", f"{name}: …")
    return fields[name]


def currency_of(place: Place) -> str:
    """A currency that there is."""
    code = place.text()
    place.checked(lambda: unit_of(code, field=""))
    return code
