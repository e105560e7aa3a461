"""Time zones by IANA name, and the step between a local time and its instant.

The rules are read from the ``tzdata`` package, not from the machine, so a bill has the same boundaries
wherever it is made; another release of the rules is another version of the package in the lock file.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

from counterfoil.core.calendar.instants import assert_utc, out_of_range
from counterfoil.core.errors import InvalidInput

_DATA: Final = files("tzdata")

ZONE_NAMES: Final = frozenset(_DATA.joinpath("zones").read_text(encoding="utf-8").split())
"""Every name that is accepted: the zones and links of the IANA database."""


def parse_zone(name: str, *, field: str = "time_zone") -> ZoneInfo:
    """The zone of this name (case-sensitive; its ``key`` is the name), or ``InvalidInput``."""
    # Only names of the list reach the file system, so a name can be no path.
    if name not in ZONE_NAMES:
        raise InvalidInput(
            f"{field} is not a time zone", field=field, allowed="an IANA name such as Europe/Berlin or UTC"
        )
    return _load(name)


@cache
def _load(name: str) -> ZoneInfo:
    with _DATA.joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


def to_local(instant: datetime, zone: ZoneInfo) -> datetime:
    """What calendar and clock show in ``zone`` at this instant, as a datetime without a zone."""
    try:
        return assert_utc(instant).astimezone(zone).replace(tzinfo=None, fold=0)
    except OverflowError:
        raise out_of_range() from None


def from_local(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which calendar and clock in ``zone`` show ``local``.

    Where clocks go back and show it twice, the first time.  Where clocks go forward and skip it, as long
    after the skip as ``local`` is after its beginning: 02:30 becomes 03:30.  This is the rule of RFC 5545,
    section 3.3.5, and of ``fold=0`` in PEP 495.
    """
    assert local.tzinfo is None
    try:
        return local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    except OverflowError:
        raise out_of_range() from None
