"""What a feature's value may be: each kind has a form of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text, parse_decimal
from counterfoil.modules.catalog.product_types import FeatureKind
from counterfoil.store.guards import check_metadata, check_text

if TYPE_CHECKING:
    from counterfoil.modules.catalog.product_types import Feature

MAX_WORDS: Final = 1000


def read_value(feature: Feature, value: Any, field: str) -> Any:
    """A feature's value, of its default or in a plan, in the form of its kind; or ``InvalidInput``."""
    match feature.kind:
        case FeatureKind.CAPABILITY if value is True:
            return value
        case FeatureKind.BOOLEAN if isinstance(value, bool):
            return value
        case FeatureKind.METERED if value is None:
            return None
        case FeatureKind.METERED | FeatureKind.NUMERIC:
            number = parse_decimal(value, field=field)
            if feature.kind is FeatureKind.NUMERIC or number >= 0:
                return decimal_text(number)
        case FeatureKind.ENUM if isinstance(value, str) and value in feature.options:
            return value
        case FeatureKind.CONFIG if isinstance(value, dict):
            check_metadata(value, field)
            return value
        case FeatureKind.TEXT if isinstance(value, str):
            check_text(value, field, longest=MAX_WORDS)
            return value
    raise InvalidInput(
        f"{field} is not a value of the {feature.kind} feature {feature.code}",
        field=field,
        allowed=_allowed(feature),
    )


def _allowed(feature: Feature) -> str:
    match feature.kind:
        case FeatureKind.BOOLEAN:
            return "true or false"
        case FeatureKind.METERED:
            return "a number of 0 or more, or null for no limit"
        case FeatureKind.ENUM:
            return ", ".join(feature.options)
        case FeatureKind.NUMERIC:
            return "a number"
        case FeatureKind.CONFIG:
            return "a JSON object"
        case FeatureKind.CAPABILITY:
            return "true"
        case FeatureKind.TEXT:
            return f"a text of 1 to {MAX_WORDS} characters"
