"""``/v1/invoices``: the documents, their lines and how each came about."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.core.ids import show_id
from counterfoil.core.rating import Cadence, LineKind
from counterfoil.core.states.invoice import InvoiceState
from counterfoil.core.tax import TaxMode
from counterfoil.core.tax_rules import TaxTreatment
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    CommitmentTermId,
    CustomerId,
    DecimalText,
    DiscountId,
    IfMatch,
    InstantText,
    InvoiceId,
    InvoiceLineId,
    IssuerId,
    ListOf,
    Metadata,
    PageQuery,
    PriceId,
    SubscriptionId,
    SubscriptionItemId,
    TaxRateId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native import invoices_examples as examples
from counterfoil.faces.native.customers import AddressWire
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.invoicing import (
    Changes,
    Invoice,
    InvoiceLine,
    LineExplanation,
    explain_line,
    get_invoice,
    invoice_pdf,
    lines_of,
    list_invoices,
    update_invoice,
    void_invoice,
)

router = APIRouter(prefix="/invoices", tags=["Invoices"], route_class=NativeRoute)
READ, WRITE = allow("invoices:read"), allow("invoices:write")
MAX_POSITION: Final = 1_000_000
_page = page_query("invoice")


class InvoiceTaxOut(Wire):
    """What an invoice states for one rate: the net that bears it, and the tax."""

    code: str
    name: str
    percent: DecimalText
    taxable: str
    tax: str


class InvoiceDiscountOut(Wire):
    """What one discount took off, as the lines are priced: with tax where the price includes it."""

    discount_id: DiscountId | None
    name: str
    amount: str


class PartyOut(Wire):
    """Seller or buyer, as they were when the invoice was finalised."""

    name: str
    address: AddressWire
    tax_number: str | None


class InvoiceOut(Wire):
    """An invoice; amounts are in major units of ``currency``, and ``subtotal + tax = total``."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.INVOICE]})

    id: InvoiceId
    external_id: str | None
    number: str | None = Field(description="Given when it is finalised; an issuer's numbers have no gaps")
    issuer_id: IssuerId
    customer_id: CustomerId
    subscription_id: SubscriptionId | None
    status: InvoiceState
    currency: str
    zone: str = Field(description="Where its dates are read")
    period_start: InstantText
    period_end: InstantText
    drafted_at: InstantText
    finalise_at: InstantText = Field(description="When a draft's grace ends")
    finalised_at: InstantText | None
    due_at: InstantText | None
    paid_at: InstantText | None
    voided_at: InstantText | None
    subtotal: str = Field(description="Net of tax")
    tax: str
    total: str
    amount_paid: str
    amount_due: str
    taxes: list[InvoiceTaxOut]
    discount: str = Field(description="What the discounts took off before, as the lines are priced")
    discounts: list[InvoiceDiscountOut]
    seller: PartyOut | None
    buyer: PartyOut | None
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText


class LineTaxOut(Wire):
    """A line's share of the tax of one rate."""

    tax_rate_id: TaxRateId | None
    code: str
    tax: str


class InvoiceLineOut(Wire):
    """A line; ``amount`` is its net, and ``amount + tax = total``."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LINE]})

    id: InvoiceLineId
    invoice_id: InvoiceId
    position: int
    kind: LineKind = Field(
        description="A charge, or what is given back of one (`credit`), or what a period costs more or less"
        " than was billed for it (`adjustment`), or what a commitment charges (`commitment`)"
    )
    of_line_id: InvoiceLineId | None = Field(description="The line that it gives back or corrects")
    commitment_term_id: CommitmentTermId | None = Field(description="The commitment's term that it is of")
    subscription_item_id: SubscriptionItemId | None
    price_id: PriceId | None
    description: str
    service_start: InstantText
    service_end: InstantText
    cadence: Cadence
    quantity: DecimalText
    currency: str
    tax_mode: TaxMode
    amount: str
    tax: str
    total: str
    taxes: list[LineTaxOut]
    subscription_id: SubscriptionId | None = Field(description="Whose line it is; the invoice may be joint")
    customer_id: CustomerId | None = Field(description="Whose subscription it is; another may pay")
    tax_treatment: TaxTreatment | None = Field(description="null: written before taxes went by place")
    tax_reason: str | None = Field(description="Why it bears these taxes, or none")
    voided: bool


class Lines(Wire):
    """All lines of an invoice, by position."""

    data: list[InvoiceLineOut]


class StepOut(Wire):
    """One step in words; ``amount`` is what it comes to, exactly, ``null`` if that is no money."""

    step: str
    text: str
    amount: str | None


class RedoneOut(Wire):
    """The sum done again from the explanation's inputs alone."""

    amount: str
    matches: bool = Field(description="Whether it is what the line charges")


class ExplanationOut(Wire):
    """How a line came about."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.EXPLANATION]})

    invoice_id: InvoiceId
    position: int
    description: str
    currency: str
    charged: str = Field(description="The line's amount as priced: with tax where the price includes it")
    steps: list[StepOut]
    redone: RedoneOut
    explanation: dict[str, Any] = Field(description="As it is stored with the line")


class InvoicePatch(Wire):
    """What is said about an invoice; what it says never changes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"external_id": "erp-20117", "metadata": {"cost_centre": "4100"}}]}
    )

    external_id: str | None = None
    metadata: Metadata = Field(default_factory=dict)

    def from_wire(self, expected_version: int | None) -> Changes:
        """The command: only the fields that were sent."""
        names = {"external_id": "external_id", "metadata": "meta"}
        fields = {names[name]: getattr(self, name) for name in self.model_fields_set}
        return Changes(fields, expected_version)


def _party(party: Any) -> PartyOut | None:
    if party is None:
        return None
    address = AddressWire.model_construct(**party["address"])
    return PartyOut.model_construct(name=party["name"], address=address, tax_number=party["tax_number"])


def to_wire(invoice: Invoice) -> InvoiceOut:
    """An invoice on the wire."""
    return InvoiceOut.model_construct(
        id=invoice.id,
        external_id=invoice.external_id,
        number=invoice.number,
        issuer_id=invoice.issuer_id,
        customer_id=invoice.customer_id,
        subscription_id=invoice.subscription_id,
        status=invoice.status,
        currency=invoice.currency,
        zone=invoice.zone,
        period_start=invoice.period_start,
        period_end=invoice.period_end,
        drafted_at=invoice.drafted_at,
        finalise_at=invoice.finalise_at,
        finalised_at=invoice.finalised_at,
        due_at=invoice.due_at,
        paid_at=invoice.paid_at,
        voided_at=invoice.voided_at,
        subtotal=invoice.subtotal.amount_text(),
        tax=invoice.tax.amount_text(),
        total=invoice.total.amount_text(),
        amount_paid=invoice.amount_paid.amount_text(),
        amount_due=invoice.amount_due.amount_text(),
        taxes=[
            InvoiceTaxOut.model_construct(
                code=tax.code,
                name=tax.name,
                percent=tax.percent,
                taxable=tax.taxable.amount_text(),
                tax=tax.tax.amount_text(),
            )
            for tax in invoice.taxes
        ],
        discount=invoice.discount.amount_text(),
        discounts=[
            InvoiceDiscountOut.model_construct(
                discount_id=one.discount_id, name=one.name, amount=one.amount.amount_text()
            )
            for one in invoice.discounts
        ],
        seller=_party(invoice.seller),
        buyer=_party(invoice.buyer),
        metadata=dict(invoice.meta),
        version=invoice.version,
        created_at=invoice.created_at,
        updated_at=invoice.updated_at,
    )


def line_to_wire(line: InvoiceLine) -> InvoiceLineOut:
    """A line on the wire."""
    return InvoiceLineOut.model_construct(
        id=line.id,
        invoice_id=line.invoice_id,
        position=line.position,
        kind=line.kind,
        of_line_id=line.of_line_id,
        commitment_term_id=line.commitment_term_id,
        subscription_item_id=line.subscription_item_id,
        price_id=line.price_id,
        description=line.description,
        service_start=line.service_start,
        service_end=line.service_end,
        cadence=line.cadence,
        quantity=line.quantity,
        currency=line.amount.unit.code,
        tax_mode=line.tax_mode,
        amount=line.amount.amount_text(),
        tax=line.tax.amount_text(),
        total=line.total.amount_text(),
        taxes=[
            LineTaxOut.model_construct(tax_rate_id=tax.tax_rate_id, code=tax.code, tax=tax.tax.amount_text())
            for tax in line.taxes
        ],
        subscription_id=line.subscription_id,
        customer_id=line.customer_id,
        tax_treatment=line.tax_treatment,
        tax_reason=line.tax_reason,
        voided=line.voided,
    )


def explanation_to_wire(told: LineExplanation) -> ExplanationOut:
    """A line's explanation on the wire."""
    return ExplanationOut.model_construct(
        invoice_id=told.line.invoice_id,
        position=told.line.position,
        description=told.line.description,
        currency=told.line.charged.unit.code,
        charged=told.line.charged.amount_text(),
        steps=[
            StepOut.model_construct(step=step.step, text=step.text, amount=step.amount) for step in told.steps
        ],
        redone=RedoneOut.model_construct(amount=told.redone.amount_text(), matches=told.matches),
        explanation=dict(told.line.explanation),
    )


@router.get("", response_model=ListOf[InvoiceOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    customer_id: Annotated[CustomerId | None, Query(description="Only this customer's")] = None,
    subscription_id: Annotated[SubscriptionId | None, Query(description="Only of this subscription")] = None,
    status: Annotated[InvoiceState | None, Query(description="Only those that stand so")] = None,
    number: Annotated[str | None, Query(description="Only of this number")] = None,
) -> Response:
    """Invoices, newest first."""
    page = await list_invoices(
        uow,
        query,
        customer_id=customer_id,
        subscription_id=subscription_id,
        status=status,
        number=number,
    )
    return shown(list_of("invoice", page, to_wire))


@router.get("/{invoice_id}", response_model=InvoiceOut, dependencies=[READ])
async def get(invoice_id: InvoiceId, uow: Unit) -> Response:
    """One invoice."""
    invoice = await get_invoice(uow, invoice_id)
    return shown(to_wire(invoice), version=invoice.version)


@router.patch("/{invoice_id}", response_model=InvoiceOut, dependencies=[WRITE])
async def update(invoice_id: InvoiceId, body: InvoicePatch, uow: Unit, if_match: IfMatch) -> Response:
    """Change what is said about an invoice."""
    invoice = await update_invoice(uow, invoice_id, body.from_wire(if_match))
    return shown(to_wire(invoice), version=invoice.version)


@router.get("/{invoice_id}/lines", response_model=Lines, dependencies=[READ])
async def lines(invoice_id: InvoiceId, uow: Unit) -> Response:
    """The lines of an invoice, by position."""
    await get_invoice(uow, invoice_id)
    found = (await lines_of(uow, [invoice_id]))[invoice_id]
    return shown(Lines.model_construct(data=[line_to_wire(line) for line in found]))


@router.get("/{invoice_id}/lines/{position}/explain", response_model=ExplanationOut, dependencies=[READ])
async def explain(
    invoice_id: InvoiceId,
    position: Annotated[int, Path(ge=1, le=MAX_POSITION, description="The line's place, from 1")],
    uow: Unit,
) -> Response:
    """How a line came about, step by step, and the sum done again."""
    return shown(explanation_to_wire(await explain_line(uow, invoice_id, position)))


@router.get(
    "/{invoice_id}/pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}},
    dependencies=[READ],
)
async def pdf(invoice_id: InvoiceId, uow: Unit) -> Response:
    """The invoice on paper; a draft's is marked so."""
    invoice, content = await invoice_pdf(uow, invoice_id)
    # The number may hold any character, a header may not: the file is called by the id.
    name = f"{show_id('invoice', invoice.id)}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "ETag": f'"{invoice.version}"'}
    return Response(content, 200, headers, "application/pdf")


@router.post("/{invoice_id}/void", response_model=InvoiceOut, dependencies=[WRITE])
async def void(invoice_id: InvoiceId, uow: Unit, if_match: IfMatch) -> Response:
    """Take an invoice back whole, if nothing was paid on it; no run bills its periods again."""
    invoice = await void_invoice(uow, invoice_id, expected_version=if_match)
    return shown(to_wire(invoice), version=invoice.version)
