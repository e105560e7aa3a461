"""Customers: one address in lines, a lower-case currency, taxable or exempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from counterfoil.faces.vendors.flexprice import ids
from counterfoil.faces.vendors.flexprice.convert.common import (
    currency_from_wire,
    metadata_to_wire,
    stamps,
    status_of,
    text_from_wire,
)
from counterfoil.faces.vendors.flexprice.searching import keep, refuse
from counterfoil.faces.vendors.flexprice.wire_generated import CustomerResponse
from counterfoil.modules.customers import Address, NewCustomer

if TYPE_CHECKING:
    from counterfoil.faces.kit.context import Unit
    from counterfoil.faces.vendors.flexprice.wire import CreateCustomerRequest, UpdateCustomerRequest
    from counterfoil.modules.customers import Customer

ADDRESS: Final = {
    "line1": "address_line1",
    "line2": "address_line2",
    "city": "address_city",
    "region": "address_state",
    "postal_code": "address_postal_code",
    "country": "address_country",
}
"""Their name of each part of an address."""

WORDS: Final = {
    **{f"address.{ours}": theirs for ours, theirs in ADDRESS.items()},
    "zone": "timezone",
    "currency": "billing_currency",
}
"""Their names of fields that have another name with us."""

_UNSERVED: Final = (
    "contact",
    "contact_persons",
    "integration_entity_mapping",
    "tax_rate_overrides",
    "onboarding_workflow_name",
    "parent_customer_id",
    "parent_external_customer_id",
)


def customer_from_wire(body: CreateCustomerRequest) -> NewCustomer:
    """The customer to make."""
    refuse(body, *_UNSERVED)
    currency = text_from_wire(body.billing_currency)
    parts = {ours: text_from_wire(getattr(body, theirs)) for ours, theirs in ADDRESS.items()}
    return NewCustomer(
        name=body.name,
        external_id=body.external_id,
        email=text_from_wire(body.email),
        currency=None if currency is None else currency_from_wire(currency, "billing_currency"),
        zone=body.timezone or "UTC",
        address=Address(**parts),
        tax_exempt=body.tax_treatment == "exempt",
        meta=body.metadata or {},
    )


def changes_from_wire(body: UpdateCustomerRequest, before: Customer) -> dict[str, Any]:
    """The fields to change: those that are there, an empty text taking a value away."""
    refuse(body, *_UNSERVED)
    keep(body, {"status": status_of(before)}, "status")
    given = {name: getattr(body, name) for name in body.model_fields_set if getattr(body, name) is not None}
    fields: dict[str, Any] = {name: given[name] for name in ("name", "external_id") if name in given}
    if "metadata" in given:
        fields["meta"] = given["metadata"]
    if "email" in given:
        fields["email"] = text_from_wire(given["email"])
    if given.get("timezone"):
        fields["zone"] = given["timezone"]
    if "billing_currency" in given:
        code = text_from_wire(given["billing_currency"])
        fields["currency"] = None if code is None else currency_from_wire(code, "billing_currency")
    if "tax_treatment" in given:
        fields["tax_exempt"] = given["tax_treatment"] == "exempt"
    parts = {ours: given[theirs] for ours, theirs in ADDRESS.items() if theirs in given}
    if parts:
        fields["address"] = {name: value for name, value in {**before.address, **parts}.items() if value}
    return fields


def customer_to_wire(uow: Unit, customer: Customer) -> CustomerResponse:
    """A customer as Flexprice shows it."""
    columns: dict[str, Any] = {theirs: customer.address.get(ours) or "" for ours, theirs in ADDRESS.items()}
    return CustomerResponse(
        id=ids.show("customer", customer.id),
        external_id=customer.external_id or "",
        name=customer.name,
        email=customer.email or "",
        billing_currency=None if customer.currency is None else customer.currency.lower(),
        timezone=customer.zone,
        tax_treatment="exempt" if customer.tax_exempt else "taxable",
        metadata=metadata_to_wire(customer.meta),
        status=status_of(customer),
        **columns,
        **stamps(uow, customer),
    )
