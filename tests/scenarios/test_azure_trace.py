"""A real trace of requests to a language model, from the files to the invoices.

Source: Azure LLM Inference Dataset 2023 (Azure Public Dataset, CC BY 4.0).  It has no column for customers;
our rule: each of the two files is one customer's.
"""

from __future__ import annotations

import csv
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from tests.scenarios.conftest import Cli

DATA = Path(__file__).parents[3] / "shared" / "data"
FILES = {"conv": DATA / "azure_llm_inference_conv.csv", "code": DATA / "azure_llm_inference_code.csv"}
INPUT, OUTPUT = Decimal("0.0000005"), Decimal("0.0000015")

PRICE_LIST = f"""\
currency: USD
meters:
  context: {{name: Context tokens, event_name: inference, aggregation: sum, property: context}}
  generated: {{name: Generated tokens, event_name: inference, aggregation: sum, property: generated}}
plans:
  tokens:
    name: Tokens
    prices:
      - {{code: input, name: Context tokens, meter: context, model: per_unit, unit_amount: {INPUT:f}}}
      - {{code: output, name: Generated tokens, meter: generated, model: per_unit, unit_amount: {OUTPUT:f}}}
customers:
  conv: {{name: Conversations}}
  code: {{name: Code}}
subscriptions:
  conv-tokens: {{customer: conv, plan: tokens, started_at: 2023-11-01}}
  code-tokens: {{customer: code, plan: tokens, started_at: 2023-11-01}}
"""

pytestmark = pytest.mark.skipif(
    not all(path.exists() for path in FILES.values()), reason=f"the traces are not in {DATA}"
)


def sums(path: Path) -> tuple[int, int, int]:
    """Rows, context tokens and generated tokens, straight from the file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return (
        len(rows),
        sum(int(row["ContextTokens"]) for row in rows),
        sum(int(row["GeneratedTokens"]) for row in rows),
    )


def imported(cli: Cli, customer: str) -> dict[str, int]:
    whose = ("--customer", customer, "--event", "inference")
    when = ("--time", "TIMESTAMP", "--assume-utc")
    what = ("--property", "context=ContextTokens", "--property", "generated=GeneratedTokens")
    found: dict[str, int] = cli("usage", "import", FILES[customer], *whose, *when, *what, "--json").json
    return found


def test_the_invoices_of_a_real_trace_hold_exactly_its_columns_sums(cli: Cli) -> None:
    Path("list.yaml").write_text(PRICE_LIST, encoding="utf-8")
    cli("apply", "list.yaml", "--yes")
    for customer, path in FILES.items():
        rows = sums(path)[0]
        assert imported(cli, customer) == {"rows": rows, "accepted": rows, "duplicates": 0, "refused": 0}
    cli("bill", "run", "--at", "2023-12-01T00:00:00Z")
    cli("bill", "run", "--at", "2023-12-01T01:00:00Z")
    invoices = {one["customer"]: one for one in cli("invoice", "list", "--json").json}
    assert {one["number"] for one in invoices.values()} == {"INV-000001", "INV-000002"}

    for customer, name in (("conv", "Conversations"), ("code", "Code")):
        _, context, generated = sums(FILES[customer])
        shown = cli("invoice", "show", invoices[name]["number"], "--json").json
        quantities = {line["description"]: Decimal(line["quantity"]) for line in shown["lines"]}
        assert quantities == {"Context tokens": context, "Generated tokens": generated}
        expected = sum(
            (count * price).quantize(Decimal("0.01"), ROUND_HALF_UP)
            for count, price in ((context, INPUT), (generated, OUTPUT))
        )
        assert Decimal(shown["total"]) == expected
        for line in (1, 2):
            assert cli("invoice", "explain", shown["number"], line, "--json").json["matches"] is True

    before = cli("invoice", "list", "--json").out
    for customer, path in FILES.items():
        rows = sums(path)[0]
        assert imported(cli, customer) == {"rows": rows, "accepted": 0, "duplicates": rows, "refused": 0}
    assert cli("bill", "run", "--at", "2023-12-01T01:00:00Z", "--json").json["invoices"] == []
    assert cli("invoice", "list", "--json").out == before
