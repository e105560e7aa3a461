"""Suger's API: one organization in every path, keys as ``Authorization: Key …``, errors as JSON texts.

What is served and what differs is in ``docs/faces/suger.md``.
"""

from counterfoil.faces.kit.face import Face
from counterfoil.faces.vendors.suger import api_clients, products
from counterfoil.faces.vendors.suger.errors import FORM, REFUSALS

FACE = Face(
    title="Suger on Counterfoil",
    description="The operations of Suger's API that Counterfoil serves; ids are bare UUIDs.",
    form=FORM,
    routers=(api_clients.router, products.router),
    schemes={
        "APIKeyAuth": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Key ck_live_…` or `Key ck_test_…`",
        }
    },
    refusals=REFUSALS,
)
