"""What a person does with ``counterfoil``, command by command, over a real database."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path

import pytest

from counterfoil import __version__
from counterfoil.core.ids import show_id
from tests.conftest import Database
from tests.faces.cli.conftest import Cli

LIST = """\
currency: EUR
issuer: {name: Lumen AI GmbH, number_prefix: LUM-}
tax_rates:
  vat: {name: VAT, percent: 19}
meters:
  tokens: {name: Tokens, event_name: completion, aggregation: sum, property: tokens}
plans:
  pro:
    name: Pro
    prices:
      - {code: seat, model: per_unit, quantity_source: item, unit_amount: 10.00, tax_rates: [vat]}
      - code: tokens
        name: Tokens
        meter: tokens
        model: graduated
        tiers:
          - {up_to: 1000, unit_amount: 0.01}
          - {unit_amount: 0.001}
        tax_rates: [vat]
customers:
  acme: {name: Acme}
subscriptions:
  acme-pro: {customer: acme, plan: pro, started_at: 2026-05-01, quantities: {seat: 3}}
"""


def written(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def test_init_prints_each_key_once_and_stores_none(bare_cli: Cli) -> None:
    name = f"Acme {uuid.uuid4().hex}"
    made = bare_cli("init", "--organization", name)
    assert made.out.count("ck_live_") == made.out.count("ck_test_") == 1
    again = bare_cli("init", "--organization", name, code=1)
    assert again.out == ""
    assert f"an organization {name.lower().replace(' ', '-')} exists" in again.err


def test_init_says_the_organizations_id_in_both_forms(bare_cli: Cli) -> None:
    made = bare_cli("init", "--organization", f"Acme {uuid.uuid4().hex}", "--json").json
    id_ = uuid.UUID(made["organization_uuid"])
    assert made["organization_id"] == show_id("organization", id_)
    told = bare_cli("init", "--organization", f"Acme {uuid.uuid4().hex}").out
    assert re.search(r"\borg_[0-9a-z]{26}\b", told)
    assert re.search(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", told)


def test_keys_are_made_for_programs_and_operators(cli: Cli) -> None:
    assert cli("key", "create", "reporting", "--scope", "invoices:read").out.startswith("ck_test_")
    assert cli("operator-key", "create", "night shift").out.startswith("ck_operator_")
    refused = cli("key", "create", "x", "--scope", "invoices:burn", code=2)
    assert "invoices:read" in refused.err


def test_a_command_says_in_which_organizations_it_could_run(bare_cli: Cli) -> None:
    for _ in range(2):
        bare_cli("init", "--organization", f"Many {uuid.uuid4().hex}")
    refused = bare_cli("customer", "list", code=2)
    assert "several organizations" in refused.err
    assert bare_cli("customer", "list", "--organization", "nobody", code=1).out == ""
    assert "opens nothing" in bare_cli("customer", "list", "--key", "ck_test_x", code=1).err


def test_a_setting_that_is_no_number_is_one_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERFOIL_POOL_SIZE", "many")
    refused = cli("customer", "list", code=2)
    assert refused.err.startswith("error: COUNTERFOIL_POOL_SIZE: ")
    assert "Traceback" not in refused.err


def test_version_and_help_name_the_commands(bare_cli: Cli) -> None:
    assert bare_cli("version").out == f"{__version__}\n"
    shown = bare_cli("--help").out
    for command in ("serve", "init", "apply", "usage", "bill", "invoice", "clock", "doctor", "customer"):
        assert command in shown


def test_apply_shows_the_difference_writes_it_once_and_finds_nothing_the_second_time(cli: Cli) -> None:
    file = written("list.yaml", LIST)
    first = cli("apply", file, "--yes")
    assert "+ customer acme" in first.out
    assert "1 changed, 5 created" in first.out
    assert "nothing to do" in cli("apply", file, "--yes").out
    assert [one["external_id"] for one in cli("customer", "list", "--json").json] == ["acme"]


def test_apply_bills_the_same_usage_on_two_subscriptions_only_if_the_file_says_so(cli: Cli) -> None:
    second = "  acme-more: {customer: acme, plan: pro, started_at: 2026-05-01}\n"
    refused = cli("apply", written("list.yaml", LIST + second), "--yes", code=2)
    assert "list.yaml:24: subscriptions.acme-more.plan: the usage of the meter tokens" in refused.err
    assert "shared_usage" in refused.err
    shared = written("list.yaml", LIST + second.replace("}", ", shared_usage: true}"))
    assert "acme-more" in cli("apply", shared, "--yes").out
    assert "nothing to do" in cli("apply", shared, "--yes").out


def test_a_later_end_bills_the_usage_of_the_next_subscription_only_if_that_is_said(cli: Cli) -> None:
    cli("clock", "set", "2026-05-01")
    cli("apply", written("list.yaml", LIST), "--yes")
    cli("subscription", "cancel", "acme-pro", "--at", "2026-06-10")
    following = "  acme-more: {customer: acme, plan: pro, started_at: 2026-06-10}\n"
    cli("apply", written("list.yaml", LIST + following), "--yes")
    later = ("subscription", "cancel", "acme-pro", "--at", "2026-07-10")
    assert "shared_usage" in cli(*later, code=1).err
    assert "ends on 2026-07-10" in cli(*later, "--shared-usage").out


def test_apply_places_a_quantity_that_cannot_be_billed(cli: Cli) -> None:
    huge = LIST.replace("seat: 3", "seat: 1e30")
    place = "list.yaml:23: subscriptions.acme-pro.quantities.seat"
    assert place in cli("apply", written("list.yaml", huge), "--yes", code=2).err
    cli("apply", written("list.yaml", LIST), "--yes")
    assert place in cli("apply", written("list.yaml", huge), "--yes", code=2).err


def test_apply_says_where_products_are_listed_and_what_features_are(cli: Cli) -> None:
    text = """\
products:
  inference: {name: Inference, category: AI, channel: aws, default_currency: USD}
meters:
  tokens: {name: Tokens, event_name: completion, aggregation: count}
features:
  tokens:
    {name: Tokens, kind: metered, meter: tokens, product: inference, sku: AI-1, default_value: 1000.0}
  sso: {name: SSO, kind: capability, visibility: private}
"""
    cli("apply", written("list.yaml", text), "--yes")
    assert "nothing to do" in cli("apply", "list.yaml", "--yes").out
    changed = text.replace("aws", "azure").replace("1000.0", "2000").replace("private", "public")
    shown = cli("apply", written("list.yaml", changed), "--yes").out
    assert all(one in shown for one in ("azure", "2000", "public")), shown
    moved = changed.replace("product: inference, ", "product: other, ")
    assert "product" in cli("apply", written("list.yaml", moved), "--yes", code=2).err
    unknown = "features: {f: {name: F, kind: boolean, product: nothing}}\n"
    assert "there is no nothing" in cli("apply", written("list.yaml", unknown), "--yes", code=2).err


def test_apply_says_who_sees_a_plan_and_what_its_prices_charge_for(cli: Cli) -> None:
    text = (
        "currency: EUR\nfeatures:\n  cdn: {name: CDN, kind: boolean}\nplans:\n  edge:\n    name: Edge\n"
        "    visibility: private\n    max_seats: 5\n    prices:\n"
        "      - {code: traffic, model: commit, unit_amount: 0.04, committed_quantity: 1000,"
        " unit: GB, feature: cdn, description: Traffic}\n"
    )
    cli("apply", written("list.yaml", text), "--yes")
    assert "nothing to do" in cli("apply", "list.yaml", "--yes").out
    changed = text.replace("max_seats: 5", "max_seats: null").replace("private", "public")
    shown = cli("apply", written("list.yaml", changed), "--yes").out
    assert "visibility: private → public" in shown
    assert "max_seats: 5" in shown
    assert "new version" not in shown
    shown = cli("apply", written("list.yaml", changed.replace("unit: GB", "unit: TB")), "--yes").out
    assert "prices.traffic.unit: GB → TB" in shown
    assert "new version" in shown
    unknown = changed.replace("feature: cdn", "feature: nothing")
    assert "there is no nothing" in cli("apply", written("list.yaml", unknown), "--yes", code=2).err
    above = changed.replace("max_seats: null", "min_seats: 9\n    max_seats: 8")
    refused = cli("apply", written("list.yaml", above), "--yes", code=2).err
    assert "list.yaml:9: plans.edge.max_seats" in refused


def test_apply_asks_and_without_anybody_to_ask_writes_nothing(cli: Cli) -> None:
    file = written("list.yaml", LIST)
    assert "--yes" in cli("apply", file, code=2).err
    assert cli("customer", "list", "--json").json == []


def test_a_dry_run_of_apply_does_all_of_it_and_undoes_it(cli: Cli) -> None:
    file = written("list.yaml", LIST)
    assert "unit_amount: 0.001" in cli("apply", file, "--dry-run").out
    assert cli("customer", "list", "--json").json == []
    wrong = written("wrong.yaml", LIST.replace("tax_rates: [vat]}", "tax_rates: [gst]}"))
    assert "there is no gst" in cli("apply", wrong, "--dry-run", code=2).err


def test_a_changed_price_is_a_new_version_and_the_subscription_keeps_its_own(cli: Cli) -> None:
    cli("clock", "set", "2026-05-01")
    cli("apply", written("list.yaml", LIST), "--yes")
    dearer = written("dearer.yaml", LIST.replace("10.00", "12.00"))
    shown = cli("apply", dearer, "--yes").out
    assert "~ plan pro  (a new version)" in shown
    assert "prices.seat.currencies.EUR.unit_amount: 10 → 12" in shown
    assert "nothing to do" in cli("apply", dearer, "--yes").out
    cli("bill", "run")
    (invoice,) = cli("invoice", "list", "--json").json
    assert invoice["subtotal"] == "30.00"  # 3 seats at 10.00, the price of its version


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("property: tokens", "property: words", "list.yaml:6: meters.tokens.property cannot change"),
        ("percent: 19", "percent: 7", "list.yaml:4: tax_rates.vat.percent cannot change"),
        ("customer: acme, plan", "customer: other, plan", "list.yaml:23: subscriptions.acme-pro.customer"),
    ],
)
def test_what_can_never_change_is_refused_with_its_place(
    cli: Cli, before: str, after: str, place: str
) -> None:
    cli("apply", written("list.yaml", LIST), "--yes")
    refused = cli("apply", written("list.yaml", LIST.replace(before, after)), "--yes", code=2)
    assert place in refused.err


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("meter: tokens\n", "meter: words\n", "list.yaml:14: plans.pro.prices.1.meter: there is no words"),
        ("customer: acme", "customer: nobody", "list.yaml:23: subscriptions.acme-pro.customer: there is no"),
        ("{seat: 3}", "{desk: 3}", "list.yaml:23: subscriptions.acme-pro.quantities"),
        ("{seat: 3}", "{seat: -3}", "list.yaml:23: subscriptions.acme-pro.quantities.seat"),
        ("name: Acme}", "name: Acme, email: nowhere}", "list.yaml:21: customers.acme.email"),
        ("  tokens: {name", "  TOKENS: {name", "list.yaml:6: meters.TOKENS.code"),
        ("aggregation: sum", "aggregation: median", "list.yaml:6: meters.tokens.aggregation"),
    ],
)
def test_a_refusal_of_a_use_case_names_the_place_and_nothing_is_written(
    cli: Cli, before: str, after: str, place: str
) -> None:
    refused = cli("apply", written("list.yaml", LIST.replace(before, after)), "--yes", code=2)
    assert place in refused.err
    assert cli("customer", "list", "--json").json == []


def test_more_seats_in_the_file_are_billed_from_when_it_is_applied(cli: Cli) -> None:
    cli("clock", "set", "2026-05-01")
    cli("apply", written("list.yaml", LIST), "--yes")
    cli("clock", "advance", "2026-05-02")
    shown = cli("apply", written("more.yaml", LIST.replace("seat: 3", "seat: 5")), "--yes").out
    assert "quantities.seat: 3 → 5" in shown
    cli("clock", "advance", "2026-06-02")
    # June's 50.00, and for 30 of May's 31 days 5 seats (48.39) instead of 3 (29.03).
    assert [one["subtotal"] for one in cli("invoice", "list", "--json").json] == ["69.36", "30.00"]


USAGE = """\
time,customer,event,tokens
2026-05-03T10:00:00Z,acme,completion,400
2026-05-03T10:00:00Z,acme,completion,400
2026-05-04T10:00:00Z,acme,completion,700.5
2026-05-05T10:00:00Z,nobody,completion,1
2026-05-05T10:00:00,acme,completion,1
2026-05-05T10:00:00Z,acme,completion,many
2026-05-05T10:00:00Z,acme
"""


def with_usage(cli: Cli) -> None:
    cli("clock", "set", "2026-05-01")
    cli("apply", written("list.yaml", LIST), "--yes")
    cli("clock", "advance", "2026-05-20")


def test_an_import_counts_equal_rows_each_and_twice_the_file_once(cli: Cli) -> None:
    with_usage(cli)
    file = written("usage.csv", USAGE)
    first = cli("usage", "import", file, "--json", code=1)
    assert first.json == {"rows": 7, "accepted": 3, "duplicates": 0, "refused": 4}
    for line, reason in ((5, "no such customer"), (6, "no zone"), (7, "tokens"), (8, "2 cells")):
        assert any(f"line {line}: " in told and reason in told for told in first.err.splitlines())
    again = cli("usage", "import", file, "--json", "--refused", "bad.csv", code=1)
    assert again.json == {"rows": 7, "accepted": 0, "duplicates": 3, "refused": 4}
    told = Path("bad.csv").read_text().splitlines()[1:]
    assert sorted(row.split(",")[0] for row in told) == ["5", "6", "7", "8"]
    cli("clock", "advance", "2026-06-02")
    newest = cli("invoice", "list", "--json").json[0]
    lines = {
        line["description"]: line for line in cli("invoice", "show", newest["number"], "--json").json["lines"]
    }
    assert lines["Tokens"]["quantity"] == "1500.5"
    assert lines["Tokens"]["amount"] == "10.50"  # 1,000 × 0.01 + 500.5 × 0.001 = 10.5005


def test_the_same_id_with_other_content_is_refused_and_told(cli: Cli) -> None:
    with_usage(cli)
    row = '{{"id": "e1", "time": "2026-05-03T10:00:00Z", "customer": "acme", "event": "completion",'
    row += ' "tokens": {}}}\n'
    assert (
        cli("usage", "import", written("a.jsonl", row.format(1)), "--id", "id", "--json").json["accepted"]
        == 1
    )
    refused = cli("usage", "import", written("a.jsonl", row.format(2)), "--id", "id", "--json", code=1)
    assert refused.json["refused"] == 1
    assert "line 1: id" in refused.err


def test_an_import_that_names_a_missing_column_reads_nothing(cli: Cli) -> None:
    with_usage(cli)
    refused = cli("usage", "import", written("usage.csv", USAGE), "--time", "when", code=2)
    assert "no column 'when'" in refused.err
    assert "time, customer, event, tokens" in refused.err
    assert "Traceback" not in cli("usage", "import", "absent.csv", code=1).err


def test_a_dry_run_of_billing_shows_what_the_run_then_does(cli: Cli) -> None:
    cli("clock", "set", "2026-05-01")
    cli("apply", written("list.yaml", LIST), "--yes")
    dry = cli("bill", "run", "--dry-run", "--json").json
    assert cli("invoice", "list", "--json").json == []
    real = cli("bill", "run", "--json").json
    assert real["drafted"] == dry["drafted"] == 1
    assert (
        [one["total"] for one in dry["invoices"]] == [one["total"] for one in real["invoices"]] == ["35.70"]
    )
    assert "nothing is due" in cli("bill", "run").out


def test_a_run_at_an_instant_to_come_is_for_sandboxes(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("apply", written("list.yaml", LIST), "--yes")
    at = cli("bill", "run", "--at", "2026-05-02T00:00:00Z", "--json").json
    assert (at["drafted"], at["finalised"]) == (1, 0)
    monkeypatch.delenv("COUNTERFOIL_KEY")
    live = cli("init", "--organization", "x", "--slug", f"live-{uuid.uuid4().hex}", "--json").json["keys"][
        "live"
    ]
    for command in (("bill", "run", "--at", "2026-05-02"), ("clock", "set", "2026-05-02")):
        assert "needs a sandbox" in cli(*command, "--key", live, code=1).err
    monkeypatch.setenv("COUNTERFOIL_ENVIRONMENT", "test")
    refused = cli("customer", "list", "--key", live, code=2).err
    assert "· live, and test is asked for" in refused
    assert "COUNTERFOIL_ENVIRONMENT" in refused


def test_an_invoice_is_shown_explained_and_printed(cli: Cli) -> None:
    with_usage(cli)
    cli("usage", "import", written("usage.csv", USAGE), code=1)
    cli("clock", "advance", "2026-06-02")
    number = cli("invoice", "list", "--json").json[0]["number"]
    assert number == "LUM-000002"
    shown = cli("invoice", "show", number).out
    assert "1,500.5" in shown
    assert "total EUR" in shown
    explained = cli("invoice", "explain", number, "2", "--json").json
    assert explained["matches"] is True
    assert explained["redone"] == "10.50"
    assert any("500.5 × 0.001" in step["text"] for step in explained["steps"])
    assert cli("invoice", "pdf", number).out.strip() == f"{number}.pdf"
    assert Path(f"{number}.pdf").read_bytes().startswith(b"%PDF-")
    assert "no invoice LUM-9" in cli("invoice", "show", "LUM-9", code=1).err
    assert cli("invoice", "list", "--status", "open", "--customer", "acme", "--json").json
    assert "draft" in cli("invoice", "list", "--status", "lost", code=2).err


def test_a_test_clock_is_set_once_and_moves_forward_only(cli: Cli) -> None:
    assert "no test clock" in cli("clock", "advance", "2026-05-02", code=1).err
    cli("clock", "set", "2026-05-01")
    assert cli("clock", "show", "--json").json["now"] == "2026-05-01T00:00:00Z"
    assert "clock advance" in cli("clock", "set", "2026-06-01", code=2).err
    assert "forward only" in cli("clock", "advance", "2026-04-01", code=2).err
    assert cli("clock", "advance", "tomorrow", code=2).err.startswith("error: ")


def test_doctor_looks_at_everything_and_says_what_to_do(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {one["subject"]: one["verdict"] for one in cli("doctor", "--json", code=1).json}
    # The tests' server gives up durability for speed, and is told so.
    assert found.pop("durability") == "fail"
    assert {found[subject] for subject in ("database", "schema", "role", "tenants", "clock", "ledger")} == {
        "ok"
    }
    monkeypatch.setenv("COUNTERFOIL_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    failed = cli("doctor", code=1)
    assert "does not answer" in failed.out
    assert "Traceback" not in failed.err


def test_doctor_without_a_database_says_how_to_get_one(
    bare_cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("COUNTERFOIL_DATABASE_URL")
    told = bare_cli("doctor", "--data", tmp_path / "none", code=1).out
    assert "there is no database" in told
    assert "counterfoil serve" in told
    assert not (tmp_path / "none").exists()


def test_doctor_refuses_a_role_that_could_read_every_tenant(
    bare_cli: Cli, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERFOIL_DATABASE_URL", database.owner_url)
    assert "could read every tenant" in bare_cli("doctor", code=1).out


def test_json_goes_to_stdout_alone(cli: Cli) -> None:
    printed = cli("clock", "show", "--json")
    assert set(json.loads(printed.out)) == {"environment", "now", "test_clock"}
    assert printed.err == ""
