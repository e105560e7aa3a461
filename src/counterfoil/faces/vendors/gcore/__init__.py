"""Gcore's billing API: what clients pay for which features, with whole numbers for ids.

What is served and what differs is in ``docs/faces/gcore.md``.
"""

from counterfoil.faces.kit.face import Face
from counterfoil.faces.vendors.gcore import subscriptions
from counterfoil.faces.vendors.gcore.errors import FORM, REFUSALS

FACE = Face(
    title="Gcore Billing on Counterfoil",
    description="The operation of Gcore's billing API that Counterfoil serves; ids are whole numbers.",
    form=FORM,
    routers=(subscriptions.router,),
    schemes={
        "APIKey": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`apikey ck_live_…` or `apikey ck_test_…`",
        }
    },
    refusals=REFUSALS,
)
