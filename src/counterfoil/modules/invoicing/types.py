"""Commands and views of invoicing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.money import Money, total_of
from counterfoil.core.rating import LineKind
from counterfoil.core.states.invoice import InvoiceState
from counterfoil.core.tax import TaxMode, TaxRounding
from counterfoil.core.tax_rules import STANDARD, Seller, TaxPoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.core.money import Unit
    from counterfoil.core.rating import Cadence, CommitmentPart, RatedLine, Sentence, Totals
    from counterfoil.core.tax import TaxRate
    from counterfoil.core.tax_rules import Registration, TaxTreatment

DEFAULT_GRACE_SECONDS: Final = 3600
DEFAULT_NET_DAYS: Final = 14
DEFAULT_LATE_USAGE_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Issuer:
    """The legal entity in whose name invoices are written, and its series of numbers.

    The next invoice gets ``number_prefix`` and ``next_number`` in at least six digits.  A draft stays one
    for ``grace_seconds``; an invoice is due ``net_days`` after it is finalised.  For ``late_usage_days``
    after that, usage of its periods which comes late is billed on a later one (0: never).  ``footer`` is
    printed at the foot of each page: bank account, registration.

    ``registrations``: where it is registered for tax; nowhere: no place has a tax.  ``tax_category`` is that
    of prices, plans and products that state none; ``tax_point`` says whose day's rates a line bears.
    """

    id: UUID
    external_id: str | None
    code: str
    is_default: bool
    name: str
    address: Mapping[str, Any]
    tax_number: str | None
    footer: str | None
    number_prefix: str
    next_number: int
    grace_seconds: int
    net_days: int
    late_usage_days: int
    language: str
    meta: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    registrations: Sequence[Registration] = ()
    tax_category: str = STANDARD
    tax_rounding: TaxRounding = TaxRounding.PER_INVOICE
    tax_point: TaxPoint = TaxPoint.SERVICE_END

    @property
    def as_seller(self) -> Seller:
        """The issuer as core decides taxes by it: established where its address is."""
        return Seller(self.address.get("country"), tuple(self.registrations))


@dataclass(frozen=True, slots=True)
class NewIssuer:
    """An issuer to make."""

    code: str
    name: str
    external_id: str | None = None
    address: Mapping[str, Any] = field(default_factory=dict)
    tax_number: str | None = None
    footer: str | None = None
    number_prefix: str = "INV-"
    next_number: int = 1
    grace_seconds: int = DEFAULT_GRACE_SECONDS
    net_days: int = DEFAULT_NET_DAYS
    late_usage_days: int = DEFAULT_LATE_USAGE_DAYS
    language: str = "en"
    registrations: Sequence[Registration] = ()
    tax_category: str = STANDARD
    tax_rounding: TaxRounding = TaxRounding.PER_INVOICE
    tax_point: TaxPoint = TaxPoint.SERVICE_END
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """Fields to change, by name; ``expected_version`` is the one that the caller saw, ``None`` any."""

    fields: Mapping[str, Any]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class AppliedTax:
    """A rate of tax that a line bears: what it is called, how much, and the catalog's id of it."""

    rate: TaxRate
    name: str
    tax_rate_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A rated line of an invoice to write; its tax is worked out with the invoice's other lines'.

    ``of_line_id``: the line that a credit gives back, or an adjustment corrects.  Only charges cannot be
    below zero.  ``id``: its own, where it is a draft's line that is written again.  ``commitment_term_id``:
    the term of a commitment that it belongs to.  ``subscription_id`` and ``customer_id`` where they may not
    be the invoice's.
    """

    description: str
    service_start: datetime
    service_end: datetime
    cadence: Cadence
    rated: RatedLine
    taxes: tuple[AppliedTax, ...] = ()
    tax_mode: TaxMode = TaxMode.EXCLUSIVE
    tax_treatment: TaxTreatment | None = None
    tax_reason: str | None = None
    subscription_item_id: UUID | None = None
    price_id: UUID | None = None
    kind: LineKind = LineKind.CHARGE
    of_line_id: UUID | None = None
    id: UUID | None = None
    commitment_term_id: UUID | None = None
    subscription_id: UUID | None = None
    customer_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvoice:
    """A draft to write.  ``zone`` is where its dates are read; ``finalise_at`` defaults to now + grace.

    ``totals`` are those of its lines (``totals_of``) where the caller has worked them out already.
    """

    customer_id: UUID
    currency: str
    period_start: datetime
    period_end: datetime
    lines: tuple[NewLine, ...]
    subscription_id: UUID | None = None
    issuer_id: UUID | None = None
    zone: str = "UTC"
    finalise_at: datetime | None = None
    totals: Totals | None = None
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewAmounts:
    """What a draft shall hold instead, after it was rated again; ``totals`` as in ``NewInvoice``."""

    invoice_id: UUID
    lines: tuple[NewLine, ...]
    totals: Totals | None = None


@dataclass(frozen=True, slots=True)
class InvoiceTax:
    """What an invoice states for one rate: the net of the lines that bear it, and the tax."""

    code: str
    name: str
    percent: Decimal
    taxable: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class InvoiceDiscount:
    """What one discount took off an invoice's lines, as they are priced: with their tax where they have it.

    ``discount_id`` is ``None`` for one that nobody redeemed.
    """

    discount_id: UUID | None
    name: str
    amount: Money


@dataclass(frozen=True, slots=True)
class LineTax:
    """A line's share of the tax of one rate."""

    tax_rate_id: UUID | None
    code: str
    tax: Money


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice.

    ``subtotal`` is net of tax, also of lines whose prices include it, so ``subtotal + tax == total``.
    ``discounts`` were taken off before that.  ``seller`` and ``buyer`` are the issuer and the customer as
    they were when it was finalised, ``None`` before; ``known_at`` is the real time until when usage was known
    then.
    """

    id: UUID
    external_id: str | None
    number: str | None
    issuer_id: UUID
    customer_id: UUID
    subscription_id: UUID | None
    currency: str
    zone: str
    status: InvoiceState
    period_start: datetime
    period_end: datetime
    drafted_at: datetime
    finalise_at: datetime
    finalised_at: datetime | None
    due_at: datetime | None
    paid_at: datetime | None
    voided_at: datetime | None
    subtotal: Money
    tax: Money
    total: Money
    amount_paid: Money
    taxes: tuple[InvoiceTax, ...]
    discounts: tuple[InvoiceDiscount, ...]
    seller: Mapping[str, Any] | None
    buyer: Mapping[str, Any] | None
    meta: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    known_at: datetime | None = None

    @property
    def unit(self) -> Unit:
        """The unit of its amounts."""
        return self.total.unit

    @property
    def discount(self) -> Money:
        """What its discounts took off, together."""
        return total_of((one.amount for one in self.discounts), self.unit)

    @property
    def amount_due(self) -> Money:
        """What is still to be paid: nothing on a draft, a void invoice, or one below zero."""
        if self.status not in (InvoiceState.OPEN, InvoiceState.UNCOLLECTABLE):
            return Money.zero(self.unit)
        return self.total - self.amount_paid


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A line of an invoice: ``amount`` is its net, and ``amount + tax == total``.

    ``tax_treatment`` and ``tax_reason`` say why it bears its taxes, or none; ``None`` on lines that were
    written before.  ``of_line_id``: the line that it gives back or corrects.  ``explanation`` is the stored
    form of ``core.rating.AnyExplanation``.  ``subscription_id`` and ``customer_id`` are whose it is, which
    may be others than the invoice's: a joint one has no subscription, and a payer's is for others too.
    """

    id: UUID
    invoice_id: UUID
    position: int
    kind: LineKind
    of_line_id: UUID | None
    subscription_item_id: UUID | None
    price_id: UUID | None
    description: str
    service_start: datetime
    service_end: datetime
    cadence: Cadence
    quantity: Decimal
    tax_mode: TaxMode
    amount: Money
    tax: Money
    total: Money
    taxes: tuple[LineTax, ...]
    explanation: Mapping[str, Any]
    voided: bool
    tax_treatment: TaxTreatment | None = None
    tax_reason: str | None = None
    commitment_term_id: UUID | None = None
    commitment_part: CommitmentPart | None = None
    commitment_used: Decimal | None = None
    subscription_id: UUID | None = None
    customer_id: UUID | None = None

    @property
    def charged(self) -> Money:
        """The amount as priced, which the explanation explains."""
        return self.total if self.tax_mode is TaxMode.INCLUSIVE else self.amount


@dataclass(frozen=True, slots=True)
class CommitmentEntry:
    """What standing lines say of one term: so much of it ``used``, such an ``amount``, for one part.

    ``draft_id``: the draft that they stand on; ``None`` for those of all finalised invoices together.
    """

    term_id: UUID
    draft_id: UUID | None
    part: CommitmentPart
    used: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DraftInvoice:
    """A draft with its lines."""

    invoice: Invoice
    lines: tuple[InvoiceLine, ...]


@dataclass(frozen=True, slots=True)
class StandingLine:
    """A charge that stands, its invoice, and what stands of it on others, each with its invoice's state."""

    invoice: Invoice
    line: InvoiceLine
    others: tuple[tuple[InvoiceLine, InvoiceState], ...]


@dataclass(frozen=True, slots=True)
class LineExplanation:
    """How a line came about, in words, and the sum done again.

    ``redone`` is the amount worked out from the explanation's inputs alone; ``matches`` says whether it is
    what the line charges.
    """

    line: InvoiceLine
    steps: tuple[Sentence, ...]
    redone: Money
    matches: bool


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a payment did to an invoice: how much of it the invoice took."""

    invoice: Invoice
    settled: Money


def seller_of(issuer: Issuer) -> dict[str, Any]:
    """What a finalised invoice keeps of its issuer."""
    return {name: getattr(issuer, name) for name in ("name", "address", "tax_number", "footer", "language")}
