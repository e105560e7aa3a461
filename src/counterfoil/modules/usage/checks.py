"""What an event must be like before anything is looked up, and what its meters ask of it.

Owns: the limits of ids, names and properties; the stored form of properties; the range of times.
Does not own: whether the names mean anything here (service).
Always holds: what passes can be stored, as one JSON text without control characters; a stored number has its
shortest form, so that ``->>`` in SQL gives the text by which ``core.rating`` compares values.

This runs for every event that is sent, so the usual case of each check is the first and cheapest one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from counterfoil.core.calendar import format_instant
from counterfoil.core.errors import CounterfoilError, InvalidInput
from counterfoil.core.expressions import first_missing, parse_expression
from counterfoil.core.money import decimal_text, parse_decimal
from counterfoil.core.rating import Aggregation, number_of, numbers_in, value_text
from counterfoil.modules.usage.types import (
    MAX_ID,
    MAX_NAME,
    MAX_PROPERTIES,
    MAX_PROPERTY_NAME,
    MAX_TEXT,
    AcceptedTimes,
    NewEvent,
    Reason,
    Refusal,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from counterfoil.core.rating import PropertyValue
    from counterfoil.modules.catalog import Meter

_NUMBERS: Final = 10**38
_SCALARS: Final = "a text, a number, true, false or null"
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


class Refused(Exception):
    """An event that is not taken; never leaves this module."""

    def __init__(self, reason: Reason, field: str, message: str, allowed: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(reason, field, message, allowed)


def invalid(field: str, message: str, allowed: str) -> Refused:
    """A field that no event may have like this."""
    return Refused(Reason.INVALID, field, f"{field} {message}", allowed)


class Checks:
    """The checks of one batch."""

    def __init__(self, times: AcceptedTimes, now: datetime) -> None:
        self._earliest = now - times.max_age
        self._latest = now + times.max_ahead
        self._property_names: set[str] = set()

    def stored_properties(self, event: NewEvent) -> bytes:
        """The event's properties as JSON, if the event can be stored; else raises ``Refused``."""
        if not (event.id.isprintable() and 0 < len(event.id) <= MAX_ID and not event.id.isspace()):
            raise invalid("id", "is empty, too long or not printable", f"1 to {MAX_ID} printable characters")
        if not (event.name.isprintable() and 0 < len(event.name) <= MAX_NAME):
            raise invalid(
                "name", "is empty, too long or not printable", f"1 to {MAX_NAME} printable characters"
            )
        if event.at is not None:
            self._check_time(event.at)
        properties = event.properties
        if len(properties) > MAX_PROPERTIES:
            raise invalid("properties", "has too many fields", f"at most {MAX_PROPERTIES}")
        decimals = False
        for name, value in properties.items():
            kind = type(value)
            if name not in self._property_names:
                self._check_property_name(name)
            if kind is str:
                if len(value) > MAX_TEXT or not value.isprintable():  # type: ignore[union-attr,arg-type]
                    _check_text(value, f"properties.{name}")  # type: ignore[arg-type]
            elif kind is int:
                if not -_NUMBERS < value < _NUMBERS:  # type: ignore[operator]
                    raise invalid(
                        f"properties.{name}", "has too many digits", "a number of at most 38 digits"
                    )
            elif kind is Decimal:
                decimals = True
            elif kind is not bool and value is not None:
                raise invalid(f"properties.{name}", "is not a single value", _SCALARS)
        if decimals:
            properties = {name: _shortest(name, value) for name, value in properties.items()}
        return _encode(properties)

    def _check_time(self, at: datetime) -> None:
        if self._earliest <= at <= self._latest:
            return
        raise Refused(
            Reason.TIME_OUT_OF_RANGE,
            "at",
            "at is out of the accepted range",
            f"from {format_instant(self._earliest)} to {format_instant(self._latest)}",
        )

    def _check_property_name(self, name: str) -> None:
        if not (name.isprintable() and 0 < len(name) <= MAX_PROPERTY_NAME):
            shown = name[:MAX_PROPERTY_NAME] if name.isprintable() else ascii(name)[1:-1][:MAX_PROPERTY_NAME]
            raise invalid(
                f"properties.{shown}",
                "has a name that is empty, too long or not printable",
                f"names of 1 to {MAX_PROPERTY_NAME} printable characters",
            )
        self._property_names.add(name)


class Demands:
    """What the meters of one name of events ask of an event's properties."""

    def __init__(self, meters: Sequence[Meter]) -> None:
        self._numbers = [
            (meter.property, meter.filters)
            for meter in meters
            if meter.property is not None and meter.aggregation is not Aggregation.UNIQUE_COUNT
        ]
        self._expressions = [
            (parse_expression(meter.expression), meter.filters)
            for meter in meters
            if meter.expression is not None
        ]

    def check(self, event: NewEvent) -> None:
        """Refuse an event that a meter would have to count but could not: one without its number."""
        for name, filters in self._numbers:
            value = event.properties.get(name)
            if type(value) is int or type(value) is Decimal:
                continue
            if number_of(value) is None and _matches(event.properties, filters):
                raise _numberless(name, value)
        for expression, filters in self._expressions:
            numbers = numbers_in(expression, event.properties)
            missing = first_missing(expression, numbers)
            if missing is None or not _matches(event.properties, filters):
                continue
            if missing.property is not None:
                raise _numberless(missing.property, event.properties.get(missing.property))
            raise invalid(
                "properties",
                f"make a meter divide by zero (at position {missing.at} of {expression.text})",
                "values for which the divisor is not 0",
            )


def _numberless(name: str, value: PropertyValue) -> Refused:
    return invalid(
        f"properties.{name}",
        "is missing" if value is None else "is not a decimal number",
        "a decimal number of at most 38 digits, as a number or as text: a meter counts it",
    )


def lookup_text(name: str) -> bool:
    """Whether a name can be asked for in the database at all; what cannot be stored is nobody's name."""
    return name.isprintable() or _storable(name)


def _matches(properties: Mapping[str, PropertyValue], filters: Mapping[str, Sequence[str]]) -> bool:
    return all(value_text(properties.get(name)) in values for name, values in filters.items())


def _check_text(value: str, field: str) -> None:
    if len(value) > MAX_TEXT:
        raise invalid(field, "is too long", f"at most {MAX_TEXT} characters")
    if not _storable(value):
        raise invalid(field, "holds characters that cannot be stored", "text without NUL")


def _storable(text: str) -> bool:
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def _shortest(name: str, value: PropertyValue) -> PropertyValue:
    """A decimal in its shortest form, and any other value as it is."""
    if type(value) is not Decimal:
        return value
    try:
        return Decimal(decimal_text(parse_decimal(value, field=f"properties.{name}")))
    except InvalidInput as error:
        raise refused(error, f"properties.{name}") from None


def refused(error: CounterfoilError, field: str) -> Refused:
    """A refusal of core as the refusal of an event."""
    return Refused(Reason.INVALID, error.field or field, error.message, error.allowed or "another value")
