"""``counterfoil apply``: show the difference between a file and what is there, ask, and make it so."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from counterfoil.core.errors import Conflict, InvalidInput, NotFound
from counterfoil.faces.cli.output import counted, note, out, say
from counterfoil.faces.cli.session import Tenant, tenant_command

if TYPE_CHECKING:
    from counterfoil.faces.cli.apply.diff import Change, FieldChange
    from counterfoil.faces.cli.apply.document import Wanted
    from counterfoil.faces.cli.apply.present import Snapshot
    from counterfoil.faces.kit.units import Uow

_SHOWN_FIELDS: Final = 40
"""How many fields of one new object are shown."""


class _DryRun(Exception):
    """Ends a dry run."""


@tenant_command
async def apply(
    tenant: Tenant,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A price list in YAML.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all of it, then undo it.")] = False,
) -> None:
    """Make an environment what a price list in a file says.

    What the file does not mention stays as it is.

    A plan whose prices or features differ gets a new version; subscriptions keep
    the version that they were made with.
    """
    wanted = read_list(file)
    async with tenant.unit() as uow:
        changes, snapshot = await _plan(uow, wanted)
        if dry_run and changes:
            _show(changes, tenant)
            await _undone(uow, changes, snapshot)
    if not changes:
        say(f"{tenant.place}: all {counted(len(wanted), 'object')} as in {file.name}, nothing to do")
        return
    if dry_run:
        note("A dry run: all of it is possible, and nothing was written.")
        return
    _show(changes, tenant, brief=yes)
    if not yes:
        _ask(tenant)
    async with tenant.unit() as uow:
        now, snapshot = await _plan(uow, wanted)
        if [one.fields for one in now] != [one.fields for one in changes]:
            raise Conflict("something was changed by someone else meanwhile; run this again")
        await _carry_out(uow, now, snapshot)
    say(f"{tenant.place}: {_summary(changes)}", "bold green")


def read_list(file: Path) -> list[Wanted]:
    """Everything that a price list in a file wants; ``NotFound`` and ``InvalidInput`` name the place."""
    from counterfoil.faces.cli.apply.document import read_document
    from counterfoil.faces.cli.apply.yaml_text import read_yaml

    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise NotFound(f"{file} cannot be read: {error.strerror}", field="FILE") from None
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is not UTF-8 at byte {error.start}", field="FILE") from None
    return read_document(read_yaml(text, file.name))


async def _plan(uow: Uow, wanted: list[Wanted]) -> tuple[list[Change], Snapshot]:
    from counterfoil.faces.cli.apply.diff import difference
    from counterfoil.faces.cli.apply.present import load

    snapshot = await load(uow, wanted)
    return difference(wanted, snapshot.fields), snapshot


async def _carry_out(uow: Uow, changes: list[Change], snapshot: Snapshot) -> None:
    from counterfoil.faces.cli.apply.execute import carry_out

    await carry_out(uow, changes, snapshot)


async def _undone(uow: Uow, changes: list[Change], snapshot: Snapshot) -> None:
    """Do it inside a savepoint that is undone: every refusal shows, nothing stays."""
    try:
        async with uow.savepoint():
            await _carry_out(uow, changes, snapshot)
            raise _DryRun
    except _DryRun:
        return


def _ask(tenant: Tenant) -> None:
    if not sys.stdin.isatty():
        raise InvalidInput("nobody is there to be asked", field="--yes", allowed="--yes, or --dry-run")
    if not typer.confirm(f"Apply to {tenant.place}?", err=True):
        raise typer.Exit(1)


def _show(changes: list[Change], tenant: Tenant, *, brief: bool = False) -> None:
    """Print the difference; ``brief`` only names what is new, a line a kind."""
    console = out()
    console.print(Text(tenant.place, style="bold"))
    new = [change for change in changes if brief and change.action.value == "create"]
    for kind, alike in groupby(new, key=lambda change: change.wanted.kind):
        names = ", ".join(change.wanted.key for change in alike)
        console.print(Text.assemble((f"+ {kind.replace('_', ' ')} ", "green"), names), soft_wrap=True)
    for change in changes:
        if change in new:
            continue
        mark, style, what = _MARKS[change.action.value]
        name = change.wanted.kind.replace("_", " ")
        console.print(
            Text.assemble((f"{mark} {name} ", style), change.wanted.key, (what, "dim")), soft_wrap=True
        )
        for field in change.fields[:_SHOWN_FIELDS]:
            console.print(_line(field, new=mark == "+"), soft_wrap=True)
        if len(change.fields) > _SHOWN_FIELDS:
            console.print(Text(f"    … {len(change.fields) - _SHOWN_FIELDS} more fields", style="dim"))


_MARKS: Final = {
    "create": ("+", "green", ""),
    "update": ("~", "yellow", ""),
    "version": ("~", "yellow", "  (a new version)"),
}


def _line(field: FieldChange, *, new: bool) -> Text:
    if field.before is None:
        mark = " " if new else "+"
        return Text.assemble(f"    {mark} ", (field.path, "dim"), ": ", (field.after or "", "green"))
    if field.after is None:
        return Text.assemble("    - ", (field.path, "dim"), ": ", (field.before, "red"))
    return Text.assemble(
        "    ~ ", (field.path, "dim"), ": ", (field.before, "red"), " → ", (field.after, "green")
    )


def _summary(changes: list[Change]) -> str:
    done = {"create": "created", "update": "changed", "version": "in a new version"}
    counts = Counter(done[change.action.value] for change in changes)
    return ", ".join(f"{count} {what}" for what, count in counts.items())
