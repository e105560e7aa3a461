"""Which other price is tried instead of the one that was billed, and what a charge comes to at it; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from counterfoil.core.errors import InvalidInput
from counterfoil.core.rating import rate_line
from counterfoil.modules.billing import rating_input

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from counterfoil.core.money import Money
    from counterfoil.modules.billing import Charge, Reading
    from counterfoil.modules.catalog import Meter, Price


@dataclass(frozen=True, slots=True)
class Drafts:
    """The prices that are tried: single ones by plan and code, and those of a plan's version by code."""

    drafts: Mapping[tuple[UUID, str], Mapping[str, Any]]
    plan_id: UUID | None
    version: Mapping[str, Price]

    @classmethod
    def of(
        cls,
        drafts: Sequence[Mapping[str, Any]],
        version: Mapping[str, Any] | None,
        prices: Mapping[UUID, Price],
    ) -> Drafts:
        """As a simulation keeps them; ``prices`` are those that ``version`` names."""
        listed = () if version is None else [prices[UUID(id_)] for id_ in version["price_ids"]]
        return cls(
            {(UUID(draft["plan_id"]), draft["code"]): draft for draft in drafts},
            None if version is None else UUID(version["plan_id"]),
            {price.code: price for price in listed},
        )

    def tries(self, price: Price) -> bool:
        """Whether another price is tried instead of this one; never for what one subscription agreed."""
        if price.plan_id is None:
            return False
        return (price.plan_id, price.code) in self.drafts or price.plan_id == self.plan_id

    def instead(self, price: Price, currency: str) -> Price | None:
        """The price that is tried instead; ``None``: the version charges nothing for it.

        Raises ``InvalidInput`` if the two cannot be compared: other periods, or another currency.
        """
        assert price.plan_id is not None
        draft = self.drafts.get((price.plan_id, price.code))
        if draft is not None:
            tried = replace(
                price,
                id=UUID(draft["id"]),
                model=draft["model"],
                params=draft["params"],
                terms=draft["terms"],
            )
        elif price.code in self.version:
            tried = self.version[price.code]
            if _periods(tried) != _periods(price):
                raise InvalidInput(
                    "the version charges it for other periods, at another time or for another quantity",
                    field="price",
                    allowed="a price of the same interval, cadence and source of quantity",
                )
        else:
            return None
        tried.pricing(currency)  # refuses a currency that it has no amounts in
        return tried


def amount_of(charge: Charge, reading: Reading | None, meters: Mapping[UUID, Meter]) -> Money:
    """What a charge comes to before discounts and tax, rated as billing rates it."""
    return rate_line(rating_input(charge, reading, meters)).amount


def _periods(price: Price) -> tuple[object, ...]:
    return price.interval, price.cadence, price.quantity_source
