"""``/v1/customers``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    CustomerId,
    IfMatch,
    InstantText,
    ListOf,
    Metadata,
    PageQuery,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.customers import (
    Address,
    BilledTo,
    Customer,
    CustomerChanges,
    NewCustomer,
    TaxExemption,
    archive_customer,
    create_customer,
    get_customer,
    list_customers,
    update_customer,
)

router = APIRouter(prefix="/customers", tags=["Customers"], route_class=NativeRoute)
READ, WRITE = allow("customers:read"), allow("customers:write")
_page = page_query("customer")

_EXAMPLE: dict[str, Any] = {
    "name": "Nordwind GmbH",
    "external_id": "crm-4711",
    "email": "billing@nordwind.example",
    "currency": "EUR",
    "zone": "Europe/Berlin",
    "address": {"line1": "Hafenstr. 1", "city": "Hamburg", "postal_code": "20457", "country": "DE"},
    "tax_number": "DE129273398",
    "tax_exempt": False,
    "tax_exemption": None,
    "parent_id": None,
    "billed_to": "self",
    "metadata": {"segment": "mid-market"},
}


class AddressWire(Wire):
    """A postal address."""

    line1: str | None = Field(default=None, max_length=200)
    line2: str | None = Field(default=None, max_length=200)
    city: str | None = Field(default=None, max_length=200)
    region: str | None = Field(default=None, max_length=200)
    postal_code: str | None = Field(default=None, max_length=40)
    country: str | None = Field(default=None, description="ISO 3166-1 alpha-2")


_TAX_NUMBER = (
    "In the EU a VAT number with the letters of its state (DE129273398); in GB, NO and CH in the country's"
    " form; its check digits are checked when it is written"
)


_PARENT = "The customer above it; a family is at most 5 deep"
_BILLED_TO = "Whose name its invoices bear: its own, or its parent's (who may be billed to theirs)"


class TaxExemptionWire(Wire):
    """Why a customer pays no tax, the paper that shows it, and until when."""

    reason: str = Field(description="Printed on invoices")
    certificate: str | None = Field(default=None, description="The number or text of the paper")
    valid_until: InstantText | None = Field(default=None, description="Taxed again from this instant on")

    def from_wire(self) -> TaxExemption:
        """The command."""
        return TaxExemption(self.reason, self.certificate, self.valid_until)


class CustomerIn(Wire):
    """A customer to make."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: str
    external_id: str | None = None
    email: str | None = None
    currency: str | None = Field(default=None, description="Default currency of new subscriptions, ISO 4217")
    zone: str = Field(default="UTC", description="IANA time zone in which this customer's days begin and end")
    address: AddressWire = AddressWire()
    tax_number: str | None = Field(default=None, description=_TAX_NUMBER)
    tax_exempt: bool = False
    tax_exemption: TaxExemptionWire | None = Field(default=None, description="Only with tax_exempt: true")
    parent_id: CustomerId | None = Field(default=None, description=_PARENT)
    billed_to: BilledTo = Field(default=BilledTo.SELF, description=_BILLED_TO)
    metadata: Metadata = Field(default_factory=dict)

    def from_wire(self) -> NewCustomer:
        """The command."""
        return NewCustomer(
            **self.model_dump(exclude={"address", "metadata", "tax_exemption", "parent_id"}),
            parent_id=self.parent_id,
            tax_exemption=None if self.tax_exemption is None else self.tax_exemption.from_wire(),
            address=Address(**self.address.model_dump()),
            meta=self.metadata,
        )


class CustomerPatch(Wire):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"email": "ap@nordwind.example", "metadata": {"account_manager": "Ada"}}]
        }
    )

    name: str = ""
    external_id: str | None = None
    email: str | None = None
    currency: str | None = None
    zone: str = ""
    address: AddressWire = AddressWire()
    tax_number: str | None = Field(default=None, description=_TAX_NUMBER)
    tax_exempt: bool = False
    tax_exemption: TaxExemptionWire | None = Field(default=None, description="Only with tax_exempt: true")
    parent_id: CustomerId | None = Field(default=None, description=_PARENT)
    billed_to: BilledTo = Field(default=BilledTo.SELF, description=_BILLED_TO)
    metadata: Metadata = Field(default_factory=dict)

    def from_wire(self, expected_version: int | None) -> CustomerChanges:
        """The command: only the fields that were sent."""
        fields = {name: getattr(self, name) for name in self.model_fields_set}
        if "address" in fields:
            fields["address"] = self.address.model_dump(exclude_none=True)
        if self.tax_exemption is not None:
            fields["tax_exemption"] = self.tax_exemption.from_wire()
        if "metadata" in fields:
            fields["meta"] = fields.pop("metadata")
        return CustomerChanges(fields, expected_version)


class CustomerOut(Wire):
    """A customer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "cus_01kahgp1g0edgrx4zm6byashwh",
                    **_EXAMPLE,
                    "version": 1,
                    "created_at": "2026-01-31T09:30:00Z",
                    "updated_at": "2026-01-31T09:30:00Z",
                    "archived_at": None,
                }
            ]
        }
    )

    id: CustomerId
    external_id: str | None
    name: str
    email: str | None
    currency: str | None
    zone: str
    address: AddressWire
    tax_number: str | None
    tax_exempt: bool
    tax_exemption: TaxExemptionWire | None
    parent_id: CustomerId | None
    billed_to: BilledTo
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText
    archived_at: InstantText | None


def _exemption(customer: Customer) -> TaxExemptionWire | None:
    kept = customer.tax_exemption
    return None if kept is None else TaxExemptionWire.model_construct(**kept)


def to_wire(customer: Customer) -> CustomerOut:
    """A customer on the wire."""
    return CustomerOut.model_construct(
        id=customer.id,
        external_id=customer.external_id,
        name=customer.name,
        email=customer.email,
        currency=customer.currency,
        zone=customer.zone,
        address=AddressWire.model_construct(**customer.address),
        tax_number=customer.tax_number,
        tax_exempt=customer.tax_exempt,
        tax_exemption=_exemption(customer),
        parent_id=customer.parent_id,
        billed_to=customer.billed_to,
        metadata=dict(customer.meta),
        version=customer.version,
        created_at=customer.created_at,
        updated_at=customer.updated_at,
        archived_at=customer.archived_at,
    )


@router.post("", status_code=201, response_model=CustomerOut, dependencies=[WRITE])
async def create(body: CustomerIn, uow: Unit) -> Response:
    """Make a customer."""
    customer = await create_customer(uow, body.from_wire())
    return shown(to_wire(customer), 201, version=customer.version)


@router.get("", response_model=ListOf[CustomerOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    external_id: Annotated[str | None, Query(description="Only the customer with this external id")] = None,
    parent_id: Annotated[CustomerId | None, Query(description="Only the children of this customer")] = None,
) -> Response:
    """Customers, newest first."""
    page = await list_customers(uow, query, external_id=external_id, parent_id=parent_id)
    return shown(list_of("customer", page, to_wire))


@router.get("/{customer_id}", response_model=CustomerOut, dependencies=[READ])
async def get(customer_id: CustomerId, uow: Unit) -> Response:
    """One customer."""
    customer = await get_customer(uow, customer_id)
    return shown(to_wire(customer), version=customer.version)


@router.patch("/{customer_id}", response_model=CustomerOut, dependencies=[WRITE])
async def update(customer_id: CustomerId, body: CustomerPatch, uow: Unit, if_match: IfMatch) -> Response:
    """Change some fields of a customer."""
    customer = await update_customer(uow, customer_id, body.from_wire(if_match))
    return shown(to_wire(customer), version=customer.version)


@router.post("/{customer_id}/archive", response_model=CustomerOut, dependencies=[WRITE])
async def archive(customer_id: CustomerId, uow: Unit) -> Response:
    """Put a customer away; it stays readable, and nothing new may name it."""
    customer = await archive_customer(uow, customer_id)
    return shown(to_wire(customer), version=customer.version)
