"""``/v1/subscriptions/{id}/why-no-line``: which rule leaves usage out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import InstantText, PriceId, SubscriptionId, Wire, shown
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules import billing
from counterfoil.modules.billing import Why, WhyCode, WhyQuestion

router = APIRouter(prefix="/subscriptions", tags=["Subscriptions"], route_class=NativeRoute)
READ = allow("subscriptions:read")


class WhyOut(Wire):
    """The first rule that applies to one price, in words and with what it rests on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "filtered_out",
                    "sentence": "The filters of the price let none of 3 events of the meter pass.",
                    "price_id": "price_01kahgp1g0edgrx4zm6byashwp",
                    "price_code": "tokens-eu",
                    "period_start": "2026-01-01T00:00:00Z",
                    "period_end": "2026-02-01T00:00:00Z",
                    "facts": {
                        "events": 3,
                        "own": 3,
                        "void": 0,
                        "of_meter": 3,
                        "filters": {"region": ["eu"]},
                    },
                }
            ]
        }
    )

    code: WhyCode
    sentence: str
    price_id: PriceId | None = Field(description="`null` where it concerns the subscription as a whole")
    price_code: str | None
    period_start: InstantText | None = Field(description="Of the service period in which the instant lies")
    period_end: InstantText | None
    facts: dict[str, Any] = Field(description="What the sentence rests on, by name; it depends on the code")


class WhyListOut(Wire):
    """An answer for each price that reads the meter."""

    data: list[WhyOut]


def to_wire(why: Why) -> WhyOut:
    """An answer on the wire."""
    return WhyOut.model_construct(
        code=why.code,
        sentence=why.sentence,
        price_id=why.price_id,
        price_code=why.price_code,
        period_start=why.start,
        period_end=why.end,
        facts=dict(why.facts),
    )


@router.get("/{subscription_id}/why-no-line", response_model=WhyListOut, dependencies=[READ])
async def why_no_line(
    subscription_id: SubscriptionId,
    uow: Unit,
    meter: Annotated[str | None, Query(description="A meter's id or code; or name a `price`")] = None,
    price: Annotated[str | None, Query(description="The id or code of a price of the subscription")] = None,
    at: Annotated[InstantText | None, Query(description="When it was used; now by default")] = None,
) -> Response:
    """Why there is no line for the usage of a meter, or of a price, at an instant.

    Rules are asked in the order in which billing meets them: no price reads the meter, before the start, in
    the trial, after the end, paused; then what became of the period: on an invoice, on a draft, late, too
    late, on hold, not due yet; and of its events: none, void, of another subscription, filtered out, zero.
    """
    found = await billing.why_no_line(uow, subscription_id, WhyQuestion(at or uow.now, meter, price))
    return shown(WhyListOut.model_construct(data=[to_wire(why) for why in found]))
