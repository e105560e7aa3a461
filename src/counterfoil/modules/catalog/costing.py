"""Which prices can cost something, and so which products are not free.

Owns: the answer for a price that is at hand and, in one statement, for products.
Always holds: both give the same answer.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from counterfoil.modules.catalog import repository

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from counterfoil.modules.catalog.types import Price
    from counterfoil.store import Uow

_PASSES_ON: Final = "cost_plus"
"""The model that charges what events carry, whatever its parameters are."""
_CHARGING: Final = (
    "amount",
    "unit_amount",
    "default_unit_amount",
    "flat_amount",
    "package_amount",
    "fixed_per_event",
    "min_per_event",
    "multiplier",
    "rate_percent",
    "multiplier",
)
"""The parameters, at any depth, that charge something if they are above 0."""
_ABOVE_ZERO: Final = 'like_regex "^[0-9.]*[1-9]"'
_ANY_CHARGING: Final = f"$.** ? ({' || '.join(f'@.{name} {_ABOVE_ZERO}' for name in _CHARGING)})"
_ANY_MINIMUM: Final = f"$.minimum.amount.* ? (@ {_ABOVE_ZERO})"


def can_cost(price: Price) -> bool:
    """Whether some quantity costs something."""
    minimum = price.terms.get("minimum", {}).get("amount", {})
    return price.model == _PASSES_ON or _charges(price.params) or any(map(_above_zero, minimum.values()))


async def paid_products(uow: Uow, product_ids: Collection[UUID]) -> set[UUID]:
    """Those of these products that have a plan, not archived, whose published version can cost something."""
    return await repository.products_with_prices(
        uow, product_ids, model=_PASSES_ON, params=_ANY_CHARGING, terms=_ANY_MINIMUM
    )


def _charges(params: Any) -> bool:
    if isinstance(params, dict):
        return any(
            (name in _CHARGING and _above_zero(value)) or _charges(value) for name, value in params.items()
        )
    return isinstance(params, list) and any(map(_charges, params))


def _above_zero(value: Any) -> bool:
    return isinstance(value, str) and Decimal(value) > 0
