"""The form of tax numbers, and of which country a number is.

Owns: which numbers are checked: those of customers in the European Union, in the United Kingdom, Norway and
Switzerland, by their length, letters and check digits (python-stdnum).  Does not own: whether a number is
registered with an authority (that takes asking it), or what follows for tax (``core.tax_rules``).
Always holds: a number is kept as it was written; what is checked ignores spaces, points and hyphens.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from stdnum import get_cc_module
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError

from counterfoil.core.errors import InvalidInput
from counterfoil.core.tax_rules import MEMBER_STATES

_OTHERS: Final = ("CH", "GB", "NO")
_OF_GREECE: Final = "EL"


def check_tax_number(number: str | None, country: str | None) -> None:
    """Refuse a tax number that is not in the form of its country; ``None`` passes.

    The country of the address decides; without one, the letters of a member state do.
    """
    if number is None:
        return
    named = _prefix(number)
    if country in MEMBER_STATES or (country is None and named is not None):
        if registered_in(number) is None:
            where = named or (_OF_GREECE if country == "GR" else country)
            raise InvalidInput(
                "tax_number is not a VAT number of a member state of the EU",
                field="tax_number",
                allowed=f"a VAT number that begins with its state's letters ({where}…)"
                " and has right check digits, or none",
            )
    elif country in _OTHERS and not _is_valid(number, country):
        raise InvalidInput(
            f"tax_number is not a tax number of {country}",
            field="tax_number",
            allowed=f"a VAT number of {country} with right check digits, or none",
        )


@lru_cache(maxsize=10_000)
def registered_in(number: str | None) -> str | None:
    """The member state (ISO 3166-1) of which a number is a VAT number in valid form; ``None``: of none."""
    if number is None or (named := _prefix(number)) is None:
        return None
    try:
        eu_vat.validate(number)
    except ValidationError:
        return None
    return "GR" if named == _OF_GREECE else named


def _prefix(number: str) -> str | None:
    """The letters of a member state that a number begins with."""
    letters = number.strip()[:2].upper()
    return letters if letters == _OF_GREECE or (letters in MEMBER_STATES and letters != "GR") else None


def _is_valid(number: str, country: str) -> bool:
    module = get_cc_module(country.lower(), "vat")
    assert module is not None
    return bool(module.is_valid(number))
