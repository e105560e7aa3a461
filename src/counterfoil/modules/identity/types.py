"""Commands and views of identity."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

RESOURCES: Final = (
    "api_clients",
    "audit",
    "catalog",
    "changes",
    "clocks",
    "customers",
    "environments",
    "events",
    "invoices",
    "ledger",
    "payments",
    "roles",
    "subscriptions",
    "usage",
    "users",
)
PERMISSIONS: Final = frozenset(f"{resource}:{verb}" for resource in RESOURCES for verb in ("read", "write"))
"""What a key's scopes and a role's permissions may name."""


class OrganizationStatus(StrEnum):
    """Whether an organization's keys open anything."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class EnvironmentKind(StrEnum):
    """Live, where money is real, or a sandbox of it."""

    LIVE = "live"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class Organization:
    """The tenant: a business that sells."""

    id: UUID
    name: str
    slug: str
    status: OrganizationStatus
    meta: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Environment:
    """A world of its own inside an organization; nothing is shared between two of them."""

    id: UUID
    organization_id: UUID
    name: str
    kind: EnvironmentKind
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiClient:
    """A program that may call the API of one environment; its secret is not here."""

    id: UUID
    environment_id: UUID
    name: str
    scopes: list[str]
    hint: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """An organization to make; its slug is derived from the name unless given."""

    name: str
    slug: str | None = None
    meta: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NewApiClient:
    """A key to make; no scopes means every permission."""

    name: str
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None
