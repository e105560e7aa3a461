"""The parameters of a checkout, which clients send along with what they read.

They say what a checkout link would do, and there are no links yet: so they are named in the reference, and
only those are read without which a pricing table is refused.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query

Needed = Annotated[str, Query(description="For the checkout links")]
"""A parameter without which no pricing table is shown."""


def optional(*names: str) -> list[dict[str, Any]]:
    """Texts of which nothing depends yet, for the reference."""
    return [{"name": name, "in": "query", "required": False, "schema": {"type": "string"}} for name in names]


_COMMON: Final = optional(
    "promoCode", "allowPromoCode", "customerEmail", "customerId", "currency", "automaticTax"
)
_OF_OLDER_CLIENTS: Final = optional(
    "contactUsLink",
    "couponCode",
    "marketingConsent",
    "customMessage",
    "customerCountry",
    "customerPostcode",
    "vatNumber",
    "vatCompanyName",
    "vatStreet",
    "vatCity",
    "vatState",
    "vatCountry",
    "vatPostcode",
)
OF_PLANS: Final = [*optional("successUrl", "cancelUrl", "granteeId", "member"), *_COMMON]
OF_TABLES: Final = [*_COMMON, *optional("granteeIds", "successUrls", "cancelUrls"), *_OF_OLDER_CLIENTS]
OF_LINKS: Final = [
    *OF_PLANS,
    *optional("owner", "quantity", "changeQuantity", "requirePaymentMethod"),
    *_OF_OLDER_CLIENTS,
]
