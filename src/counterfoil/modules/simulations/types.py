"""Commands and views of simulations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    from counterfoil.core.money import Money

MAX_CUSTOMERS: Final = 10_000
"""The most customers that one simulation names; it may also be of all."""
MAX_DRAFTS: Final = 200
MAX_YEARS: Final = 10
BATCH: Final = 100
"""Customers in one transaction."""
MAX_PROBLEMS: Final = 10
"""The most problems that are told of one customer; all are counted."""


@dataclass(frozen=True, slots=True)
class DraftPrice:
    """Another model for what a plan charges under a code; all else stays as it was billed.

    ``params`` and ``terms`` are those of ``catalog.NewPrice``: of terms that are left out there are none.
    """

    plan_id: UUID
    code: str
    model: str
    params: Mapping[str, Mapping[str, Any]]
    terms: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSimulation:
    """What is to be rated again: charges that were billed for times within ``[start, end)``.

    ``customers`` are public or external ids, ``None``: all.  A plan's ``version``, a draft or a past one, is
    tried for all that was billed by a price of that plan; ``prices`` go before it.
    """

    start: datetime
    end: datetime
    customers: Sequence[str] | None = None
    prices: Sequence[DraftPrice] = ()
    version: tuple[UUID, int] | None = None


@dataclass(frozen=True, slots=True)
class Simulation:
    """What was asked, and how far its operation is.

    ``drafts`` and ``version`` are in the form of ``repricing.Drafts``; ``passed`` is the last customer that
    was rated.
    """

    id: UUID
    operation_id: UUID
    starts_at: datetime
    ends_at: datetime
    customer_ids: Sequence[UUID] | None
    drafts: Sequence[Mapping[str, Any]]
    version: Mapping[str, Any] | None
    passed: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Problem:
    """A charge that could not be compared, and so is in neither sum: which one, and why."""

    charge: str
    message: str


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """One customer's charges in one currency, before discounts and tax.

    ``current`` is what they come to at the prices that they were billed at, with the usage that is known now,
    and ``simulated`` at the others.
    """

    id: UUID
    customer_id: UUID
    currency: str
    charges: int
    current: Money
    simulated: Money
    problems: int
    told: Sequence[Problem]

    @property
    def difference(self) -> Money:
        """How much more it would have been."""
        return self.simulated - self.current


@dataclass(frozen=True, slots=True)
class SimulationTotal:
    """The sum of all results in one currency."""

    currency: str
    customers: int
    charges: int
    current: Money
    simulated: Money
    problems: int

    @property
    def difference(self) -> Money:
        """How much more it would have been."""
        return self.simulated - self.current
