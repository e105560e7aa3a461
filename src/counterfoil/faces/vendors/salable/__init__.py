"""Salable's API, version v1: keys in ``x-api-key``, bare UUIDs, relations only where ``expand`` asks.

What is served and what differs is in ``docs/faces/salable.md``.
"""

from counterfoil.faces.kit.face import Face
from counterfoil.faces.vendors.salable import plans, pricing_tables, products, subscriptions
from counterfoil.faces.vendors.salable.errors import FORM, REFUSALS

FACE = Face(
    title="Salable on Counterfoil",
    description="The operations of Salable's API v1 that Counterfoil serves; ids are bare UUIDs.",
    form=FORM,
    routers=(products.router, plans.router, pricing_tables.router, subscriptions.router),
    schemes={
        "apiKey": {
            "type": "apiKey",
            "in": "header",
            "name": "x-api-key",
            "description": "`ck_live_…`, or `ck_test_…` for what has isTest true",
        }
    },
    refusals=REFUSALS,
)
