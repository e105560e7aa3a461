"""Who is here and what each may do.

Owns: organizations, their environments (one live, any number of sandboxes), API clients with hashed keys
and scopes, users and roles, audit records, test clocks, operations, operator keys.
Does not own: legal entities that invoice (issuers are invoicing's), customers.
Always holds: a key opens exactly one environment, is stored as a hash and shown once; a suspended
organization's keys open nothing; a live environment has no test clock.
"""

from counterfoil.modules.identity.authentication import Authenticator, Operator, Principal
from counterfoil.modules.identity.service import (
    create_api_client,
    create_environment,
    create_operator_key,
    create_organization,
)
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

__all__ = [
    "PERMISSIONS",
    "ApiClient",
    "Authenticator",
    "Environment",
    "EnvironmentKind",
    "NewApiClient",
    "NewOrganization",
    "Operator",
    "Organization",
    "OrganizationStatus",
    "Principal",
    "create_api_client",
    "create_environment",
    "create_operator_key",
    "create_organization",
]
