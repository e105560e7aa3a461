"""Lines of an invoice as the calculation sees them: rated, and ready to be taxed and totalled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from counterfoil.core.tax import TaxMode

if TYPE_CHECKING:
    from counterfoil.core.money import Exact, Money, Rounding
    from counterfoil.core.rating.explanation import Explanation, LineKind, Origin
    from counterfoil.core.tax import TaxRate


class LineExplanation(Protocol):
    """How a line of any kind came about; ``told`` reads each of them again."""

    @property
    def kind(self) -> LineKind: ...

    @property
    def origin(self) -> Origin: ...

    @property
    def quantity(self) -> Exact: ...

    @property
    def exact(self) -> Exact: ...

    @property
    def rounding(self) -> Rounding: ...

    @property
    def amount(self) -> Money: ...

    def to_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class RatedLine:
    """What rating answers: the amount before discounts, the amount after them, and how it came about."""

    listed: Money
    amount: Money
    explanation: LineExplanation

    @property
    def discount(self) -> Money:
        """What the discounts took off: 0 or more."""
        return self.listed - self.amount


@dataclass(frozen=True, slots=True)
class RatedCharge(RatedLine):
    """A line that a price was rated for."""

    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Line:
    """A line to be totalled: before discounts, after them, and the taxes that it bears (none: exempt)."""

    listed: Money
    amount: Money
    rates: tuple[TaxRate, ...] = ()
    mode: TaxMode = TaxMode.EXCLUSIVE

    @classmethod
    def of(cls, rated: RatedLine, rates: tuple[TaxRate, ...] = (), mode: TaxMode = TaxMode.EXCLUSIVE) -> Line:
        """The rated line with its taxes; ``mode`` says whether its price contains them."""
        return cls(rated.listed, rated.amount, rates, mode)
