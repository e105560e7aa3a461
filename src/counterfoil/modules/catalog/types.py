"""Commands and views of tax rates, plans and prices; products and features have a file of their own.

A command's enum is given by its value as text; what is none of the enum's is refused by the use case.
A command without a code makes an object whose code is its public id (``plan_01j…``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core import tax
from counterfoil.core.calendar import Interval, IntervalUnit
from counterfoil.core.errors import InvalidInput
from counterfoil.core.pricing import Detail, Pricing, parse_pricing
from counterfoil.core.rating import Cadence
from counterfoil.core.tax_rules import PlacedRate, in_force
from counterfoil.modules.catalog.price_terms import narrowed, terms_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.rating import PriceTerms, PropertyValue


_interval: Final = lru_cache(maxsize=1000)(Interval)  # lists ask each price of each row for it


EVERY_DETAIL: Final = tuple(Detail)
"""What can be told of metered usage."""


class Visibility(StrEnum):
    """Whether pricing pages show it."""

    PUBLIC = "public"
    PRIVATE = "private"


class PlanKind(StrEnum):
    """How a plan is offered; what it is, not a rule about who may subscribe."""

    STANDARD = "standard"
    """To everybody."""
    BESPOKE = "bespoke"
    """Made for one customer: pricing pages say whom to ask."""
    COMING_SOON = "coming_soon"
    """Announced."""


class PlanVersionStatus(StrEnum):
    """Whether a version can be subscribed to."""

    DRAFT = "draft"
    PUBLISHED = "published"


class QuantitySource(StrEnum):
    """Where a price's quantity comes from."""

    USAGE = "usage"
    """The meter, over the service period."""
    ITEM = "item"
    """The subscription item's quantity, such as its seats."""
    ONE = "one"
    """Always 1, for a fee."""


@dataclass(frozen=True, slots=True)
class CatalogObject:
    """What every object of the catalog has."""

    id: UUID
    external_id: str | None
    meta: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class TaxRate(CatalogObject):
    """A rate of tax in per cent; ``inclusive``: the prices that bear it contain it.

    With a ``country`` it applies by itself to what is sold there (``core.tax_rules.PlacedRate``); without one
    only to the prices that name it.  It is in force in ``[valid_from, valid_to)``.
    """

    code: str
    name: str
    percent: Decimal
    inclusive: bool
    archived_at: datetime | None
    country: str | None = None
    region: str | None = None
    postal_prefix: str | None = None
    category: str | None = None
    replaces_wider: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        """Whether it applies at an instant."""
        return in_force(at, self.valid_from, self.valid_to)

    @property
    def rate(self) -> tax.TaxRate:
        """The rate as core computes with it."""
        return tax.TaxRate(self.code, self.percent)

    @property
    def placed(self) -> PlacedRate:
        """The rate with its place, as core decides by it."""
        assert self.country is not None
        return PlacedRate(
            rate=self.rate,
            country=self.country,
            region=self.region,
            postal_prefix=self.postal_prefix,
            category=self.category,
            replaces_wider=self.replaces_wider,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )


@dataclass(frozen=True, slots=True)
class Plan(CatalogObject):
    """A priced package of features.

    ``position`` orders plans where they are shown, the lowest first.  ``min_seats`` and ``max_seats``
    (``None`` without limit) bound the seats; a price of the model ``seat`` has bounds of its own.
    ``trial_days``: how long a new subscription is in its trial unless it says otherwise; ``evaluation_days``:
    how long one that asks for a trial that expires.  ``latest_number`` is its newest version's, drafts
    included; ``published_number`` the version's that new subscriptions get.
    """

    code: str
    name: str
    description: str | None
    product_id: UUID | None
    visibility: Visibility
    position: int
    kind: PlanKind
    min_seats: int
    max_seats: int | None
    trial_days: int | None
    evaluation_days: int | None
    archived_at: datetime | None
    latest_number: int | None = None
    published_number: int | None = None
    tax_category: str | None = None


@dataclass(frozen=True, slots=True)
class Price(CatalogObject):
    """A pricing model with its parameters for each currency: what it costs never changes, its labels may.

    It belongs to a plan, in any number of its versions, or (``plan_id`` is ``None``) to one subscription.
    ``ended_at``: when it left the plan; who has it keeps it.  ``feature_id``: the feature that it charges
    for.  ``unit``: what one of the quantity is called, such as ``GB``.  ``terms``: what is agreed besides the
    model, in the form of ``price_terms``.  ``filters`` narrow the meter's events; ``interval_unit`` ×
    ``interval_count`` is how often it recurs.  It bears the rates that ``tax_rate_ids`` names; with none
    those of its ``tax_category`` where it is sold (``None``: its plan's, its product's, or the issuer's).
    ``pricing_unit``: where its amounts were stated in a unit of pricing, that unit's ``code``, ``exponent``
    and ``rates`` then, and the ``params`` in it; ``params`` are those, converted.
    """

    plan_id: UUID | None
    code: str
    name: str
    description: str | None
    feature_id: UUID | None
    unit: str | None
    model: str
    params: Mapping[str, dict[str, Any]]
    terms: Mapping[str, Any]
    meter_id: UUID | None
    filters: Mapping[str, list[str]]
    quantity_source: QuantitySource
    interval_unit: IntervalUnit
    interval_count: int
    cadence: Cadence
    tax_rate_ids: Sequence[UUID]
    ended_at: datetime | None
    tax_category: str | None = None
    add_on_id: UUID | None = None
    pricing_unit: Mapping[str, Any] | None = None

    @property
    def interval(self) -> Interval:
        """How often it recurs."""
        return _interval(self.interval_unit, self.interval_count)

    def pricing(self, currency: str) -> Pricing:
        """The model with its parameters in this currency, or ``InvalidInput`` if the price has none in it."""
        params = self.params.get(currency)
        if params is None:
            raise InvalidInput(
                f"the price {self.code} has no amounts in {currency}",
                field="currency",
                allowed=", ".join(self.params),
            )
        return parse_pricing(self.model, params, given=EVERY_DETAIL)

    def stated_in(self, currency: str) -> tuple[str, Decimal] | None:
        """The unit of pricing in which its amounts were stated, and its rate in this currency."""
        if self.pricing_unit is None:
            return None
        return self.pricing_unit["code"], Decimal(self.pricing_unit["rates"][currency])

    def agreed(self, currency: str) -> PriceTerms:
        """What is agreed besides the model, in one of its currencies."""
        return terms_of(self.terms, currency)

    def terms_in(self, currency: str) -> dict[str, Any]:
        """Its terms as those of a price that has this currency alone."""
        return narrowed(self.terms, currency)


@dataclass(frozen=True, slots=True)
class PricingUnit(CatalogObject):
    """An organization's own unit in which prices may state amounts, such as credits.

    ``exponent``: how many places its amounts have.  ``rates``: what one of it is worth in each currency, as
    text.  They may change: a price keeps those with which it was made.
    """

    code: str
    name: str
    exponent: int
    rates: Mapping[str, str]
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlanFeature:
    """A feature and its value in a plan's version; the form of the value is its kind's (numbers as text)."""

    feature_id: UUID
    value: Any


@dataclass(frozen=True, slots=True)
class PlanVersion(CatalogObject):
    """What a plan gives and costs, prices in order.  Once published it never changes."""

    plan_id: UUID
    number: int
    status: PlanVersionStatus
    published_at: datetime | None
    features: Sequence[PlanFeature]
    prices: Sequence[Price]

    @property
    def currencies(self) -> list[str]:
        """The currencies that every one of its prices has: those in which one can take all of them."""
        if not self.prices:
            return []
        common = set.intersection(*(set(price.params) for price in self.prices))
        return sorted(common)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTaxRate:
    """A rate of tax to make; with a country it applies by itself to what is sold there."""

    name: str
    code: str | None = None
    percent: Decimal | int | str
    inclusive: bool = False
    country: str | None = None
    region: str | None = None
    postal_prefix: str | None = None
    category: str | None = None
    replaces_wider: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPricingUnit:
    """A unit of pricing to make: ``rates`` is what one of it is worth in each currency."""

    code: str
    name: str
    rates: Mapping[str, Decimal]
    exponent: int = 0
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrice:
    """A price of a plan or of a subscription.  ``params``: for each currency, the model's parameters as JSON.

    ``terms``: what is agreed besides the model, as ``price_terms.read_terms`` takes it.  Without a name it is
    called as its code.  Instead of currencies, ``params`` may have the code of one unit of pricing; whoever
    reads the command then converts it (``pricing_units.in_currencies``) and says so in ``pricing_unit``.
    """

    model: str
    params: Mapping[str, Mapping[str, Any]]
    terms: Mapping[str, Any] = field(default_factory=dict)
    code: str | None = None
    name: str | None = None
    description: str | None = None
    feature_id: UUID | None = None
    unit: str | None = None
    meter_id: UUID | None = None
    filters: Mapping[str, Sequence[PropertyValue]] = field(default_factory=dict)
    quantity_source: str = QuantitySource.ONE
    interval_unit: str = IntervalUnit.MONTH
    interval_count: int = 1
    cadence: str = Cadence.IN_ADVANCE
    tax_rate_ids: Sequence[UUID] = ()
    tax_category: str | None = None
    pricing_unit: Mapping[str, Any] | None = None
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def like(cls, price: Price, **changed: Any) -> NewPrice:
        """The command for a price as this one, but for what is ``changed``, and without its external id."""
        names = [one.name for one in fields(cls) if one.name != "external_id"]
        return cls(**{name: getattr(price, name) for name in names} | changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlanVersion:
    """A version to make; ``publish`` makes it the one that new subscriptions get, at once.

    ``keep``: prices that the plan has already, in their order; the new ones follow.
    """

    features: Sequence[PlanFeature] = ()
    keep: Sequence[UUID] = ()
    prices: Sequence[NewPrice] = ()
    publish: bool = False
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlan:
    """A plan to make, perhaps with its first version."""

    name: str
    code: str | None = None
    description: str | None = None
    product_id: UUID | None = None
    visibility: str = Visibility.PUBLIC
    position: int = 0
    kind: str = PlanKind.STANDARD
    min_seats: int = 1
    max_seats: int | None = None
    trial_days: int | None = None
    evaluation_days: int | None = None
    tax_category: str | None = None
    initial: NewPlanVersion | None = None
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CatalogChanges:
    """Fields to change, by name; a field that is not there stays as it is.

    ``expected_version`` is the version that the caller saw (If-Match); ``None`` changes any.
    """

    fields: Mapping[str, Any]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogFilter:
    """Which objects of a kind are looked for; ``None`` asks nothing, an empty collection finds nothing.

    ``name_contains`` compares without regard to case; ``archived``: only archived ones, or only the others;
    ``created_from`` and ``created_to`` are both inclusive.  A kind is asked only for what it has.
    """

    ids: Collection[UUID] | None = None
    external_ids: Collection[str] | None = None
    codes: Collection[str] | None = None
    name_contains: str | None = None
    product_id: UUID | None = None
    meter_ids: Collection[UUID] | None = None
    channel: str | None = None
    archived: bool | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFilter:
    """Which prices are looked for; ``None`` asks nothing, an empty collection finds nothing.

    ``ended``: only those that left their plan, or only the others; ``created_from`` and ``created_to`` are
    both inclusive.
    """

    ids: Collection[UUID] | None = None
    external_ids: Collection[str] | None = None
    codes: Collection[str] | None = None
    plan_ids: Collection[UUID] | None = None
    feature_ids: Collection[UUID] | None = None
    meter_ids: Collection[UUID] | None = None
    ended: bool | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
