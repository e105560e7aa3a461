"""Ids as Flexprice writes them: its own prefix before the 26 characters of ours, there and back.

Always holds: ``parse(kind, show(kind, x)) == x``; what no object of the kind can be called is not found in
a path and finds nothing in a filter, as an id that nobody has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput, NotFound, with_article
from counterfoil.core.ids import PREFIXES as OUR_PREFIXES
from counterfoil.core.ids import parse_id, show_digits

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

PREFIXES: Final = {
    "credit_grant": "cg",
    "credit_grant_application": "cga",
    "customer": "cust",
    "environment": "env",
    "feature": "feat",
    "meter": "meter",
    "organization": "tenant",
    "plan": "plan",
    "price": "price",
    "subscription": "subs",
    "subscription_item": "subs_line",
}
"""Their prefix of each kind of ours."""


def show(kind: str, value: UUID) -> str:
    """The id of an object as Flexprice's clients see it: ``cust_01jd…``."""
    return f"{PREFIXES[kind]}_{show_digits(value)}"


def parse(kind: str, text: str, field: str = "id") -> UUID:
    """The object that a text names, or ``NotFound``: nothing of the kind can be called so."""
    prefix, _, digits = text.rpartition("_")
    noun = kind.replace("_", " ")
    try:
        if prefix == PREFIXES[kind]:
            return parse_id(kind, f"{OUR_PREFIXES[kind]}_{digits}")
    except InvalidInput:
        pass
    raise NotFound(f"no such {noun}", field=field, allowed=f"the id of {with_article(noun)}")


def known(kind: str, texts: Iterable[str]) -> list[UUID]:
    """Those of these texts that can be ids of the kind, in their order."""
    found = []
    for text in texts:
        try:
            found.append(parse(kind, text))
        except NotFound:
            continue
    return found
