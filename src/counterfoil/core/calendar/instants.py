"""Reading and writing instants.

An instant is an aware ``datetime`` whose zone is ``datetime.UTC`` itself, exact to the microsecond.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from counterfoil.core.errors import InvalidInput

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The first instant that is accepted from outside."""
LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""The end of what is accepted from outside: every accepted instant is before it."""

_MICROSECOND: Final = timedelta(microseconds=1)
_RFC3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ](?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,30})?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_FORM: Final = "an RFC 3339 time with its zone, such as 2026-01-31T00:00:00Z or 2026-01-31T01:00:00+01:00"
_RANGE: Final = "a time from 1970-01-01T00:00:00Z to before 9999-01-01T00:00:00Z"


def parse_instant(text: str, *, field: str = "time") -> datetime:
    """The instant that an RFC 3339 text names, or ``InvalidInput`` naming ``field``.

    The zone is required.  Digits after the microsecond are cut off, so the instant is never later than what
    was written.  A leap second (``:60``) is refused.
    """
    if not _RFC3339.fullmatch(text):
        raise InvalidInput(f"{field} is not a time with its zone", field=field, allowed=_FORM)
    try:
        written = datetime.fromisoformat(text.upper())
    except ValueError:
        raise InvalidInput(f"{field} is not a time that exists", field=field, allowed=_FORM) from None
    return as_instant(written, field=field)


def as_instant(moment: datetime, *, field: str = "time") -> datetime:
    """The same moment in UTC; one without a zone or out of the accepted range is ``InvalidInput``."""
    if moment.utcoffset() is None:
        raise InvalidInput(f"{field} has no zone", field=field, allowed=_FORM)
    # An aware datetime compares by its offset without being moved, so this cannot overflow.
    if not EARLIEST <= moment < LATEST:
        raise InvalidInput(f"{field} is out of range", field=field, allowed=_RANGE)
    return moment.astimezone(UTC)


def assert_utc(instant: datetime) -> datetime:
    """``instant`` itself, asserted to be in UTC: anything else is a mistake of the program."""
    assert instant.tzinfo is UTC, f"{instant!r} is not in UTC"
    return instant


def format_instant(instant: datetime) -> str:
    """The RFC 3339 text in UTC: ``2026-01-31T00:00:00Z``; with six places only where there are any."""
    return f"{assert_utc(instant).isoformat()[:-6]}Z"  # without ``+00:00``


def out_of_range() -> InvalidInput:
    """The refusal of a time that was computed from accepted ones but that no calendar here reaches."""
    return InvalidInput("a time is out of range", field="time", allowed="the years 1 to 9999")


def microseconds_between(start: datetime, end: datetime) -> int:
    """The exact length of time from ``start`` to ``end``; negative where ``end`` is the earlier."""
    return (assert_utc(end) - assert_utc(start)) // _MICROSECOND
