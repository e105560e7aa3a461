"""Use cases of keys: those of programs (API clients) and those of operators."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from counterfoil.core.errors import Forbidden, InvalidInput
from counterfoil.modules.identity import repository
from counterfoil.modules.identity.audit import audit_in
from counterfoil.modules.identity.secrets import LIVE, OPERATOR, TEST, hash_of, hint_of, new_secret
from counterfoil.modules.identity.types import PERMISSIONS, ApiClient, EnvironmentKind, NewApiClient
from counterfoil.store import Uow
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from counterfoil.modules.identity.types import Environment
    from counterfoil.store import Page, PageQuery, SystemUow


def check_permissions(names: Sequence[str], field: str, *, within: Collection[str]) -> list[str]:
    """The permissions in order, each once.

    Raises ``InvalidInput`` for one that does not exist and ``Forbidden`` for one that is not in ``within``:
    nobody gives away what they do not have.
    """
    for index, name in enumerate(names):
        if name not in PERMISSIONS:
            allowed = ", ".join(sorted(PERMISSIONS))
            raise InvalidInput(f"{name!r} is not a permission", field=f"{field}.{index}", allowed=allowed)
        if name not in within:
            raise Forbidden(
                f"this key may not give away {name}, which it does not have",
                field=f"{field}.{index}",
                allowed=", ".join(sorted(within)),
            )
    return sorted(set(names))


async def create_api_client(
    uow: SystemUow | Uow,
    environment: Environment,
    new: NewApiClient,
    *,
    within: frozenset[str] = PERMISSIONS,
) -> tuple[ApiClient, str]:
    """Make a key for an environment; the second value is its secret, which is never seen again.

    ``within`` is what the one who asks may do; a new key without scopes may do the same.  Raises
    ``InvalidInput`` for a scope that does not exist or an expiry in the past (of real time), ``Forbidden``
    for a scope that is not in ``within``.
    """
    check_text(new.name, "name", longest=200)
    scopes = check_permissions(new.scopes, "scopes", within=within)
    if not scopes and within != PERMISSIONS:
        scopes = sorted(within)
    if new.expires_at is not None and new.expires_at <= uow.wall:
        raise InvalidInput("expires_at is in the past", field="expires_at", allowed="a time to come, or null")
    secret = new_secret(LIVE if environment.kind is EnvironmentKind.LIVE else TEST)
    client = ApiClient(
        id=uow.new_id(),
        environment_id=environment.id,
        name=new.name.strip(),
        scopes=scopes,
        hint=hint_of(secret),
        created_at=uow.wall,
        expires_at=new.expires_at,
        revoked_at=None,
    )
    await repository.add_client(uow, client, hash_of(secret))
    told = {"name": client.name, "scopes": scopes, "expires_at": client.expires_at}
    if isinstance(uow, Uow):
        await audit_in(uow, uow.environment_id, "api_client.created", "api_client", client.id, told)
        uow.announce("api_client.created", "api_client", client.id, 1, {"name": client.name})
    else:
        await audit_in(uow, environment.id, "api_client.created", "api_client", client.id, told)
    return client, secret


async def get_api_client(uow: Uow, client_id: UUID) -> ApiClient:
    """A key of this environment, or ``NotFound``."""
    return await repository.get_client(uow, client_id)


async def list_api_clients(uow: Uow, query: PageQuery) -> Page[ApiClient]:
    """Keys of this environment, newest first, revoked ones included."""
    return await repository.page_of_clients(uow, query)


async def revoke_api_client(uow: Uow, client_id: UUID) -> ApiClient:
    """The key opens nothing any more, for ever.  Twice is the same as once.

    Other processes believe in it for two seconds more (``authentication.CACHED_SECONDS``).
    """
    before = await repository.get_client(uow, client_id)
    if before.revoked_at is not None:
        return before
    after = replace(before, revoked_at=uow.wall)
    if not await repository.revoke_client(uow, after):
        return await repository.get_client(uow, client_id)
    await audit_in(uow, uow.environment_id, "api_client.revoked", "api_client", client_id)
    uow.announce("api_client.revoked", "api_client", client_id, 2, {"name": after.name})
    return after


async def create_operator_key(uow: SystemUow, name: str) -> str:
    """Make a key for those who run the server; the secret is returned once."""
    check_text(name, "name", longest=200)
    secret = new_secret(OPERATOR)
    await repository.add_operator_key(uow, name, hash_of(secret), hint_of(secret))
    return secret
