"""Flexprice's API: keys as ``x-api-key``, decimals as texts, lists with ``items`` and ``pagination``.

What is served and what differs is in ``docs/faces/flexprice.md``.
"""

from counterfoil.faces.kit.face import Face
from counterfoil.faces.vendors.flexprice import (
    credit_grants,
    customers,
    features,
    plans,
    prices,
    subscriptions,
)
from counterfoil.faces.vendors.flexprice.errors import FORM, REFUSALS

FACE = Face(
    title="Flexprice on Counterfoil",
    description="The operations of Flexprice's API that Counterfoil serves, in Flexprice's own words.",
    form=FORM,
    routers=(
        credit_grants.router,
        customers.router,
        features.router,
        plans.router,
        prices.router,
        subscriptions.router,
    ),
    schemes={
        "ApiKeyAuth": {
            "type": "apiKey",
            "in": "header",
            "name": "x-api-key",
            "description": "`ck_live_…` or `ck_test_…`; `Authorization: Bearer …` is read as well",
        }
    },
    refusals=REFUSALS,
)
