"""Parents and children: who belongs to whom, and whose name the invoices of each bear.

Always holds: nobody is above themselves; a family is at most ``MAX_DEPTH`` deep; ``payer_id`` of every
customer follows from ``parent_id`` and ``billed_to`` of those above.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput, NotFound, WrongState
from counterfoil.modules.customers import repository_families as repository
from counterfoil.modules.customers.types import BilledTo

if TYPE_CHECKING:
    from uuid import UUID

    from counterfoil.modules.customers.types import Customer
    from counterfoil.store import Uow

MAX_DEPTH: Final = 5
"""Customers from the highest parent to the lowest child, both counted."""


def check_billed_to(customer: Customer) -> None:
    """Refuse a customer who is billed to a parent and has none."""
    if customer.billed_to is BilledTo.PARENT and customer.parent_id is None:
        raise InvalidInput(
            "a customer without a parent cannot be billed to one",
            field="billed_to",
            allowed="self, or parent with a parent_id",
        )


async def payer_of(uow: Uow, customer: Customer) -> UUID | None:
    """Who pays for a customer that is about to be written with this parent; ``None``: the customer.

    Until the unit ends, no other family changes.  Raises ``NotFound``, ``WrongState`` and ``InvalidInput``
    naming ``parent_id``: for an unknown or archived parent, for one of its own descendants, and where the
    family would be too deep.
    """
    if customer.parent_id is None:
        return None
    await repository.lock(uow)
    above = await repository.above(uow, customer.parent_id, MAX_DEPTH + 1)
    if not above:
        raise NotFound(
            "no such customer", field="parent_id", allowed="the id of a customer that exists, or none"
        )
    if above[0].archived:
        raise WrongState(
            "the parent is archived", field="parent_id", allowed="a customer that is not archived, or none"
        )
    if customer.id in {one.id for one in above}:
        raise InvalidInput(
            "a customer cannot be above itself",
            field="parent_id",
            allowed="a customer that is neither this one nor below it, or none",
        )
    if len(above) + await repository.height(uow, customer.id, MAX_DEPTH + 1) > MAX_DEPTH:
        raise InvalidInput(
            "the family would be too deep",
            field="parent_id",
            allowed=f"at most {MAX_DEPTH} customers from the highest to the lowest",
        )
    if customer.billed_to is BilledTo.SELF:
        return None
    return above[0].payer_id or above[0].id


async def pass_on(uow: Uow, customer: Customer) -> None:
    """Write who pays for a customer whose parent or whose billing changed, and for all below."""
    await repository.lock(uow)
    await repository.write_payers(uow, customer.id, customer.payer_id)
