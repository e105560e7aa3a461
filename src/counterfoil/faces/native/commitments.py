"""``/v1/subscriptions/{id}/commitments``: what a subscription commits to, and the balances of its terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Response

from counterfoil.core.ids import show_id
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    CommitmentId,
    IfMatch,
    ListOf,
    PageQuery,
    SubscriptionId,
    page_query,
    shown,
)
from counterfoil.faces.native.commitments_wire import (
    CommitmentCreditIn,
    CommitmentDivisionIn,
    CommitmentIn,
    CommitmentOut,
    CommitmentPatch,
    CommitmentTermOut,
    term_to_wire,
    to_wire,
)
from counterfoil.faces.native.previews import PREVIEWED, AsPreview, changed
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules import billing
from counterfoil.modules.subscriptions import get_subscription, update_commitment

if TYPE_CHECKING:
    from counterfoil.modules.billing import CommitmentBalance
    from counterfoil.modules.subscriptions import Subscription

router = APIRouter(
    prefix="/subscriptions/{subscription_id}/commitments", tags=["Commitments"], route_class=NativeRoute
)
READ, WRITE = allow("subscriptions:read"), allow("subscriptions:write")
_page = page_query("commitment_term")


def _one(balance: CommitmentBalance, status: int = 200) -> Response:
    return shown(to_wire(balance), status, version=balance.commitment.version)


@router.post("", status_code=201, response_model=CommitmentOut, responses=PREVIEWED, dependencies=[WRITE])
async def create(
    subscription_id: SubscriptionId,
    body: CommitmentIn,
    uow: Unit,
    if_match: IfMatch,
    preview: AsPreview = False,
) -> Response:
    """Agree a commitment on a running subscription, from now on or from a date ahead.

    What it makes due at once, such as what is paid ahead, is drafted. A line counts towards one commitment:
    prices that another running one counts are refused, but under a cap. `If-Match` is the subscription's.
    """
    new = body.from_wire()

    async def agree() -> Subscription:
        await billing.add_commitment(uow, subscription_id, new, expected_version=if_match)
        return await get_subscription(uow, subscription_id)

    if preview:
        return await changed(uow, agree, preview=True)
    return _one(await billing.add_commitment(uow, subscription_id, new, expected_version=if_match), 201)


@router.get("", response_model=ListOf[CommitmentOut], dependencies=[READ])
async def list_(subscription_id: SubscriptionId, uow: Unit) -> Response:
    """A subscription's commitments, the one agreed first first, each with the terms that are not settled."""
    found = [to_wire(one) for one in await billing.list_commitments(uow, subscription_id)]
    return shown(ListOf[CommitmentOut].model_construct(data=found, next_cursor=None))


@router.get("/{commitment_id}", response_model=CommitmentOut, dependencies=[READ])
async def get(subscription_id: SubscriptionId, commitment_id: CommitmentId, uow: Unit) -> Response:
    """One commitment with the terms that are not settled."""
    return _one(await billing.get_commitment(uow, subscription_id, commitment_id))


@router.get("/{commitment_id}/terms", response_model=ListOf[CommitmentTermOut], dependencies=[READ])
async def terms(
    subscription_id: SubscriptionId,
    commitment_id: CommitmentId,
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
) -> Response:
    """All terms of a commitment, the newest first: what was drawn in each, and what became of the rest."""
    unit, page = await billing.list_terms(uow, subscription_id, commitment_id, query)
    cursor = show_id("commitment_term", page.items[-1].term.id) if page.has_more else None
    listed = [term_to_wire(one, unit) for one in page.items]
    return shown(ListOf[CommitmentTermOut].model_construct(data=listed, next_cursor=cursor))


@router.patch("/{commitment_id}", response_model=CommitmentOut, dependencies=[WRITE])
async def update(
    subscription_id: SubscriptionId,
    commitment_id: CommitmentId,
    body: CommitmentPatch,
    uow: Unit,
    if_match: IfMatch,
) -> Response:
    """Change name, whether it renews, external id or metadata; what else is agreed never changes.

    To end a commitment with its term, let it renew no more.
    """
    await update_commitment(uow, subscription_id, commitment_id, body.from_wire(if_match))
    return _one(await billing.get_commitment(uow, subscription_id, commitment_id))


@router.post("/{commitment_id}/credit", response_model=CommitmentOut, dependencies=[WRITE])
async def add_credit(
    subscription_id: SubscriptionId, commitment_id: CommitmentId, body: CommitmentCreditIn, uow: Unit
) -> Response:
    """Give the running term credit: usage draws it in the declared order, and it ends with the term."""
    return _one(await billing.add_commitment_credit(uow, subscription_id, commitment_id, body.amount))


@router.post("/{commitment_id}/divide", response_model=CommitmentOut, dependencies=[WRITE])
async def divide(
    subscription_id: SubscriptionId, commitment_id: CommitmentId, body: CommitmentDivisionIn, uow: Unit
) -> Response:
    """Put equal parts in the place of the running term, of which nothing is used yet.

    Each part is a term of its own, settled at its end. Amounts that do not divide are shared to the cent.
    """
    return _one(await billing.divide_commitment(uow, subscription_id, commitment_id, body.starts))
