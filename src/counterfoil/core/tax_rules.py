"""Which rates of tax a line bears: by the places of seller and buyer, the category and the tax point.

Owns: the decision and its reason in words.  Does not own: the rates (a table, or an engine, says them), the
sums (``core.tax``), whether a tax number is in form (the caller says of which country it is).
Always holds: the same facts give the same decision; a sale that is taxed bears at least one rate; nothing is
decided where the seller is registered nowhere.

The rules, in this order; the first that applies decides:

1. a buyer who is exempt at the tax point bears no tax;
2. a seller who is registered nowhere charges none;
3. reverse charge: seller and buyer are in different member states of the EU and the buyer is a business with
   a tax number of a member state that is not the seller's (Directive 2006/112/EC, Articles 44 and 196);
4. where the seller is registered for the buyer's place, the rates of that place;
5. in another member state where the seller is not registered, the rates at home (Article 59c, small sales);
6. elsewhere none.

At a place the rates of each level apply together: country, region, postal prefix (in North America taxes of
a state and of a county add up); one that ``replaces_wider`` applies instead of the wider levels' (Madeira
instead of Portugal).  At one level, rates of the line's own category go before those of any category.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from counterfoil.core.tax import TaxRate

STANDARD: Final = "standard"
"""The category of what nobody has put into another."""

MEMBER_STATES: Final = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
"""The EU's, by ISO 3166-1; tax numbers of Greece begin with EL."""


_CATEGORY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")


class TaxTreatment(StrEnum):
    """How a line is treated for tax."""

    TAXED = "taxed"
    EXEMPT = "exempt"
    """The buyer is exempt."""
    REVERSE_CHARGE = "reverse_charge"
    """The buyer accounts for the tax."""
    NOT_REGISTERED = "not_registered"
    """The seller is not registered for tax where it is sold."""
    ZERO_RATED = "zero_rated"
    """Taxed at 0 per cent."""


class TaxPoint(StrEnum):
    """The instant whose rates a line bears."""

    SERVICE_END = "service_end"
    """The last moment of the service period: it is supplied when it ends (2006/112/EC, Article 64)."""
    SERVICE_START = "service_start"
    """The first moment of the service period."""
    INVOICED = "invoiced"
    """When it is invoiced: when the draft is made, and again when it is finalised."""


class Scheme(StrEnum):
    """What a registration is good for."""

    LOCAL = "local"
    """Its own country, or a region of it."""
    OSS = "oss"
    """Every member state of the EU, by the one-stop shop."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is sold; ``country`` and ``region`` as in ISO 3166 (``US``, ``CA``)."""

    country: str
    region: str | None = None
    postal_code: str | None = None

    def __str__(self) -> str:
        return self.country if self.region is None else f"{self.country}-{self.region}"


@dataclass(frozen=True, slots=True)
class Registration:
    """Where the seller is registered for tax: a country, or one region of it."""

    country: str
    region: str | None = None
    scheme: Scheme = Scheme.LOCAL

    def __post_init__(self) -> None:
        object.__setattr__(self, "scheme", Scheme(self.scheme))  # as it is read back from JSON, a text

    def covers(self, place: Place) -> bool:
        """Whether the seller charges tax on what is sold there."""
        if self.scheme is Scheme.OSS:
            return place.country in MEMBER_STATES
        return self.country == place.country and (self.region is None or _same(self.region, place.region))

    def covers_rate(self, rate: PlacedRate) -> bool:
        """Whether the seller charges this rate: one of a region's own registration is the region's."""
        return self.region is None or _same(self.region, rate.region)


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells: the country where they are established, and where they are registered."""

    country: str | None = None
    registrations: tuple[Registration, ...] = ()


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why a buyer bears no tax, and until when (``None``: without end; the instant itself is beyond)."""

    reason: str | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys.  ``registered_in``: the country of a tax number in valid form; ``None`` without one."""

    place: Place | None = None
    registered_in: str | None = None
    exemption: Exemption | None = None


@dataclass(frozen=True, slots=True)
class PlacedRate:
    """A rate and where and when it applies: in ``[valid_from, valid_to)``, to a category or to any."""

    rate: TaxRate
    country: str
    region: str | None = None
    postal_prefix: str | None = None
    category: str | None = None
    replaces_wider: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def applies(self, place: Place, category: str, at: datetime) -> bool:
        """Whether it is borne at this place by this category at this instant."""
        return (
            self.country == place.country
            and (self.region is None or _same(self.region, place.region))
            and (
                self.postal_prefix is None
                or _squeezed(place.postal_code).startswith(_squeezed(self.postal_prefix))
            )
            and self.category in (None, category)
            and in_force(at, self.valid_from, self.valid_to)
        )

    @property
    def level(self) -> tuple[bool, int]:
        """How narrow its place is: within a region is narrower, and so is a longer postal prefix."""
        return (self.region is not None, len(_squeezed(self.postal_prefix)))


@dataclass(frozen=True, slots=True)
class Sale:
    """What is asked: who sells what kind of thing to whom, at which tax point."""

    seller: Seller
    buyer: Buyer
    category: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TaxDecision:
    """The treatment of a line, why, and the rates that it bears, the widest place's first."""

    treatment: TaxTreatment
    reason: str
    rates: tuple[PlacedRate, ...] = ()


def tax_point(rule: TaxPoint, *, start: datetime, last: datetime, now: datetime) -> datetime:
    """The tax point of a line for the service period from ``start`` to its ``last`` moment."""
    return {TaxPoint.SERVICE_START: start, TaxPoint.SERVICE_END: last, TaxPoint.INVOICED: now}[rule]


def check_category(category: str | None, field: str = "tax_category") -> None:
    """Refuse what is no word for a category; ``None`` passes."""
    if category is not None and not _CATEGORY.fullmatch(category):
        raise InvalidInput(
            f"{field} is not a category of tax",
            field=field,
            allowed="1 to 50 lower-case letters, digits, hyphens or underscores, such as standard or saas",
        )


def in_force(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    """Whether an instant lies in ``[since, until)``, each without bound if there is none."""
    return (since is None or since <= at) and (until is None or at < until)


def exempt_at(buyer: Buyer, at: datetime) -> TaxDecision | None:
    """The decision for a buyer who is exempt then, whatever is sold and where."""
    exemption = buyer.exemption
    if exemption is None or not in_force(at, None, exemption.valid_until):
        return None
    return TaxDecision(TaxTreatment.EXEMPT, exemption.reason or "the customer is exempt from tax")


def decide(sale: Sale, rates: Iterable[PlacedRate]) -> TaxDecision:
    """Which of ``rates`` a line bears, and why.

    Raises ``InvalidInput`` where the seller is registered and no rate is known for the category.
    """
    seller, buyer = sale.seller, sale.buyer
    if (exempt := exempt_at(buyer, sale.at)) is not None:
        return exempt
    if not seller.registrations:
        return TaxDecision(TaxTreatment.NOT_REGISTERED, "the seller is registered for tax nowhere")
    if buyer.place is not None and _reversed(seller, buyer):
        reason = (
            f"the customer is a business with a tax number of {buyer.registered_in} and accounts for the tax"
            " (Directive 2006/112/EC, Article 196)"
        )
        return TaxDecision(TaxTreatment.REVERSE_CHARGE, reason)
    place, why = _place_of(seller, buyer)
    covering = [] if place is None else [one for one in seller.registrations if one.covers(place)]
    if place is None or not covering:
        return TaxDecision(TaxTreatment.NOT_REGISTERED, f"the seller is not registered for tax in {why}")
    found = [
        rate
        for rate in rates_at(place, sale.category, sale.at, rates)
        if any(one.covers_rate(rate) for one in covering)
    ]
    if not found:
        raise InvalidInput(
            f"there is no rate of tax for {sale.category} in {place} on {sale.at:%Y-%m-%d}",
            field="tax_rates",
            allowed=f"a rate for {place} in force then (0 per cent where nothing is charged)",
        )
    zero = all(not one.rate.percent for one in found)
    return TaxDecision(TaxTreatment.ZERO_RATED if zero else TaxTreatment.TAXED, why, tuple(found))


def rates_at(place: Place, category: str, at: datetime, rates: Iterable[PlacedRate]) -> list[PlacedRate]:
    """The rates that apply at a place together, the widest level's first."""
    applying = [rate for rate in rates if rate.applies(place, category, at)]
    levels = sorted({rate.level for rate in applying})
    kept: list[PlacedRate] = []
    for level in levels:
        here = _own_category([rate for rate in applying if rate.level == level], category)
        if any(rate.replaces_wider for rate in here):
            kept = []
        kept += sorted(here, key=lambda rate: rate.rate.code)
    return kept


def _own_category(rates: Sequence[PlacedRate], category: str) -> Sequence[PlacedRate]:
    return [rate for rate in rates if rate.category == category] or rates


def _reversed(seller: Seller, buyer: Buyer) -> bool:
    assert buyer.place is not None
    return (
        any(one.country in MEMBER_STATES for one in seller.registrations)
        and buyer.place.country in MEMBER_STATES
        and buyer.place.country != seller.country
        and buyer.registered_in in MEMBER_STATES
        and buyer.registered_in != seller.country
    )


def _place_of(seller: Seller, buyer: Buyer) -> tuple[Place | None, str]:
    """The place whose rates apply, and why; where the customer's country is unknown, the seller's own."""
    home = None if seller.country is None else Place(seller.country)
    if buyer.place is None:
        return home, "the country of a customer without an address" if home is None else (
            f"the customer's country is not known, so it is taxed in {home}, where the seller is"
        )
    if any(one.covers(buyer.place) for one in seller.registrations):
        return buyer.place, f"taxed in {buyer.place}, where the customer is"
    if (
        home is not None
        and {home.country, buyer.place.country} <= MEMBER_STATES
        and any(one.covers(home) for one in seller.registrations)
    ):
        return home, (
            f"taxed in {home}, where the seller is: it is not registered in {buyer.place}"
            " (Directive 2006/112/EC, Article 59c)"
        )
    return None, str(buyer.place)


def _same(region: str, other: str | None) -> bool:
    return other is not None and region.casefold() == other.casefold()


def _squeezed(postal: str | None) -> str:
    return "".join((postal or "").split()).upper()
