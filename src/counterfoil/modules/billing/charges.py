"""Charges: what one price costs for one service period, decided from what was loaded.

Pure: a charge with its quantity becomes a rated line with its taxes, by ``core.rating``.  Always holds: the
same charge and reading give the same line, whether it is drafted, rated again before finalisation, or only
previewed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from counterfoil.core.calendar import format_instant
from counterfoil.core.errors import CounterfoilError
from counterfoil.core.ids import show_id
from counterfoil.core.money import unit_of
from counterfoil.core.rating import Explanation, Origin, RatedLine, RatingInput, rate_line
from counterfoil.core.tax import TaxMode, TaxRate
from counterfoil.modules.catalog import QuantitySource
from counterfoil.modules.invoicing import AppliedTax, NewLine
from counterfoil.modules.usage import UsageWindow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.billing_periods import ServicePeriod
    from counterfoil.core.pricing import Pricing
    from counterfoil.core.rating import PriceTerms
    from counterfoil.modules import catalog
    from counterfoil.modules.catalog import Meter, Price
    from counterfoil.modules.invoicing import Invoice, InvoiceLine
    from counterfoil.modules.subscriptions import Subscription, SubscriptionItem
    from counterfoil.modules.usage import MeterReading


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One price of one subscription item for the service period ``[start, end)``.

    ``quantity`` is ``None`` where a meter says it.
    """

    customer_id: UUID
    subscription_id: UUID
    item_id: UUID
    price: Price
    currency: str
    start: datetime
    end: datetime
    quantity: Decimal | None
    proration: Fraction
    proration_note: str

    def window(self, key: int) -> UsageWindow:
        """The usage that this charge is for, known as ``key`` in the reading."""
        return UsageWindow(
            key=key,
            customer_id=self.customer_id,
            subscription_id=self.subscription_id,
            start=self.start,
            end=self.end,
            filters=self.price.filters,
        )


def charge_for(
    subscription: Subscription, item: SubscriptionItem, price: Price, period: ServicePeriod
) -> Charge:
    """The charge of an item's service period, with the quantity that the item has now."""
    quantities = {
        QuantitySource.USAGE: None,
        QuantitySource.ITEM: item.quantity,
        QuantitySource.ONE: Decimal(1),
    }
    return Charge(
        customer_id=subscription.customer_id,
        subscription_id=subscription.id,
        item_id=item.id,
        price=price,
        currency=subscription.currency,
        start=period.start,
        end=period.end,
        quantity=quantities[price.quantity_source],
        proration=period.proration,
        proration_note=period.note,
    )


def charge_of_line(invoice: Invoice, line: InvoiceLine, prices: Mapping[UUID, Price]) -> Charge:
    """The charge behind a drafted line of a subscription, to be rated again."""
    assert invoice.subscription_id is not None
    assert line.subscription_item_id is not None
    assert line.price_id is not None
    price = prices[line.price_id]
    told = Explanation.from_json(line.explanation)
    return Charge(
        customer_id=invoice.customer_id,
        subscription_id=invoice.subscription_id,
        item_id=line.subscription_item_id,
        price=price,
        currency=invoice.currency,
        start=line.service_start,
        end=line.service_end,
        quantity=None if price.quantity_source is QuantitySource.USAGE else line.quantity,
        proration=told.proration,
        proration_note=told.proration_note,
    )


def rated_line(
    charge: Charge,
    reading: MeterReading | None,
    meters: Mapping[UUID, Meter],
    taxes: Mapping[UUID, catalog.TaxRate],
    *,
    tax_exempt: bool,
) -> NewLine:
    """The line of a charge; ``reading`` is what its meter counted, for usage.

    Raises ``InvalidInput`` for a quantity that has no price (below zero, above a table that ends) and
    ``TooLarge`` for an amount that cannot be stored; both name the price and the period.
    """
    try:
        rated = _rated(charge, reading, meters)
    except CounterfoilError as error:
        start, end = (format_instant(at) for at in (charge.start, charge.end))
        error.message = f"{charge.price.name} from {start} to {end}: {error.message}"
        raise
    borne = [] if tax_exempt else [taxes[rate_id] for rate_id in charge.price.tax_rate_ids]
    return NewLine(
        description=charge.price.name,
        service_start=charge.start,
        service_end=charge.end,
        cadence=charge.price.cadence,
        rated=rated,
        taxes=tuple(AppliedTax(TaxRate(rate.code, rate.percent), rate.name, rate.id) for rate in borne),
        tax_mode=TaxMode.INCLUSIVE if any(rate.inclusive for rate in borne) else TaxMode.EXCLUSIVE,
        subscription_item_id=charge.item_id,
        price_id=charge.price.id,
    )


def _rated(charge: Charge, reading: MeterReading | None, meters: Mapping[UUID, Meter]) -> RatedLine:
    price = charge.price
    period = (charge.start, charge.end)
    meter = None if price.meter_id is None else meters[price.meter_id]
    pricing, terms = _costs(price, charge.currency)
    quantity = charge.quantity
    if quantity is None:
        quantity = Decimal(0) if reading is None or reading.value is None else reading.value
    return rate_line(
        RatingInput(
            pricing=pricing,
            terms=terms,
            quantity=quantity,
            unit=unit_of(charge.currency),
            proration=charge.proration,
            proration_note=charge.proration_note,
            origin=Origin(
                price_version=show_id("price", price.id),
                meter=None if meter is None else meter.code,
                events=(0 if reading is None else reading.events) if meter is not None else None,
                window=period if meter is not None else None,
                service_period=period,
                cadence=price.cadence,
            ),
        )
    )


def _costs(price: Price, currency: str) -> tuple[Pricing, PriceTerms]:
    return _cached_costs(_Immutable(price), currency)


class _Immutable:
    """A price as a key of the cache: prices never change, so the id tells all."""

    __slots__ = ("price",)

    def __init__(self, price: Price) -> None:
        self.price = price

    def __hash__(self) -> int:
        return hash(self.price.id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Immutable) and other.price.id == self.price.id


@lru_cache(maxsize=10_000)
def _cached_costs(price: _Immutable, currency: str) -> tuple[Pricing, PriceTerms]:
    return price.price.pricing(currency), price.price.agreed(currency)
