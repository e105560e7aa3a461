"""``counterfoil doctor``: looks at everything that has to hold, and says what to do where it does not."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import typer
from rich.text import Text

from counterfoil.core.errors import CounterfoilError
from counterfoil.faces.cli.output import counted, out, sentence, show_json, steps
from counterfoil.faces.cli.session import Data, Json, settings_of, starters_of

if TYPE_CHECKING:
    from pathlib import Path

    from counterfoil.faces.cli.starters import Starters
    from counterfoil.faces.kit.units import Facts, Store
    from counterfoil.settings import Settings

LITTLE_DISK: Final = 5 * 1024**3
NO_DISK: Final = 512 * 1024**2
SKEW_WARN: Final = timedelta(seconds=2)
SKEW_FAIL: Final = timedelta(seconds=30)
LATE_CHANGE: Final = timedelta(minutes=1)


class Verdict(StrEnum):
    """What a check found."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, what was found, and what to do about it."""

    subject: str
    verdict: Verdict
    found: str
    advice: str = ""


def doctor(context: typer.Context, data: Data = None, as_json: Json = False) -> None:
    """Check database, schema, rights, clock, disk and books; the exit code is 1 if anything fails."""
    starters, settings = starters_of(context), settings_of(data=data)
    findings = [*_directory(settings), *_database(starters, settings)]
    if as_json:
        show_json(
            [
                {
                    "subject": one.subject,
                    "verdict": one.verdict.value,
                    "found": one.found,
                    "advice": one.advice or None,
                }
                for one in findings
            ]
        )
    else:
        _show(findings)
    if any(one.verdict is Verdict.FAIL for one in findings):
        raise typer.Exit(1)


def _show(findings: list[Finding]) -> None:
    styles = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red"}
    width = max(len(one.subject) for one in findings)
    for one in findings:
        line = Text.assemble(
            (f"{one.verdict.value:<4}", styles[one.verdict]), f"  {one.subject:<{width}}  {one.found}"
        )
        out().print(line, soft_wrap=True)
        if one.advice:
            out().print(Text(f"{'':<{width + 8}}→ {one.advice}", style="dim"), soft_wrap=True)


def _directory(settings: Settings) -> list[Finding]:
    if settings.database_url is not None:
        return []
    path = settings.data
    if not (path / "postgresql").exists():
        return [
            Finding(
                "data directory",
                Verdict.FAIL,
                f"there is no database in {path}",
                "counterfoil serve or counterfoil init makes one; --data names another place",
            )
        ]
    return [_rights(path), _disk(path)]


def _rights(path: Path) -> Finding:
    subject = "data directory"
    status = path.stat()
    if status.st_mode & 0o022:
        return Finding(
            subject,
            Verdict.FAIL,
            f"{path} can be written to by others (mode {status.st_mode & 0o777:04o})",
            f"chmod go-w {path}",
        )
    if os.geteuid() not in (0, status.st_uid):
        return Finding(
            subject,
            Verdict.FAIL,
            f"{path} belongs to user {status.st_uid}, and this is user {os.geteuid()}",
            "run as its owner, or name another directory with --data",
        )
    return Finding(subject, Verdict.OK, f"{path}, ours alone to write")


def _disk(path: Path) -> Finding:
    usage = shutil.disk_usage(path)
    found = f"{usage.free / 1024**3:,.1f} GiB free of {usage.total / 1024**3:,.1f}"
    if usage.free < NO_DISK:
        return Finding("disk", Verdict.FAIL, found, "free some space now; PostgreSQL stops on a full disk")
    if usage.free < LITTLE_DISK:
        return Finding("disk", Verdict.WARN, found, "free some space, or move the data directory")
    return Finding("disk", Verdict.OK, found)


def _database(starters: Starters, settings: Settings) -> list[Finding]:
    if settings.database_url is None and not (settings.data / "postgresql").exists():
        return []

    async def look(url: str) -> list[Finding]:
        async with starters.connected(settings, url) as store:
            return await _examine(store)

    try:
        with steps("opening the database") as step, starters.opened(settings, step) as url:
            return starters.run(look(url))
    except CounterfoilError as error:
        return [
            Finding("database", Verdict.FAIL, sentence(error), "mend this first; the rest was not looked at")
        ]


async def _examine(store: Store) -> list[Finding]:
    from counterfoil.faces.kit.units import diagnose

    facts = await diagnose(store)
    return [
        *_server(facts),
        *_isolation(facts),
        *_time(facts),
        await _books(store),
        _billing(facts),
        *_work(facts),
    ]


def _server(facts: Facts) -> list[Finding]:
    from counterfoil.faces.kit.units import HEAD

    durable = Finding("durability", Verdict.OK, "what is committed survives a crash")
    if not facts.durable:
        durable = Finding(
            "durability",
            Verdict.FAIL,
            "fsync or full_page_writes is off: a crash may lose what was accepted",
            "switch both on in the server's configuration",
        )
    schema = Finding("schema", Verdict.OK, f"{facts.schema}, this program's")
    if facts.schema != HEAD:
        schema = Finding(
            "schema", Verdict.FAIL, f"{facts.schema}, this program's is {HEAD}", "run counterfoil serve once"
        )
    return [Finding("database", Verdict.OK, f"PostgreSQL {facts.version}"), durable, schema]


def _isolation(facts: Facts) -> list[Finding]:
    role = Finding("role", Verdict.OK, f"{facts.role}, neither owner nor superuser")
    if facts.privileged:
        role = Finding(
            "role", Verdict.FAIL, f"{facts.role} could read every tenant's rows", "connect as counterfoil_app"
        )
    tenants = Finding("tenants", Verdict.OK, "row-level security on every tenant's table")
    if facts.unprotected:
        tables = ", ".join(facts.unprotected)
        tenants = Finding(
            "tenants",
            Verdict.FAIL,
            f"no row-level security on {tables}",
            "alter table … enable row level security, and find out who switched it off",
        )
    return [role, tenants]


def _time(facts: Facts) -> list[Finding]:
    skew = abs(facts.now - facts.wall)
    found = f"database and this machine differ by {skew.total_seconds():.3f} s"
    advice = "set both clocks by NTP: due dates and signatures depend on them"
    verdict = Verdict.OK if skew < SKEW_WARN else Verdict.WARN if skew < SKEW_FAIL else Verdict.FAIL
    return [Finding("clock", verdict, found, "" if verdict is Verdict.OK else advice)]


async def _books(store: Store) -> Finding:
    """In each environment and unit, what the accounts hold must come to nothing."""
    from counterfoil.core.ledger import CHART, Side
    from counterfoil.faces.kit.units import MAX_PAGE, PageQuery, Scope
    from counterfoil.modules.identity import environments_of, list_organizations
    from counterfoil.modules.ledger import balances

    wrong: list[str] = []
    looked = 0
    query = PageQuery(MAX_PAGE)
    while True:
        async with store.system() as system:
            page = await list_organizations(system, query)
            environments = [
                (organization, one)
                for organization in page.items
                for one in await environments_of(system, organization.id)
            ]
        for organization, environment in environments:
            looked += 1
            sums: Counter[str] = Counter()
            async with store.unit(Scope(organization.id, environment.id, "doctor")) as uow:
                for balance in await balances(uow):
                    debit = CHART[balance.account].kind.normal_side is Side.DEBIT
                    sums[balance.amount.unit.code] += balance.amount.minor * (1 if debit else -1)
            wrong += [
                f"{organization.slug} · {environment.name}: {unit} by {off} minor units"
                for unit, off in sums.items()
                if off
            ]
        if not page.has_more:
            break
        query = PageQuery(MAX_PAGE, page.items[-1].id)
    if wrong:
        return Finding(
            "ledger",
            Verdict.FAIL,
            f"debits and credits differ in {'; '.join(wrong)}",
            "restore a backup; write nothing",
        )
    return Finding("ledger", Verdict.OK, f"debits = credits in {counted(looked, 'environment')}")


def _billing(facts: Facts) -> Finding:
    if facts.held is None:
        return Finding("billing", Verdict.OK, "no subscription is held")
    held = facts.held
    return Finding(
        "billing",
        Verdict.FAIL if held.live else Verdict.WARN,
        f"{counted(held.count, 'subscription')} held and not billed, {held.live:,} of them live;"
        f" the oldest in {held.place}: {held.reason}",
        "counterfoil subscription list --held; mend the cause, then counterfoil subscription retry ID",
    )


def _work(facts: Facts) -> list[Finding]:
    changes = Finding("changes", Verdict.OK, f"{counted(facts.unplaced, 'change')} waiting for the feed")
    if facts.oldest_unplaced is not None and facts.now - facts.oldest_unplaced > LATE_CHANGE:
        changes = Finding(
            "changes",
            Verdict.WARN,
            f"{counted(facts.unplaced, 'change')} waiting for the feed, the oldest since"
            f" {facts.oldest_unplaced:%Y-%m-%d %H:%M} UTC",
            "no worker runs: counterfoil serve",
        )
    jobs = Finding("jobs", Verdict.OK, f"{facts.waiting_jobs} waiting, none failed")
    if facts.failed_jobs:
        jobs = Finding(
            "jobs",
            Verdict.WARN,
            f"{facts.failed_jobs} failed, {facts.waiting_jobs} waiting",
            "the log of counterfoil serve says why",
        )
    operations = Finding("operations", Verdict.OK, "none is stuck")
    if facts.oldest_stuck is not None:
        operations = Finding(
            "operations",
            Verdict.WARN,
            f"{counted(facts.stuck, 'operation')} without progress for over 10 minutes, the oldest since"
            f" {facts.oldest_stuck:%Y-%m-%d %H:%M} UTC",
            "is counterfoil serve running? its log says what became of the job",
        )
    return [changes, jobs, operations]
