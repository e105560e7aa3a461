"""Trials, terms and pauses with a date, by commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces.cli.conftest import Cli

LIST = """\
currency: EUR
issuer: {name: Lumen AI GmbH}
plans:
  pro:
    name: Pro
    trial_days: 14
    prices:
      - {code: fee, model: flat, amount: 30}
customers:
  acme: {name: Acme}
subscriptions:
  acme-pro: {customer: acme, plan: pro, started_at: 2026-05-01}
"""


@pytest.fixture
def listed(cli: Cli) -> Cli:
    cli("clock", "set", "2026-05-01")
    Path("list.yaml").write_text(LIST, encoding="utf-8")
    cli("apply", "list.yaml", "--yes")
    return cli


def life(cli: Cli, *arguments: str, code: int = 0) -> str:
    done = cli("subscription", arguments[0], "acme-pro", *arguments[1:], code=code)
    return done.out + done.err


def drafted(cli: Cli) -> list[str]:
    return sorted(one["total"] for one in cli("invoice", "list", "--json").json)


def test_a_trial_is_made_longer_and_converted(listed: Cli) -> None:
    shown = life(listed, "show")
    assert "trialing" in shown
    assert "trial until 2026-05-15, then: convert" in shown
    assert "its trial ends on 2026-05-20" in life(listed, "trial", "--until", "2026-05-20")
    assert "--convert alone" in life(listed, "trial", code=2)
    assert "convert, expire, need_payment_method" in life(listed, "trial", "--at-end", "pay", code=2)
    listed("clock", "advance", "2026-05-10")
    assert drafted(listed) == []
    assert "acme-pro is active" in life(listed, "trial", "--convert")
    assert drafted(listed) == ["30.00"]
    assert "not in a trial" in life(listed, "trial", "--convert", code=1)


def test_a_term_is_agreed_renewed_and_ended(listed: Cli) -> None:
    life(listed, "trial", "--convert")
    assert "one of --every, --until and --open-ended" in life(listed, "term", code=2)
    renewing = life(listed, "term", "--every", "2:month", "--renew", "--renewals", "1")
    assert "its term ends on 2026-07-01 and renews, 1 more time" in renewing
    listed("clock", "advance", "2026-07-02")
    assert "it expires on" not in life(listed, "show")
    assert "it expires on 2026-08-01" in life(listed, "term", "--until", "2026-08-01")
    listed("clock", "advance", "2026-08-02")
    [ended] = listed("subscription", "list", "--status", "expired", "--json").json
    assert ended["external_id"] == "acme-pro"


def test_a_pause_has_its_dates_and_an_end_is_taken_back(listed: Cli) -> None:
    life(listed, "trial", "--convert")
    planned = life(listed, "pause", "--period-end", "--until", "2026-07-01")
    assert "acme-pro rests from 2026-06-01 on" in planned
    assert "ends on 2026-08-01" in life(listed, "cancel", "--at", "2026-08-01")
    assert "goes on as before" in life(listed, "reactivate")
    listed("clock", "advance", "2026-06-15")
    shown = listed("subscription", "show", "acme-pro", "--json").json
    assert (shown["status"], shown["items"][0]["billed_to"]) == ("paused", "2026-06-01T00:00:00Z")
    assert "goes on on 2026-06-20" in life(listed, "resume", "--at", "2026-06-20")
    listed("clock", "advance", "2026-07-02")
    # 20 to 30 June: 11 of 30 days at 30.
    assert drafted(listed) == ["11.00", "30.00", "30.00"]


RAMP = """\
currency: EUR
issuer: {name: Lumen AI GmbH}
plans:
  small: {name: Small, prices: [{code: seats, model: per_unit, unit_amount: 10, quantity_source: item}]}
  large: {name: Large, prices: [{code: seats, model: per_unit, unit_amount: 8, quantity_source: item}]}
customers:
  acme: {name: Acme}
subscriptions:
  acme-pro:
    customer: acme
    plan: small
    started_at: 2026-05-01
    trial: {days: 31, at_end: convert}
    term: {interval: month, interval_count: 3, auto_renew: true, renewals: 0}
    phases:
      - {name: pilot, quantities: {seats: 1}, ends_at: 2026-07-01}
      - {name: all, plan: large, quantities: {seats: 5}}
"""


def test_a_price_list_agrees_on_a_trial_a_term_and_phases(cli: Cli) -> None:
    cli("clock", "set", "2026-05-01")
    path = Path("list.yaml")
    path.write_text(RAMP, encoding="utf-8")
    cli("apply", "list.yaml", "--yes")
    assert "nothing" in cli("apply", "list.yaml", "--yes").out.lower()
    shown = life(cli, "show")
    assert "phase pilot: 2026-05-01 to 2026-07-01 (now)" in shown
    assert "phase all: 2026-07-01 to –" in shown
    cli("clock", "advance", "2026-12-01")
    # June at 1 seat of 10; July and August at 5 of 8; three months after the trial it is over.
    assert drafted(cli) == ["10.00", "40.00", "40.00"]
    for good, bad, told in (
        ("at_end: convert", "at_end: pay", "list.yaml:13: subscriptions.other.trial.at_end"),
        ("interval: month", "interval: moon", "list.yaml:14: subscriptions.other.term.interval"),
        ("plan: large", "plan: huge", "list.yaml:17: subscriptions.other.phases.1.plan"),
        ("ends_at: 2026-07-01", "starts_at: 2026-05-01", "subscriptions.other.phases.0.ends_at"),
    ):
        path.write_text(RAMP.replace("acme-pro", "other").replace(good, bad), encoding="utf-8")
        refused = cli("apply", "list.yaml", "--yes", code=2).err
        assert told in refused, refused
