"""Who buys.

Owns: customers with their time zone, currency, address and tax numbers; their families, and who pays.
Does not own: what they buy (subscriptions) or owe (ledger, invoicing).
Always holds: an external id is unique in its environment; a customer named by events or invoices is
archived, never deleted; the time zone is one that the zone database knows.
"""

from counterfoil.modules.customers.models import CustomerRow
from counterfoil.modules.customers.service import (
    archive_customer,
    create_customer,
    customers_by_ids,
    ensure_customer,
    exempt_customers,
    get_customer,
    list_customers,
    lock_customer,
    names_of_customers,
    parties_of,
    resolve_customers,
    search_customers,
    update_customer,
)
from counterfoil.modules.customers.types import (
    Address,
    BilledTo,
    Customer,
    CustomerChanges,
    CustomerFilter,
    NewCustomer,
    Parties,
    TaxExemption,
)

__all__ = [
    "Address",
    "BilledTo",
    "Customer",
    "CustomerChanges",
    "CustomerFilter",
    "CustomerRow",
    "NewCustomer",
    "Parties",
    "TaxExemption",
    "archive_customer",
    "create_customer",
    "customers_by_ids",
    "ensure_customer",
    "exempt_customers",
    "get_customer",
    "list_customers",
    "lock_customer",
    "names_of_customers",
    "parties_of",
    "resolve_customers",
    "search_customers",
    "update_customer",
]
