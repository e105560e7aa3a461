"""What the command line says: where nothing was found, on which day, and each field once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from counterfoil.core.errors import InvalidInput, WrongState
from counterfoil.core.ids import PREFIXES, parse_id
from counterfoil.core.states import SUBSCRIPTION, SubscriptionState, SubscriptionTrigger, advance
from counterfoil.faces.cli.output import refusal, sentence
from tests.faces.cli.conftest import Cli
from tests.faces.cli.test_commands import LIST, written


def test_an_empty_list_says_where_nothing_was_found(cli: Cli) -> None:
    place = "Lumen AI GmbH · test"
    for noun in ("invoice", "customer", "subscription"):
        assert cli(noun, "list").out == f"no {noun}s in {place}\n"
    assert cli("invoice", "list", "--status", "void").out == f"no such invoices in {place}\n"


def test_the_due_date_is_a_day_where_the_customer_is(cli: Cli) -> None:
    cli("clock", "set", "2026-05-01")
    cli("apply", written("list.yaml", LIST.replace("name: Acme}", "name: Acme, zone: Asia/Tokyo}")), "--yes")
    cli("clock", "advance", "2026-05-01T16:00:00Z")
    (invoice,) = cli("invoice", "list", "--json").json
    shown = cli("invoice", "show", invoice["number"]).out
    # Finalised at 01:00 UTC on 1 May, 10:00 in Tokyo, and due 14 days later.
    assert re.search(r"^due +2026-05-15$", shown, re.MULTILINE)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("name: Acme}", "name: Acme, email: nowhere}", "customers.acme.email is not an address"),
        ("name: Acme}", "name: Acme, zone: Mars}", "customers.acme.zone is not a time zone"),
        ("name: Acme}", "name: Acme, currency: MOON}", "customers.acme.currency is not a currency"),
        ("currency: EUR", "currency: MOON", "currency is not a currency"),
        ("2026-05-01", "yesterday", "subscriptions.acme-pro.started_at is not a time with its zone"),
        ("percent: 19", "percent: many", "tax_rates.vat.percent is not a "),
        ("{seat: 3}", "{seat: -3}", "subscriptions.acme-pro.quantities.seat"),
        ("aggregation: sum", "aggregation: median", "meters.tokens.aggregation"),
    ],
)
def test_a_refusal_of_the_price_list_names_its_field_once(
    cli: Cli, before: str, after: str, said: str
) -> None:
    told = cli("apply", written("list.yaml", LIST.replace(before, after)), "--yes", code=2).err
    sentence = next(line for line in told.splitlines() if line.startswith("error: "))
    assert re.match(rf"error: list\.yaml:\d+: {re.escape(said)}", sentence), sentence
    assert "  " not in sentence
    assert not re.search(r"(?<![\w.])([\w.]*\b(\w+)):? \2\b", sentence), sentence


def test_a_refused_row_names_its_column_once(cli: Cli) -> None:
    cli("clock", "set", "2026-05-01")
    cli("apply", written("list.yaml", LIST), "--yes")
    Path("usage.csv").write_text("time,customer,event,tokens\n2026-05-01T00:00:00Z,nobody,completion,1\n")
    told = cli("usage", "import", "usage.csv", code=1).err
    assert "line 2: customer: there is no such customer (" in told


@pytest.mark.parametrize(
    ("field", "message", "sentence"),
    [
        ("email", "email is not an address", "email is not an address"),
        ("lines.0.amount", "amount is not above zero", "lines.0.amount is not above zero"),
        ("id", "this is invalid", "id: this is invalid"),
        ("plan_id", "no such plan", "plan_id: no such plan"),
        (None, "nothing to do", "nothing to do"),
    ],
)
def test_a_field_is_said_once(field: str | None, message: str, sentence: str) -> None:
    assert refusal(field, message, None) == sentence
    assert refusal(field, message, "x") == f"{sentence} (allowed: x)"


def test_what_is_allowed_is_said_once() -> None:
    with pytest.raises(WrongState) as refused:
        advance(SUBSCRIPTION, SubscriptionState.PAUSED, SubscriptionTrigger.PAUSE)
    assert str(refused.value.allowed).startswith("resume")
    told = sentence(refused.value)
    assert told.count("resume") == 1
    assert told.endswith(f"allowed now: {refused.value.allowed}")
    assert sentence(InvalidInput("a is odd", field="a", allowed="b")) == "a is odd (allowed: b)"


def test_every_kind_of_id_has_the_article_it_is_spoken_with() -> None:
    articles = {}
    for kind in PREFIXES:
        with pytest.raises(InvalidInput) as refused:
            parse_id(kind, "nothing")
        articles[kind] = refused.value.message.removeprefix("id is not the id of ").split()[0]
    assert {kind for kind, article in articles.items() if article == "an"} == {
        "add_on",
        "api_client",
        "audit_record",
        "environment",
        "invoice",
        "invoice_line",
        "issuer",
        "operation",
        "organization",
    }
