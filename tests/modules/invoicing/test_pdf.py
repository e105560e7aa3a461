"""The paper: its words, its pages, and that nothing written by people is run."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from typing import Any

import pytest

from counterfoil.core.money import Money
from counterfoil.core.tax import TaxMode
from counterfoil.modules.customers import CustomerChanges, update_customer
from counterfoil.modules.invoicing import (
    Changes,
    default_issuer,
    get_invoice,
    invoice_pdf,
    lines_of,
    update_issuer,
    void_invoice,
)
from counterfoil.modules.invoicing.document import document, period_text
from counterfoil.modules.invoicing.pdf import render
from counterfoil.store import Uow
from tests.modules.invoicing.world import REDUCED, VAT, World, at, line

_PARTY: dict[str, Any] = {
    "name": "Größe & Söhne",
    "address": {"line1": "Straße 1", "city": "Köln", "postal_code": "50667", "country": "DE"},
    "tax_number": "DE1",
    "footer": "IBAN DE02 1203\nHRB 1",
    "email": "a@b.example",
}
_HOSTILE = '#panic("run") $x$ *b* `c` <l> @ref \\ #[ ] { } // = "q" #read("/etc/passwd") https://e.example'


async def _document(uow: Uow, world: World, *lines: Any, **party: Any) -> dict[str, Any]:
    invoice = await world.open(*lines)
    stored = await lines_of(uow, [invoice.id])
    return document(invoice, stored[invoice.id], _PARTY | party, _PARTY | party)


def _text_of(pdf: bytes) -> str:
    command = ["pdftotext", "-layout", "-", "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


def _pages(content: dict[str, Any]) -> int:
    pages = render(content, at("2026-02-01"), "png", ppi=20)
    return len(pages) if isinstance(pages, list) else 1


@pytest.mark.parametrize(
    ("start", "end", "zone", "words"),
    [
        ("2025-12-31T23:00", "2026-01-31T23:00", "Europe/Berlin", "1 Jan 2026 – 31 Jan 2026"),
        ("2026-02-28T23:00", "2026-03-31T22:00", "Europe/Berlin", "1 Mar 2026 – 31 Mar 2026"),
        ("2026-01-01", "2026-01-02", "UTC", "1 Jan 2026"),
        ("2026-01-15T09:30", "2026-02-15T09:30", "UTC", "15 Jan 2026, 09:30 – 15 Feb 2026, 09:30"),
    ],
)
def test_a_period_is_written_as_its_first_and_last_day(start: str, end: str, zone: str, words: str) -> None:
    assert period_text(at(start), at(end), zone) == words


async def test_the_words_say_what_is_owed_for_what_and_why(world: World, uow: Uow) -> None:
    """1,000 × 0.1 + 234,567 × 0.05 = 100 + 11,728.35; 19 % of 11,828.35 is 2,247.3865 → 2,247.39."""
    tiers = {"tiers": [{"up_to": "1000", "unit_amount": "0.1"}, {"unit_amount": "0.05"}]}
    words = await _document(
        uow, world, line("", VAT, model="graduated", params=tiers, quantity="235567"), line("9.99", REDUCED)
    )
    assert words["heading"] == "Invoice INV-000001"
    assert ["Due date", "15 Feb 2026"] in words["facts"]
    usage, fee = words["lines"]
    assert (usage["quantity"], usage["tax"], usage["amount"]) == ("235,567", "19 %", "11,828.35")
    assert usage["steps"] == [
        "0 to 1,000: 1,000 × 0.1 = 100",
        "Over 1,000: 234,567 × 0.05 = 11,728.35",
        "Sum: 11,828.35",
    ]
    assert (fee["amount"], fee["steps"]) == ("9.99", [])
    assert words["sums"] == [
        ["Subtotal", "11,838.34"],
        ["VAT 19 % on 11,828.35", "2,247.39"],
        ["Reduced VAT 7 % on 9.99", "0.70"],
    ]
    assert words["due"] == [["Total", "EUR 14,086.43"], ["Amount due", "EUR 14,086.43"]]
    assert words["notes"] == ["Please pay EUR 14,086.43 by 15 Feb 2026, quoting INV-000001."]


async def test_a_price_with_tax_inside_says_so(world: World, uow: Uow) -> None:
    words = await _document(uow, world, line("119", VAT, mode=TaxMode.INCLUSIVE))
    assert words["lines"][0]["amount"] == "100.00"
    assert words["lines"][0]["steps"] == ["Price 119.00 includes tax of 19.00"]


async def test_a_draft_and_a_void_invoice_are_stamped(world: World) -> None:
    draft = await world.draft(line("1"))
    invoice = await world.open(line("1"))
    async with world.on("2026-02-02") as uow:
        voided = await void_invoice(uow, invoice.id)
        lines = await lines_of(uow, [draft.id, invoice.id])
        papers = [
            document(one, lines[one.id], _PARTY, _PARTY)
            for one in (draft, voided, await get_invoice(uow, draft.id))
        ]
    assert [paper["stamp"] for paper in papers] == ["DRAFT", "VOID", "DRAFT"]
    assert papers[0]["title"] == "Draft invoice"
    assert "not a demand for payment" in papers[0]["notes"][0]
    assert [name for name, _ in papers[1]["due"]] == ["Total"]


async def test_a_negative_total_is_a_credit_and_nothing_is_due(world: World, uow: Uow) -> None:
    invoice = await world.open(line("0"))
    credit = replace(invoice, total=Money(-1234, invoice.unit), subtotal=Money(-1234, invoice.unit))
    words = document(credit, (), _PARTY, _PARTY)
    assert words["due"] == [["Total", "EUR −12.34"], ["Amount due", "EUR 0.00"]]
    assert words["notes"] == ["The total is in your favour and was added to your credit."]


async def test_the_same_invoice_has_the_same_bytes_whatever_happens_to_its_parties(world: World) -> None:
    invoice = await world.open(line("10", VAT))
    async with world.on("2026-02-02") as uow:
        _, before = await invoice_pdf(uow, invoice.id)
        await update_customer(uow, world.customer_id, CustomerChanges({"name": "Somebody else"}))
        await update_issuer(uow, (await default_issuer(uow)).id, Changes({"footer": "new"}))
    async with world.on("2027-02-02") as uow:
        _, after = await invoice_pdf(uow, invoice.id)
    assert before.startswith(b"%PDF-1.")
    assert before == after


async def test_sixty_lines_break_over_pages_and_one_fits_on_one(world: World, uow: Uow) -> None:
    one = await _document(uow, world, line("1", VAT))
    assert _pages(one) == 1
    many = await _document(
        uow, world, *[line("1.5", VAT, model="per_unit", params={"unit_amount": "1"})] * 60
    )
    assert 2 < _pages(many) < 9


async def test_what_people_write_is_shown_and_not_run(world: World, uow: Uow) -> None:
    words = await _document(
        uow,
        world,
        line("1", VAT, description=_HOSTILE),
        line("1", VAT, description="x" * 2000),
        line("1", VAT, description="株式会社 ¥ € ₿ 😀 مرحبا \u202e \ufeff"),
        name=_HOSTILE,
        footer=_HOSTILE * 3,
        address={"line1": _HOSTILE},
    )
    assert render(words, at("2026-02-01")).startswith(b"%PDF")


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext (poppler-utils)")
async def test_the_pdf_holds_the_texts_as_they_were_written(world: World, uow: Uow) -> None:
    words = await _document(
        uow, world, *[line("1234.5", VAT, description="Größe € ¥ #panic(1)")] * 40, name="Öztürk & Groß"
    )
    pdf = render(words, at("2026-02-01"))
    text = _text_of(pdf)
    pages = text.split("\f")[:-1]
    assert text.count("Größe € ¥ #panic(1)") == 40
    assert "Öztürk & Groß" in pages[0]
    assert "EUR 58,762.20" in pages[-1]  # 40 × 1,234.50 × 1.19
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        assert "DESCRIPTION" in page
