"""What decides a customer's taxes, from what is kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from counterfoil.core.calendar import format_instant, parse_instant
from counterfoil.core.tax_rules import Buyer, Exemption, Place
from counterfoil.modules.customers.tax_numbers import registered_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterfoil.modules.customers.types import TaxExemption


def buyer_of(
    address: Mapping[str, Any],
    tax_number: str | None,
    tax_exempt: bool,
    exemption: Mapping[str, Any] | None,
) -> Buyer:
    """The buyer as core decides by it; a number that is not in form is as none."""
    country = address.get("country")
    place = None if country is None else Place(country, address.get("region"), address.get("postal_code"))
    return Buyer(place, registered_in(tax_number), _exemption(exemption) if tax_exempt else None)


def exemption_to_row(exemption: TaxExemption | None) -> dict[str, Any] | None:
    """An exemption as it is kept and shown."""
    if exemption is None:
        return None
    until = exemption.valid_until
    return {
        "reason": exemption.reason,
        "certificate": exemption.certificate,
        "valid_until": None if until is None else format_instant(until),
    }


def _exemption(kept: Mapping[str, Any] | None) -> Exemption:
    if kept is None:
        return Exemption()
    until, paper = kept["valid_until"], kept["certificate"]
    reason = kept["reason"] if paper is None else f"{kept['reason']} (certificate {paper})"
    return Exemption(reason, None if until is None else parse_instant(until, field="valid_until"))
