"""Column types and the declarative base of every table.

Always holds: instants are aware and UTC in Python; money is integer minor units in a ``bigint``; a decimal
keeps every digit it was given; JSON written by us holds no float.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, DateTime, MetaData, Numeric, Text, TypeDecorator, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import Dialect


class Instant(TypeDecorator[datetime]):
    """``timestamptz``; refuses a naive datetime, returns UTC: all connections of ``Store`` speak it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive datetime: its zone would be guessed by the driver."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        return value


class Minor(TypeDecorator[int]):
    """Minor units of money in a ``bigint``."""

    impl = BigInteger
    cache_ok = True


class Decimals(TypeDecorator[Decimal]):
    """``numeric`` without a declared scale: every digit is kept."""

    impl = Numeric
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | None:
        """Refuse a float: its digits are not the ones that were written."""
        if isinstance(value, float):
            raise TypeError("a float cannot be stored as a decimal")
        return value


class Choice[E: StrEnum](TypeDecorator[E]):
    """One of an enum's values in a ``text`` column: ``mapped_column(Choice(Status))``."""

    impl = Text
    cache_ok = True

    def __init__(self, enum: type[E]) -> None:
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        """The value's text; a text that is none of the enum's raises."""
        return None if value is None else self.enum(value).value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], E | None]:
        """The enum's member; a text that is none of the enum's raises."""
        members: dict[str | None, E | None] = {one.value: one for one in self.enum}
        return (members | {None: None}).__getitem__


class Records[T](TypeDecorator[list[T]]):
    """A JSON list of small dataclasses: ``mapped_column(Records(Region))``."""

    impl = JSONB
    cache_ok = True

    def __init__(self, view: type[T]) -> None:
        super().__init__()
        self.view = view

    def process_bind_param(self, value: Sequence[T] | None, dialect: Dialect) -> list[dict[str, Any]] | None:
        """Each as the object of its fields."""
        return None if value is None else [asdict(cast("Any", one)) for one in value]

    def process_result_value(self, value: list[dict[str, Any]] | None, dialect: Dialect) -> list[T] | None:
        """The dataclasses again."""
        return None if value is None else [self.view(**one) for one in value]


def json_text(value: Any) -> str:
    """JSON as we store it: compact, UTF-8, decimals as strings; a float raises."""
    return json.dumps(
        value, default=_json_default, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _json_default(value: object) -> str:
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} has no JSON form")


_STORED: Final = msgspec.json.Decoder(float_hook=Decimal)


def json_value(stored: str | bytes) -> Any:
    """Stored JSON back; a number with a point is read as the decimal written."""
    return _STORED.decode(stored)


class Base(DeclarativeBase):
    """The base of every table; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy's own form)
        datetime: Instant,
        Decimal: Decimals,
        str: Text,
        UUID: Uuid,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class Identified:
    """Columns that every object of a customer's world has."""

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID]
    external_id: Mapped[str | None]
    meta: Mapped[dict[str, Any]] = mapped_column("metadata")
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
