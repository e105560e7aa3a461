"""Reevit's API: keys as ``X-Reevit-Key`` with ``X-Org-Id``, amounts in minor units, lists as bare arrays.

What is served and what differs is in ``docs/faces/reevit.md``.
"""

from counterfoil.faces.kit.face import Face
from counterfoil.faces.vendors.reevit import subscriptions
from counterfoil.faces.vendors.reevit.errors import FORM, REFUSALS

FACE = Face(
    title="Reevit on Counterfoil",
    description="The operations of Reevit's API that Counterfoil serves, in Reevit's own words.",
    form=FORM,
    routers=(subscriptions.router,),
    schemes={
        "ApiKeyAuth": {
            "type": "apiKey",
            "in": "header",
            "name": "X-Reevit-Key",
            "description": "`ck_live_…` or `ck_test_…`, with the key's organization in `X-Org-Id`",
        }
    },
    refusals=REFUSALS,
)
