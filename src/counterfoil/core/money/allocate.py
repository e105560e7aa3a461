"""Sharing an amount so that the parts always sum to the whole.

The rule is Hamilton's method of largest remainders: each part gets the whole minor units of its quota, and
the minor units that are left go one each to the largest fractional rests, earlier parts first on a tie.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from counterfoil.core.money.amount import Money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.core.money.decimals import Exact


def allocate(whole: Money, weights: Sequence[Exact | int]) -> list[Money]:
    """Shares of ``whole`` in proportion to ``weights`` (none negative, at least one).

    Where every weight is zero the shares are equal.  A negative whole is shared as its mirror image, so a
    credit's parts are the negated parts of the charge.
    """
    assert weights
    parts = [Fraction(weight) for weight in weights]
    assert all(part >= 0 for part in parts)
    denominator = lcm(*(part.denominator for part in parts))
    counts = [part.numerator * (denominator // part.denominator) for part in parts]
    total = sum(counts)
    if total == 0:
        counts, total = [1] * len(counts), len(counts)
    sign, size = (-1, -whole.minor) if whole.minor < 0 else (1, whole.minor)
    shares, rests = [size * count // total for count in counts], [size * count % total for count in counts]
    left = size - sum(shares)
    by_rest = sorted(range(len(counts)), key=lambda index: (-rests[index], index))
    for index in by_rest[:left]:
        shares[index] += 1
    return [Money(sign * share, whole.unit) for share in shares]
