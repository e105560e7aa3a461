"""What Gcore's contract lists: its products with their numbers, its calc rules, and signs of currencies.

Three names mislead: number 3, Web Security, is ``DDOS`` inside; number 9, DDoS Protection, is
``INFRASTRUCTURE_PROTECTION``; number 6, Colocation Services, is ``CONNECT``, while ``CONNECTIVITY`` is 13.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING, Final

from counterfoil.core.pricing import MODELS
from counterfoil.modules.catalog import Cadence, QuantitySource
from counterfoil.modules.subscriptions import ChargeForm, KnownProduct

if TYPE_CHECKING:
    from collections.abc import Collection

_INTERNAL: Final = {
    "CDN": (1, "CDN"),
    "STORAGE": (2, "Object Storage"),
    "DDOS": (3, "Web Security"),
    "STREAMING": (4, "Streaming"),
    "CLOUD": (5, "Cloud"),
    "CONNECT": (6, "Colocation Services"),
    "WG_PRIVATE_CLOUD": (7, "WG Private Cloud"),
    "P2P": (8, "p2p"),
    "INFRASTRUCTURE_PROTECTION": (9, "DDoS Protection"),
    "DNS": (10, "Managed DNS"),
    "OTHER_SERVICES": (11, "Other Services"),
    "PREMIUM_SUPPORT": (12, "Premium Support"),
    "CONNECTIVITY": (13, "Connectivity"),
    "GHOST": (14, "Hosting (G-Hosting)"),
    "MANAGED_SERVICES": (15, "Managed Services"),
    "RENT": (16, "Rent"),
    "SOFTWARE_DEVELOPMENT": (17, "Software development"),
    "VMWARE": (18, "VM Ware"),
    "LAAS": (19, "LaaS"),
    "AWS_CLOUD": (20, "AWS Cloud"),
    "FAST_EDGE": (21, "FastEdge"),
    "TECHNICAL_SUPPORT": (22, "Technical Support"),
    "WAAP": (23, "WAAP"),
}

PRODUCTS: Final = {
    internal.lower(): KnownProduct(internal.lower(), number, name)
    for internal, (number, name) in _INTERNAL.items()
}
"""Gcore's products by the code that a product of ours has to be one of them."""

INTERNAL_NAMES: Final = tuple(sorted(_INTERNAL))
OTHER_PRODUCTS_AFTER: Final = 1000
"""Products that are none of Gcore's have their own numbers above this."""


class CalcRule(StrEnum):
    """How a price becomes an amount, in Gcore's words."""

    COMMIT = "commit"
    OVERCOMMIT = "overcommit"
    STEPPED = "stepped"
    STAGED = "staged"
    UNIT = "unit"
    POST_INVOICE = "post_invoice"


# Gcore does not define its words: that stepped is the one price of the step reached, for all units, and
# staged a price for the units of each stage, is told by the names alone.  This is the one place that says so.
_BY_MODEL: Final = {
    "per_unit": CalcRule.UNIT,
    "volume": CalcRule.STEPPED,
    "graduated": CalcRule.STAGED,
    "commit": CalcRule.COMMIT,
    "overcommit": CalcRule.OVERCOMMIT,
}


def calc_rule(form: ChargeForm) -> CalcRule | None:
    """Gcore's word for a form of charging; ``None`` where it has none."""
    rule = _BY_MODEL.get(form.model)
    if rule in (CalcRule.COMMIT, CalcRule.OVERCOMMIT):
        return rule
    fixed = form.quantity_source is not QuantitySource.USAGE
    if fixed and form.cadence is Cadence.IN_ARREARS:
        return CalcRule.POST_INVOICE
    return rule


def forms_of(rules: Collection[CalcRule | None]) -> list[ChargeForm]:
    """Every form of charging that is called by one of these words."""
    forms = (ChargeForm(*parts) for parts in product(MODELS, QuantitySource, Cadence))
    return [form for form in forms if calc_rule(form) in rules]


SYMBOLS: Final = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "CA$",
    "CNY": "CN¥",
    "EUR": "€",
    "GBP": "£",
    "GEL": "₾",
    "HKD": "HK$",
    "ILS": "₪",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "KZT": "₸",
    "MXN": "MX$",
    "NGN": "₦",
    "NZD": "NZ$",
    "PHP": "₱",
    "PLN": "zł",
    "SGD": "S$",
    "TRY": "₺",
    "UAH": "₴",
    "USD": "$",
    "VND": "₫",
}
"""Signs of currencies; one that is not here is written as its code."""
