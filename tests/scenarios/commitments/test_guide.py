"""The example of docs/guides/commitments.md, invoice by invoice."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.scenarios.commitments.conftest import Shop

GUIDE = Path(__file__).parents[3] / "docs/guides/commitments.md"


async def test_the_guide_tells_what_happens(shop: Shop) -> None:
    """3,000 + (1,000 + 200) × 1.2 = 4,440."""
    found = re.search(r"```json\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    await shop.subscribe(json.loads(found[1]))
    for day, calls in (("2026-01-10", 25_000), ("2026-02-10", 15_000), ("2026-08-10", 2_000)):
        await shop.use(day, calls)
    await shop.until("2027-01-01", "03")
    told = {
        invoice["created_at"][:10]: ([line["amount"] for line in invoice["lines"]], invoice["total"])
        for invoice in await shop.invoices()
    }
    assert told["2026-01-01"] == (["1500.00"], "1500.00")
    assert told["2026-02-01"] == (["2500.00", "-2500.00"], "0.00")
    assert told["2026-03-01"] == (["1500.00", "-500.00", "200.00"], "1200.00")
    assert told["2026-07-01"] == (["0.00", "1500.00"], "1500.00")
    assert told["2026-09-01"] == (["200.00", "40.00"], "240.00")
    first, second = await shop.terms()
    assert (first["drawn"], first["beyond"], first["carried"]) == ("3000", "1200", "0")
    assert (second["rolled_over"], second["paid_ahead"]) == ("0", "1500.00")
