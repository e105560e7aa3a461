"""``counterfoil customer``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from counterfoil.core.errors import NotFound
from counterfoil.faces.cli.output import note, show_json, table
from counterfoil.faces.cli.session import Json, Tenant, tenant_command

if TYPE_CHECKING:
    from uuid import UUID

    from counterfoil.faces.kit.units import Uow

Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="How many, newest first.")]


@tenant_command
async def list_customers(
    tenant: Tenant,
    parent: Annotated[
        str | None, typer.Option(help="Only the children of this one: id or external id.")
    ] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List customers, newest first."""
    from counterfoil.core.ids import show_id
    from counterfoil.faces.kit.units import PageQuery
    from counterfoil.modules.customers import list_customers

    async with tenant.unit() as uow:
        parent_id = None if parent is None else await find_customer(uow, parent)
        page = await list_customers(uow, PageQuery(limit), parent_id=parent_id)
    rows = [
        {
            "id": show_id("customer", one.id),
            "external_id": one.external_id,
            "name": one.name,
            "currency": one.currency,
            "zone": one.zone,
            "billed_to": one.billed_to.value,
            "archived_at": one.archived_at,
        }
        for one in page.items
    ]
    if as_json:
        show_json(rows)
        return
    names = ("id", "external_id", "name", "currency", "zone", "billed_to")
    table(
        None,
        [name.replace("_", " ") for name in names],
        [[str(row[name] or "–") for name in names] for row in rows],
        empty=f"no customers in {tenant.place}",
    )
    if page.has_more:
        note(f"the newest {limit}; --limit shows more")


async def find_customer(uow: Uow, name: str) -> UUID:
    """The customer whose id or external id this is, or ``NotFound``."""
    from counterfoil.modules.customers import resolve_customers

    found = (await resolve_customers(uow, [name])).get(name)
    if found is None:
        raise NotFound(f"there is no customer {name}", field="customer")
    return found
