"""Years later an auditor asks: are these invoices what the prices and the usage of then make of them?

A fee of 100.00 and two seats at 15.00 in advance, tokens in arrears at 0.02 up to 1,000 and 0.01 beyond, with
20 % VAT.  1,500 tokens come in time (20 + 5 = 25.00), 500 more after the invoice was final (5.00).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Database
from tests.faces.cli.conftest import Cli

LIST = """\
currency: EUR
tax_rates:
  vat: {name: VAT, percent: 20}
meters:
  tokens: {name: Tokens, event_name: completion, aggregation: sum, property: tokens}
plans:
  pro:
    name: Pro
    prices:
      - {code: fee, name: Platform, model: flat, amount: 100, tax_rates: [vat]}
      - {code: seats, name: Seats, model: per_unit, unit_amount: 15, quantity_source: item, tax_rates: [vat]}
      - code: tokens
        name: Tokens
        meter: tokens
        model: graduated
        tiers: [{up_to: 1000, unit_amount: 0.02}, {unit_amount: 0.01}]
        tax_rates: [vat]
customers:
  acme: {name: Acme, currency: EUR}
subscriptions:
  acme-pro: {customer: acme, plan: pro, quantities: {seats: 2}}
"""

type Look = Callable[..., list[tuple[object, ...]]]


def usage(cli: Cli, *rows: str) -> None:
    text = "\n".join(["id,customer,time,tokens", *(f"{row}" for row in rows)]) + "\n"
    Path("usage.csv").write_text(text, encoding="utf-8")
    cli("usage", "import", "usage.csv", "--id", "id", "--event", "completion")


@pytest.fixture
def billed(cli: Cli) -> Cli:
    """Three months: the usage of the first came in part when its invoice was final already."""
    Path("list.yaml").write_text(LIST, encoding="utf-8")
    cli("clock", "set", "2026-01-10")
    cli("apply", "list.yaml", "--yes")
    cli("clock", "advance", "2026-02-01")
    usage(cli, "e1,acme,2026-01-20T00:00:00Z,1500")
    cli("clock", "advance", "2026-02-11")
    usage(cli, "e2,acme,2026-01-25T00:00:00Z,500")
    cli("clock", "advance", "2026-03-11")
    return cli


@pytest.fixture
def tamper(database: Database) -> Callable[..., None]:
    """Changes rows past the triggers that hold what never changes, as the owner of the database could."""

    def change(table: str, statement: str) -> None:
        with psycopg.connect(database.owner_url, autocommit=True) as connection:
            connection.execute(f"alter table {table} disable trigger user".encode())
            try:
                connection.execute(statement.encode())
            finally:
                connection.execute(f"alter table {table} enable trigger user".encode())

    return change


@pytest.fixture
def environment(look: Look) -> object:
    """The id of the newest environment called ``test``: the one that ``cli`` works in."""
    return look("select id from environments where name = 'test' order by id desc limit 1")[0][0]


def test_invoices_are_what_was_known_when_they_became_final(billed: Cli) -> None:
    told = billed("replay", "--customer", "acme", "--json").json
    # 10 January: fee, seats; 10 February: those and tokens; 10 March: those, tokens and 5.00 that came late
    assert (told["invoices"], told["lines"], told["from_explanations"]) == (3, 9, 0)
    assert told["differences"] == []
    shown = billed("replay", "--customer", "acme")
    assert shown.out.startswith("3 invoices with 9 lines rebuilt: all as they were")


def test_only_what_was_final_at_an_instant_is_rebuilt(billed: Cli) -> None:
    told = billed("replay", "--customer", "acme", "--as-of", "2026-02-01", "--json").json
    assert (told["invoices"], told["lines"]) == (1, 2)
    assert billed("replay", "--customer", "nobody", code=1).err.startswith("error: no such customer")


def places(cli: Cli) -> dict[tuple[int | None, str], tuple[str, str]]:
    """The places of the second invoice that differ, with both values; the others are as they were."""
    told = cli("replay", "--customer", "acme", "--json", code=1).json
    assert {one["number"] for one in told["differences"]} == {"INV-000002"}
    return {(one["line"], one["field"]): (one["stored"], one["rebuilt"]) for one in told["differences"]}


def test_usage_that_was_changed_behind_an_invoice_is_found_with_its_place(
    billed: Cli, tamper: Callable[..., None], environment: object
) -> None:
    tamper(
        "events",
        f"update events set properties = '{{\"tokens\": 1600}}'"
        f" where environment_id = '{environment}' and id = 'e1'",
    )
    found = places(billed)
    assert found[3, "explanation.quantity"] == ("1500", "1600")
    assert found[3, "amount"] == ("25.00 EUR", "26.00 EUR")  # 20 + 600 × 0.01
    assert found[None, "subtotal"] == ("155.00 EUR", "156.00 EUR")
    assert found[None, "total"] == ("186.00 EUR", "187.20 EUR")
    said = billed("replay", "--customer", "acme", code=1).out
    assert "not as they were" in said
    assert "INV-000002" in said


def test_sums_that_were_changed_on_an_invoice_are_found_though_they_still_add_up(
    billed: Cli, tamper: Callable[..., None], environment: object
) -> None:
    ours = f"environment_id = '{environment}'"
    second = f"(select id from invoices where {ours} and number = 'INV-000002')"
    tamper(
        "invoice_lines",
        f"update invoice_lines set amount = amount - 100, total = total - 100"
        f" where {ours} and invoice_id = {second} and position = 3",
    )
    tamper(
        "invoices", f"update invoices set subtotal = subtotal - 100, total = total - 100 where id = {second}"
    )
    found = places(billed)
    assert found[3, "amount"] == ("24.00 EUR", "25.00 EUR")
    assert found[None, "subtotal"] == ("154.00 EUR", "155.00 EUR")
    assert not any(field.startswith("explanation") for _, field in found)


def test_an_explanation_that_was_changed_is_found_to_the_field(
    billed: Cli, tamper: Callable[..., None], environment: object
) -> None:
    ours = f"environment_id = '{environment}'"
    tamper(
        "invoice_lines",
        "update invoice_lines set explanation = jsonb_set(explanation, '{origin,events}', '7')"
        f" where {ours} and position = 3"
        f" and invoice_id = (select id from invoices where {ours} and number = 'INV-000002')",
    )
    assert places(billed) == {(3, "explanation.origin.events"): ("7", "1")}


def test_a_line_that_is_gone_is_missed_by_its_position_whatever_it_added(
    billed: Cli, tamper: Callable[..., None], environment: object
) -> None:
    ours = f"environment_id = '{environment}'"
    second = f"(select id from invoices where {ours} and number = 'INV-000002')"
    tamper(
        "invoice_lines", f"delete from invoice_lines where {ours} and invoice_id = {second} and position = 2"
    )
    assert places(billed)[2, "position"] == ("nothing", "2")
