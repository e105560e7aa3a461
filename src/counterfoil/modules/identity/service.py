"""Use cases of identity: organizations and their environments."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import AlreadyExists, InvalidInput, NotFound
from counterfoil.modules.identity import repository
from counterfoil.modules.identity.audit import audit_in
from counterfoil.modules.identity.secrets import hash_of
from counterfoil.modules.identity.types import (
    PERMISSIONS,
    Environment,
    EnvironmentKind,
    NewOrganization,
    Organization,
    OrganizationStatus,
    Role,
)
from counterfoil.store import SystemUow
from counterfoil.store.guards import check_metadata, check_text

if TYPE_CHECKING:
    from uuid import UUID

    from counterfoil.store import Page, PageQuery, Uow

_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_SLUG: Final = 63
_SHOWN: Final = 20


def slug_of(name: str) -> str:
    """A slug from a name: ``Acme Café GmbH`` → ``acme-cafe-gmbh``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_SLUG].strip("-") or "organization"


async def create_organization(uow: SystemUow, new: NewOrganization) -> Organization:
    """Make an organization with its live environment, one sandbox called ``test`` and two roles.

    Raises ``InvalidInput`` for an empty name or a slug of another form, and ``AlreadyExists`` for a slug
    that is taken.
    """
    check_text(new.name, "name", longest=200)
    check_metadata(new.meta or {})
    slug = new.slug if new.slug is not None else slug_of(new.name)
    if len(slug) > _LONGEST_SLUG or not _SLUG.fullmatch(slug):
        raise InvalidInput(
            "slug has another form",
            field="slug",
            allowed=f"at most {_LONGEST_SLUG} of a-z and 0-9, with single hyphens between",
        )
    if await repository.organizations_by_slug(uow, slug, 1):
        raise AlreadyExists(f"an organization {slug} exists", field="slug", allowed="a slug that is free")
    organization = Organization(
        id=uow.new_id(),
        name=new.name.strip(),
        slug=slug,
        status=OrganizationStatus.ACTIVE,
        meta=dict(new.meta or {}),
        version=1,
        created_at=uow.wall,
        updated_at=uow.wall,
    )
    await repository.add_organization(uow, organization)
    live = await create_environment(uow, organization.id, "live", EnvironmentKind.LIVE)
    await create_environment(uow, organization.id, "test", EnvironmentKind.SANDBOX)
    readers = sorted(permission for permission in PERMISSIONS if permission.endswith(":read"))
    for name, permissions in (("administrator", sorted(PERMISSIONS)), ("reader", readers)):
        role = Role(uow.new_id(), organization.id, name, permissions, 1, uow.wall, uow.wall)
        await repository.add_role(uow, role)
    told = {"name": organization.name, "slug": slug}
    await audit_in(uow, live.id, "organization.created", "organization", organization.id, told)
    return organization


async def get_organization(uow: SystemUow, organization_id: UUID) -> Organization:
    """The organization, or ``NotFound``."""
    return await repository.get_organization(uow, organization_id)


async def list_organizations(uow: SystemUow, query: PageQuery) -> Page[Organization]:
    """Every organization, newest first."""
    return await repository.page_of_organizations(uow, query)


async def suspend_organization(uow: SystemUow, organization_id: UUID) -> Organization:
    """From now on its keys open nothing; nothing of it is deleted.  Twice is the same as once."""
    return await _set_status(uow, organization_id, OrganizationStatus.SUSPENDED, "organization.suspended")


async def resume_organization(uow: SystemUow, organization_id: UUID) -> Organization:
    """Its keys open again what they did.  Twice is the same as once."""
    return await _set_status(uow, organization_id, OrganizationStatus.ACTIVE, "organization.resumed")


async def environments_of(uow: SystemUow | Uow, organization_id: UUID) -> list[Environment]:
    """All environments of an organization, its live one first."""
    return await repository.environments_of(uow, organization_id)


async def create_environment(
    uow: SystemUow | Uow, organization_id: UUID, name: str, kind: EnvironmentKind
) -> Environment:
    """Make an environment of an organization; ``AlreadyExists`` for a name that it has."""
    check_text(name, "name", longest=100)
    environment = Environment(uow.new_id(), organization_id, name.strip(), kind, uow.wall)
    await repository.add_environment(uow, environment)
    return environment


async def create_sandbox(uow: Uow, name: str) -> Environment:
    """Make another sandbox of the caller's organization.

    Raises ``InvalidInput`` for an empty name and ``AlreadyExists`` for one that an environment has.
    """
    environment = await create_environment(uow, uow.organization_id, name, EnvironmentKind.SANDBOX)
    told = {"name": environment.name}
    await audit_in(uow, uow.environment_id, "environment.created", "environment", environment.id, told)
    uow.announce("environment.created", "environment", environment.id, 1, told)
    return environment


async def get_environment(uow: Uow, environment_id: UUID) -> Environment:
    """An environment of the caller's organization, or ``NotFound``."""
    return await repository.get_environment(uow, environment_id)


async def list_environments(uow: Uow, query: PageQuery) -> Page[Environment]:
    """Environments of the caller's organization, newest first."""
    return await repository.page_of_environments(uow, query)


async def resolve_scope(
    uow: SystemUow, organization: str | None, environment: str | None
) -> tuple[Organization, Environment]:
    """The organization with this slug and its environment with this name, for the command line.

    Without a slug it is the only organization that there is; without a name it is the live environment.
    Raises ``NotFound`` or ``InvalidInput`` that say which there are.
    """
    found = await repository.organizations_by_slug(uow, organization, _SHOWN)
    if len(found) > 1:
        raise InvalidInput(
            "there are several organizations; say which",
            field="organization",
            allowed=", ".join(one.slug for one in found),
        )
    if not found:
        known = await repository.organizations_by_slug(uow, None, _SHOWN)
        raise NotFound(
            f"there is no organization {organization}" if known else "there is no organization yet",
            field="organization",
            allowed=", ".join(one.slug for one in known) or "make one: counterfoil init --organization NAME",
        )
    environments = await repository.environments_of(uow, found[0].id)
    for one in environments:
        if one.name == environment or (environment is None and one.kind is EnvironmentKind.LIVE):
            return found[0], one
    raise NotFound(
        f"{found[0].slug} has no environment {environment}",
        field="environment",
        allowed=", ".join(one.name for one in environments[:_SHOWN]),
    )


async def resolve_key(uow: SystemUow, secret: str) -> tuple[Organization, Environment]:
    """The organization and environment that an API key opens, or ``NotFound``."""
    key = await repository.key_by_hash(uow, hash_of(secret))
    if key is None or key.revoked_at is not None:
        raise NotFound("this key opens nothing", field="key", allowed="an API key: ck_live_… or ck_test_…")
    organization = await repository.get_organization(uow, key.organization_id)
    environments = await repository.environments_of(uow, organization.id)
    return organization, next(one for one in environments if one.id == key.environment_id)


async def _set_status(
    uow: SystemUow, organization_id: UUID, status: OrganizationStatus, action: str
) -> Organization:
    before = await repository.get_organization(uow, organization_id)
    if before.status is status:
        return before
    after = replace(before, status=status, version=before.version + 1, updated_at=uow.wall)
    await repository.set_status(uow, after)
    live = (await repository.environments_of(uow, organization_id))[0]
    await audit_in(uow, live.id, action, "organization", organization_id)
    return after
