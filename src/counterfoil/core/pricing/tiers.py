"""Tables of tiers: what graduated, volume and stairstep pricing share.

Owns: the tiers' form and order, which tier a quantity falls into, the two named policies (above the last
tier, at a quantity of zero).  Does not own: how the tiers are charged; that is each model's.
Always holds: there is at least one tier and at most ``MAX_TIERS``; ``up_to`` is inclusive and ascends
strictly; only the last tier may have none, which means without end.  Tiers are continuous: 100.5 units are
above a tier up to 100 and inside the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final, Self

from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.money import decimal_text
from counterfoil.core.pricing.exact import ZERO, less, plus, split, times
from counterfoil.core.pricing.parts import Part, PartKind
from counterfoil.core.pricing.reading import choice_at, decimal_at, join, object_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterfoil.core.money import Exact

MAX_TIERS: Final = 1_000
"""The most tiers a price may have."""


class AboveLastTier(StrEnum):
    """What a quantity above the bound of a bounded last tier costs."""

    EXTEND = "extend"
    """The last tier's price goes on (the default: usage that happened is billed)."""
    REFUSE = "refuse"
    """Rating refuses the quantity."""


class ZeroQuantity(StrEnum):
    """Whether the first tier's flat amount is owed when nothing was used."""

    FREE = "free"
    """No usage, no charge (the default: a fee that is owed anyway is a flat price of its own)."""
    CHARGE_FIRST_TIER_FLAT = "charge_first_tier_flat"
    """The first tier counts as entered."""


@dataclass(frozen=True, slots=True)
class Tier:
    """The price of the units up to and including ``up_to``.

    With a ``package_size`` the tier's units are charged in packages of that size, a begun one as a whole
    one, and ``unit_amount`` is the price of a package.
    """

    up_to: Decimal | None
    unit_amount: Decimal = ZERO
    flat_amount: Decimal = ZERO
    package_size: Decimal | None = None

    def part(self, index: int, over: Decimal, quantity: Exact, *, beyond: bool = False) -> Part:
        """What ``quantity`` units cost in this tier, the table's ``index``-th; inside ``exact_context()``.

        ``beyond``: the units go on past the tier's bound.
        """
        count = quantity
        if self.package_size is not None:
            whole, rest = split(quantity, self.package_size)
            count = whole + 1 if rest else whole
        amount = plus(times(count, self.unit_amount), self.flat_amount)
        up_to = None if beyond else self.up_to
        return Part(
            PartKind.TIER, quantity, count, self.unit_amount, self.flat_amount, amount,
            index, over, up_to, self.package_size,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class TierTable:
    """Tiers in ascending order, with what happens at the two ends of the table."""

    tiers: tuple[Tier, ...]
    above_last_tier: AboveLastTier = AboveLastTier.EXTEND
    zero_quantity: ZeroQuantity = ZeroQuantity.FREE

    PRICES: ClassVar[tuple[str, ...]] = ("unit_amount", "flat_amount", "package_size")
    """The fields of a tier besides ``up_to``."""

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Self:
        """The parameters as written, or ``InvalidInput`` naming the field at fault."""
        object_at(data, ("tiers", "above_last_tier", "zero_quantity"))
        return cls(
            _read_tiers(data.get("tiers"), cls.PRICES),
            choice_at(data, "above_last_tier", AboveLastTier.EXTEND),
            choice_at(data, "zero_quantity", ZeroQuantity.FREE),
        )

    def to_json(self) -> dict[str, object]:
        """The parameters as ``from_json`` reads them, complete, decimals as text."""
        return {
            "tiers": [self._tier_json(tier) for tier in self.tiers],
            "above_last_tier": self.above_last_tier.value,
            "zero_quantity": self.zero_quantity.value,
        }

    def index_of(self, quantity: Exact) -> int:
        """The tier that ``quantity`` falls into; ``InvalidInput`` where the table ends and refuses more."""
        for index, tier in enumerate(self.tiers):
            if tier.up_to is None or not less(tier.up_to, quantity):
                return index
        if self.above_last_tier is AboveLastTier.REFUSE:
            raise InvalidInput(
                "the quantity is above the price's last tier",
                field="quantity",
                allowed=f"at most {decimal_text(self.tiers[-1].up_to or ZERO)}",
            )
        return len(self.tiers) - 1

    def at_zero(self) -> tuple[Part, ...]:
        """The parts of a quantity of zero; inside ``exact_context()``."""
        if self.zero_quantity is ZeroQuantity.FREE:
            return ()
        return (self.tiers[0].part(0, ZERO, ZERO),)

    def whole_in_one(self, quantity: Exact) -> tuple[Part, ...]:
        """All of ``quantity`` charged by the one tier that it falls into; inside ``exact_context()``."""
        if not quantity:
            return self.at_zero()
        index = self.index_of(quantity)
        tier = self.tiers[index]
        over = self.tiers[index - 1].up_to if index else ZERO
        assert over is not None
        beyond = tier.up_to is not None and less(tier.up_to, quantity)
        return (tier.part(index, over, quantity, beyond=beyond),)

    def _tier_json(self, tier: Tier) -> dict[str, object]:
        values = {"up_to": tier.up_to} | {key: getattr(tier, key) for key in self.PRICES}
        return {key: None if value is None else decimal_text(value) for key, value in values.items()}


def _read_tiers(value: object, prices: tuple[str, ...]) -> tuple[Tier, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise InvalidInput(
            "tiers is not a list of tiers", field="tiers", allowed=f"a list of 1 to {MAX_TIERS} tiers"
        )
    if len(value) > MAX_TIERS:
        raise TooLarge("tiers has too many tiers", field="tiers", allowed=f"1 to {MAX_TIERS} tiers")
    tiers: list[Tier] = []
    lower = ZERO
    for index, item in enumerate(value):
        tier = _read_tier(item, prices, f"tiers.{index}")
        field = f"tiers.{index}.up_to"
        if tier.up_to is None:
            if index < len(value) - 1:
                raise InvalidInput(
                    f"{field} is missing; only the last tier may be without end",
                    field=field,
                    allowed=f"a decimal number greater than {decimal_text(lower)}",
                )
        elif tier.up_to <= lower:
            raise InvalidInput(
                f"{field} does not ascend",
                field=field,
                allowed=f"a decimal number greater than {decimal_text(lower)}",
            )
        else:
            lower = tier.up_to
        tiers.append(tier)
    return tuple(tiers)


def _read_tier(value: object, prices: tuple[str, ...], path: str) -> Tier:
    data = object_at(value, ("up_to", *prices), path)
    if data.get("unit_amount") is None and data.get("flat_amount") is None:
        amounts = [key for key in prices if key.endswith("_amount")]
        raise InvalidInput(
            f"{path} has no price", field=join(path, amounts[-1]), allowed=" or ".join(amounts)
        )
    up_to, size = data.get("up_to"), data.get("package_size")
    return Tier(
        None if up_to is None else decimal_at(data, "up_to", path, above_zero=True),
        decimal_at(data, "unit_amount", path, default=ZERO),
        decimal_at(data, "flat_amount", path, default=ZERO),
        None if size is None else decimal_at(data, "package_size", path, above_zero=True),
    )
