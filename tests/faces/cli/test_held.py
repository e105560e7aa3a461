"""A subscription that cannot be billed: every command that could hide it says so, and one lets it go on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from psycopg import AsyncConnection

from tests.conftest import Database
from tests.faces.cli.conftest import Cli

LIST = """\
currency: EUR
issuer: {name: Lumen AI GmbH}
meters:
  tokens: {name: Tokens, event_name: completion, aggregation: sum, property: tokens}
plans:
  pro:
    name: Pro
    prices:
      - code: tokens
        name: Tokens
        meter: tokens
        model: graduated
        tiers: [{unit_amount: 0.01}]
customers:
  acme: {name: Acme, zone: Europe/Berlin}
  brink: {name: Brink}
subscriptions:
  acme-pro: {customer: acme, plan: pro, started_at: 2026-05-01}
  brink-pro: {customer: brink, plan: pro, started_at: 2026-05-01}
"""
USAGE = "time,customer,event,tokens\n2026-05-03T10:00:00Z,acme,completion,{}\n"


def use(cli: Cli, tokens: int) -> None:
    Path("usage.csv").write_text(USAGE.format(tokens), encoding="utf-8")
    cli("usage", "import", "usage.csv")


@pytest.fixture
def held(cli: Cli) -> str:
    """The id of Acme's subscription: its usage of May is below zero, for which there is no price."""
    cli("clock", "set", "2026-05-01")
    Path("list.yaml").write_text(LIST, encoding="utf-8")
    cli("apply", "list.yaml", "--yes")
    cli("clock", "advance", "2026-05-20")
    use(cli, -5)
    shown = cli("clock", "advance", "2026-06-02").out
    (one,) = cli("subscription", "list", "--held", "--json").json
    assert one["external_id"] == "acme-pro"
    assert one["id"] in shown
    assert "Acme" in shown
    assert one["billing_error"] in " ".join(shown.split())
    return str(one["id"])


def test_a_run_names_what_is_held_also_when_nothing_is_due_and_fails(cli: Cli, held: str) -> None:
    for command in (("bill", "run"), ("bill", "run", "--dry-run")):
        shown = cli(*command, code=1).out
        assert "nothing is due" in shown
        assert "1 subscription held" in shown
        assert held in shown
        assert "Acme" in shown
    told = cli("bill", "run", "--json", code=1).json
    assert (told["drafted"], told["held"]) == (0, 1)
    assert [one["id"] for one in told["held_subscriptions"]] == [held]
    moved = cli("clock", "advance", "2026-06-03", "--json").json
    assert [one["customer"] for one in moved["held_subscriptions"]] == ["Acme"]


def test_the_list_of_subscriptions_says_who_is_held_and_why(cli: Cli, held: str) -> None:
    listed = cli("subscription", "list", "--json").json
    reasons = {one["external_id"]: one["billing_error"] for one in listed}
    assert reasons["brink-pro"] is None
    assert reasons["acme-pro"]
    shown = cli("subscription", "list").out
    for column in ("subscription", "customer", "plan", "status", "next billing", "held"):
        assert column in shown.splitlines()[0]
    assert "pro" in shown
    assert "2026-06-01 02:00" in shown  # 1 June 00:00 UTC, in Berlin
    brinks = cli("subscription", "list", "--customer", "brink", "--json").json
    assert [one["customer"] for one in brinks] == ["Brink"]
    assert len(cli("subscription", "list", "--status", "active", "--json").json) == 2
    assert cli("subscription", "list", "--customer", "brink", "--held", "--json").json == []
    assert "active" in cli("subscription", "list", "--status", "lost", code=2).err
    assert "no customer nobody" in cli("subscription", "list", "--customer", "nobody", code=1).err


def test_once_its_cause_is_mended_a_subscription_is_tried_again_and_billed(cli: Cli, held: str) -> None:
    use(cli, 1005)
    assert "released" in cli("subscription", "retry", held).out
    assert "nothing changed" in cli("subscription", "retry", "acme-pro").out
    run = cli("bill", "run", "--json").json
    assert (run["drafted"], run["held"], run["held_subscriptions"]) == (1, 0, [])
    (invoice,) = cli("invoice", "list", "--customer", "acme", "--json").json
    assert invoice["total"] == "10.00"  # (1005 - 5) tokens at 0.01
    assert cli("subscription", "list", "--held").out.startswith(
        "no held subscriptions in Lumen AI GmbH · test"
    )


def test_what_is_not_mended_is_held_again(cli: Cli, held: str) -> None:
    assert cli("subscription", "retry", "acme-pro", "--json").json["billing_error"] is None
    assert cli("bill", "run", "--json", code=1).json["held"] == 1


def test_an_unknown_subscription_cannot_be_retried(cli: Cli) -> None:
    refused = cli("subscription", "retry", "sub_01kahgp1g0edgrx4zm6byashwr", code=1)
    assert "Lumen AI GmbH · test" in refused.err


def verdict(cli: Cli, subject: str) -> tuple[str, str]:
    """The tests' server gives up durability, for which the doctor fails whatever else it finds."""
    found = {one["subject"]: one for one in cli("doctor", "--json", code=1).json}[subject]
    return found["verdict"], found["found"]


def owner(database: Database, statement: str, *values: object) -> None:
    async def run() -> None:
        async with await AsyncConnection.connect(database.owner_url, autocommit=True) as connection:
            await connection.execute(statement, values)

    asyncio.run(run())


def test_doctor_counts_the_held_of_all_environments_and_says_why(
    cli: Cli, database: Database, held: str
) -> None:
    reason = "the meter tokens counted less than nothing"
    owner(database, "update subscriptions set billing_error = null where external_id <> 'acme-pro'")
    owner(database, "update subscriptions set billing_error = %s where billing_error is not null", reason)
    assert verdict(cli, "billing")[0] == "warn"  # only sandboxes
    assert reason in verdict(cli, "billing")[1]
    owner(
        database,
        "update environments set kind = 'live' where id in (select environment_id from subscriptions)",
    )
    failed, found = verdict(cli, "billing")
    assert failed == "fail"
    assert reason in found
    owner(database, "update subscriptions set billing_error = null")
    assert verdict(cli, "billing") == ("ok", "no subscription is held")


def test_doctor_finds_operations_of_which_nothing_is_heard(cli: Cli, database: Database) -> None:
    owner(database, "update operations set status = 'failed' where status in ('pending', 'running')")
    for status, minutes in (("running", 9), ("succeeded", 60)):
        _operation(database, status, minutes)
    assert verdict(cli, "operations") == ("ok", "none is stuck")
    _operation(database, "running", 11)
    _operation(database, "pending", 25)
    stuck, found = verdict(cli, "operations")
    assert stuck == "warn"
    assert found.startswith("2 operations without progress")


def _operation(database: Database, status: str, minutes: int) -> None:
    """An operation that was last heard of so many minutes ago."""
    owner(
        database,
        "insert into operations"
        " (id, environment_id, kind, status, input, progress, version, created_at, updated_at)"
        " select gen_random_uuid(), id, 'test_clock.advance', %s, '{}', '{}', 1, now() - interval '1 day',"
        " now() - make_interval(mins => %s) from environments limit 1",
        status,
        minutes,
    )
