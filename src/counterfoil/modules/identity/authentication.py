"""From a secret to the principal that it stands for.

Always holds: the look-up is by hash and compared in constant time; a wrong secret, a revoked or expired
key and a suspended organization are told apart to nobody without the secret.
"""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import Forbidden, Unauthenticated
from counterfoil.modules.identity import repository
from counterfoil.modules.identity.secrets import OPERATOR, hash_of
from counterfoil.modules.identity.types import PERMISSIONS, EnvironmentKind, OrganizationStatus
from counterfoil.store import Scope

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from counterfoil.store import Store

CACHED_SECONDS: Final = 2.0
"""How long a process may go on believing in a key after it was revoked elsewhere."""
_MAX_CACHED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Principal:
    """An API client that proved itself: which environment it opens and what it may do there."""

    client_id: UUID
    organization_id: UUID
    environment_id: UUID
    kind: EnvironmentKind
    permissions: frozenset[str]
    expires_at: datetime | None = None

    @property
    def scope(self) -> Scope:
        """The scope of this client's units of work."""
        return Scope(self.organization_id, self.environment_id, f"api_client:{self.client_id}")

    def may(self, permission: str) -> bool:
        """Whether the key's scopes include ``permission``."""
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise ``Forbidden`` unless the key's scopes include ``permission``."""
        if not self.may(permission):
            raise Forbidden(f"this key may not do this; it lacks the scope {permission}", allowed=permission)


@dataclass(frozen=True, slots=True)
class Operator:
    """A person or program that runs the server."""

    key_id: UUID

    @property
    def actor(self) -> str:
        """How the audit names them."""
        return f"operator:{self.key_id}"


class Authenticator:
    """Looks keys up across tenants, remembering each for two seconds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[bytes, tuple[float, Principal]] = {}
        self._forgotten = 0

    def forget(self) -> None:
        """Believe nothing that is remembered: call it after a commit that took rights away."""
        self._known.clear()
        self._forgotten += 1

    async def principal(self, secret: str) -> Principal:
        """The client behind a secret; ``Unauthenticated`` if none, ``Forbidden`` if suspended."""
        digest = hash_of(secret)
        known = self._known.get(digest)
        if known is None or known[0] < time.monotonic():
            forgotten = self._forgotten
            principal = await self._look_up(digest)
            if len(self._known) >= _MAX_CACHED:
                self._known.clear()
            if forgotten == self._forgotten:  # else what was read may be what was taken away
                self._known[digest] = (time.monotonic() + CACHED_SECONDS, principal)
        else:
            principal = known[1]
        if principal.expires_at is not None and principal.expires_at <= self._store.clock():
            raise _refused("this key has expired", "a key that has not")
        return principal

    async def operator(self, secret: str) -> Operator:
        """The operator behind a secret, or ``Unauthenticated``."""
        digest = hash_of(secret)
        found = None
        if secret.startswith(OPERATOR):
            async with self._store.system() as uow:
                found = await repository.operator_by_hash(uow, digest)
        if found is None or not hmac.compare_digest(found[1], digest):
            raise _refused("this operator key opens nothing", "an operator's key that is not revoked")
        return Operator(found[0])

    async def _look_up(self, digest: bytes) -> Principal:
        async with self._store.system() as uow:
            key = await repository.key_by_hash(uow, digest)
        if key is None or not hmac.compare_digest(key.secret_hash, digest) or key.revoked_at:
            raise _refused("this key opens nothing", "an API key that is not revoked")
        if key.status is not OrganizationStatus.ACTIVE:
            raise Forbidden("this organization is suspended")
        return Principal(
            client_id=key.client_id,
            organization_id=key.organization_id,
            environment_id=key.environment_id,
            kind=key.kind,
            permissions=frozenset(key.scopes) or PERMISSIONS,
            expires_at=key.expires_at,
        )


def _refused(message: str, allowed: str) -> Unauthenticated:
    return Unauthenticated(message, field="Authorization", allowed=allowed)
