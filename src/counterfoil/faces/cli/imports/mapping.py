"""From a row's cells to an event: which column is what.

Always holds: a text stays the text it is (a CSV knows no types; meters read numbers in texts exactly);
a time without a zone is refused unless the caller said that it is UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import as_instant, parse_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import exact_context, parse_decimal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from counterfoil.faces.cli.imports.rows import Row

UNIX_FORMATS: Final = {"unix": 1_000_000, "unix-ms": 1_000, "unix-us": 1}
"""Names of time formats that count from 1970, with the microseconds in one of them."""

_WITHOUT_ZONE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Given:
    """A part of an event: the same text for every row, or what a column says."""

    text: str | None = None
    column: str | None = None

    @classmethod
    def parse(cls, option: str, name: str) -> Given:
        """``@COLUMN`` or a literal text (``@@x`` is the text ``@x``)."""
        if not option.startswith("@"):
            return cls(text=option)
        if option.startswith("@@"):
            return cls(text=option[1:])
        if option == "@":
            raise InvalidInput(f"--{name} names no column", field=name, allowed="TEXT or @COLUMN")
        return cls(column=option[1:])


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what.

    Without ``properties`` they are the cells of a nested ``properties`` or else every column that is nothing
    else.
    """

    time: str
    customer: Given
    event: Given
    id: str | None = None
    subscription: Given | None = None
    properties: Mapping[str, str] | None = None
    time_format: str | None = None
    assume_utc: bool = False

    def named(self) -> dict[str, str]:
        """Every column that an option names, with the option."""
        found = {self.time: "--time"}
        for option, given in (
            ("--customer", self.customer),
            ("--event", self.event),
            ("--subscription", self.subscription),
        ):
            if given is not None and given.column is not None:
                found[given.column] = option
        if self.id is not None:
            found[self.id] = "--id"
        for name, column in (self.properties or {}).items():
            found.setdefault(column, f"--property {name}")
        return found

    def check(self, columns: Sequence[str]) -> None:
        """Refuse a mapping that names a column which the file does not have."""
        for column, option in self.named().items():
            if column not in columns:
                raise InvalidInput(
                    f"the file has no column {column!r}",
                    field=option,
                    allowed=f"{', '.join(columns)}; {option} names another",
                )


@dataclass(frozen=True, slots=True)
class EventRow:
    """A row as an event; ``id`` is ``None`` where the mapping names no column for it."""

    line: int
    id: str | None
    name: str
    customer: str
    subscription: str | None
    at: datetime
    properties: dict[str, str | int | Decimal | bool | None]
    content: bytes


def parse_properties(options: Sequence[str]) -> dict[str, str] | None:
    """``name=COLUMN`` each; ``COLUMN`` alone is a property of the same name."""
    found: dict[str, str] = {}
    for option in options:
        name, separator, column = option.partition("=")
        if not name or (separator and not column):
            raise InvalidInput(
                f"--property {option} is not a mapping", field="property", allowed="name=COLUMN"
            )
        if name in found:
            raise InvalidInput(f"--property {name} is given twice", field="property")
        found[name] = column or name
    return found or None


def read_event(row: Row, columns: Columns) -> EventRow:
    """The event in a row, or ``InvalidInput`` whose field is the column at fault."""
    written = _cell(row.cells, columns.time)
    if written is None:
        raise InvalidInput(f"{columns.time} is empty; an event needs its time", field=columns.time)
    return EventRow(
        line=row.line,
        id=None if columns.id is None else _text(row.cells, columns.id),
        name=_given(row.cells, columns.event),
        customer=_given(row.cells, columns.customer),
        subscription=None if columns.subscription is None else _optional(row.cells, columns.subscription),
        at=parse_time(written, columns.time, time_format=columns.time_format, assume_utc=columns.assume_utc),
        properties=_properties(row.cells, columns),
        content=row.content,
    )


def parse_time(value: Any, field: str, *, time_format: str | None, assume_utc: bool) -> datetime:
    """The instant that a cell names, cut to the microsecond.

    ``time_format`` is ``None`` (RFC 3339, a blank for the T allowed), a key of ``UNIX_FORMATS``, or a
    pattern as ``strptime`` takes it.
    """
    if isinstance(value, datetime):
        return _zoned(value, field, assume_utc=assume_utc)
    if time_format in UNIX_FORMATS:
        return _since_epoch(value, UNIX_FORMATS[time_format], field)
    if not isinstance(value, str):
        raise InvalidInput(f"{field} is not a time", field=field, allowed="a text, or --time-format unix")
    if time_format is not None:
        try:
            return _zoned(datetime.strptime(value, time_format), field, assume_utc=assume_utc)  # noqa: DTZ007
        except ValueError:
            raise InvalidInput(f"{field} is not a time of the form {time_format}", field=field) from None
    text = value.strip()
    if _WITHOUT_ZONE.fullmatch(text):
        if not assume_utc:
            raise InvalidInput(f"{field} has no zone", field=field, allowed="a zone, or --assume-utc")
        text += "Z"
    return parse_instant(text, field=field)


def _zoned(value: datetime, field: str, *, assume_utc: bool) -> datetime:
    if value.tzinfo is None:
        if not assume_utc:
            raise InvalidInput(f"{field} has no zone", field=field, allowed="a zone, or --assume-utc")
        value = value.replace(tzinfo=UTC)
    return as_instant(value, field=field)


def _since_epoch(value: Any, microseconds: int, field: str) -> datetime:
    if isinstance(value, str):
        value = value.strip()
    number = parse_decimal(value, field=field)
    with exact_context():
        whole = int(number * microseconds)
    try:
        return as_instant(_EPOCH + timedelta(microseconds=whole), field=field)
    except OverflowError:
        raise InvalidInput(f"{field} is out of range", field=field) from None


def _cell(cells: Mapping[str, Any], column: str) -> Any:
    """A cell; in nested rows (JSON) a column may be a path: ``properties.model``."""
    if column in cells or "." not in column:
        return cells.get(column)
    value: Any = cells
    for step in column.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _text(cells: Mapping[str, Any], column: str) -> str:
    value = _cell(cells, column)
    if value is None or value == "":
        raise InvalidInput(f"{column} is empty", field=column, allowed="a text")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidInput(f"{column} is not a text", field=column, allowed="a text or a whole number")
    return str(value)


def _given(cells: Mapping[str, Any], given: Given) -> str:
    return given.text if given.text is not None else _text(cells, given.column or "")


def _optional(cells: Mapping[str, Any], given: Given) -> str | None:
    if given.column is not None and _cell(cells, given.column) in (None, ""):
        return None
    return _given(cells, given)


def _properties(cells: Mapping[str, Any], columns: Columns) -> dict[str, str | int | Decimal | bool | None]:
    nested = cells.get("properties")
    if columns.properties is None and isinstance(nested, dict):  # an event in the form of the API
        chosen = nested
    elif columns.properties is None:
        taken = {column.partition(".")[0] for column in columns.named()}
        chosen = {name: value for name, value in cells.items() if name not in taken}
    else:
        chosen = {name: _cell(cells, column) for name, column in columns.properties.items()}
    found: dict[str, str | int | Decimal | bool | None] = {}
    for name, value in chosen.items():
        if value is None:
            continue
        if not isinstance(value, str | int | Decimal | bool):
            raise InvalidInput(
                f"{name} holds {type(value).__name__}, which no property can",
                field=name,
                allowed="text, number, truth",
            )
        if isinstance(value, Decimal):
            parse_decimal(value, field=name)
        found[name] = value
    return found
