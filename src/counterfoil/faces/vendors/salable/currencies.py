"""Currencies as Salable's clients see them: each with a UUID of its own, its name and its symbol."""

from __future__ import annotations

from typing import Final
from uuid import NAMESPACE_URL, uuid5

from counterfoil.core.money import currency_name
from counterfoil.faces.vendors.salable.wire import Currency

_STANDARD: Final = uuid5(NAMESPACE_URL, "urn:iso:std:iso:4217")
_SYMBOLS: Final = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "CA$",
    "CNY": "CN¥",
    "CRC": "₡",
    "CZK": "Kč",
    "DKK": "kr",
    "EUR": "€",
    "GBP": "£",
    "GHS": "GH₵",
    "HKD": "HK$",
    "HUF": "Ft",
    "ILS": "₪",
    "INR": "₹",
    "JPY": "¥",
    "KES": "KSh",
    "KRW": "₩",
    "KZT": "₸",
    "MXN": "MX$",
    "NGN": "₦",
    "NOK": "kr",
    "NZD": "NZ$",
    "PHP": "₱",
    "PLN": "zł",
    "PYG": "₲",
    "RON": "lei",
    "RUB": "₽",
    "SEK": "kr",
    "SGD": "S$",
    "THB": "฿",
    "TRY": "₺",
    "TWD": "NT$",
    "UAH": "₴",
    "USD": "$",
    "VND": "₫",
    "ZAR": "R",
}
"""The symbols that are commonly written; any other currency is written as its code."""


def currency_id(code: str) -> str:
    """The same UUID for the same currency, everywhere and for ever."""
    return str(uuid5(_STANDARD, code))


def currency_to_wire(code: str) -> Currency:
    """A currency of ISO 4217."""
    return Currency(
        uuid=currency_id(code),
        shortName=code,
        longName=currency_name(code),
        symbol=_SYMBOLS.get(code, code),
    )
