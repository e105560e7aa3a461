"""Writing drafts: from rated lines to an invoice with its taxes and totals."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from counterfoil.core.errors import InvalidInput, NotFound
from counterfoil.core.ids import parse_id, show_id
from counterfoil.core.money import Money, shown_decimal, unit_of
from counterfoil.core.rating import (
    CommitmentExplanation,
    Line,
    RatedLine,
    discounts_taken,
    read_explanation,
    totals,
)
from counterfoil.core.states.invoice import INVOICE, InvoiceState, InvoiceTrigger
from counterfoil.core.states.machine import advance
from counterfoil.core.tax import TaxRate, TaxRounding
from counterfoil.modules.invoicing.issuers import issuers_for
from counterfoil.modules.invoicing.repository import invoices as repository
from counterfoil.modules.invoicing.repository import lines as lines_repository
from counterfoil.modules.invoicing.types import (
    AppliedTax,
    DraftInvoice,
    Invoice,
    InvoiceDiscount,
    InvoiceLine,
    InvoiceTax,
    Issuer,
    LineTax,
    NewAmounts,
    NewInvoice,
    NewLine,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from counterfoil.core.money import Unit
    from counterfoil.core.rating import LineExplanation, Totals
    from counterfoil.store import Uow


def totals_of(
    lines: Sequence[NewLine], unit: Unit, tax_rounding: TaxRounding = TaxRounding.PER_INVOICE
) -> Totals:
    """The taxes and totals of rated lines; ``tax_rounding`` is their issuer's.

    ``InvalidInput`` for a line in another currency.
    """
    for index, line in enumerate(lines):
        if line.rated.amount.unit != unit:
            raise InvalidInput(
                f"a line in {line.rated.amount.unit.code} cannot stand on an invoice in {unit.code}",
                field=f"lines.{index}.currency",
                allowed=unit.code,
            )
    rated = [Line.of(line.rated, tuple(tax.rate for tax in line.taxes), line.tax_mode) for line in lines]
    return totals(rated, unit, tax_rounding=tax_rounding)


async def add_drafts(uow: Uow, drafts: Sequence[NewInvoice]) -> list[Invoice]:
    """Write drafts with their lines, in a bounded number of statements.

    Raises ``NotFound`` for an unknown customer or issuer, ``InvalidInput`` for an unknown currency or an
    amount in another one, ``AlreadyExists`` where a period of an item's price is billed already.
    """
    if not drafts:
        return []
    issuers = await issuers_for(uow, {draft.issuer_id for draft in drafts})
    known = await repository.buyers(uow, {draft.customer_id for draft in drafts})
    invoices: list[Invoice] = []
    lines: list[InvoiceLine] = []
    for draft in drafts:
        if draft.customer_id not in known:
            raise NotFound("no such customer", field="customer_id")
        issuer = issuers[draft.issuer_id]
        amounts = draft.totals or totals_of(draft.lines, unit_of(draft.currency), issuer.tax_rounding)
        invoice = _draft(uow, draft, issuer, amounts)
        invoices.append(invoice)
        lines += _lines(uow, invoice, draft.lines, amounts)
    await repository.add(uow, invoices)
    await lines_repository.add(uow, lines)
    for invoice in invoices:
        announce(uow, "invoice.drafted", invoice)
    return invoices


async def replace_amounts(uow: Uow, changes: Sequence[NewAmounts]) -> list[Invoice]:
    """Write other lines, and so other amounts, to drafts; returns them as they are then.

    Raises ``NotFound``, and ``WrongState`` for an invoice that is no draft any more.
    """
    if not changes:
        return []
    by_id = {change.invoice_id: change for change in changes}
    before_all = await lock_all(uow, by_id.keys())
    issuers = await issuers_for(uow, {one.issuer_id for one in before_all if by_id[one.id].totals is None})
    invoices: list[Invoice] = []
    lines: list[InvoiceLine] = []
    for before in before_all:
        advance(INVOICE, before.status, InvoiceTrigger.EDIT)
        new = by_id[before.id].lines
        amounts = by_id[before.id].totals
        if amounts is None:
            amounts = totals_of(new, before.unit, issuers[before.issuer_id].tax_rounding)
        written = as_written(uow, before, new, amounts)
        invoices.append(replace(written.invoice, version=before.version + 1, updated_at=uow.now))
        lines += written.lines
    await lines_repository.remove(uow, by_id.keys())
    await lines_repository.add(uow, lines)
    await repository.save_amounts(uow, invoices)
    for invoice in invoices:
        announce(uow, "invoice.updated", invoice)
    return invoices


def as_written(uow: Uow, invoice: Invoice, lines: Sequence[NewLine], amounts: Totals) -> DraftInvoice:
    """An invoice with these lines, and so these amounts, as it is kept; nothing is written."""
    after = replace(
        invoice,
        subtotal=amounts.net,
        tax=amounts.tax,
        total=amounts.total,
        taxes=_stated(lines, amounts),
        discounts=_discounts(lines, invoice.unit),
    )
    return DraftInvoice(after, tuple(_lines(uow, invoice, lines, amounts)))


def as_it_stands(invoice: Invoice, line: InvoiceLine) -> NewLine:
    """A draft's line as one to write again, so that the draft's other lines can be replaced."""
    stated = {tax.code: tax for tax in invoice.taxes}
    borne = [(tax, stated[tax.code]) for tax in line.taxes]
    return NewLine(
        id=line.id,
        kind=line.kind,
        of_line_id=line.of_line_id,
        description=line.description,
        service_start=line.service_start,
        service_end=line.service_end,
        cadence=line.cadence,
        rated=RatedLine(line.charged, line.charged, read_explanation(line.explanation)),
        taxes=tuple(
            AppliedTax(TaxRate(tax.code, rate.percent), rate.name, tax.tax_rate_id) for tax, rate in borne
        ),
        tax_mode=line.tax_mode,
        tax_treatment=line.tax_treatment,
        tax_reason=line.tax_reason,
        subscription_item_id=line.subscription_item_id,
        price_id=line.price_id,
        commitment_term_id=line.commitment_term_id,
        subscription_id=line.subscription_id,
        customer_id=line.customer_id,
    )


async def lock_all(uow: Uow, ids: Collection[UUID]) -> list[Invoice]:
    """All of these invoices, locked, or ``NotFound``."""
    found = await repository.by_ids(uow, ids, lock=True)
    if len(found) != len(set(ids)):
        raise NotFound("no such invoice")
    return found


def announce(uow: Uow, event: str, invoice: Invoice, version: int | None = None) -> None:
    """Record what happened to an invoice."""
    data = {
        "id": show_id("invoice", invoice.id),
        "number": invoice.number,
        "customer": show_id("customer", invoice.customer_id),
        "currency": invoice.currency,
        "total": invoice.total.amount_text(),
        "amount_due": invoice.amount_due.amount_text(),
        "status": invoice.status.value,
    }
    uow.announce(event, "invoice", invoice.id, invoice.version if version is None else version, data)


def _draft(uow: Uow, draft: NewInvoice, issuer: Issuer, amounts: Totals) -> Invoice:
    return Invoice(
        id=uow.new_id(),
        external_id=draft.external_id,
        number=None,
        issuer_id=issuer.id,
        customer_id=draft.customer_id,
        subscription_id=draft.subscription_id,
        currency=draft.currency,
        zone=draft.zone,
        status=InvoiceState.DRAFT,
        period_start=draft.period_start,
        period_end=draft.period_end,
        drafted_at=uow.now,
        finalise_at=draft.finalise_at or uow.now + timedelta(seconds=issuer.grace_seconds),
        finalised_at=None,
        due_at=None,
        paid_at=None,
        voided_at=None,
        subtotal=amounts.net,
        tax=amounts.tax,
        total=amounts.total,
        amount_paid=Money.zero(amounts.total.unit),
        taxes=_stated(draft.lines, amounts),
        discounts=_discounts(draft.lines, amounts.total.unit),
        seller=None,
        buyer=None,
        meta=draft.meta,
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
    )


def _discounts(lines: Sequence[NewLine], unit: Unit) -> tuple[InvoiceDiscount, ...]:
    return tuple(
        InvoiceDiscount(parse_id("discount", taken.ref) if taken.ref else None, taken.name, taken.amount)
        for taken in discounts_taken([line.rated for line in lines], unit)
    )


def _stated(lines: Sequence[NewLine], amounts: Totals) -> tuple[InvoiceTax, ...]:
    names = {tax.rate: tax.name for line in lines for tax in line.taxes}
    return tuple(
        InvoiceTax(tax.rate.code, names[tax.rate], tax.rate.percent, tax.taxable, tax.tax)
        for tax in amounts.by_rate
    )


def _lines(uow: Uow, invoice: Invoice, lines: Sequence[NewLine], amounts: Totals) -> list[InvoiceLine]:
    """The lines as they are kept: whose they are is said where it is not the invoice's."""
    whose = (None, invoice.subscription_id), (None, invoice.customer_id)
    return [
        InvoiceLine(
            id=line.id or uow.new_id(),
            invoice_id=invoice.id,
            position=position,
            kind=line.kind,
            of_line_id=line.of_line_id,
            subscription_item_id=line.subscription_item_id,
            price_id=line.price_id,
            description=line.description,
            service_start=line.service_start,
            service_end=line.service_end,
            cadence=line.cadence,
            quantity=shown_decimal(line.rated.explanation.quantity),
            tax_mode=line.tax_mode,
            tax_treatment=line.tax_treatment,
            tax_reason=line.tax_reason,
            amount=taxed.net,
            tax=taxed.tax,
            total=taxed.total,
            taxes=tuple(
                LineTax(applied.tax_rate_id, applied.rate.code, tax)
                for applied, tax in zip(line.taxes, taxed.taxes, strict=True)
            ),
            explanation=line.rated.explanation.to_json(),
            voided=False,
            commitment_term_id=line.commitment_term_id,
            subscription_id=None if line.subscription_id in whose[0] else line.subscription_id,
            customer_id=None if line.customer_id in whose[1] else line.customer_id,
            **_commitment(line.rated.explanation),
        )
        for position, (line, taxed) in enumerate(zip(lines, amounts.lines, strict=True), 1)
    ]


def _commitment(told: LineExplanation) -> dict[str, Any]:
    """What a commitment's line is summed by."""
    if not isinstance(told, CommitmentExplanation):
        return {}
    return {"commitment_part": told.part, "commitment_used": shown_decimal(told.used)}
