"""Use cases of identity."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from counterfoil.core.errors import AlreadyExists, InvalidInput
from counterfoil.modules.identity.models import (
    ApiClientRow,
    EnvironmentRow,
    OperatorKeyRow,
    OrganizationRow,
)
from counterfoil.modules.identity.secrets import LIVE, OPERATOR, TEST, hash_of, hint_of, new_secret
from counterfoil.modules.identity.types import (
    PERMISSIONS,
    ApiClient,
    Environment,
    EnvironmentKind,
    NewApiClient,
    NewOrganization,
    Organization,
    OrganizationStatus,
)

if TYPE_CHECKING:
    from uuid import UUID

    from counterfoil.store import SystemUow, Uow


def slug_of(name: str) -> str:
    """A slug from a name: ``Acme Café GmbH`` → ``acme-cafe-gmbh``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "organization"


async def create_organization(uow: SystemUow, new: NewOrganization) -> Organization:
    """Make an organization with its live environment and one sandbox called ``test``.

    Raises ``InvalidInput`` for an empty name and ``AlreadyExists`` for a slug that is taken.
    """
    if not new.name.strip():
        raise InvalidInput("name is empty", field="name", allowed="1 to 200 characters")
    slug = new.slug or slug_of(new.name)
    taken = await uow.execute(select(OrganizationRow.id).where(OrganizationRow.slug == slug))
    if taken.one_or_none() is not None:
        raise AlreadyExists(f"an organization {slug} exists", field="slug", allowed="a slug that is free")
    organization = Organization(
        id=uow.new_id(),
        name=new.name.strip(),
        slug=slug,
        status=OrganizationStatus.ACTIVE,
        meta=new.meta or {},
        version=1,
        created_at=uow.wall,
        updated_at=uow.wall,
    )
    await uow.execute(
        insert(OrganizationRow).values(
            id=organization.id,
            name=organization.name,
            slug=slug,
            status=organization.status,
            meta=dict(organization.meta),
            version=1,
            created_at=uow.wall,
            updated_at=uow.wall,
        )
    )
    await create_environment(uow, organization.id, "live", EnvironmentKind.LIVE)
    await create_environment(uow, organization.id, "test", EnvironmentKind.SANDBOX)
    return organization


async def create_environment(
    uow: SystemUow | Uow, organization_id: UUID, name: str, kind: EnvironmentKind
) -> Environment:
    """Make an environment of an organization."""
    environment = Environment(uow.new_id(), organization_id, name, kind, uow.wall)
    await uow.execute(
        insert(EnvironmentRow).values(
            id=environment.id,
            organization_id=organization_id,
            name=name,
            kind=kind,
            created_at=uow.wall,
        )
    )
    return environment


async def create_api_client(
    uow: SystemUow | Uow, environment: Environment, new: NewApiClient
) -> tuple[ApiClient, str]:
    """Make a key for an environment; the second value is its secret, which is never seen again.

    Raises ``InvalidInput`` for a scope that does not exist.
    """
    for index, scope in enumerate(new.scopes):
        if scope not in PERMISSIONS:
            raise InvalidInput(
                f"{scope!r} is not a scope", field=f"scopes.{index}", allowed=", ".join(sorted(PERMISSIONS))
            )
    secret = new_secret(LIVE if environment.kind is EnvironmentKind.LIVE else TEST)
    client = ApiClient(
        id=uow.new_id(),
        environment_id=environment.id,
        name=new.name,
        scopes=sorted(set(new.scopes)),
        hint=hint_of(secret),
        created_at=uow.wall,
        expires_at=new.expires_at,
        revoked_at=None,
    )
    await uow.execute(
        insert(ApiClientRow).values(
            id=client.id,
            environment_id=client.environment_id,
            name=client.name,
            scopes=client.scopes,
            secret_hash=hash_of(secret),
            hint=client.hint,
            created_at=client.created_at,
            expires_at=client.expires_at,
        )
    )
    return client, secret


async def create_operator_key(uow: SystemUow, name: str) -> str:
    """Make a key for those who run the server; the secret is returned once."""
    secret = new_secret(OPERATOR)
    await uow.execute(
        insert(OperatorKeyRow).values(
            id=uow.new_id(), name=name, secret_hash=hash_of(secret), hint=hint_of(secret), created_at=uow.wall
        )
    )
    return secret
