"""The example of docs/guides/subscriptions.md, invoice by invoice."""

from __future__ import annotations

import json
import re
from pathlib import Path

from counterfoil.store import Store
from tests.support.contracts import SEATS, opened

GUIDE = Path(__file__).parents[3] / "docs/guides/subscriptions.md"


async def test_the_example_of_the_guide_is_billed_as_it_says(store: Store) -> None:
    text = GUIDE.read_text("utf-8")
    agreed = json.loads(text.split("```json")[1].split("```")[0])
    promised = re.findall(r"^\| (\d{4}-\d\d-\d\d) \|.*\| ([\d.]+) \|$", text, re.MULTILINE)
    async with opened(store, "2026-01-01T00:00:00Z") as seller:
        contract = await seller.subscribe(await seller.plan(SEATS), **agreed)
        await seller.until("2026-10-20")
        await seller.ask(
            "POST",
            f"/subscriptions/{contract}/pause",
            when="period_end",
            resume_at="2027-03-01T00:00:00Z",
        )
        await seller.until("2027-03-02")
        assert [(day, total) for day, total, _ in await seller.bills()] == promised
        assert len(promised) == 11
        await seller.until("2029-01-01")
        bills = await seller.bills()
        assert [total for _, total, _ in bills[11:]] == ["20.00"] * 10  # April 2027 to January 2028
        assert [pair for pair in await seller.told(contract) if pair[1] in ("renewed", "expired")] == [
            ("2027-03-01", "renewed"),
            ("2028-02-01", "expired"),
        ]
