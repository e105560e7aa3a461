"""Who buys.

Owns: customers with their time zone, currency, address and tax numbers.
Does not own: what they buy (subscriptions) or owe (ledger, invoicing).
Always holds: an external id is unique in its environment; a customer named by events or invoices is
archived, never deleted; the time zone is one that the zone database knows.
"""

from counterfoil.modules.customers.models import CustomerRow
from counterfoil.modules.customers.service import (
    archive_customer,
    buyers_by_ids,
    create_customer,
    customers_by_ids,
    ensure_customer,
    exempt_customers,
    get_customer,
    list_customers,
    lock_customer,
    names_of_customers,
    resolve_customers,
    search_customers,
    update_customer,
)
from counterfoil.modules.customers.types import (
    Address,
    Customer,
    CustomerChanges,
    CustomerFilter,
    NewCustomer,
    TaxExemption,
)

__all__ = [
    "Address",
    "Customer",
    "CustomerChanges",
    "CustomerFilter",
    "CustomerRow",
    "NewCustomer",
    "TaxExemption",
    "archive_customer",
    "buyers_by_ids",
    "create_customer",
    "customers_by_ids",
    "ensure_customer",
    "exempt_customers",
    "get_customer",
    "list_customers",
    "lock_customer",
    "names_of_customers",
    "resolve_customers",
    "search_customers",
    "update_customer",
]
