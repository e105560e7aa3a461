"""``/v1/subscriptions/{id}/trial``, ``…/term`` and ``…/phases``: how a contract begins, goes on and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import IfMatch, SubscriptionId
from counterfoil.faces.native.previews import AsPreview, ChangedOut, changed
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.faces.native.subscription_lifetime_wire import SHARED, PhasesIn, TermPut, TrialPatch
from counterfoil.modules import billing

if TYPE_CHECKING:
    from fastapi import Response

router = APIRouter(prefix="/subscriptions", tags=["Subscriptions"], route_class=NativeRoute)
WRITE = allow("subscriptions:write")


@router.patch("/{subscription_id}/trial", response_model=ChangedOut, dependencies=[WRITE])
async def change_trial(
    subscription_id: SubscriptionId,
    body: TrialPatch,
    uow: Unit,
    if_match: IfMatch,
    preview: AsPreview = False,
) -> Response:
    """Let the trial end earlier or later, or otherwise; what is paid begins at its end."""
    return await changed(
        uow,
        lambda: billing.change_trial(
            uow,
            subscription_id,
            body.ends_at,
            body.at_end,
            shared_usage=body.shared_usage,
            expected_version=if_match,
        ),
        preview=preview,
    )


@router.post("/{subscription_id}/trial/end", response_model=ChangedOut, dependencies=[WRITE])
async def end_trial(
    subscription_id: SubscriptionId,
    uow: Unit,
    if_match: IfMatch,
    shared_usage: Annotated[bool, Query(description=SHARED)] = False,
    preview: AsPreview = False,
) -> Response:
    """Convert the trial now: the subscription is active, and what is paid begins.

    An evaluation goes on with it.  Who needs a payment method for the time after the trial needs it now.
    """
    return await changed(
        uow,
        lambda: billing.end_trial(
            uow,
            subscription_id,
            shared_usage=shared_usage,
            expected_version=if_match,
        ),
        preview=preview,
    )


@router.put("/{subscription_id}/term", response_model=ChangedOut, dependencies=[WRITE])
async def set_term(
    subscription_id: SubscriptionId, body: TermPut, uow: Unit, if_match: IfMatch, preview: AsPreview = False
) -> Response:
    """Agree anew how long the subscription runs: its terms and whether they renew, a fixed end, or no end.

    Terms are counted from where what is paid began.  What was paid ahead beyond an end is not given back.
    """
    return await changed(
        uow,
        lambda: billing.change_term(
            uow,
            subscription_id,
            body.from_wire(),
            shared_usage=body.shared_usage,
            expected_version=if_match,
        ),
        preview=preview,
    )


@router.post("/{subscription_id}/phases", response_model=ChangedOut, dependencies=[WRITE])
async def set_phases(
    subscription_id: SubscriptionId, body: PhasesIn, uow: Unit, if_match: IfMatch, preview: AsPreview = False
) -> Response:
    """Agree what is paid from an instant ahead on, in place of what was agreed for that time.

    What was billed beyond that instant, and ends there, is given back on the first invoice of the new phase.
    """
    return await changed(
        uow,
        lambda: billing.set_phases(
            uow,
            subscription_id,
            [phase.from_wire() for phase in body.phases],
            shared_usage=body.shared_usage,
            expected_version=if_match,
        ),
        preview=preview,
    )
