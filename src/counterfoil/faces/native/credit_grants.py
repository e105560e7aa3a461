"""``/v1/credit-grants``, and what the grants of a subscription will give next."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    CreditGrantId,
    IfMatch,
    InstantText,
    ListOf,
    PageQuery,
    PlanId,
    SubscriptionId,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.credit_grants_wire import (
    CreditGrantApplicationOut,
    CreditGrantIn,
    CreditGrantOut,
    CreditGrantPatch,
    application_to_wire,
    to_wire,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.subscriptions import get_subscription
from counterfoil.modules.wallets import (
    create_credit_grant,
    delete_credit_grant,
    get_credit_grant,
    list_credit_grants,
    upcoming_applications,
    update_credit_grant,
)

router = APIRouter(tags=["Credit grants"], route_class=NativeRoute)
READ, WRITE = allow("credit_grants:read"), allow("credit_grants:write")
_page = page_query("credit_grant")


@router.post("/credit-grants", status_code=201, response_model=CreditGrantOut, dependencies=[WRITE])
async def create(body: CreditGrantIn, uow: Unit) -> Response:
    """Promise credits to a subscription, or to each new subscription of a plan.

    A plan's grant is a template: a subscription gets a grant of its own like it when it is made, and what it
    got does not change with the template.
    """
    grant = await create_credit_grant(uow, body.from_wire())
    return shown(to_wire(grant), 201, version=grant.version)


@router.get("/credit-grants", response_model=ListOf[CreditGrantOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    plan_id: Annotated[PlanId | None, Query(description="Only this plan's templates")] = None,
    subscription_id: Annotated[
        SubscriptionId | None, Query(description="Only this subscription's grants")
    ] = None,
    external_id: Annotated[str | None, Query(description="Only the one with this external id")] = None,
) -> Response:
    """Credit grants, newest first, archived and ended ones too."""
    page = await list_credit_grants(
        uow, query, plan_id=plan_id, subscription_id=subscription_id, external_id=external_id
    )
    return shown(list_of("credit_grant", page, to_wire))


@router.get("/credit-grants/{credit_grant_id}", response_model=CreditGrantOut, dependencies=[READ])
async def get(credit_grant_id: CreditGrantId, uow: Unit) -> Response:
    """One credit grant."""
    grant = await get_credit_grant(uow, credit_grant_id)
    return shown(to_wire(grant), version=grant.version)


@router.patch("/credit-grants/{credit_grant_id}", response_model=CreditGrantOut, dependencies=[WRITE])
async def update(
    credit_grant_id: CreditGrantId, body: CreditGrantPatch, uow: Unit, if_match: IfMatch
) -> Response:
    """Change name, metadata or the end of a credit grant.

    What it gives never changes: end it, and make another.
    """
    grant = await update_credit_grant(uow, credit_grant_id, body.from_wire(if_match))
    return shown(to_wire(grant), version=grant.version)


@router.delete("/credit-grants/{credit_grant_id}", response_model=CreditGrantOut, dependencies=[WRITE])
async def delete(
    credit_grant_id: CreditGrantId,
    uow: Unit,
    if_match: IfMatch,
    at: Annotated[
        InstantText | None, Query(description="When a subscription's grant ends; now by default")
    ] = None,
) -> Response:
    """Archive a plan's grant, or end a subscription's.

    New subscriptions to the plan do not get an archived grant; those that have it keep it. A grant that ends
    keeps what it gave, and the periods that would begin later are cancelled.
    """
    grant = await delete_credit_grant(uow, credit_grant_id, at=at, expected_version=if_match)
    return shown(to_wire(grant), version=grant.version)


@router.get(
    "/subscriptions/{subscription_id}/credit-grants/upcoming",
    response_model=ListOf[CreditGrantApplicationOut],
    dependencies=[READ],
)
async def upcoming(subscription_id: SubscriptionId, uow: Unit) -> Response:
    """The next application of each of a subscription's grants, the first due first."""
    await get_subscription(uow, subscription_id)
    applications = await upcoming_applications(uow, [subscription_id])
    listed = [application_to_wire(application) for application in applications]
    return shown(ListOf[CreditGrantApplicationOut].model_construct(data=listed, next_cursor=None))
