"""Rows of a file, one after the other: CSV, JSON lines or Parquet.

Always holds: reading holds a bounded part of the file; what is not a row is a ``BadRow`` with its line (for
Parquet the row's number from 1), and reading goes on after it.
"""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn

from counterfoil.core.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

FORMS: Final = (".csv", ".jsonl", ".ndjson", ".parquet")
_PARQUET_BATCH: Final = 5_000


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its line, its cells by column, and bytes that are equal exactly if the source's content is."""

    line: int
    cells: Mapping[str, Any]
    content: bytes


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that is no event, and why; ``id`` where the row brought one."""

    line: int
    reason: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A file being read.

    ``columns`` is ``None`` where each row has its own (JSON lines).  ``size`` and ``position()`` are in the
    same unit (bytes, or rows of Parquet), for a progress bar.
    """

    columns: tuple[str, ...] | None
    size: int
    position: Callable[[], int]
    rows: Iterator[Row | BadRow]


@contextmanager
def open_rows(path: Path, delimiter: str = ",") -> Generator[Rows]:
    """The rows of a file; its name's ending says its form.

    Raises ``NotFound`` if it cannot be opened and ``InvalidInput`` if it has no such form.
    """
    form = path.suffix.lower()
    if form not in FORMS:
        raise InvalidInput(f"{path.name} has no known form", field="file", allowed=", ".join(FORMS))
    try:
        file = path.open("rb")
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}", field="file") from None
    with file:
        if form == ".parquet":
            yield _parquet(file, path)
        elif form == ".csv":
            # Bytes that are not UTF-8 come as lone surrogates, so that they spoil one row and not the file.
            with TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
                yield _csv(file, text, path, delimiter)
        else:
            yield Rows(None, path.stat().st_size, file.tell, _json_lines(file))


def _csv(file: IO[bytes], text: IO[str], path: Path, delimiter: str) -> Rows:
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise InvalidInput(
            "delimiter is not one character", field="delimiter", allowed="one character: ; or ,"
        )
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = next(reader, None)
    except csv.Error as error:
        raise InvalidInput(f"{path.name} has no header: {error}", field="file") from None
    if not header:
        raise InvalidInput(f"{path.name} is empty", field="file", allowed="a header and rows")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InvalidInput(f"{path.name} has more than one column {twice[0]!r}", field="file")
    return Rows(tuple(header), path.stat().st_size, file.tell, _csv_rows(reader, header))


def _csv_rows(reader: Any, header: list[str]) -> Iterator[Row | BadRow]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(line, f"not CSV: {error}")
            continue
        if not cells:
            continue
        if len(cells) != len(header):
            yield BadRow(line, f"{len(cells)} cells where the header has {len(header)}")
            continue
        content = json.dumps(cells)
        if "\\udc" in content and any("\udc80" <= letter <= "\udcff" for cell in cells for letter in cell):
            yield BadRow(line, "not UTF-8")
            continue
        # An empty cell says nothing: CSV has no other way to leave a value out.
        yield Row(
            line, {name: cell or None for name, cell in zip(header, cells, strict=True)}, content.encode()
        )


def _json_lines(file: IO[bytes]) -> Iterator[Row | BadRow]:
    for line, raw in enumerate(file, 1):
        content = raw.strip().removeprefix(b"\xef\xbb\xbf")
        if not content:
            continue
        try:
            value = json.loads(
                content.decode(), parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_object
            )
        except UnicodeDecodeError:
            yield BadRow(line, "not UTF-8")
        except (ValueError, RecursionError) as error:
            yield BadRow(line, f"not JSON: {error}")
        else:
            if isinstance(value, dict):
                yield Row(line, value, content)
            else:
                yield BadRow(line, "not a JSON object")


def _object(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    if len(found) != len(items):
        raise ValueError("a key stands twice in one object")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _parquet(file: IO[bytes], path: Path) -> Rows:
    # pyarrow takes a third of a second to load and most imports are not Parquet.
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
    except pa.ArrowException as error:
        raise InvalidInput(f"{path.name} is not Parquet: {error}", field="file") from None
    reached = [0]
    return Rows(
        tuple(table.schema_arrow.names),
        table.metadata.num_rows,
        lambda: reached[0],
        _parquet_rows(table, reached),
    )


def _parquet_rows(table: Any, reached: list[int]) -> Iterator[Row | BadRow]:
    for batch in table.iter_batches(batch_size=_PARQUET_BATCH):
        names = batch.schema.names
        columns = [_values(batch.column(index)) for index in range(batch.num_columns)]
        for cells in zip(*columns, strict=True):
            reached[0] += 1
            yield Row(reached[0], dict(zip(names, cells, strict=True)), repr(cells).encode())


def _values(column: Any) -> list[Any]:
    """A column's values without loss; times to the microsecond (the rest is cut), floats by shortest text."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind):
        aware = kind.tz is not None
        found = column.cast(pa.timestamp("us", tz="UTC" if aware else None), safe=False).to_pylist()
        return [None if one is None else one.replace(tzinfo=UTC if aware else None) for one in found]
    if pa.types.is_floating(kind):
        # Arrow writes the shortest text that reads back as the same float of the same width.
        return [None if text is None else Decimal(text) for text in column.cast(pa.string()).to_pylist()]
    return [_scalar(one) for one in column.to_pylist()]


def _scalar(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value
