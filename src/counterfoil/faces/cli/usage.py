"""``counterfoil usage import``."""

from __future__ import annotations

import csv
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from counterfoil.core.errors import Unavailable
from counterfoil.faces.cli.output import counted, err, note, show_json, table
from counterfoil.faces.cli.session import Json, Tenant, tenant_command

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from counterfoil.faces.cli.imports.rows import BadRow, Rows
    from counterfoil.faces.cli.imports.run import Tally

SHOWN_REFUSALS: Final = 20
"""How many refused rows are printed; a file of all of them can be asked for."""


def _mapped(*names: str, metavar: str, help: str) -> Any:
    return typer.Option(*names, metavar=metavar, help=help, rich_help_panel="Which column is what")


FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="A .csv (with a header), .jsonl or .parquet file.")
]
TimeColumn = Annotated[str, _mapped("--time", metavar="COLUMN", help="When it happened.")]
CustomerGiven = Annotated[
    str,
    _mapped(
        "--customer",
        metavar="TEXT|@COLUMN",
        help="Whose: id or external id, one for all rows or from a column.",
    ),
]
EventGiven = Annotated[
    str, _mapped("--event", metavar="TEXT|@COLUMN", help="The name of the events, as meters have it.")
]
IdColumn = Annotated[
    str | None,
    _mapped("--id", metavar="COLUMN", help="The events' ids (default: made from each row's content)"),
]
SubscriptionGiven = Annotated[
    str | None,
    _mapped("--subscription", metavar="TEXT|@COLUMN", help="Only for this subscription of the customer."),
]
Properties = Annotated[
    list[str] | None,
    _mapped(
        "--property",
        metavar="NAME=COLUMN",
        help="A property of the events; repeatable (default: every other column)",
    ),
]
TimeFormat = Annotated[
    str | None,
    _mapped(
        "--time-format",
        metavar="FORMAT",
        help="unix, unix-ms, unix-us or a strptime pattern (default: RFC 3339)",
    ),
]
AssumeUtc = Annotated[
    bool,
    typer.Option(
        "--assume-utc", help="Times without a zone are UTC.", rich_help_panel="Which column is what"
    ),
]
Delimiter = Annotated[str, typer.Option(metavar="CHARACTER", help="What stands between the cells of a CSV.")]
Source = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="What rows without an id are known by (default: the file's name)"),
]
RefusedFile = Annotated[
    Path | None,
    typer.Option("--refused", metavar="FILE.csv", help="Write every refused row's line and reason."),
]


@tenant_command
async def import_(
    tenant: Tenant,
    file: FileArgument,
    time: TimeColumn = "time",
    customer: CustomerGiven = "@customer",
    event: EventGiven = "@event",
    id_: IdColumn = None,
    subscription: SubscriptionGiven = None,
    properties: Properties = None,
    time_format: TimeFormat = None,
    assume_utc: AssumeUtc = False,
    delimiter: Delimiter = ",",
    source: Source = None,
    refused: RefusedFile = None,
    as_json: Json = False,
) -> None:
    """Import usage: each row is an event.

    Run it again whenever you like, also after an interruption: none counts twice.

    A row that cannot be taken is reported with its line and stops no other; the
    exit code is then 1.
    """
    from counterfoil.faces.cli.imports.identity import RowIds
    from counterfoil.faces.cli.imports.mapping import Columns, Given, parse_properties
    from counterfoil.faces.cli.imports.rows import open_rows
    from counterfoil.faces.cli.imports.run import import_rows

    columns = Columns(
        time=time,
        customer=Given.parse(customer, "customer"),
        event=Given.parse(event, "event"),
        id=id_,
        subscription=None if subscription is None else Given.parse(subscription, "subscription"),
        properties=parse_properties(properties or []),
        time_format=time_format,
        assume_utc=assume_utc,
    )
    with ExitStack() as stack:
        rows = stack.enter_context(open_rows(file, delimiter))
        if rows.columns is not None:
            columns.check(rows.columns)
        ids = stack.enter_context(RowIds(source or file.name))
        report = stack.enter_context(_refusals(refused))
        progress = stack.enter_context(_bar(rows, f"{file.name} → {tenant.place}"))
        tally = await import_rows(tenant, rows.rows, columns, ids, refused=report, progress=progress)
    if as_json:
        show_json(
            {
                "rows": tally.rows,
                "accepted": tally.accepted,
                "duplicates": tally.duplicates,
                "refused": tally.refused,
            }
        )
    else:
        names = ("rows", "accepted", "duplicates", "refused")
        table(None, [f"{name}>" for name in names], [[f"{getattr(tally, name):,}" for name in names]])
    if tally.refused:
        raise typer.Exit(1)


@contextmanager
def _refusals(path: Path | None) -> Generator[Callable[[BadRow], None]]:
    """Reports refused rows: the first ones to the person who watches, all of them into a file if asked."""
    count = 0
    with ExitStack() as stack:
        writer: Any = None
        if path is not None:
            try:
                file = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
            except OSError as error:
                raise Unavailable(f"{path} cannot be written: {error.strerror}") from None
            writer = csv.writer(file)
            writer.writerow(("line", "id", "reason"))

        def report(bad: BadRow) -> None:
            nonlocal count
            count += 1
            if writer is not None:
                writer.writerow((bad.line, bad.id or "", bad.reason))
            if count <= SHOWN_REFUSALS:
                note(f"line {bad.line}: {bad.reason}", "yellow")

        yield report
    if count > SHOWN_REFUSALS:
        rest = counted(count - SHOWN_REFUSALS, "more refused row")
        note(f"… and {rest}" + ("" if path else "; --refused FILE.csv writes them all"), "yellow")


@contextmanager
def _bar(rows: Rows, title: str) -> Generator[Callable[[Tally], None]]:
    """A progress bar on stderr, where somebody watches."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = err()
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[count]} rows", markup=False),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(title, total=rows.size, count="0")
        yield lambda tally: progress.update(task, completed=rows.position(), count=f"{tally.rows:,}")
