"""Checks that every stored object shares: texts, metadata, versions.

Always holds: what passes can be stored in PostgreSQL (no NUL, no lone surrogate, bounded length), and a
text is printed as it reads: nothing in it turns its order or hides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.errors import InvalidInput, VersionMismatch
from counterfoil.store.types import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_METADATA: Final = 16 * 1024

_HIDDEN: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls (C0, C1) except tab and line feed
    r"\u202a-\u202e\u2066-\u2069"  # turn the order of what is printed: a name would read as another
    r"\u200b\ufeff]"  # have no width: two names would look the same
)
"""What makes a printed name lie.  The joiners U+200C and U+200D may stay: scripts are written with them."""


def check_text(value: str | None, field: str, *, longest: int, shortest: int = 1) -> None:
    """Refuse a text that is blank, too long, cannot be stored or prints as another; ``None`` passes."""
    if value is None:
        return
    allowed = f"{shortest} to {longest} characters, none of them control, bidirectional or invisible ones"
    if not shortest <= len(value) <= longest or (shortest and not value.strip()):
        raise InvalidInput(f"{field} is empty or too long", field=field, allowed=allowed)
    if not _storable(value):
        raise InvalidInput(f"{field} holds characters that cannot be stored", field=field, allowed=allowed)
    if hidden := _HIDDEN.search(value):
        raise InvalidInput(
            f"{field} holds U+{ord(hidden[0]):04X}, which no text may hold", field=field, allowed=allowed
        )


def check_email(value: str | None, field: str = "email") -> None:
    """Refuse what is no address of a mailbox; ``None`` passes.  Whether it exists, only a mail can tell."""
    if value is None:
        return
    check_text(value, field, longest=320)
    name, _, host = value.strip().rpartition("@")
    if not name or not host or any(character.isspace() for character in value.strip()):
        raise InvalidInput(f"{field} is not an address", field=field, allowed="an address: name@example.com")


def check_address(address: Mapping[str, str], field: str = "address") -> None:
    """Refuse a postal address with parts that cannot be kept or a country that is none."""
    for part, value in address.items():
        check_text(value, f"{field}.{part}", longest=200, shortest=0)
    check_country(address.get("country"), f"{field}.country")


def check_country(country: str | None, field: str) -> None:
    """Refuse what is no code of a country; ``None`` passes."""
    if country is not None and not (len(country) == 2 and country.isascii() and country.isupper()):
        raise InvalidInput(
            f"{field} is not a country", field=field, allowed="two capital letters (ISO 3166-1)"
        )


def check_metadata(value: Mapping[str, Any], field: str = "metadata", *, most: int = MAX_METADATA) -> None:
    """Refuse metadata over 16 KiB (or ``most`` bytes) or holding what PostgreSQL cannot store."""
    text = json_text(dict(value))
    if len(text) > most:
        raise InvalidInput(f"{field} is too large", field=field, allowed=f"at most {most} bytes of JSON")
    if "\\u0000" in text or not _storable(text):
        raise InvalidInput(f"{field} holds characters that cannot be stored", field=field, allowed="no NUL")


def check_url(value: str | None, field: str) -> None:
    """Refuse what is no address of a page; ``None`` passes.  Whether it is there, nobody asks."""
    if value is None:
        return
    check_text(value, field, longest=2000)
    scheme, _, rest = value.partition("://")
    if scheme.lower() not in ("https", "http") or not rest or any(one.isspace() for one in value):
        raise InvalidInput(f"{field} is not an address", field=field, allowed="an address: https://…")


def check_version(stored: int, expected: int | None) -> None:
    """Refuse a change made on an older version than the stored one; ``None`` accepts any."""
    if expected is not None and expected != stored:
        raise VersionMismatch(
            f"version {expected} is not the present one",
            field="If-Match",
            allowed=f'the present version, "{stored}"',
        )


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text
