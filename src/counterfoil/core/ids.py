"""The form of ids: UUIDv7 inside, prefix + ``_`` + 26 base-32 characters outside.

Owns: the prefixes, the encoding (Crockford's alphabet in lower case, 128 bits left-padded to 130) and its
inverse.  Does not own: the clock and the randomness that a new id is made from; they are arguments.
Always holds: ``parse_id(kind, show_id(kind, x)) == x``; a shown id has at most 36 characters; shown ids of
one kind sort as their UUIDs do, and so by time of creation.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final
from uuid import UUID

from counterfoil.core.errors import InvalidInput, with_article

if TYPE_CHECKING:
    from collections.abc import Callable

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}
_PAIRS: Final = [first + second for first in ALPHABET for second in ALPHABET]
_HALF: Final = (1 << 60) - 1

PREFIXES: Final[dict[str, str]] = {
    "add_on": "addon",
    "api_client": "key",
    "audit_record": "aud",
    "change": "chg",
    "commitment": "commit",
    "commitment_term": "ctrm",
    "coupon": "coup",
    "credit_grant": "cg",
    "credit_grant_application": "cga",
    "customer": "cus",
    "customer_feature": "cf",
    "discount": "disc",
    "environment": "env",
    "feature": "feat",
    "invoice": "inv",
    "invoice_line": "line",
    "issuer": "iss",
    "late_usage": "late",
    "ledger_transaction": "txn",
    "meter": "mtr",
    "operation": "op",
    "organization": "org",
    "payment": "pay",
    "plan": "plan",
    "plan_version": "plv",
    "price": "price",
    "pricing_table": "ptbl",
    "pricing_unit": "punit",
    "product": "prod",
    "role": "role",
    "simulation": "sim",
    "simulation_result": "simr",
    "subscription": "sub",
    "subscription_change": "subchg",
    "subscription_item": "si",
    "subscription_phase": "subphase",
    "tax_rate": "txr",
    "test_clock": "clock",
    "user": "user",
}
"""The prefix of every kind of object; a kind is the singular snake-case noun of the vocabulary."""


def uuid7(unix_ms: int, entropy: bytes) -> UUID:
    """A version 7 UUID (RFC 9562, section 5.7) from milliseconds since 1970 and ten random bytes."""
    assert 0 <= unix_ms < 1 << 48
    assert len(entropy) == 10
    random = int.from_bytes(entropy)
    high = unix_ms << 16 | 0x7000 | random >> 68
    low = 0b10 << 62 | random & (1 << 62) - 1
    return UUID(int=high << 64 | low)


def show_id(kind: str, value: UUID) -> str:
    """The public form of an id: ``show_id("customer", …)`` → ``cus_01jd…``."""
    return f"{PREFIXES[kind]}_{_digits(value.int)}"


def shower(kind: str) -> Callable[[UUID], str]:
    """``show_id`` of one kind, for hundreds of them."""
    prefix = f"{PREFIXES[kind]}_"
    return lambda value: prefix + _digits(value.int)


def show_digits(value: UUID) -> str:
    """The public form of an id without its prefix."""
    return _digits(value.int)


@lru_cache(4096)  # a list names the same plans and prices again and again
def _digits(number: int) -> str:
    """26 characters of five bits each, two at a time; halves that fit a machine word are cut faster."""
    two, high, low = number >> 120, number >> 60 & _HALF, number & _HALF
    pairs = _PAIRS
    return (
        f"{pairs[two]}{pairs[high >> 50]}{pairs[high >> 40 & 1023]}{pairs[high >> 30 & 1023]}"
        f"{pairs[high >> 20 & 1023]}{pairs[high >> 10 & 1023]}{pairs[high & 1023]}"
        f"{pairs[low >> 50]}{pairs[low >> 40 & 1023]}{pairs[low >> 30 & 1023]}"
        f"{pairs[low >> 20 & 1023]}{pairs[low >> 10 & 1023]}{pairs[low & 1023]}"
    )


def parse_id(kind: str, text: str, *, field: str = "id") -> UUID:
    """The UUID behind a public id, or ``InvalidInput`` naming ``field``."""
    prefix, _, digits = text.rpartition("_")
    allowed = f"an id of the form {PREFIXES[kind]}_ and 26 base-32 characters"
    if prefix != PREFIXES[kind] or len(digits) != 26:
        raise InvalidInput(
            f"{field} is not the id of {with_article(kind.replace('_', ' '))}", field=field, allowed=allowed
        )
    number = 0
    for digit in digits:
        value = _VALUES.get(digit)
        if value is None:
            raise InvalidInput(f"{field} holds a character no id has", field=field, allowed=allowed)
        number = number << 5 | value
    if number >> 128:
        raise InvalidInput(f"{field} is out of range", field=field, allowed=allowed)
    return UUID(int=number)


def read_id(kind: str, text: str, *, field: str = "id") -> UUID:
    """The UUID behind an id in either form, public or the bare UUID in any case; else ``InvalidInput``."""
    if text.startswith(f"{PREFIXES[kind]}_"):
        return parse_id(kind, text, field=field)
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput(
            f"{field} is not the id of {with_article(kind.replace('_', ' '))}",
            field=field,
            allowed=f"a UUID, or an id of the form {PREFIXES[kind]}_ and 26 base-32 characters",
        ) from None
