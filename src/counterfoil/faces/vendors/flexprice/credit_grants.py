"""Credit grants: of plans and of subscriptions; listed as Flexprice's first API listed them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Query, Response

from counterfoil.core.errors import NotFound
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.vendor_wire import vendor_answer
from counterfoil.faces.kit.wire import OffsetQuery
from counterfoil.faces.vendors.flexprice import ids
from counterfoil.faces.vendors.flexprice.auth import FlexpriceRoute
from counterfoil.faces.vendors.flexprice.convert.common import instant_from_wire, pagination
from counterfoil.faces.vendors.flexprice.convert.credit_grants import (
    WORDS,
    application_to_wire,
    changes_from_wire,
    grant_from_wire,
    grant_to_wire,
)
from counterfoil.faces.vendors.flexprice.errors import in_their_words
from counterfoil.faces.vendors.flexprice.searching import ListQuery, Names, page_of, sorted_by, terms_of
from counterfoil.faces.vendors.flexprice.wire import (
    CreateCreditGrantRequest,
    CreditGrant,
    ListCreditGrants,
    UpdateCreditGrantRequest,
)
from counterfoil.faces.vendors.flexprice.wire_generated import (
    DeleteCreditGrantRequest,
    ListCreditGrantApplicationsResponse,
    PaginationResponse,
    SuccessResponse,
)
from counterfoil.modules import wallets
from counterfoil.modules.catalog import get_plan
from counterfoil.modules.customers import get_customer
from counterfoil.modules.subscriptions import (
    SubscriptionFilter,
    get_subscription,
    search_subscriptions,
)
from counterfoil.modules.wallets import CreditGrantChanges, CreditGrantFilter, GrantSort

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

router = APIRouter(prefix="/v1", tags=["CreditGrants"], route_class=FlexpriceRoute)
READ, WRITE = allow("credit_grants:read"), allow("credit_grants:write")

MOST: Final = 1000
"""More grants than a plan can have."""


class CreditGrantQuery(ListQuery):
    """What grants are listed by."""

    plan_ids: Names | None = None
    subscription_ids: Names | None = None
    sort: str | None = None


@router.get(
    "/creditgrants",
    operation_id="listCreditGrants",
    response_model=ListCreditGrants,
    dependencies=[READ],
)
async def list_(query: Annotated[CreditGrantQuery, Query()], uow: Unit) -> Response:
    """List credit grants, archived ones too unless a status is asked for."""
    page = page_of(query, list(GrantSort))
    terms = terms_of(query, {}, default=("published", "archived"))
    terms.ids("plan", "plan_ids", query, "plan_ids")
    terms.ids("subscription", "subscription_ids", query, "subscription_ids")
    sort = GrantSort(sorted_by(query))
    found = await wallets.search_credit_grants(uow, CreditGrantFilter(**terms.values), page, sort=sort)
    items = [grant_to_wire(uow, one) for one in found.items]
    return vendor_answer(ListCreditGrants(items=items, pagination=pagination(found, page)))


@router.post(
    "/creditgrants",
    operation_id="createCreditGrant",
    status_code=201,
    response_model=CreditGrant,
    dependencies=[WRITE],
)
async def create(body: CreateCreditGrantRequest, uow: Unit) -> Response:
    """Create a credit grant of a plan or of a subscription."""
    with in_their_words(WORDS):
        made = await wallets.create_credit_grant(uow, grant_from_wire(body))
    return vendor_answer(grant_to_wire(uow, made), 201)


@router.get(
    "/creditgrants/{id}",
    operation_id="getCreditGrant",
    response_model=CreditGrant,
    dependencies=[READ],
)
async def get(id: str, uow: Unit) -> Response:
    """Get a credit grant."""
    return vendor_answer(
        grant_to_wire(uow, await wallets.get_credit_grant(uow, ids.parse("credit_grant", id)))
    )


@router.put(
    "/creditgrants/{id}",
    operation_id="updateCreditGrant",
    response_model=CreditGrant,
    dependencies=[WRITE],
)
async def update(id: str, body: UpdateCreditGrantRequest, uow: Unit) -> Response:
    """Change name, metadata or, of a subscription's grant, its end."""
    grant = await wallets.get_credit_grant(uow, ids.parse("credit_grant", id))
    with in_their_words(WORDS):
        fields = changes_from_wire(uow, body, grant)
        if fields:
            grant = await wallets.update_credit_grant(uow, grant.id, CreditGrantChanges(fields))
    return vendor_answer(grant_to_wire(uow, grant))


@router.delete(
    "/creditgrants/{id}",
    operation_id="deleteCreditGrant",
    response_model=SuccessResponse,
    dependencies=[WRITE],
)
async def delete(id: str, uow: Unit, body: DeleteCreditGrantRequest | None = None) -> Response:
    """Put a plan's grant away, or end a subscription's."""
    with in_their_words(WORDS):
        at = instant_from_wire(None if body is None else body.effective_date, "effective_date")
        await wallets.delete_credit_grant(uow, ids.parse("credit_grant", id), at=at)
    return vendor_answer(SuccessResponse(message="credit grant deleted successfully"))


@router.get(
    "/plans/{id}/creditgrants",
    operation_id="getPlanCreditGrants",
    response_model=ListCreditGrants,
    dependencies=[READ],
)
async def of_plan(id: str, uow: Unit) -> Response:
    """The credit grants that a plan's new subscriptions get."""
    plan = await get_plan(uow, ids.parse("plan", id))
    wanted = CreditGrantFilter(plan_ids=[plan.id], archived=False)
    found = await wallets.search_credit_grants(uow, wanted, OffsetQuery(MOST))
    items = [grant_to_wire(uow, one) for one in found.items]
    page = PaginationResponse(total=found.total, limit=len(items), offset=0)
    return vendor_answer(ListCreditGrants(items=items, pagination=page))


@router.get(
    "/subscriptions/{id}/grants/upcoming",
    operation_id="getSubscriptionUpcomingGrants",
    response_model=ListCreditGrantApplicationsResponse,
    dependencies=[READ],
)
async def upcoming(id: str, uow: Unit) -> Response:
    """The credits that a subscription gets next."""
    subscription = await get_subscription(uow, ids.parse("subscription", id))
    return await _upcoming(uow, [subscription.id])


@router.get(
    "/customers/{id}/grants/upcoming",
    operation_id="getCustomerUpcomingGrants",
    response_model=ListCreditGrantApplicationsResponse,
    dependencies=[READ],
)
async def upcoming_of_customer(id: str, uow: Unit) -> Response:
    """The credits that all subscriptions of a customer get next."""
    customer = await get_customer(uow, ids.parse("customer", id))
    wanted = SubscriptionFilter(customer_ids=[customer.id])
    found = await search_subscriptions(uow, wanted, OffsetQuery(MOST), count=False)
    return await _upcoming(uow, [one.id for one in found.items])


async def _upcoming(uow: Unit, subscription_ids: Collection[UUID]) -> Response:
    applications = await wallets.upcoming_applications(uow, subscription_ids)
    wanted = CreditGrantFilter(ids={one.grant_id for one in applications})
    found = await wallets.search_credit_grants(uow, wanted, OffsetQuery(max(1, len(applications))))
    grants = {one.id: one for one in found.items}
    items = [application_to_wire(uow, one, grants[one.grant_id]) for one in applications]
    page = PaginationResponse(total=len(items), limit=len(items), offset=0)
    return vendor_answer(ListCreditGrantApplicationsResponse(items=items, pagination=page))


@router.get(
    "/addons/{id}/creditgrants",
    operation_id="getAddonCreditGrants",
    response_model=ListCreditGrants,
    dependencies=[READ],
)
async def of_addon(id: str) -> Response:
    """The credit grants of an add-on, of which there are none yet."""
    raise NotFound("no such addon", field="id", allowed="nothing yet: there are no add-ons")
