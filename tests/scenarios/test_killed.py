"""Processes that are killed outright in the middle of their work, and what the same command then finishes."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.conftest import Cli, Start

type Look = Callable[..., list[tuple[Any, ...]]]

ROWS = 30_000
SUBSCRIPTIONS = 300
MONTHS = 4


@pytest.fixture
def environment(cli: Cli, look: Look) -> Any:
    """The id of the newest environment called ``test``: the one that ``cli`` works in."""
    return look("select id from environments where name = 'test' order by id desc limit 1")[0][0]


def kill_once(process: subprocess.Popen[str], ready: Callable[[], bool]) -> None:
    """Kill -9 as soon as ``ready``, which must come before the process is done."""
    deadline = time.monotonic() + 60
    while not ready():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL


PRICE_LIST = """\
currency: EUR
meters:
  calls: {name: Calls, event_name: call, aggregation: sum, property: n}
plans:
  metered:
    name: Metered
    prices:
      - {code: calls, name: Calls, meter: calls, model: per_unit, unit_amount: 0.01}
customers:
  acme: {name: Acme}
subscriptions:
  acme-metered: {customer: acme, plan: metered, started_at: 2026-05-01}
"""


def test_an_import_that_was_killed_is_completed_by_the_same_command(
    cli: Cli, start: Start, look: Look, environment: Any
) -> None:
    Path("list.yaml").write_text(PRICE_LIST, encoding="utf-8")
    cli("apply", "list.yaml", "--yes")
    lines = (f"2026-05-{n % 28 + 1:02}T00:00:{n % 60:02}Z,acme,call,{n % 7}.25\n" for n in range(ROWS))
    Path("usage.csv").write_text("time,customer,event,n\n" + "".join(lines), encoding="utf-8")

    def stored() -> int:
        return int(look("select count(*) from events where environment_id = %s", environment)[0][0])

    kill_once(start("usage", "import", "usage.csv"), lambda: stored() >= 2_000)
    left = stored()
    assert 2_000 <= left < ROWS
    assert cli("usage", "import", "usage.csv", "--json").json == {
        "rows": ROWS, "accepted": ROWS - left, "duplicates": left, "refused": 0,
    }  # fmt: skip
    cli("bill", "run", "--at", "2026-06-01")
    (invoice,) = look("select id from invoices where environment_id = %s", environment)
    (line,) = look("select quantity from invoice_lines where invoice_id = %s", invoice[0])
    # n % 7 takes 0 … 6 in turn: 4,285 whole rounds of 21 and the five rows 0 … 4, and a quarter for each row.
    assert line[0] == 4_285 * 21 + 10 + ROWS // 4


def subscribed(cli: Cli) -> None:
    """Many subscriptions to a monthly fee, each of which owes four months at once."""
    names = [f"c{number:03}" for number in range(SUBSCRIPTIONS)]
    fee = "{code: fee, model: flat, amount: 7}"
    text = f"currency: EUR\nplans:\n  basic: {{name: Basic, prices: [{fee}]}}\n"
    text += "customers:\n" + "".join(f"  {name}: {{name: {name}}}\n" for name in names)
    text += "subscriptions:\n" + "".join(
        f"  {name}-basic: {{customer: {name}, plan: basic, started_at: 2026-01-01}}\n" for name in names
    )
    Path("many.yaml").write_text(text, encoding="utf-8")
    cli("apply", "many.yaml", "--yes")


def test_a_billing_run_that_was_killed_bills_each_period_once_and_leaves_no_gap(
    cli: Cli, start: Start, look: Look, environment: Any
) -> None:
    subscribed(cli)

    def count(condition: str) -> int:
        query = f"select count(*) from invoices where environment_id = %s and {condition}"
        return int(look(query, environment)[0][0])

    expected = SUBSCRIPTIONS * MONTHS
    drafting = ("bill", "run", "--at", "2026-04-15T00:00:00Z")
    kill_once(start(*drafting), lambda: count("true") > 0)
    assert 0 < count("true") < expected
    cli(*drafting)
    periods = look(
        "select count(*), count(distinct (subscription_item_id, service_start)) from invoice_lines"
        " where environment_id = %s and not voided",
        environment,
    )
    assert periods == [(expected, expected)]

    finalising = ("bill", "run", "--at", "2026-04-15T01:00:00Z")
    kill_once(start(*finalising), lambda: count("number is not null") > 0)
    assert 0 < count("number is not null") < expected
    cli(*finalising)
    numbers = look("select number from invoices where environment_id = %s order by number", environment)
    assert [row[0] for row in numbers] == [f"INV-{number:06}" for number in range(1, expected + 1)]
    posted = look(
        "select count(*), count(distinct reference_id) from ledger_transactions where environment_id = %s",
        environment,
    )
    assert posted == [(expected, expected)]
    assert cli(*finalising, "--json").json["invoices"] == []
