"""Use cases of customers."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import parse_zone
from counterfoil.core.errors import InvalidInput
from counterfoil.core.ids import parse_id
from counterfoil.core.money import unit_of
from counterfoil.core.tax_rules import exempt_at
from counterfoil.modules.customers import repository
from counterfoil.modules.customers.families import check_billed_to, pass_on, payer_of
from counterfoil.modules.customers.tax_facts import buyer_of, exemption_to_row
from counterfoil.modules.customers.tax_numbers import check_tax_number
from counterfoil.modules.customers.types import Customer, CustomerChanges, NewCustomer, Parties
from counterfoil.store.guards import check_address, check_email, check_metadata, check_text, check_version

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from counterfoil.modules.customers.types import CustomerFilter
    from counterfoil.store import Found, OffsetQuery, Page, PageQuery, Uow

MAX_NAME: Final = 200
MAX_REASON: Final = 500
_CHANGEABLE: Final = frozenset(
    {
        *("external_id", "name", "email", "currency", "zone", "address", "meta"),
        *("tax_number", "tax_exempt", "tax_exemption", "parent_id", "billed_to"),
    }
)


async def create_customer(uow: Uow, new: NewCustomer) -> Customer:
    """Make a customer.

    Raises ``InvalidInput`` for an unknown zone, currency or country, or a tax number that is not in form
    (``tax_numbers``), ``AlreadyExists`` for an external id that is taken, what ``payer_of`` raises.
    """
    customer = _fresh(uow, new)
    customer = replace(customer, payer_id=await payer_of(uow, customer))
    await repository.add(uow, customer)
    _announce_created(uow, customer)
    return customer


def _fresh(uow: Uow, new: NewCustomer) -> Customer:
    customer = Customer(
        id=uow.new_id(),
        external_id=new.external_id,
        name=new.name,
        email=new.email,
        currency=new.currency,
        zone=new.zone,
        address={key: value for key, value in asdict(new.address).items() if value is not None},
        tax_number=new.tax_number,
        tax_exempt=new.tax_exempt,
        meta=new.meta,
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
        archived_at=None,
        tax_exemption=exemption_to_row(new.tax_exemption),
        parent_id=new.parent_id,
        billed_to=new.billed_to,
    )
    _check(customer)
    check_tax_number(customer.tax_number, customer.address.get("country"))
    return customer


def _announce_created(uow: Uow, customer: Customer) -> None:
    uow.announce("customer.created", "customer", customer.id, 1, {"external_id": customer.external_id})


async def get_customer(uow: Uow, customer_id: UUID) -> Customer:
    """The customer, or ``NotFound``."""
    return await repository.get(uow, customer_id)


async def lock_customer(uow: Uow, customer_id: UUID) -> Customer:
    """The customer, locked until this unit ends, or ``NotFound``: to decide by all that they have."""
    return await repository.get(uow, customer_id, locked=True)


async def list_customers(
    uow: Uow, query: PageQuery, *, external_id: str | None = None, parent_id: UUID | None = None
) -> Page[Customer]:
    """Customers, newest first, archived ones included; of one parent its children, not theirs."""
    return await repository.page(uow, query, external_id=external_id, parent_id=parent_id)


async def search_customers(uow: Uow, wanted: CustomerFilter, query: OffsetQuery) -> Found[Customer]:
    """Customers that the filter asks for, newest first, and how many in all.

    With a bound of creation they are ordered by the time of creation, else in the order they were made.
    """
    return await repository.search(uow, wanted, query)


async def customers_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, Customer]:
    """The customers with these ids; unknown ones are left out."""
    return await repository.by_ids(uow, ids) if ids else {}


async def ensure_customer(uow: Uow, name: str) -> Customer:
    """The customer with this public or external id; without one, it is made with that external id and name.

    Whoever asks at the same time gets the same one.  Raises ``InvalidInput`` for a text that is no external
    id or no name.
    """
    new = _fresh(uow, NewCustomer(name[:MAX_NAME], external_id=name))
    known = (await resolve_customers(uow, [name])).get(name)
    if known is None and await repository.add_named(uow, new):
        _announce_created(uow, new)
        return new
    if known is None:  # somebody else made it since it was looked for
        known = (await repository.by_external_ids(uow, [name]))[name]
    return await repository.get(uow, known)


async def update_customer(uow: Uow, customer_id: UUID, changes: CustomerChanges) -> Customer:
    """Change fields of a customer.

    A parent, or whom it is billed to, holds for invoices to come, of all below it too.  Raises ``NotFound``,
    ``VersionMismatch``, ``InvalidInput``, ``AlreadyExists``, and what ``payer_of`` raises.
    """
    before = await repository.get(uow, customer_id)
    check_version(before.version, changes.expected_version)
    assert changes.fields.keys() <= _CHANGEABLE
    fields = dict(changes.fields)
    if "tax_exemption" in fields:
        fields["tax_exemption"] = exemption_to_row(fields["tax_exemption"])
    if {"tax_number", "address"} & fields.keys():
        address = fields.get("address", before.address)
        check_tax_number(fields.get("tax_number", before.tax_number), address.get("country"))
    moves = {"parent_id", "billed_to"} & fields.keys()
    if moves:
        after = replace(before, **fields)
        check_billed_to(after)
        fields["payer_id"] = await payer_of(uow, after)
    after = await _save(uow, before, fields, "customer.updated")
    if moves:
        await pass_on(uow, after)
    return after


async def archive_customer(uow: Uow, customer_id: UUID, *, freeing: bool = False) -> Customer:
    """Put a customer away: it stays readable, and nothing new may name it.  Twice is the same as once.

    ``freeing`` takes the external id from it in the same change, for another customer to have.
    """
    before = await repository.get(uow, customer_id)
    changes: dict[str, Any] = {}
    if before.archived_at is None:
        changes["archived_at"] = uow.now
    if freeing and before.external_id is not None:
        changes["external_id"] = None
    return await _save(uow, before, changes, "customer.archived") if changes else before


async def resolve_customers(uow: Uow, names: Collection[str]) -> dict[str, UUID]:
    """The ids behind names that are either public ids or external ids; unknown names are left out."""
    public: dict[str, UUID] = {}
    for name in names:
        if name.startswith("cus_"):
            try:
                public[name] = parse_id("customer", name)
            except InvalidInput:
                continue  # an external id may look like anything
    known = await repository.known_ids(uow, public.values()) if public else set()
    found = {name: id_ for name, id_ in public.items() if id_ in known}
    rest = [name for name in names if name not in found]
    return found | (await repository.by_external_ids(uow, rest) if rest else {})


async def names_of_customers(uow: Uow, ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of these customers, by id, in one statement; unknown ids are left out."""
    return await repository.names(uow, ids) if ids else {}


async def exempt_customers(uow: Uow, ids: Collection[UUID]) -> set[UUID]:
    """Those of these customers who pay no tax now."""
    parties = await parties_of(uow, ids)
    return {
        id_ for id_, payer in parties.payers.items() if exempt_at(parties.buyers[payer], uow.now) is not None
    }


async def parties_of(uow: Uow, ids: Collection[UUID]) -> Parties:
    """Who pays for these customers, and what decides the taxes of both, in two statements at most."""
    rows = await repository.tax_facts(uow, ids) if ids else []
    payers = {row.id: row.payer_id or row.id for row in rows}
    others = set(payers.values()) - payers.keys()
    rows = [*rows, *(await repository.tax_facts(uow, others) if others else [])]
    buyers = {
        row.id: buyer_of(row.address, row.tax_number, row.tax_exempt, row.tax_exemption) for row in rows
    }
    return Parties(payers, buyers)


async def _save(uow: Uow, before: Customer, fields: Mapping[str, Any], event: str) -> Customer:
    after = replace(before, **fields, version=before.version + 1, updated_at=uow.now)
    _check(after)
    await repository.update(uow, after, fields)
    uow.announce(event, "customer", after.id, after.version, {"changed": sorted(fields)})
    return after


def _check(customer: Customer) -> None:
    check_text(customer.name, "name", longest=MAX_NAME)
    check_text(customer.external_id, "external_id", longest=255)
    check_email(customer.email)
    check_text(customer.tax_number, "tax_number", longest=50)
    check_address(customer.address)
    _check_exemption(customer)
    check_billed_to(customer)
    check_metadata(customer.meta)
    parse_zone(customer.zone, field="zone")
    if customer.currency is not None:
        unit_of(customer.currency)


def _check_exemption(customer: Customer) -> None:
    exemption = customer.tax_exemption
    if exemption is None:
        return
    if not customer.tax_exempt:
        raise InvalidInput(
            "tax_exemption says why a customer pays no tax, and this one pays it",
            field="tax_exemption",
            allowed="none, or tax_exempt: true beside it",
        )
    check_text(exemption["reason"], "tax_exemption.reason", longest=MAX_REASON)
    check_text(exemption["certificate"], "tax_exemption.certificate", longest=MAX_REASON)
