"""Who pays for usage first: included quantity, usage credit or commit, in a declared order.

Systems differ in the order, and one of them in its own documents (Suger: credit, commit, included in the
text; included before credit in the table), so it is a value here, ``DrawOrder``, and one rule follows it:
lines are served as they are given; for each, the sources pay in order, each as much as it can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.commitments.checks import distinct, not_negative
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text

if TYPE_CHECKING:
    from counterfoil.core.money import Exact


class Source(StrEnum):
    """What pays for usage instead of the customer."""

    INCLUDED = "included"
    """A quantity that costs nothing."""
    USAGE_CREDIT = "usage_credit"
    """Value that was given to be used up."""
    COMMIT = "commit"
    """What the customer has promised to buy."""


class Measure(StrEnum):
    """What a commitment or a pool is counted in."""

    QUANTITY = "quantity"
    """Units of usage."""
    AMOUNT = "amount"
    """Major units of the currency."""


@dataclass(frozen=True, slots=True)
class DrawOrder:
    """Which source pays first.  Anything but each source once is ``InvalidInput``.

    The default takes what is free first, so that nobody uses up what they paid for while something free is
    left, and so that it agrees with rating, where included units go before the price applies.
    """

    sources: tuple[Source, ...] = (Source.INCLUDED, Source.USAGE_CREDIT, Source.COMMIT)

    def __post_init__(self) -> None:
        if sorted(self.sources) != sorted(Source):
            raise InvalidInput(
                "the order of sources is not one of all of them",
                field="order",
                allowed=f"each of {', '.join(Source)} once",
            )


DEFAULT_ORDER: Final = DrawOrder()


@dataclass(frozen=True, slots=True)
class Demand:
    """A line of usage: its quantity, and the price of one.

    Usage that a pricing model has priced already is a quantity of that amount at a price of 1.
    """

    key: str
    quantity: Exact
    unit_amount: Exact


@dataclass(frozen=True, slots=True)
class Pool:
    """What a source has left, for all lines or only for ``lines`` (their keys)."""

    key: str
    source: Source
    measure: Measure
    balance: Exact
    lines: frozenset[str] | None = None

    def serves(self, line: str) -> bool:
        """Whether the line may draw on it."""
        return self.lines is None or line in self.lines


@dataclass(frozen=True, slots=True)
class Draw:
    """So much of a line was paid by a pool: the quantity, and what that would have cost."""

    pool: str
    source: Source
    quantity: Fraction
    amount: Fraction


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """A line with what paid for it; ``rest`` is the quantity that the customer pays, ``amount`` its price."""

    demand: Demand
    draws: tuple[Draw, ...]
    rest: Fraction
    amount: Fraction


@dataclass(frozen=True, slots=True)
class DrawnPool:
    """A pool with what was taken from it and what is left, in its own measure: together its balance."""

    pool: Pool
    drawn: Fraction
    left: Fraction


@dataclass(frozen=True, slots=True)
class Drawing:
    """The lines and the pools as they were given, and what became of them."""

    order: DrawOrder
    lines: tuple[DrawnLine, ...]
    pools: tuple[DrawnPool, ...]

    @property
    def amount(self) -> Fraction:
        """What the customer pays in all, exactly."""
        return sum((line.amount for line in self.lines), Fraction(0))

    def to_json(self) -> dict[str, Any]:
        """The form that is stored and shown; ``redo_drawing`` makes the drawing again from it."""
        return {
            "order": [source.value for source in self.order.sources],
            "lines": [_line_json(line) for line in self.lines],
            "pools": [_pool_json(drawn) for drawn in self.pools],
        }


def draw(demands: Sequence[Demand], pools: Sequence[Pool], order: DrawOrder = DEFAULT_ORDER) -> Drawing:
    """What each pool pays of each line, and what is left of both.

    Pools of one source pay in the order in which they are given.  A pool of an amount pays for nothing that
    costs nothing.  A negative number, and a key that is there twice, are ``InvalidInput``.
    """
    distinct((demand.key for demand in demands), "lines")
    distinct((pool.key for pool in pools), "pools")
    left = {pool.key: not_negative(pool.balance, "balance") for pool in pools}
    ranked = sorted(pools, key=lambda pool: order.sources.index(pool.source))
    lines = []
    for demand in demands:
        rest = not_negative(demand.quantity, "quantity")
        unit_amount = not_negative(demand.unit_amount, "unit_amount")
        draws = []
        for pool in ranked:
            price = unit_amount if pool.measure is Measure.AMOUNT else Fraction(1)
            if not pool.serves(demand.key) or not price:
                continue
            taken = min(rest, left[pool.key] / price)
            if taken:
                draws.append(Draw(pool.key, pool.source, taken, taken * unit_amount))
                left[pool.key] -= taken * price
                rest -= taken
        lines.append(DrawnLine(demand, tuple(draws), rest, rest * unit_amount))
    return Drawing(
        order,
        tuple(lines),
        tuple(DrawnPool(pool, Fraction(pool.balance) - left[pool.key], left[pool.key]) for pool in pools),
    )


def redo_drawing(data: Mapping[str, Any]) -> Drawing:
    """The drawing made again from the lines, pools and order that ``Drawing.to_json`` stored."""
    demands = [
        Demand(line["key"], Fraction(line["quantity"]), Fraction(line["unit_amount"]))
        for line in data["lines"]
    ]
    pools = [
        Pool(
            pool["key"],
            Source(pool["source"]),
            Measure(pool["measure"]),
            Fraction(pool["balance"]),
            None if pool["lines"] is None else frozenset(pool["lines"]),
        )
        for pool in data["pools"]
    ]
    return draw(demands, pools, DrawOrder(tuple(Source(source) for source in data["order"])))


def _line_json(line: DrawnLine) -> dict[str, Any]:
    return {
        "key": line.demand.key,
        "quantity": decimal_text(line.demand.quantity),
        "unit_amount": decimal_text(line.demand.unit_amount),
        "draws": [
            {
                "pool": drawn.pool,
                "source": drawn.source.value,
                "quantity": decimal_text(drawn.quantity),
                "amount": decimal_text(drawn.amount),
            }
            for drawn in line.draws
        ],
        "rest": decimal_text(line.rest),
        "amount": decimal_text(line.amount),
    }


def _pool_json(drawn: DrawnPool) -> dict[str, Any]:
    pool = drawn.pool
    return {
        "key": pool.key,
        "source": pool.source.value,
        "measure": pool.measure.value,
        "balance": decimal_text(pool.balance),
        "lines": None if pool.lines is None else sorted(pool.lines),
        "drawn": decimal_text(drawn.drawn),
        "left": decimal_text(drawn.left),
    }
