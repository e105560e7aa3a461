"""Who is here and what each may do.

Owns: organizations, their environments (one live, any number of sandboxes), API clients with hashed keys
and scopes, users and roles, audit records, test clocks, operations, operator keys.
Does not own: legal entities that invoice (issuers are invoicing's), customers.
Always holds: a key opens exactly one environment, is stored as a hash and shown once; a suspended
organization's keys open nothing; a live environment has no test clock.
"""

from counterfoil.modules.identity.audit import audit, list_audit_records
from counterfoil.modules.identity.authentication import Authenticator, Operator, Principal
from counterfoil.modules.identity.clients import (
    create_api_client,
    create_operator_key,
    get_api_client,
    list_api_clients,
    revoke_api_client,
)
from counterfoil.modules.identity.clocks import create_clock, find_clock, get_clock, set_clock
from counterfoil.modules.identity.operations import (
    finish_operation,
    get_operation,
    list_operations,
    progress_operation,
    start_operation,
)
from counterfoil.modules.identity.people import (
    archive_user,
    create_role,
    create_user,
    get_role,
    get_user,
    list_roles,
    list_users,
    update_role,
    update_user,
)
from counterfoil.modules.identity.service import (
    create_environment,
    create_organization,
    create_sandbox,
    environments_of,
    get_environment,
    get_organization,
    list_environments,
    list_organizations,
    resolve_key,
    resolve_scope,
    resume_organization,
    suspend_organization,
)
from counterfoil.modules.identity.types import (
    PERMISSIONS,
    ApiClient,
    AuditRecord,
    Changes,
    Environment,
    EnvironmentKind,
    NewApiClient,
    NewOrganization,
    NewUser,
    Operation,
    OperationStatus,
    Organization,
    OrganizationStatus,
    Role,
    TestClock,
    User,
)

__all__ = [
    "PERMISSIONS",
    "ApiClient",
    "AuditRecord",
    "Authenticator",
    "Changes",
    "Environment",
    "EnvironmentKind",
    "NewApiClient",
    "NewOrganization",
    "NewUser",
    "Operation",
    "OperationStatus",
    "Operator",
    "Organization",
    "OrganizationStatus",
    "Principal",
    "Role",
    "TestClock",
    "User",
    "archive_user",
    "audit",
    "create_api_client",
    "create_clock",
    "create_environment",
    "create_operator_key",
    "create_organization",
    "create_role",
    "create_sandbox",
    "create_user",
    "environments_of",
    "find_clock",
    "finish_operation",
    "get_api_client",
    "get_clock",
    "get_environment",
    "get_operation",
    "get_organization",
    "get_role",
    "get_user",
    "list_api_clients",
    "list_audit_records",
    "list_environments",
    "list_operations",
    "list_organizations",
    "list_roles",
    "list_users",
    "progress_operation",
    "resolve_key",
    "resolve_scope",
    "resume_organization",
    "revoke_api_client",
    "set_clock",
    "start_operation",
    "suspend_organization",
    "update_role",
    "update_user",
]
