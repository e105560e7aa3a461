"""``Explanation``: how a line's amount came about, complete enough to work it out again (law 6).

Owns: the record, its JSON form (decimals as text, fractions as ``n/d``, instants in UTC), and ``redo``, which
works the amount out from the stored inputs alone, without the pipeline and without any stored sum.
Does not own: sentences for people (``sentences.py``), lines for what was billed before (``adjustments.py``).
Always holds: ``Explanation.from_json(e.to_json()) == e``; ``redo(e.to_json(), unit) == e.amount``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.money import Money, Rounding, decimal_text, round_money
from counterfoil.core.money.units import Unit
from counterfoil.core.pricing import Part, PartKind
from counterfoil.core.pricing.exact import read_exact
from counterfoil.core.rating.discounts import AppliedDiscount, Discount, DiscountKind
from counterfoil.core.rating.terms import (
    AppliedBound,
    Bound,
    DiscountsTaken,
    QuantityRounding,
    UnitConversion,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterfoil.core.money import Exact

FORMAT: Final = 1
"""The version of the JSON form; a stored explanation is read by the rules of its own."""

type Span = tuple[datetime, datetime]
"""A half-open span of time ``[start, end)``, both in UTC."""


class Cadence(StrEnum):
    """When a price is billed."""

    IN_ADVANCE = "in_advance"
    """At the start of the service period that it pays for."""
    IN_ARREARS = "in_arrears"
    """At its end."""


class LineKind(StrEnum):
    """What a line of an invoice is."""

    CHARGE = "charge"
    """What a price costs for a service period; of one period there is one such line that stands."""
    CREDIT = "credit"
    """What is given back of a charge."""
    ADJUSTMENT = "adjustment"
    """What a period costs more, or less, than was billed for it."""
    COMMITMENT = "commitment"
    """What a commitment charges beside what was used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a line's quantity and price come from; ids are in their public form.

    ``events`` is how many events the meter counted, in ``window``; ``service_period`` is what the line pays
    for.  A line that is not metered (a seat, a fee) has no meter, events or window.  ``pricing_unit``: the
    seller's own unit in which the price was stated, and what one of it is worth in the line's currency.
    """

    price_version: str | None = None
    meter: str | None = None
    events: int | None = None
    window: Span | None = None
    service_period: Span | None = None
    cadence: Cadence | None = None
    pricing_unit: tuple[str, Decimal] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The calculation of one line, step by step; every number exact, in major units of ``amount``'s unit."""

    origin: Origin
    model: str
    quantity: Exact
    """What was used or ordered."""
    conversion: UnitConversion | None = None
    """How the quantity became one in the unit that is priced."""
    quantity_rounding: QuantityRounding | None = None
    """How that was rounded."""
    counted: Exact
    """The quantity after conversion and rounding; of groups or windows, of each by itself."""
    included: Exact
    """How much of it was free before the price applied."""
    parts: tuple[Part, ...]
    sum: Exact
    """The sum of the parts."""
    proration: Fraction
    """The share of the period that is charged; 1 is all of it."""
    proration_note: str
    """The share in words, such as ``14 of 30 days``."""
    share: Fraction | None = None
    """The part of a period that the line is for, where that is another share than is charged, as of usage."""
    prorated: Exact
    discounts_taken: DiscountsTaken = DiscountsTaken.BEFORE_MINIMUM
    minimum: AppliedBound | None = None
    """What the line costs at least; none while the period is open."""
    maximum: AppliedBound | None = None
    """What it costs at most."""
    discounts: tuple[AppliedDiscount, ...]
    exact: Exact
    """The amount before rounding."""
    rounding: Rounding
    amount: Money

    @property
    def kind(self) -> LineKind:
        """What the line is."""
        return LineKind.CHARGE

    def to_json(self) -> dict[str, Any]:
        """The form that is stored and shown."""
        return self._terms_json() | {
            "format": FORMAT,
            "origin": _origin_json(self.origin),
            "model": self.model,
            "quantity": decimal_text(self.quantity),
            "included": decimal_text(self.included),
            "parts": [_part_json(part) for part in self.parts],
            "sum": decimal_text(self.sum),
            "proration": _share_text(self.proration),
            "proration_note": self.proration_note,
            "prorated": decimal_text(self.prorated),
            "discounts": [_discount_json(applied) for applied in self.discounts],
            "exact": decimal_text(self.exact),
            "rounding": self.rounding.value,
            "unit": self.amount.unit.code,
            "exponent": self.amount.unit.exponent,
            "amount": self.amount.amount_text(),
        }

    def _terms_json(self) -> dict[str, Any]:
        """What is written only where a price has such terms, and means the default where it is absent."""
        written: dict[str, Any] = {}
        if self.conversion is not None:
            written["conversion"] = self.conversion.to_json()
        if self.quantity_rounding is not None:
            written["quantity_rounding"] = self.quantity_rounding.to_json()
        if written:
            written["counted"] = decimal_text(self.counted)
        for name, applied in (("minimum", self.minimum), ("maximum", self.maximum)):
            if applied is not None:
                written[name] = applied.bound.to_json() | {"of_period": decimal_text(applied.amount)}
                if applied.share is not None:
                    written[name]["share"] = _share_text(applied.share)
        if self.share is not None:
            written["share"] = _share_text(self.share)
        if self.discounts_taken is not DiscountsTaken.BEFORE_MINIMUM:
            written["discounts_taken"] = self.discounts_taken.value
        return written

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Explanation:
        """The explanation that ``to_json`` wrote."""
        assert data["format"] == FORMAT
        conversion, rounding = data.get("conversion"), data.get("quantity_rounding")
        return cls(
            origin=_origin_of(data["origin"]),
            model=data["model"],
            quantity=read_exact(data["quantity"]),
            conversion=None if conversion is None else UnitConversion.from_json(conversion, "conversion"),
            quantity_rounding=(
                None if rounding is None else QuantityRounding.from_json(rounding, "quantity_rounding")
            ),
            counted=read_exact(data.get("counted", data["quantity"])),
            included=read_exact(data["included"]),
            parts=tuple(_part_of(part) for part in data["parts"]),
            sum=read_exact(data["sum"]),
            proration=Fraction(data["proration"]),
            proration_note=data["proration_note"],
            share=Fraction(data["share"]) if "share" in data else None,
            prorated=read_exact(data["prorated"]),
            discounts_taken=DiscountsTaken(data.get("discounts_taken", DiscountsTaken.BEFORE_MINIMUM)),
            minimum=_bound_of(data.get("minimum")),
            maximum=_bound_of(data.get("maximum")),
            discounts=tuple(_discount_of(applied) for applied in data["discounts"]),
            exact=read_exact(data["exact"]),
            rounding=Rounding(data["rounding"]),
            amount=Money.of(data["amount"], Unit(data["unit"], data["exponent"])),
        )


def redo_charge(data: Mapping[str, Any], unit: Unit) -> Money:
    """The amount, worked out again in fractions from a stored explanation's inputs.

    What is read are the parts' counts and prices, the proration, the discounts, minimum and maximum as agreed
    and the rounding mode; every stored sum is ignored, so that comparing the answer with the line's amount
    proves them.
    """
    return round_money(redo_exact(data), unit, Rounding(data["rounding"]))


def redo_exact(data: Mapping[str, Any]) -> Fraction:
    """The amount before rounding, worked out again."""
    amount = Fraction(0)
    for part in data["parts"]:
        amount += Fraction(part["count"]) * Fraction(part["unit_amount"]) + Fraction(part["flat_amount"])
    amount *= Fraction(data["proration"])
    if data.get("discounts_taken") == DiscountsTaken.AFTER_MINIMUM:
        return _redo_discounts(_redo_bounds(amount, data), data)
    return _redo_bounds(_redo_discounts(amount, data), data)


def _redo_discounts(amount: Fraction, data: Mapping[str, Any]) -> Fraction:
    for applied in data["discounts"]:
        value = Fraction(applied["value"])
        match DiscountKind(applied["kind"]):
            case DiscountKind.PERCENT:
                amount -= amount * value / 100
            case DiscountKind.AMOUNT:
                amount = max(amount - value, Fraction(0))
            case DiscountKind.UNITS:
                amount = max(amount - Fraction(applied["of"]) * value / 100, Fraction(0))
    return amount


def _redo_bounds(amount: Fraction, data: Mapping[str, Any]) -> Fraction:
    for name, choose in (("minimum", max), ("maximum", min)):
        bound = data.get(name)
        if bound is not None:
            share = Fraction(bound.get("share", data["proration"])) if bound["prorated"] else Fraction(1)
            amount = choose(amount, Fraction(bound["amount"]) * share)
    return amount


def _share_text(share: Fraction) -> str:
    return f"{share.numerator}/{share.denominator}"


def _text(value: Exact | None) -> str | None:
    return None if value is None else decimal_text(value)


def _part_json(part: Part) -> dict[str, Any]:
    written: dict[str, Any] = {
        "kind": part.kind.value,
        "index": part.index,
        "over": _text(part.over),
        "up_to": _text(part.up_to),
        "package_size": _text(part.package_size),
        "quantity": decimal_text(part.quantity),
        "count": decimal_text(part.count),
        "unit_amount": decimal_text(part.unit_amount),
        "flat_amount": decimal_text(part.flat_amount),
        "amount": decimal_text(part.amount),
    }
    if part.group is not None:
        written["group"] = [list(pair) for pair in part.group]
    if part.window is not None:
        written["window"] = _instant_text(part.window)
    return written


def _part_of(data: Mapping[str, Any]) -> Part:
    over, up_to, package_size = (
        None if data[key] is None else Decimal(data[key]) for key in ("over", "up_to", "package_size")
    )
    group, window = data.get("group"), data.get("window")
    return Part(
        PartKind(data["kind"]),
        read_exact(data["quantity"]),
        read_exact(data["count"]),
        Decimal(data["unit_amount"]),
        Decimal(data["flat_amount"]),
        read_exact(data["amount"]),
        data["index"],
        over,
        up_to,
        package_size,
        group=None if group is None else tuple((name, value) for name, value in group),
        window=None if window is None else datetime.fromisoformat(window),
    )


def _bound_of(data: Mapping[str, Any] | None) -> AppliedBound | None:
    if data is None:
        return None
    share = data.get("share")
    return AppliedBound(
        Bound(Decimal(data["amount"]), data["prorated"]),
        read_exact(data["of_period"]),
        None if share is None else Fraction(share),
    )


def _discount_json(applied: AppliedDiscount) -> dict[str, Any]:
    discount = applied.discount
    written = {
        "kind": discount.kind.value,
        "name": discount.name,
        "value": decimal_text(discount.value),
        "amount": decimal_text(applied.amount),
    }
    if discount.units is not None and applied.of is not None:
        written |= {"units": decimal_text(discount.units), "of": decimal_text(applied.of)}
    if discount.ref:
        written["ref"] = discount.ref
    return written


def _discount_of(data: Mapping[str, Any]) -> AppliedDiscount:
    units, of = data.get("units"), data.get("of")
    discount = Discount(
        DiscountKind(data["kind"]),
        Decimal(data["value"]),
        data["name"],
        None if units is None else Decimal(units),
        data.get("ref", ""),
    )
    return AppliedDiscount(discount, read_exact(data["amount"]), None if of is None else read_exact(of))


def _origin_json(origin: Origin) -> dict[str, Any]:
    told = {
        "price_version": origin.price_version,
        "meter": origin.meter,
        "events": origin.events,
        "window": _span_json(origin.window),
        "service_period": _span_json(origin.service_period),
        "cadence": None if origin.cadence is None else origin.cadence.value,
    }
    if origin.pricing_unit is not None:
        code, rate = origin.pricing_unit
        told["pricing_unit"] = {"code": code, "rate": decimal_text(rate)}
    return told


def _origin_of(data: Mapping[str, Any]) -> Origin:
    unit = data.get("pricing_unit")
    return Origin(
        price_version=data["price_version"],
        meter=data["meter"],
        events=data["events"],
        window=_span_of(data["window"]),
        service_period=_span_of(data["service_period"]),
        cadence=None if data["cadence"] is None else Cadence(data["cadence"]),
        pricing_unit=None if unit is None else (unit["code"], Decimal(unit["rate"])),
    )


def _span_json(span: Span | None) -> dict[str, str] | None:
    if span is None:
        return None
    start, end = span
    return {"start": _instant_text(start), "end": _instant_text(end)}


def _instant_text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _span_of(data: Mapping[str, str] | None) -> Span | None:
    return (
        None if data is None else (datetime.fromisoformat(data["start"]), datetime.fromisoformat(data["end"]))
    )
