"""Use cases of invoices: finalising, voiding, settling, reading, explaining."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.errors import InvalidInput, WrongState
from counterfoil.core.ids import show_id
from counterfoil.core.ledger import invoice_finalised, invoice_voided
from counterfoil.core.money import Money
from counterfoil.core.rating import read_explanation, redo, sentences
from counterfoil.core.states.invoice import INVOICE, InvoiceState, InvoiceTrigger
from counterfoil.core.states.machine import advance
from counterfoil.modules.invoicing.drafting import announce, lock_all
from counterfoil.modules.invoicing.repository import invoices as repository
from counterfoil.modules.invoicing.repository import issuers as issuers_repository
from counterfoil.modules.invoicing.repository import lines as lines_repository
from counterfoil.modules.invoicing.types import (
    Changes,
    CommitmentEntry,
    DraftInvoice,
    Invoice,
    InvoiceLine,
    Issuer,
    LineExplanation,
    Settlement,
    StandingLine,
    seller_of,
)
from counterfoil.modules.ledger import post, transactions_of
from counterfoil.store.guards import check_metadata, check_text, check_version

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.ledger import LedgerTransaction
    from counterfoil.store import Page, PageQuery, SystemUow, Uow

_CHANGEABLE: Final = frozenset({"external_id", "meta"})


async def get_invoice(uow: Uow, invoice_id: UUID) -> Invoice:
    """The invoice, or ``NotFound``."""
    return await repository.get(uow, invoice_id)


async def list_invoices(
    uow: Uow,
    query: PageQuery,
    *,
    customer_id: UUID | None = None,
    subscription_id: UUID | None = None,
    status: InvoiceState | None = None,
    number: str | None = None,
) -> Page[Invoice]:
    """Invoices, newest first; of one number there is one for each issuer at most."""
    check_text(number, "number", longest=100)
    return await repository.page(
        uow,
        query,
        customer_id=customer_id,
        subscription_id=subscription_id,
        status=status,
        number=number,
    )


async def lines_of(uow: Uow, invoice_ids: Collection[UUID]) -> dict[UUID, tuple[InvoiceLine, ...]]:
    """The lines of each of these invoices, by position; of an unknown one, none."""
    return await lines_repository.of_invoices(uow, invoice_ids)


async def billed_lines(uow: Uow, reaches: Collection[tuple[UUID, datetime]]) -> dict[UUID, list[InvoiceLine]]:
    """What stands of these items beyond an instant each: ``(item, since)``, in two statements.

    By item, the lines of invoices that are not void (drafts too) whose service period ends after ``since``,
    of every kind, by service period and then as they were written; of an item without any, none.
    """
    return await lines_repository.billed(uow, reaches)


async def commitment_entries(uow: Uow, term_ids: Collection[UUID]) -> list[CommitmentEntry]:
    """What standing lines say of these terms of commitments, in one statement."""
    return await lines_repository.commitment_entries(uow, term_ids) if term_ids else []


async def standing_lines(uow: Uow, line_ids: Collection[UUID]) -> dict[UUID, StandingLine]:
    """Those of these charges whose invoices are not void, with the lines that give back or correct them.

    In three statements.
    """
    lines, others = await lines_repository.with_others(uow, line_ids)
    invoices = await invoices_by_ids(uow, {line.invoice_id for line in (*lines, *others)})
    of_line: dict[UUID | None, list[tuple[InvoiceLine, InvoiceState]]] = defaultdict(list)
    for other in others:
        of_line[other.of_line_id].append((other, invoices[other.invoice_id].status))
    return {line.id: StandingLine(invoices[line.invoice_id], line, tuple(of_line[line.id])) for line in lines}


async def void_lines(uow: Uow, subscription_id: UUID, item_id: UUID, at: datetime) -> list[InvoiceLine]:
    """The lines of an item for the service period around an instant that were voided with their invoices."""
    return await lines_repository.voided(uow, subscription_id, item_id, at)


async def invoices_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, Invoice]:
    """Those of these invoices that there are, in one statement."""
    return {invoice.id: invoice for invoice in await repository.by_ids(uow, ids)} if ids else {}


async def update_invoice(uow: Uow, invoice_id: UUID, changes: Changes) -> Invoice:
    """Change what is said about an invoice (``external_id``, ``meta``), never what it says.

    Raises ``NotFound``, ``VersionMismatch``, ``InvalidInput``, ``AlreadyExists``.
    """
    assert changes.fields.keys() <= _CHANGEABLE
    before = await repository.get(uow, invoice_id, lock=True)
    check_version(before.version, changes.expected_version)
    after = replace(before, **changes.fields, version=before.version + 1, updated_at=uow.now)
    check_text(after.external_id, "external_id", longest=255)
    check_metadata(after.meta)
    return await _save(uow, after, changes.fields.keys(), "invoice.updated")


async def due_drafts(uow: Uow, limit: int) -> list[DraftInvoice]:
    """Drafts whose grace is over, oldest first, locked; those that another worker holds are left out."""
    invoices = await repository.due_drafts(uow, limit)
    lines = await lines_repository.of_invoices(uow, [invoice.id for invoice in invoices])
    return [DraftInvoice(invoice, lines[invoice.id]) for invoice in invoices]


async def lock_draft(uow: Uow, invoice_id: UUID) -> DraftInvoice:
    """One draft, locked, to be finalised now; ``NotFound``, or ``WrongState`` if it is no draft any more."""
    invoice = await repository.get(uow, invoice_id, lock=True)
    advance(INVOICE, invoice.status, InvoiceTrigger.FINALISE)
    lines = await lines_repository.of_invoices(uow, [invoice_id])
    return DraftInvoice(invoice, lines[invoice_id])


async def postpone_draft(uow: Uow, invoice_id: UUID, until: datetime) -> Invoice:
    """Leave a draft a draft until a later instant; ``WrongState`` if it is no draft any more."""
    before = await repository.get(uow, invoice_id, lock=True)
    advance(INVOICE, before.status, InvoiceTrigger.EDIT)
    after = replace(before, finalise_at=until, version=before.version + 1, updated_at=uow.now)
    return await _save(uow, after, {"finalise_at"}, "invoice.postponed")


async def earliest_due(uow: Uow) -> datetime | None:
    """When the next draft is due to be finalised; ``None`` without drafts."""
    return await repository.earliest_due(uow)


async def environments_with_due(uow: SystemUow) -> list[tuple[UUID, UUID]]:
    """Organization and environment wherever a draft is due by that environment's clock."""
    return await repository.environments_with_due(uow)


async def finalise(uow: Uow, invoice_ids: Collection[UUID]) -> list[Invoice]:
    """Give drafts their numbers and post them, in a bounded number of statements.

    Numbers go in the order of ``finalise_at``, then id.  The issuers' rows stay locked until the end of the
    transaction: whoever finalises at the same time waits, and a roll-back gives the numbers back.  An invoice
    on which nothing is due (a total of zero or below) is paid at once.  Raises ``NotFound``, ``WrongState``.
    """
    if not invoice_ids:
        return []
    drafts = await lock_all(uow, invoice_ids)
    drafts.sort(key=lambda draft: (draft.finalise_at, draft.id))
    buyers = await repository.buyers(uow, {draft.customer_id for draft in drafts})
    nets = await lines_repository.net_by_cadence(uow, [draft.id for draft in drafts])
    parts = await lines_repository.parts(uow, [draft.id for draft in drafts])
    issuers = await issuers_repository.by_ids(uow, {draft.issuer_id for draft in drafts}, lock=True)
    taken: Counter[UUID] = Counter()
    finalised = []
    for draft in drafts:
        issuer = issuers[draft.issuer_id]
        number = issuer.next_number + taken[issuer.id]
        taken[issuer.id] += 1
        finalised.append(_finalised(uow, draft, issuer, number, _buyer(draft, buyers, parts)))
    await issuers_repository.take_numbers(
        uow, {issuer_id: issuers[issuer_id].next_number + count for issuer_id, count in taken.items()}
    )
    await repository.save_finalised(uow, finalised)
    booked = [_transaction(invoice, *nets[invoice.id]) for invoice in finalised]
    await post(uow, [transaction for transaction in booked if transaction is not None])
    for invoice in finalised:
        if invoice.status is InvoiceState.PAID:
            announce(uow, "invoice.finalised", invoice, invoice.version - 1)
            announce(uow, "invoice.paid", invoice)
        else:
            announce(uow, "invoice.finalised", invoice)
    return finalised


async def void_invoice(uow: Uow, invoice_id: UUID, *, expected_version: int | None = None) -> Invoice:
    """Take an invoice back whole: its postings are reversed and its periods can be billed again.

    Its number stays its own.  Raises ``NotFound``, ``VersionMismatch``, and ``WrongState`` where something
    was paid on it, another invoice gives back or corrects lines of it, or its state does not allow it.
    """
    before = await repository.get(uow, invoice_id, lock=True)
    check_version(before.version, expected_version)
    status = advance(INVOICE, before.status, InvoiceTrigger.VOID)
    if before.amount_paid:
        raise WrongState(
            f"{before.amount_paid} was paid on this invoice, so it cannot be voided",
            allowed="an invoice on which nothing was paid",
        )
    await _refuse_corrected(uow, before)
    after = replace(before, status=status, voided_at=uow.now, version=before.version + 1, updated_at=uow.now)
    await lines_repository.void(uow, invoice_id)
    booked = (await transactions_of(uow, "invoice", [invoice_id])).get(invoice_id, [])
    await post(uow, [invoice_voided(posted.content, effective_at=uow.now) for posted in booked])
    return await _save(uow, after, ("status", "voided_at"), "invoice.voided")


async def _refuse_corrected(uow: Uow, invoice: Invoice) -> None:
    """Refuse to void what another invoice gave back in part already: it would be given back twice."""
    own = {line.id for line in (await lines_repository.of_invoices(uow, [invoice.id]))[invoice.id]}
    _, others = await lines_repository.with_others(uow, own)
    elsewhere = sorted({line.invoice_id for line in others} - {invoice.id})
    if elsewhere:
        by = (await invoices_by_ids(uow, elsewhere[:1]))[elsewhere[0]]
        named = by.number or f"the draft {show_id('invoice', by.id)}"
        raise WrongState(
            f"{named} gives back or corrects lines of this invoice, so it cannot be voided",
            allowed=f"an invoice of which no other gives anything back; this one once {named} is void",
        )


async def apply_payment(uow: Uow, invoice_id: UUID, amount: Money) -> Settlement:
    """Settle what is due on an invoice with ``amount``, as far as it needs it.

    The invoice's row is locked, so payments at the same time follow each other and each sees what is left.
    Raises ``NotFound``, ``InvalidInput`` for another currency or an amount that is not above zero,
    ``WrongState`` where nothing can be paid on it.
    """
    before = await repository.get(uow, invoice_id, lock=True)
    if amount.unit != before.unit:
        raise InvalidInput(f"the invoice is in {before.currency}", field="currency", allowed=before.currency)
    if amount.minor <= 0:
        raise InvalidInput("amount is not above zero", field="amount", allowed="an amount above zero")
    settled = min(amount, before.amount_due)
    pays = settled == before.amount_due
    status = advance(INVOICE, before.status, InvoiceTrigger.PAY if pays else InvoiceTrigger.PAY_IN_PART)
    after = replace(
        before,
        status=status,
        amount_paid=before.amount_paid + settled,
        paid_at=uow.now if pays else None,
        version=before.version + 1,
        updated_at=uow.now,
    )
    event = "invoice.paid" if pays else "invoice.part_paid"
    return Settlement(await _save(uow, after, ("status", "amount_paid", "paid_at"), event), settled)


async def explain_line(uow: Uow, invoice_id: UUID, position: int) -> LineExplanation:
    """How the line at ``position`` (from 1) came about; ``NotFound``."""
    await repository.get(uow, invoice_id)
    return explain(await lines_repository.at(uow, invoice_id, position))


def explain(line: InvoiceLine) -> LineExplanation:
    """How a line came about, in words, with the sum done again from its stored inputs."""
    redone = redo(line.explanation, line.charged.unit)
    steps = tuple(sentences(read_explanation(line.explanation)))
    return LineExplanation(line, steps, redone, redone == line.charged)


def _buyer(
    draft: Invoice, buyers: Mapping[UUID, dict[str, Any]], parts: Mapping[UUID, list[dict[str, Any]]]
) -> dict[str, Any]:
    """What the invoice keeps of its customer, and of whom it is for."""
    buyer = buyers[draft.customer_id]
    return {**buyer, "parts": parts[draft.id]} if draft.id in parts else buyer


def _finalised(uow: Uow, draft: Invoice, issuer: Issuer, number: int, buyer: Mapping[str, Any]) -> Invoice:
    status = advance(INVOICE, draft.status, InvoiceTrigger.FINALISE)
    after = replace(
        draft,
        number=f"{issuer.number_prefix}{number:06d}",
        status=status,
        finalised_at=uow.now,
        due_at=uow.now + timedelta(days=issuer.net_days),
        seller=seller_of(issuer),
        buyer=buyer,
        known_at=uow.wall,
        version=draft.version + 1,
        updated_at=uow.now,
    )
    if after.amount_due.minor > 0:
        return after
    paid = advance(INVOICE, status, InvoiceTrigger.PAY)
    return replace(after, status=paid, paid_at=uow.now, version=after.version + 1)


def _transaction(invoice: Invoice, earned: int, deferred: int) -> LedgerTransaction | None:
    """What finalising the invoice does to the books."""
    assert invoice.finalised_at is not None
    unit = invoice.unit
    taxes = {tax.code: Money.zero(unit) for tax in invoice.taxes}
    for tax in invoice.taxes:
        taxes[tax.code] += tax.tax
    return invoice_finalised(
        invoice=invoice.id,
        customer=invoice.customer_id,
        effective_at=invoice.finalised_at,
        total=invoice.total,
        earned=Money(earned, unit),
        deferred=Money(deferred, unit),
        taxes=taxes,
    )


async def _save(uow: Uow, after: Invoice, changed: Collection[str], event: str) -> Invoice:
    await repository.save(uow, after, changed)
    announce(uow, event, after)
    return after
