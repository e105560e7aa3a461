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
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import format_instant
from counterfoil.core.errors import CounterfoilError, TooLarge
from counterfoil.core.ids import show_id
from counterfoil.core.money import Rounding, unit_of
from counterfoil.core.pricing import Detail, GroupUsage, Measured, WindowUsage
from counterfoil.core.pricing.measured import QUANTITY_ALONE
from counterfoil.core.rating import Explanation, Origin, RatingInput, rate_line, window_grid
from counterfoil.modules.catalog import QuantitySource
from counterfoil.modules.invoicing import NewLine
from counterfoil.modules.usage import (
    MAX_AMOUNTS,
    AmountsReading,
    GroupReading,
    MeterReading,
    UsageWindow,
    WindowReading,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.billing_periods import ServicePeriod
    from counterfoil.core.pricing import Need, Pricing
    from counterfoil.core.rating import PriceTerms
    from counterfoil.modules.billing.ports import Answer
    from counterfoil.modules.catalog import Meter, Price
    from counterfoil.modules.invoicing import Invoice, InvoiceLine
    from counterfoil.modules.subscriptions import Subscription, SubscriptionItem

type Reading = (
    MeterReading | Sequence[GroupReading] | Sequence[WindowReading] | AmountsReading | CounterfoilError
)
"""What was read for a charge, in the detail that its price needs, or why it cannot be read."""

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One price of one subscription item for the service period ``[start, end)``.

    ``quantity`` is ``None`` where a meter says it.  ``share`` is the part of a whole period that it is,
    ``proration`` the part of the price that it costs, which for usage is all of it but where the meter tells
    a level: ten seats for half a month are half a month of ten seats.  ``payer_id`` is whose name a draft
    bears that is rated again; ``None``: of whoever pays for the customer now.  ``known_at``: with the usage
    that was known then (real time), and not now.  ``discounted_by``: the discounts that its draft tells of,
    by public id: they cover it, whichever plan the subscription is on meanwhile.
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
    share: Fraction
    zone: str
    share_note: str = ""
    issuer_id: UUID | None = None
    payer_id: UUID | None = None
    rounding: Rounding = Rounding.HALF_UP
    known_at: datetime | None = None
    discounted_by: frozenset[str] = frozenset()

    def window(self, key: int, need: Need) -> UsageWindow:
        """The usage that this charge is for, known as ``key`` in the reading; ``TooLarge`` as a grid is."""
        grid = None
        if need.window is not None:
            grid = window_grid(need.window, self.start, self.end, self.zone)
        return UsageWindow(
            key=key,
            customer_id=self.customer_id,
            subscription_id=self.subscription_id,
            start=self.start,
            end=self.end,
            filters=self.price.filters,
            grid=grid,
            known_at=self.known_at,
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
        share=period.share,
        share_note=period.share_note,
        zone=subscription.zone,
        rounding=subscription.policy.rounding,
    )


def charge_of_line(invoice: Invoice, line: InvoiceLine, prices: Mapping[UUID, Price]) -> Charge:
    """The charge behind a drafted line of a subscription, to be rated again."""
    assert line.subscription_id is not None
    assert line.customer_id is not None
    assert line.subscription_item_id is not None
    assert line.price_id is not None
    price = prices[line.price_id]
    told = Explanation.from_json(line.explanation)
    return Charge(
        customer_id=line.customer_id,
        subscription_id=line.subscription_id,
        item_id=line.subscription_item_id,
        price=price,
        currency=invoice.currency,
        start=line.service_start,
        end=line.service_end,
        quantity=None if price.quantity_source is QuantitySource.USAGE else line.quantity,
        proration=told.proration,
        proration_note=told.proration_note,
        share=_share_told(told),
        share_note=told.proration_note,
        zone=invoice.zone,
        issuer_id=invoice.issuer_id,
        payer_id=invoice.customer_id,
        rounding=told.rounding,
        discounted_by=frozenset(applied.discount.ref for applied in told.discounts),
    )


def _share_told(told: Explanation) -> Fraction:
    """The part of a period that a line was for."""
    if told.share is not None:
        return told.share
    bound = told.minimum or told.maximum  # all that was told of it at first
    return told.proration if bound is None or bound.share is None else bound.share


def rated_line(
    charge: Charge,
    reading: Reading | None,
    meters: Mapping[UUID, Meter],
    taxes: Answer,
) -> NewLine:
    """The line of a charge; ``reading`` is what its meter counted, for usage.

    Raises ``InvalidInput`` for a quantity that has no price (below zero, above a table that ends) and
    ``TooLarge`` for an amount that cannot be stored, and why its taxes are not known; all name the price
    and the period.
    """
    try:
        rated = rate_line(rating_input(charge, reading, meters))
        if isinstance(taxes, CounterfoilError):
            raise type(taxes)(taxes.message, field=taxes.field, allowed=taxes.allowed)
    except CounterfoilError as error:
        start, end = (format_instant(at) for at in (charge.start, charge.end))
        error.message = f"{charge.price.name} from {start} to {end}: {error.message}"
        raise
    return NewLine(
        description=charge.price.name,
        service_start=charge.start,
        service_end=charge.end,
        cadence=charge.price.cadence,
        rated=rated,
        taxes=taxes.taxes,
        tax_mode=taxes.mode,
        tax_treatment=taxes.treatment,
        tax_reason=taxes.reason,
        subscription_item_id=charge.item_id,
        price_id=charge.price.id,
    )


def rating_input(charge: Charge, reading: Reading | None, meters: Mapping[UUID, Meter]) -> RatingInput:
    """What a charge's amount depends on, without discounts; ``TooLarge`` as ``measured``."""
    price = charge.price
    period = (charge.start, charge.end)
    meter = None if price.meter_id is None else meters[price.meter_id]
    pricing, terms = _costs(price, charge.currency)
    used = measured(reading) if charge.quantity is None else Measured(charge.quantity)
    share, note = charge.proration, charge.proration_note
    # Windows are as long as they are in any period, so a part of it has fewer of them.
    if meter is not None and meter.measures().is_level() and pricing.need.detail is not Detail.WINDOWS:
        share, note = charge.share, charge.share_note
    return RatingInput(
        pricing=pricing,
        terms=terms,
        quantity=used,
        unit=unit_of(charge.currency),
        proration=share,
        proration_note=note,
        share=charge.share,
        rounding=charge.rounding,
        origin=Origin(
            price_version=show_id("price", price.id),
            meter=None if meter is None else meter.code,
            events=None if meter is None else used.events,
            window=period if meter is not None else None,
            service_period=period,
            cadence=price.cadence,
            pricing_unit=price.stated_in(charge.currency),
        ),
    )


def need_of(charge: Charge) -> Need:
    """What must be known of the usage; a number of events is known with every quantity."""
    need = _costs(charge.price, charge.currency)[0].need
    return QUANTITY_ALONE if need.detail is Detail.EVENTS else need


def measured(reading: Reading | None) -> Measured:
    """The usage that was read, for its price; ``TooLarge`` if there is more detail than can be priced."""
    match reading:
        case None:
            return Measured(ZERO, 0)
        case CounterfoilError():
            raise reading
        case MeterReading():
            return Measured(ZERO if reading.value is None else reading.value, reading.events)
        case AmountsReading():
            if reading.amounts is None:
                raise TooLarge(
                    f"there are {reading.events:,} events, too many to price one by one",
                    field="quantity",
                    allowed=f"at most {MAX_AMOUNTS:,} in a period",
                )
            return Measured.of_amounts(reading.amounts)
    events = sum(one.reading.events for one in reading)
    groups = tuple(
        GroupUsage(one.group, one.reading.value or ZERO) for one in reading if isinstance(one, GroupReading)
    )
    windows = tuple(
        WindowUsage(one.start, one.reading.value or ZERO) for one in reading if isinstance(one, WindowReading)
    )
    if groups:
        return Measured.of_groups(groups, events)
    return Measured.of_windows(windows, events) if windows else Measured(ZERO, events)


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
