"""Credits that were promised, and when they are given.

Owns: credit grants of plans and subscriptions, and their applications, one for each period.  Wallets
themselves come here with the money; until then no application leaves ``pending`` but to be cancelled.
Does not own: when a grant's periods begin and credits expire (core), subscriptions and their end
(subscriptions), the moments at which grants are attached and ended (billing).
Always holds: a period of a grant gives its credits once (unique by grant and period, unless cancelled); a
grant has at most one open application; whoever changes a grant that exists has locked its row first; a
template never has dates, and what was copied from it does not change with it.
"""

from counterfoil.core.calendar import IntervalUnit
from counterfoil.core.credit_grants import DurationUnit, GrantCadence, GrantExpiration, GrantScope
from counterfoil.core.states import CreditApplicationState
from counterfoil.modules.wallets.grants import (
    create_credit_grant,
    delete_credit_grant,
    end_grants,
    get_credit_grant,
    list_credit_grants,
    search_credit_grants,
    upcoming_applications,
    update_credit_grant,
)
from counterfoil.modules.wallets.making import attach_grants
from counterfoil.modules.wallets.models import CreditGrantApplicationRow, CreditGrantRow
from counterfoil.modules.wallets.types import (
    CreditGrant,
    CreditGrantApplication,
    CreditGrantChanges,
    CreditGrantFilter,
    GrantSort,
    NewCreditGrant,
)

__all__ = [
    "CreditApplicationState",
    "CreditGrant",
    "CreditGrantApplication",
    "CreditGrantApplicationRow",
    "CreditGrantChanges",
    "CreditGrantFilter",
    "CreditGrantRow",
    "DurationUnit",
    "GrantCadence",
    "GrantExpiration",
    "GrantScope",
    "GrantSort",
    "IntervalUnit",
    "NewCreditGrant",
    "attach_grants",
    "create_credit_grant",
    "delete_credit_grant",
    "end_grants",
    "get_credit_grant",
    "list_credit_grants",
    "search_credit_grants",
    "upcoming_applications",
    "update_credit_grant",
]
