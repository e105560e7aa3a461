"""Commands and views of identity."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final

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
    "credit_grants",
    "customers",
    "environments",
    "events",
    "invoices",
    "ledger",
    "operations",
    "payments",
    "roles",
    "simulations",
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


class OperationStatus(StrEnum):
    """How far something asynchronous is; the last three are final."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Somebody stopped it; what was done until then stays."""


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
    """A program that may call the API of one environment; its secret is not here.

    No ``scopes`` means every permission, those of later versions included.
    """

    id: UUID
    environment_id: UUID
    name: str
    scopes: list[str]
    hint: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions of an organization."""

    id: UUID
    organization_id: UUID
    name: str
    permissions: list[str]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class User:
    """A person of an organization, and the role that says what they may do."""

    id: UUID
    organization_id: UUID
    email: str
    name: str
    role_id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Who did what to which object, when (real time), in which request."""

    id: UUID
    actor: str
    action: str
    object_kind: str
    object_id: UUID
    data: Mapping[str, Any]
    request_id: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class TestClock:
    """The instant at which a sandbox stands; ``created_at`` and ``updated_at`` are real time."""

    __test__: ClassVar[bool] = False  # not a test class, whatever its name begins with

    id: UUID
    environment_id: UUID
    name: str
    now_at: datetime
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Operation:
    """Progress of something asynchronous; its times are real time.

    ``result`` is there when it has succeeded, ``error`` when it has failed.
    """

    id: UUID
    kind: str
    status: OperationStatus
    input: Mapping[str, Any]
    progress: Mapping[str, Any]
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    version: int
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """An organization to make; its slug is derived from the name unless given."""

    name: str
    slug: str | None = None
    meta: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NewApiClient:
    """A key to make; no scopes means all that the one who makes it has."""

    name: str
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person to add."""

    email: str
    name: str
    role_id: UUID


@dataclass(frozen=True, slots=True)
class Changes:
    """Fields of a role or user to change, by name; ``expected_version`` as in If-Match."""

    fields: Mapping[str, Any]
    expected_version: int | None = None
