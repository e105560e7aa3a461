"""What billing asks of the outside: which taxes the lines of a batch bear.

A provider is a table of rates, or an engine that keeps one up to date.  It answers with rates and never with
amounts: these are worked out by ``core.tax``, so that a bill explains itself and can be done again.  It is
asked inside the batch's transaction: an engine at the other end of a wire is asked beforehand, by a job of
its own, and answers here from what it was told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from counterfoil.core.tax import TaxMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.core.errors import CounterfoilError
    from counterfoil.core.tax_rules import Sale, TaxTreatment
    from counterfoil.modules.invoicing import AppliedTax
    from counterfoil.store import Uow


@dataclass(frozen=True, slots=True)
class LineTaxes:
    """The taxes that a line bears, in words why, and whether its price contains them."""

    treatment: TaxTreatment
    reason: str
    taxes: tuple[AppliedTax, ...] = ()
    mode: TaxMode = TaxMode.EXCLUSIVE


type Answer = LineTaxes | CounterfoilError
"""The taxes of a line, or why they are not known: that line's subscription is held, and no other."""


class TaxProvider(Protocol):
    """Says which taxes lines bear.

    Always holds: one answer for each sale, in their order; the same sale has the same answer within a
    transaction; the number of statements does not grow with the number of sales; nothing is raised.
    """

    async def taxes(self, uow: Uow, sales: Sequence[Sale]) -> Sequence[Answer]:
        """The taxes of each of these sales."""
        ...
