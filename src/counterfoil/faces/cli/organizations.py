"""``counterfoil init``, ``operator-key`` and ``key``: who may call, each secret printed once."""

from __future__ import annotations

from typing import Annotated

import typer

from counterfoil.faces.cli.output import note, pairs, say, show_json
from counterfoil.faces.cli.session import Json, Session, Tenant, store_command, tenant_command

_ONCE = "Keep the keys: each is shown this once and stored only as a hash."


@store_command
async def init(
    session: Session,
    organization: Annotated[
        str, typer.Option("--organization", metavar="NAME", help="The business that sells.")
    ],
    slug: Annotated[
        str | None, typer.Option(help="Its short name in commands; made from the name unless given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Create an organization with a live and a test environment, and a key to each."""
    from counterfoil.core.ids import show_id
    from counterfoil.modules.identity import (
        NewApiClient,
        NewOrganization,
        create_api_client,
        create_organization,
        environments_of,
    )

    async with session.store.system() as uow:
        made = await create_organization(uow, NewOrganization(organization, slug))
        keys = {}
        for environment in await environments_of(uow, made.id):
            _, keys[environment.name] = await create_api_client(uow, environment, NewApiClient("init"))
    id_, uuid = show_id("organization", made.id), str(made.id)
    if as_json:
        ids = {"organization_id": id_, "organization_uuid": uuid}
        show_json({"organization": made.name, "slug": made.slug, **ids, "keys": keys})
        return
    named = {"organization": made.name, "slug": made.slug, "id": id_, "uuid": uuid}
    pairs(named | {f"{name} key": key for name, key in keys.items()})
    note(_ONCE)


@store_command
async def create_operator_key(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.")],
    as_json: Json = False,
) -> None:
    """Create a key for those who run the server: it creates and suspends organizations."""
    from counterfoil.modules.identity import create_operator_key

    async with session.store.system() as uow:
        secret = await create_operator_key(uow, name)
    _show_key(name, secret, as_json=as_json)


@tenant_command
async def create_key(
    tenant: Tenant,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The program that will use it.")],
    scopes: Annotated[
        list[str] | None,
        typer.Option("--scope", metavar="RESOURCE:VERB", help="What it may do; repeatable (default: all)"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Create an API key for an environment."""
    from counterfoil.modules.identity import NewApiClient, create_api_client

    async with tenant.unit() as uow:
        _, secret = await create_api_client(uow, tenant.environment, NewApiClient(name, tuple(scopes or ())))
    _show_key(name, secret, as_json=as_json)


def _show_key(name: str, secret: str, *, as_json: bool) -> None:
    if as_json:
        show_json({"name": name, "key": secret})
        return
    say(secret)
    note(_ONCE)
