"""Customers: make, read, find, change, put away; by Flexprice's id or the seller's own."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from counterfoil.core.errors import InvalidInput, NotFound, WrongState
from counterfoil.core.states import SUBSCRIPTION, SubscriptionState
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.vendor_wire import vendor_answer
from counterfoil.faces.kit.wire import OffsetQuery
from counterfoil.faces.vendors.flexprice import ids
from counterfoil.faces.vendors.flexprice.auth import FlexpriceRoute
from counterfoil.faces.vendors.flexprice.convert.common import pagination
from counterfoil.faces.vendors.flexprice.convert.customers import (
    WORDS,
    changes_from_wire,
    customer_from_wire,
    customer_to_wire,
)
from counterfoil.faces.vendors.flexprice.errors import in_their_words
from counterfoil.faces.vendors.flexprice.searching import (
    Column,
    ListQuery,
    Names,
    column_of_ids,
    page_of,
    refuse,
    terms_of,
)
from counterfoil.faces.vendors.flexprice.wire import CreateCustomerRequest, UpdateCustomerRequest
from counterfoil.faces.vendors.flexprice.wire_generated import (
    CustomerFilter,
    CustomerResponse,
    ListCustomersResponse,
    SeedCustomerResponse,
)
from counterfoil.modules import customers
from counterfoil.modules.customers import Customer, CustomerChanges
from counterfoil.modules.customers import CustomerFilter as Wanted
from counterfoil.modules.subscriptions import SubscriptionFilter, search_subscriptions

router = APIRouter(prefix="/v1/customers", tags=["Customers"], route_class=FlexpriceRoute)
READ, WRITE = allow("customers:read"), allow("customers:write")

_COLUMNS: Final = {
    "id": column_of_ids("customer", "ids"),
    "external_id": Column("external_ids"),
    "email": Column("email", single=True),
    "name": Column("name_contains", contains=True),
}
_RUNNING: Final = tuple(state for state in SubscriptionState if not SUBSCRIPTION.is_final(state))


class CustomerQuery(ListQuery):
    """What customers are listed by."""

    customer_ids: Names | None = None
    external_id: str | None = None
    external_ids: Names | None = None
    email: str | None = None
    parent_customer_ids: Names | None = None


@router.post(
    "", operation_id="createCustomer", status_code=201, response_model=CustomerResponse, dependencies=[WRITE]
)
async def create(body: CreateCustomerRequest, uow: Unit) -> Response:
    """Create a customer."""
    with in_their_words(WORDS):
        made = await customers.create_customer(uow, customer_from_wire(body))
    return vendor_answer(customer_to_wire(uow, made), 201)


@router.put("", operation_id="updateCustomer", response_model=CustomerResponse, dependencies=[WRITE])
async def update(
    body: UpdateCustomerRequest,
    uow: Unit,
    id: str | None = None,
    external_customer_id: str | None = None,
) -> Response:
    """Change the customer with this id or with this external id."""
    if (not id) == (not external_customer_id):
        raise InvalidInput(
            "a customer is named by one of two ids", field="id", allowed="either id or external_customer_id"
        )
    if external_customer_id:
        named = await customer_by_external_id(uow, external_customer_id, "external_customer_id")
    else:
        found = await customers.customers_by_ids(uow, ids.known("customer", [id or ""]))
        if not found:
            raise NotFound("no such customer", field="id", allowed="the id of a customer")
        [named] = found.values()
    return await _change(uow, named, body)


@router.get("", operation_id="listCustomers", response_model=ListCustomersResponse, dependencies=[READ])
async def list_(query: Annotated[CustomerQuery, Query()], uow: Unit) -> Response:
    """List customers."""
    return await _found(uow, query)


@router.post(
    "/search", operation_id="queryCustomer", response_model=ListCustomersResponse, dependencies=[READ]
)
async def search(body: CustomerFilter, uow: Unit) -> Response:
    """Find customers."""
    return await _found(uow, body)


@router.get(
    "/external/{external_id}",
    operation_id="getCustomerByExternalId",
    response_model=CustomerResponse,
    dependencies=[READ],
)
async def by_external_id(external_id: str, uow: Unit) -> Response:
    """The customer with the seller's own id."""
    return vendor_answer(customer_to_wire(uow, await customer_by_external_id(uow, external_id)))


@router.get(
    "/lookup/{lookup_key}",
    operation_id="getCustomerByLookupKey",
    response_model=SeedCustomerResponse,
    dependencies=[READ],
)
async def by_lookup_key(lookup_key: str, uow: Unit) -> Response:
    """The customer with the seller's own id, by its older name."""
    return vendor_answer(customer_to_wire(uow, await customer_by_external_id(uow, lookup_key)))


@router.get("/{id}", operation_id="getCustomer", response_model=CustomerResponse, dependencies=[READ])
async def get(id: str, uow: Unit) -> Response:
    """Get a customer."""
    return vendor_answer(customer_to_wire(uow, await customers.get_customer(uow, ids.parse("customer", id))))


@router.put(
    "/{id}", operation_id="updateCustomerById", response_model=SeedCustomerResponse, dependencies=[WRITE]
)
async def update_by_id(id: str, body: UpdateCustomerRequest, uow: Unit) -> Response:
    """Change a customer."""
    return await _change(uow, await customers.get_customer(uow, ids.parse("customer", id)), body)


@router.delete("/{id}", operation_id="deleteCustomer", status_code=204, dependencies=[WRITE])
async def delete(id: str, uow: Unit) -> Response:
    """Put a customer away who has no running subscription."""
    customer = await customers.lock_customer(uow, ids.parse("customer", id))
    running = SubscriptionFilter(customer_ids=[customer.id], statuses=_RUNNING)
    if (await search_subscriptions(uow, running, OffsetQuery(1), count=False)).items:
        raise WrongState(
            "the customer has a running subscription",
            field="id",
            allowed="a customer whose subscriptions are cancelled",
        )
    await customers.archive_customer(uow, customer.id, freeing=True)
    return Response(status_code=204)


async def customer_by_external_id(uow: Unit, external_id: str, field: str = "external_id") -> Customer:
    """The customer whom the seller calls so, or ``NotFound``."""
    wanted = [] if "\0" in external_id else [external_id]  # which nobody can be called
    found = await customers.search_customers(uow, Wanted(external_ids=wanted), OffsetQuery(1))
    if not found.items:
        raise NotFound("no such customer", field=field, allowed="the external id of a customer")
    return found.items[0]


async def _change(uow: Unit, before: Customer, body: UpdateCustomerRequest) -> Response:
    with in_their_words(WORDS):
        fields = changes_from_wire(body, before)
        after = await customers.update_customer(uow, before.id, CustomerChanges(fields)) if fields else before
    return vendor_answer(customer_to_wire(uow, after))


async def _found(uow: Unit, asked: CustomerFilter | CustomerQuery) -> Response:
    refuse(asked, "metadata", "parent_customer_ids", why="is not searched by yet")
    page, terms = page_of(asked), terms_of(asked, _COLUMNS)
    terms.ids("customer", "ids", asked, "customer_ids")
    terms.texts("external_ids", asked, "external_ids", "external_id")
    terms.text("email", asked.email, "email")
    found = await customers.search_customers(uow, Wanted(**terms.values), page)
    items = [customer_to_wire(uow, one) for one in found.items]
    return vendor_answer(ListCustomersResponse(items=items, pagination=pagination(found, page)))
