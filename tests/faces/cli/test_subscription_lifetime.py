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
