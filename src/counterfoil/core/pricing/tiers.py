"""Tables of tiers: what graduated, volume, stairstep and graduated percentage pricing share.

Owns: the tiers' form and order, which tier a quantity falls into, the two ways of charging (tier by tier, all
in one), and what vendors do differently at the edges, each a named policy with a default: above the last
tier, at a quantity of zero, on a bound, between two integers.  Does not own: which of it a model uses.
Always holds: there is at least one tier and at most ``MAX_TIERS``; ``up_to`` ascends strictly; only the last
tier may have none, which means without end.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final, Self

from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.money import Rounding, decimal_text, round_to_int
from counterfoil.core.pricing.exact import ZERO, greater, less, lesser, minus, plus, split, times
from counterfoil.core.pricing.parts import Part, PartKind
from counterfoil.core.pricing.reading import (
    choice_at,
    decimal_at,
    join,
    object_at,
    optional_decimal_at,
    percent_at,
    percent_text,
)

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


class Bounds(StrEnum):
    """Which tier a quantity that is exactly a tier's ``up_to`` falls into."""

    INCLUSIVE = "inclusive"
    """That one (the default): the next is entered by what lies above the bound."""
    EXCLUSIVE = "exclusive"
    """The next: the bound is where it begins."""


class Fractions(StrEnum):
    """What a quantity between two integers is in a table with tiers from 0 to 100 and 101 to 200."""

    CONTINUOUS = "continuous"
    """Itself (the default): 100.5 units are above a tier up to 100, by half a unit."""
    WHOLE_UNITS = "whole_units"
    """The next integer: a unit that is begun counts as a whole one."""


@dataclass(frozen=True, slots=True)
class Tier:
    """The price of the units up to ``up_to``; of a percentage, ``unit_amount`` is the share, such as 0.02.

    With a ``package_size`` the tier's units are charged in packages of that size, a begun one as a whole
    one, and ``unit_amount`` is the price of a package.
    """

    up_to: Decimal | None
    unit_amount: Decimal = ZERO
    flat_amount: Decimal = ZERO
    package_size: Decimal | None = None

    def count(self, units: Exact) -> Exact:
        """How often ``unit_amount`` is charged for so many units; inside ``exact_context()``."""
        if self.package_size is None:
            return units
        whole, rest = split(units, self.package_size)
        return whole + 1 if rest else whole


@dataclass(frozen=True, slots=True)
class TierTable:
    """Tiers in ascending order, with the policies of the table's edges."""

    tiers: tuple[Tier, ...]
    above_last_tier: AboveLastTier = AboveLastTier.EXTEND
    zero_quantity: ZeroQuantity = ZeroQuantity.FREE
    bounds: Bounds = Bounds.INCLUSIVE
    fractions: Fractions = Fractions.CONTINUOUS

    PRICES: ClassVar[tuple[str, ...]] = ("unit_amount", "flat_amount", "package_size")
    """The fields of a tier besides ``up_to``."""
    POLICIES: ClassVar[tuple[str, ...]] = ("above_last_tier", "zero_quantity", "bounds", "fractions")
    """The policies that may be chosen."""
    KIND: ClassVar[PartKind] = PartKind.TIER
    """What the parts are."""

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Self:
        """The parameters as written, or ``InvalidInput`` naming the field at fault."""
        object_at(data, ("tiers", *cls.POLICIES))
        return cls(
            _read_tiers(data.get("tiers"), cls.PRICES),
            choice_at(data, "above_last_tier", AboveLastTier.EXTEND),
            choice_at(data, "zero_quantity", ZeroQuantity.FREE),
            choice_at(data, "bounds", Bounds.INCLUSIVE),
            choice_at(data, "fractions", Fractions.CONTINUOUS),
        )

    def to_json(self) -> dict[str, object]:
        """The parameters as ``from_json`` reads them, decimals as text.

        Bounds and fractions are written where they are not the default, so that a table which was stored
        before one could choose them is still written as it was.
        """
        written: dict[str, object] = {
            "tiers": [self._tier_json(tier) for tier in self.tiers],
            "above_last_tier": self.above_last_tier.value,
            "zero_quantity": self.zero_quantity.value,
        }
        if self.bounds is not Bounds.INCLUSIVE:
            written["bounds"] = self.bounds.value
        if self.fractions is not Fractions.CONTINUOUS:
            written["fractions"] = self.fractions.value
        return written

    def whole_in_one(self, quantity: Exact) -> tuple[Part, ...]:
        """All of ``quantity`` charged by the one tier that it falls into; inside ``exact_context()``."""
        if not quantity:
            return self._at_zero()
        units = self._units(quantity)
        index = self._index_of(units)
        return (self._part(index, self._over(index), quantity, units, units),)

    def tier_by_tier(self, quantity: Exact) -> tuple[Part, ...]:
        """A part for each tier that was entered, the lowest first; inside ``exact_context()``.

        With inclusive bounds a tier is entered by the first unit above the bound before it: 10 units do not
        enter a tier above 10.  With exclusive ones they do: of its fees they owe the flat amount.
        """
        if not quantity:
            return self._at_zero()
        units = self._units(quantity)
        last = self._index_of(units)
        parts: list[Part] = []
        for index, tier in enumerate(self.tiers[: last + 1]):
            over = self._over(index)
            upper = units
            if index < last:
                assert tier.up_to is not None
                upper = tier.up_to
            charged = minus(upper, over)
            # Where a begun unit counts as a whole one, more is charged at the end than was used.
            used = charged if units is quantity else greater(minus(lesser(quantity, upper), over), ZERO)
            parts.append(self._part(index, over, used, charged, units))
        return tuple(parts)

    def _units(self, quantity: Exact) -> Exact:
        """What the tiers see of a quantity."""
        if self.fractions is Fractions.CONTINUOUS:
            return quantity
        return Decimal(round_to_int(quantity, Rounding.CEILING))

    def _below(self, tier: Tier, units: Exact) -> bool:
        """Whether the tier ends below the units."""
        if tier.up_to is None:
            return False
        return less(tier.up_to, units) or (self.bounds is Bounds.EXCLUSIVE and tier.up_to == units)

    def _index_of(self, units: Exact) -> int:
        """The tier that they fall into; ``InvalidInput`` where the table ends and refuses more."""
        for index, tier in enumerate(self.tiers):
            if not self._below(tier, units):
                return index
        if self.above_last_tier is AboveLastTier.REFUSE:
            limit = "at most" if self.bounds is Bounds.INCLUSIVE else "less than"
            raise InvalidInput(
                "the quantity is above the price's last tier",
                field="quantity",
                allowed=f"{limit} {decimal_text(self.tiers[-1].up_to or ZERO)}",
            )
        return len(self.tiers) - 1

    def _over(self, index: int) -> Decimal:
        return (self.tiers[index - 1].up_to or ZERO) if index else ZERO

    def _part(self, index: int, over: Decimal, used: Exact, charged: Exact, units: Exact) -> Part:
        """The part of one tier for what was ``used`` in it, of which so much is ``charged``.

        ``units`` is the whole quantity: where it lies beyond a last tier, the tier goes on.
        """
        tier = self.tiers[index]
        count = tier.count(charged)
        amount = plus(times(count, tier.unit_amount), tier.flat_amount)
        goes_on = index == len(self.tiers) - 1 and self._below(tier, units)
        return Part(
            self.KIND, used, count, tier.unit_amount, tier.flat_amount, amount,
            index, over, None if goes_on else tier.up_to, tier.package_size,
        )  # fmt: skip

    def _at_zero(self) -> tuple[Part, ...]:
        if self.zero_quantity is ZeroQuantity.FREE:
            return ()
        return (self._part(0, ZERO, ZERO, ZERO, ZERO),)

    def _tier_json(self, tier: Tier) -> dict[str, object]:
        values = {"up_to": tier.up_to} | {
            key: getattr(tier, key) for key in self.PRICES if key != "rate_percent"
        }
        written: dict[str, object] = {
            key: None if value is None else decimal_text(value) for key, value in values.items()
        }
        if "rate_percent" in self.PRICES:
            written["rate_percent"] = percent_text(tier.unit_amount)
        return written


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
    amounts = [key for key in prices if key != "package_size"]
    if all(data.get(key) is None for key in amounts):
        raise InvalidInput(
            f"{path} has no price", field=join(path, amounts[-1]), allowed=" or ".join(amounts)
        )
    return Tier(
        optional_decimal_at(data, "up_to", path, above_zero=True),
        percent_at(data, "rate_percent", path, default=ZERO)
        if "rate_percent" in prices
        else decimal_at(data, "unit_amount", path, default=ZERO),
        decimal_at(data, "flat_amount", path, default=ZERO),
        optional_decimal_at(data, "package_size", path, above_zero=True),
    )
