"""What the tests of invoices are made of: a customer, and lines rated by hand-picked prices."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from counterfoil.core.money import unit_of
from counterfoil.core.pricing import parse_pricing
from counterfoil.core.rating import Cadence, Origin, RatingInput, rate_line
from counterfoil.core.tax import TaxMode, TaxRate
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.invoicing import AppliedTax, Invoice, NewInvoice, NewLine, add_drafts, finalise
from counterfoil.store import Store, Uow
from tests.conftest import Tenant

VAT = AppliedTax(TaxRate.of("vat-19", "19"), "VAT")
REDUCED = AppliedTax(TaxRate.of("vat-7", "7"), "Reduced VAT")


def at(text: str) -> datetime:
    """Midnight UTC of a day, or an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def line(
    amount: str,
    *taxes: AppliedTax,
    currency: str = "EUR",
    model: str = "flat",
    params: Mapping[str, Any] | None = None,
    quantity: str = "1",
    mode: TaxMode = TaxMode.EXCLUSIVE,
    cadence: Cadence = Cadence.IN_ADVANCE,
    item: UUID | None = None,
    start: str = "2026-01-01",
    end: str = "2026-02-01",
    description: str = "Platform fee",
) -> NewLine:
    """A line of a flat price of ``amount``, or of a model with ``params``, for January."""
    rated = rate_line(
        RatingInput(
            pricing=parse_pricing(model, params or {"amount": amount}),
            quantity=Decimal(quantity),
            unit=unit_of(currency),
            origin=Origin(service_period=(at(start), at(end)), cadence=cadence),
        )
    )
    return NewLine(
        description=description,
        service_start=at(start),
        service_end=at(end),
        cadence=cadence,
        rated=rated,
        taxes=taxes,
        tax_mode=mode,
        subscription_item_id=item,
        price_id=item,
    )


@dataclass(frozen=True)
class World:
    """A tenant with a customer."""

    store: Store
    tenant: Tenant
    customer_id: UUID

    def on(self, day: str) -> AbstractAsyncContextManager[Uow]:
        """A unit of work of this tenant on a day."""
        return self.store.unit(self.tenant.scope, now=at(day))

    def new(self, *lines: NewLine, currency: str = "EUR", **more: Any) -> NewInvoice:
        """An invoice to draft, for January; nobody else's billing run shall find it due."""
        return NewInvoice(
            customer_id=self.customer_id,
            currency=currency,
            period_start=at("2026-01-01"),
            period_end=at("2026-02-01"),
            lines=lines,
            **{"finalise_at": at("2999-01-01")} | more,
        )

    async def draft(self, *lines: NewLine, day: str = "2026-02-01", **more: Any) -> Invoice:
        """A draft of these lines, committed."""
        async with self.on(day) as uow:
            [invoice] = await add_drafts(uow, [self.new(*lines, **more)])
        return invoice

    async def open(self, *lines: NewLine, day: str = "2026-02-01", **more: Any) -> Invoice:
        """A finalised invoice of these lines, committed."""
        async with self.on(day) as uow:
            [draft] = await add_drafts(uow, [self.new(*lines, **more)])
            [invoice] = await finalise(uow, [draft.id])
        return invoice


async def make_world(store: Store, tenant: Tenant) -> World:
    """A customer of a tenant."""
    async with store.unit(tenant.scope) as uow:
        customer = await create_customer(uow, NewCustomer("Nordwind GmbH", zone="Europe/Berlin"))
    return World(store, tenant, customer.id)
