"""How the command line speaks: results on stdout, everything else on stderr.

Always holds: what a pipe reads from stdout is the result alone; text of tenants is never read as markup;
money keeps every digit.
"""

from __future__ import annotations

import json
import re
import sys
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rich.console import Console
from rich.table import Table
from rich.text import Text

from counterfoil.core.calendar import format_instant
from counterfoil.core.money import decimal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    from counterfoil.core.errors import CounterfoilError

_PIPED_WIDTH = 200


def out() -> Console:
    """The console of results; into a pipe tables are as wide as they need to be."""
    return _console(stderr=False)


def err() -> Console:
    """The console of progress, warnings and errors."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPED_WIDTH
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def say(text: str, style: str = "") -> None:
    """A line of the result."""
    out().print(Text(text, style=style), soft_wrap=True)


def note(text: str, style: str = "dim") -> None:
    """A line for the person who watches."""
    err().print(Text(text, style=style), soft_wrap=True)


def sentence(error: CounterfoilError) -> str:
    """An error as one sentence: what is wrong, where, and what would be accepted."""
    return refusal(error.field, error.message, error.allowed)


def refusal(field: str | None, message: str, allowed: str | None) -> str:
    """A refusal as one sentence that says the field once, and what is allowed."""
    known = field is None or re.search(rf"(?<!\w){re.escape(field)}(?!\w)", message)
    text = message if known else named(field or "", message, field)
    said = allowed is None or text.endswith(f"allowed now: {allowed}")
    return text if said else f"{text} (allowed: {allowed})"


def named(path: str, message: str, field: str | None) -> str:
    """A refusal of what stands at ``path``; the message may begin with its own name of it, the field.

    ``email is not an address`` of ``customers.acme.email`` is ``customers.acme.email is not an address``.
    """
    for name in () if field is None else (field, field.rpartition(".")[2]):
        if message.startswith(f"{name} "):
            return f"{path or name}{message.removeprefix(name)}".strip()
    return f"{path}: {message}" if path else message


def complain(text: str) -> None:
    """The one line that says why a command failed."""
    err().print(Text.assemble(("error: ", "bold red"), text), soft_wrap=True)


def table(
    title: str | None,
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    *,
    empty: str = "none",
) -> None:
    """A table of results, ``empty`` without any; a column whose name ends in ``>`` is of numbers."""
    rows = list(rows)
    if not rows:
        say(empty)
        return
    shown = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None)
    shown.pad_edge = False
    for name in columns:
        number = name.endswith(">")
        shown.add_column(name.rstrip(">"), justify="right" if number else "left", no_wrap=number)
    for row in rows:
        shown.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    out().print(shown)


def show_json(value: Any) -> None:
    """A result for programs: JSON, decimals and instants as text."""
    sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=False, indent=2) + "\n")


def _plain(value: object) -> Any:
    match value:
        case datetime():
            return format_instant(value)
        case Decimal():
            return decimal_text(value)
        case UUID():
            return str(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON form")


def pairs(values: Mapping[str, str]) -> None:
    """Names and values below each other."""
    width = max(map(len, values), default=0)
    for name, value in values.items():
        out().print(Text.assemble((f"{name:<{width}}  ", "dim"), value), soft_wrap=True)


def counted(number: int, noun: str) -> str:
    """``1 row``, ``28,185 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@contextmanager
def steps(first: str) -> Generator[Callable[[str], None]]:
    """A spinner on stderr whose text the caller moves on; where nobody watches, each text is a line."""
    console = err()
    if not console.is_terminal:
        yield note
        return
    with console.status(Text(first)) as status:
        yield lambda text: status.update(Text(text))
