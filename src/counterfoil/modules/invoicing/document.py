"""What stands on an invoice's paper: every text of it, made from the invoice and its lines; pure.

Owns: the words and how dates and amounts are written.  Does not own: the layout (``templates/invoice.typ``).
Always holds: the texts come from what is stored, so the paper says the same for ever; dates are those of
the invoice's zone; the last day of a period is printed, not the first day after it.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from counterfoil.core.money import decimal_text, to_decimal, total_of
from counterfoil.core.pricing import PartKind
from counterfoil.core.rating import (
    DeltaExplanation,
    Explanation,
    LineKind,
    read_explanation,
    sentences,
)
from counterfoil.core.states.invoice import InvoiceState
from counterfoil.core.tax import TaxMode
from counterfoil.core.tax_rules import TaxTreatment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from counterfoil.core.money import Money
    from counterfoil.core.rating import Sentence
    from counterfoil.modules.invoicing.types import Invoice, InvoiceLine

_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_LONG_WORD: Final = re.compile(r"\S{36,}")
_PIECE: Final = re.compile(r"(\S{10})(?=\S)")
MAX_PARTS: Final = 31
"""The most parts of one line that are printed, a day of a month each."""
_LABELS: Final = {LineKind.CREDIT: "Credit: ", LineKind.ADJUSTMENT: "Adjustment: "}
_OF_OTHERS: Final = frozenset({"billed", "unused", "given_back", "limit", "again", "difference"})
"""The steps of what is given back or corrected, all of which are printed."""
_STAMPS: Final = {InvoiceState.DRAFT: "DRAFT", InvoiceState.VOID: "VOID"}


def document(
    invoice: Invoice, lines: Sequence[InvoiceLine], seller: Mapping[str, Any], buyer: Mapping[str, Any]
) -> dict[str, Any]:
    """The texts of an invoice's paper, as the template expects them."""
    title = "Draft invoice" if invoice.number is None else "Invoice"
    return {
        "title": title,
        "number": _soft(invoice.number or ""),
        "heading": _soft(f"{title} {invoice.number or ''}".strip()),
        "stamp": _STAMPS.get(invoice.status, ""),
        "seller": _party(seller),
        "buyer": _party(buyer),
        "footer": [_soft(row) for row in (seller["footer"] or "").splitlines() if row.strip()],
        "facts": _facts(invoice),
        "currency": invoice.currency,
        "lines": _lines(invoice, lines, buyer.get("parts") or ()),
        "sums": _sums(invoice),
        "due": _due(invoice),
        "notes": [*_notes(invoice), *_tax_notes(lines, seller, buyer)],
    }


def _party(party: Mapping[str, Any]) -> dict[str, Any]:
    address = party["address"]
    town = " ".join(address[part] for part in ("postal_code", "city") if address.get(part))
    rows = [address.get("line1"), address.get("line2"), town, address.get("region"), address.get("country")]
    details = [f"Tax number {party['tax_number']}" if party["tax_number"] else None, party.get("email")]
    return {
        "name": _soft(party["name"]),
        "address": [_soft(row) for row in rows if row],
        "details": [_soft(row) for row in details if row],
    }


def _facts(invoice: Invoice) -> list[list[str]]:
    facts = []
    if invoice.number is not None:
        facts.append(["Invoice number", _soft(invoice.number)])
    if invoice.finalised_at is not None:
        facts.append(["Date of issue", date_text(invoice.finalised_at, invoice.zone)])
    else:
        facts.append(["Drafted", date_text(invoice.drafted_at, invoice.zone)])
    if invoice.due_at is not None:
        facts.append(["Due date", date_text(invoice.due_at, invoice.zone)])
    facts.append(["Period", period_text(invoice.period_start, invoice.period_end, invoice.zone)])
    if invoice.voided_at is not None:
        facts.append(["Voided", date_text(invoice.voided_at, invoice.zone)])
    return facts


def _lines(
    invoice: Invoice, lines: Sequence[InvoiceLine], parts: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The lines; the first of each subscription says whose it is and what it comes to, where that is said."""
    titles = {part["subscription_id"]: [part["customer"], part["name"]] for part in parts}
    told, seen = [], set()
    for line in lines:
        entry, whose = _line(line, invoice), str(line.subscription_id)
        if whose in titles and whose not in seen:
            seen.add(whose)
            own = [one.amount for one in lines if one.subscription_id == line.subscription_id]
            title = " · ".join(_soft(word) for word in titles[whose] if word)
            entry["part"] = [title, amount_text(total_of(own, invoice.unit))]
        told.append(entry)
    return told


def _line(line: InvoiceLine, invoice: Invoice) -> dict[str, Any]:
    percents = {tax.code: percent_text(tax.percent) for tax in invoice.taxes}
    return {
        "position": str(line.position),
        "description": _soft(_LABELS.get(line.kind, "") + line.description),
        "period": period_text(line.service_start, line.service_end, invoice.zone),
        "steps": [_soft(step) for step in _steps(line)],
        "quantity": quantity_text(line.quantity),
        "tax": " + ".join(percents[tax.code] for tax in line.taxes) or "–",
        "amount": amount_text(line.amount),
        "part": [],
    }


def _steps(line: InvoiceLine) -> list[str]:
    """How the amount came about; nothing where it is one fee as it stands."""
    told = read_explanation(line.explanation)
    kept = {"counted", "included", "proration", "discount", "minimum", "maximum", *_OF_OTHERS}
    charge = told.fresh if isinstance(told, DeltaExplanation) else told
    if isinstance(charge, Explanation) and not _is_one_fee(charge):
        kept |= {"part", "sum"}
    if to_decimal(told.exact) != told.amount.to_decimal():
        kept.add("rounding")
    steps = _in_short([sentence for sentence in sentences(told) if sentence.step in kept])
    if told.kind is not LineKind.CREDIT and told.origin.events is not None:
        events = told.origin.events
        steps.insert(0, f"Counted from {events:,} event{'' if events == 1 else 's'}")
    if line.tax_mode is TaxMode.INCLUSIVE and line.tax:
        steps.append(f"Price {amount_text(line.total)} includes tax of {amount_text(line.tax)}")
    return steps


def _is_one_fee(told: Explanation) -> bool:
    return len(told.parts) == 1 and told.parts[0].kind is PartKind.FLAT and told.proration == 1


def _in_short(told: Sequence[Sentence]) -> list[str]:
    """The sentences; of a line of many parts (one for each hour, say) the first ones and how many follow."""
    parts = [sentence.text for sentence in told if sentence.step == "part"]
    if len(parts) <= MAX_PARTS:
        return [sentence.text for sentence in told]
    first = next(place for place, sentence in enumerate(told) if sentence.step == "part")
    others = [sentence.text for sentence in told if sentence.step != "part"]
    more = f"and {len(parts) - MAX_PARTS:,} more, which the line's explanation lists"
    return [*others[:first], *parts[:MAX_PARTS], more, *others[first:]]


def _sums(invoice: Invoice) -> list[list[str]]:
    sums = [["Subtotal", amount_text(invoice.subtotal)]]
    for tax in invoice.taxes:
        label = (
            tax.name if percent_text(tax.percent) in tax.name else f"{tax.name} {percent_text(tax.percent)}"
        )
        sums.append([f"{_soft(label)} on {amount_text(tax.taxable)}", amount_text(tax.tax)])
    return sums


def _due(invoice: Invoice) -> list[list[str]]:
    rows = [["Total", f"{invoice.currency} {amount_text(invoice.total)}"]]
    if invoice.amount_paid:
        rows.append(["Paid", amount_text(-invoice.amount_paid)])
    if invoice.finalised_at is not None and invoice.status is not InvoiceState.VOID:
        rows.append(["Amount due", f"{invoice.currency} {amount_text(invoice.amount_due)}"])
    return rows


def _notes(invoice: Invoice) -> list[str]:
    notes = []
    if invoice.status is InvoiceState.DRAFT:
        notes.append("This is a draft. It is not a demand for payment, and its amounts may still change.")
    if invoice.status is InvoiceState.VOID:
        notes.append("This invoice is void. Nothing is owed on it.")
    if invoice.discounts:
        taken = ", ".join(f"{one.name} {amount_text(one.amount)}" for one in invoice.discounts)
        notes.append(_soft(f"Discounts are taken off in the lines above: {taken}."))
    if invoice.total.minor < 0:
        notes.append("The total is in your favour and was added to your credit.")
    elif invoice.amount_due and invoice.due_at is not None:
        by = date_text(invoice.due_at, invoice.zone)
        quoted = f", quoting {invoice.number}" if invoice.number else ""
        notes.append(
            _soft(f"Please pay {invoice.currency} {amount_text(invoice.amount_due)} by {by}{quoted}.")
        )
    return notes


def _tax_notes(
    lines: Sequence[InvoiceLine], seller: Mapping[str, Any], buyer: Mapping[str, Any]
) -> list[str]:
    """What the law wants said where no tax is charged (2006/112/EC, Article 226: 11 and 11a)."""
    notes = []
    if any(line.tax_treatment is TaxTreatment.REVERSE_CHARGE for line in lines):
        numbers = [
            f"tax number of the {who}: {party['tax_number']}"
            for who, party in (("seller", seller), ("customer", buyer))
            if party["tax_number"]
        ]
        notes.append(
            _soft(
                "Reverse charge: the customer accounts for the tax (Directive 2006/112/EC, Article 196);"
                f" {', '.join(numbers)}."
            )
        )
    reasons = {line.tax_reason: None for line in lines if line.tax_treatment is TaxTreatment.EXEMPT}
    return [*notes, *(_soft(f"Exempt from tax: {reason}.") for reason in reasons)]


def amount_text(amount: Money) -> str:
    """An amount without its currency: thousands apart, a true minus: ``−1,234.50``."""
    return f"{amount.to_decimal():,f}".replace("-", "−")


def quantity_text(quantity: Decimal) -> str:
    """A quantity: thousands apart, no zeros at the end."""
    whole, point, places = decimal_text(quantity).partition(".")
    return f"{int(whole):,}{point}{places}".replace("-", "−")


def percent_text(percent: Decimal) -> str:
    """``8.875 %``."""
    return f"{decimal_text(percent)} %"


def date_text(instant: datetime, zone: str) -> str:
    """The day of an instant where the zone is: ``31 Jan 2026``."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def period_text(start: datetime, end: datetime, zone: str) -> str:
    """The days of ``[start, end)``, first to last; with the times where they are not whole days."""
    place = ZoneInfo(zone)
    times = [instant.astimezone(place).time() for instant in (start, end)]
    if all(at == time.min for at in times):
        last = (end.astimezone(place).replace(tzinfo=None) - timedelta(days=1)).replace(tzinfo=place)
        first_day, last_day = date_text(start, zone), date_text(last, zone)
        return first_day if first_day == last_day else f"{first_day} – {last_day}"
    shown = [f"{date_text(at, zone)}, {at.astimezone(place):%H:%M}" for at in (start, end)]
    return " – ".join(shown)


def _soft(text: str) -> str:
    """The text, with places to break inside words that are longer than a column.

    Shorter ones are left whole, so that a number copied from the paper is what was written.
    """
    return _LONG_WORD.sub(lambda word: _PIECE.sub("\\1\u200b", word[0]), text)
