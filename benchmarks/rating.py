"""What rating one line costs, against one exact multiplication rounded to cents, in the same run.

Prints, for each pricing model, microseconds a line (best of several rounds), the ratio to the limit, and
the cost of the stored JSON and of the sentences.  Exits with 1 if rating a line takes ``LIMIT_US`` or more.

    python benchmarks/rating.py
"""

from __future__ import annotations

import sys
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from timeit import repeat
from typing import TYPE_CHECKING, Final

from counterfoil.core.money import unit_of
from counterfoil.core.pricing import Pricing, parse_pricing
from counterfoil.core.rating import Discount, DiscountKind, RatingInput, rate_line, sentences

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT_US: Final = 50.0
ROUNDS: Final = 7
CALLS: Final = 2_000

QUANTITY: Final = Decimal("7654321")
USD: Final = unit_of("USD")
CENT: Final = Decimal("0.01")
TIERS: Final = [
    {"up_to": "1000000", "unit_amount": "0", "flat_amount": "5"},
    {"up_to": "2000000", "unit_amount": "0.0000025"},
    {"up_to": "5000000", "unit_amount": "0.0000020"},
    {"unit_amount": "0.0000015"},
]
MODELS: Final[dict[str, dict[str, object]]] = {
    "flat": {"amount": "99.00"},
    "per_unit": {"unit_amount": "0.0000025"},
    "package": {"package_size": "1000", "package_amount": "0.0025", "included": "1000000"},
    "graduated": {"tiers": TIERS},
    "volume": {"tiers": TIERS},
    "commit": {"unit_amount": "0.0025", "committed_quantity": "1000000"},
    "overcommit": {"unit_amount": "0.0025", "committed_quantity": "1000000"},
    "stairstep": {"tiers": [{"up_to": "1000000", "flat_amount": "5"}, {"flat_amount": "20"}]},
}


def multiply_and_round() -> Decimal:
    """The least that pricing a line can be."""
    return (QUANTITY * Decimal("0.0000025")).quantize(CENT, ROUND_HALF_UP)


def best_us(call: Callable[[], object]) -> float:
    """Microseconds a call, in the best round."""
    return min(repeat(call, number=CALLS, repeat=ROUNDS)) / CALLS * 1e6


def main() -> int:
    """Measure, print, and answer the exit code."""
    limit = best_us(multiply_and_round)
    print(f"one multiplication, rounded: {limit:.2f} µs; a line must stay under {LIMIT_US:.0f} µs")
    print(f"{'line':<28}{'µs':>8}{'ratio':>8}{'json µs':>10}{'words µs':>10}")
    slowest = 0.0
    for name, line in lines().items():
        rated = rate_line(line)
        cost = best_us(lambda line=line: rate_line(line))  # type: ignore[misc]
        stored = best_us(rated.explanation.to_json)
        told = best_us(lambda rated=rated: sentences(rated.explanation))  # type: ignore[misc]
        print(f"{name:<28}{cost:>8.1f}{cost / limit:>8.0f}{stored:>10.1f}{told:>10.1f}")
        slowest = max(slowest, cost)
    print(f"slowest {slowest:.1f} µs: {'within' if slowest < LIMIT_US else 'OVER'} the limit")
    return 0 if slowest < LIMIT_US else 1


def lines() -> dict[str, RatingInput]:
    """A line of each model, and the dearest: graduated, prorated and discounted twice."""
    pricings: dict[str, Pricing] = {name: parse_pricing(name, params) for name, params in MODELS.items()}
    plain = {
        name: RatingInput(pricing=pricing, quantity=QUANTITY, unit=USD) for name, pricing in pricings.items()
    }
    dearest = RatingInput(
        pricing=pricings["graduated"],
        quantity=QUANTITY,
        unit=USD,
        included=Decimal(1000),
        proration=Fraction(13, 31),
        discounts=(Discount(DiscountKind.PERCENT, Decimal(10)), Discount(DiscountKind.AMOUNT, Decimal(1))),
    )
    return plain | {"graduated, shared, discounts": dearest}


if __name__ == "__main__":
    sys.exit(main())
