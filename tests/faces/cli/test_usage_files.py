"""How rows of a file become events: without a database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from counterfoil.core.errors import CounterfoilError, InvalidInput
from counterfoil.faces.cli.imports.identity import RowIds
from counterfoil.faces.cli.imports.mapping import (
    Columns,
    EventRow,
    Given,
    parse_properties,
    parse_time,
    read_event,
)
from counterfoil.faces.cli.imports.rows import BadRow, Row, open_rows

PLAIN = Columns(time="time", customer=Given(column="customer"), event=Given(column="event"))


def read(path: Path, **options: Any) -> list[Row | BadRow]:
    with open_rows(path, **options) as rows:
        return list(rows.rows)


def event(cells: dict[str, Any], columns: Columns = PLAIN) -> EventRow:
    return read_event(
        Row(2, {"time": "2026-06-01T00:00:00Z", "customer": "a", "event": "e"} | cells, b""), columns
    )


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_rows_of_a_csv_know_their_line_also_after_a_quoted_line_break(tmp_path: Path) -> None:
    rows = read(written(tmp_path, "a.csv", 'n,text\n1,"two\nlines"\n2,one\n\n3,last\n'))
    assert [(row.line, row.cells["n"]) for row in rows if isinstance(row, Row)] == [
        (2, "1"),
        (4, "2"),
        (6, "3"),
    ]


def test_bad_lines_are_told_and_reading_goes_on(tmp_path: Path) -> None:
    content = b'a,b\n1\n1,2,3\n\xff,2\n"x"y,2\n5,6\n'
    rows = read(written(tmp_path, "a.csv", content))
    assert [row.line for row in rows] == [2, 3, 4, 5, 6]
    reasons = [row.reason for row in rows if isinstance(row, BadRow)]
    assert reasons[0] == "1 cells where the header has 2"
    assert reasons[2] == "not UTF-8"
    assert reasons[3].startswith("not CSV")
    assert isinstance(rows[4], Row)
    assert rows[4].cells == {"a": "5", "b": "6"}


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    (row,) = read(written(tmp_path, "a.csv", "\ufeffa;b\n1;\n"), delimiter=";")
    assert isinstance(row, Row)
    assert row.cells == {"a": "1", "b": None}


@pytest.mark.parametrize("content", ["", "a,a\n1,2\n"])
def test_a_csv_without_a_usable_header_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(InvalidInput):
        read(written(tmp_path, "a.csv", content))


def test_a_file_of_another_form_or_none_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no known form"):
        read(written(tmp_path, "a.xlsx", ""))
    with pytest.raises(CounterfoilError, match="cannot be read"):
        read(tmp_path / "absent.csv")
    with pytest.raises(InvalidInput, match="not Parquet"):
        read(written(tmp_path, "a.parquet", "no"))


def test_numbers_of_json_lines_keep_every_digit(tmp_path: Path) -> None:
    lines = '{"n": 0.1000000000000000055511151231257827, "m": 12345678901234567890123}\n'
    (row,) = read(written(tmp_path, "a.jsonl", lines))
    assert isinstance(row, Row)
    assert row.cells == {"n": Decimal("0.1000000000000000055511151231257827"), "m": 12345678901234567890123}


def test_lines_that_are_no_json_object_are_told(tmp_path: Path) -> None:
    lines = b'{"a": NaN}\n[1]\n{"a": 1, "a": 2}\n\xff\n{"a":\n' + b"[" * 100_000 + b'\n{"a": 1}\n'
    rows = read(written(tmp_path, "a.jsonl", lines))
    assert [type(row).__name__ for row in rows] == ["BadRow"] * 6 + ["Row"]
    assert rows[6].line == 7


def test_parquet_gives_decimals_integers_and_floats_as_they_were_written(tmp_path: Path) -> None:
    table = pa.table(
        {
            "decimal": pa.array([Decimal("12.3400")], pa.decimal128(20, 4)),
            "whole": pa.array([2**62], pa.int64()),
            "wide": pa.array([0.1], pa.float64()),
            "narrow": pa.array([0.1], pa.float32()),
            "at": pa.array([1_700_000_000_123_456_789], pa.timestamp("ns", tz="Europe/Berlin")),
            "local": pa.array([1_700_000_000_000], pa.timestamp("ms")),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    (row,) = read(tmp_path / "a.parquet")
    assert isinstance(row, Row)
    assert row.cells == {
        "decimal": Decimal("12.34"),
        "whole": 2**62,
        "wide": Decimal("0.1"),
        "narrow": Decimal("0.1"),
        "at": datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC),
        "local": datetime(2023, 11, 14, 22, 13, 20),
    }


@pytest.mark.parametrize(
    ("value", "options", "expected"),
    [
        ("2023-11-16 18:17:03.9799600", {"assume_utc": True}, datetime(2023, 11, 16, 18, 17, 3, 979960, UTC)),
        ("2023-11-16 19:17:03.5+01:00", {}, datetime(2023, 11, 16, 18, 17, 3, 500000, UTC)),
        ("1700158623", {"time_format": "unix"}, datetime(2023, 11, 16, 18, 17, 3, 0, UTC)),
        (Decimal("1700158623979.9609"), {"time_format": "unix-ms"},
         datetime(2023, 11, 16, 18, 17, 3, 979960, UTC)),
        ("16.11.2023 18:17", {"time_format": "%d.%m.%Y %H:%M", "assume_utc": True},
         datetime(2023, 11, 16, 18, 17, 0, 0, UTC)),
    ],
)  # fmt: skip
def test_times_are_read_to_the_microsecond(value: Any, options: dict[str, Any], expected: datetime) -> None:
    given = {"time_format": None, "assume_utc": False} | options
    assert parse_time(value, "time", **given) == expected


@pytest.mark.parametrize(
    ("value", "time_format"),
    [
        ("2023-11-16 18:17:03", None), ("yesterday", None), (1700158623, None), ("x", "unix"),
        ("NaN", "unix"),
        (10**30, "unix"), (True, "unix"), ("16:11", "%d.%m.%Y"), (datetime(2023, 1, 1), None), ("", None),
    ],
)  # fmt: skip
def test_a_time_that_needs_guessing_is_refused(value: Any, time_format: str | None) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_time(value, "when", time_format=time_format, assume_utc=False)
    assert caught.value.field == "when"


def test_every_other_column_is_a_property_unless_some_are_named() -> None:
    assert event({"model": "large", "tokens": "12", "none": None}).properties == {
        "model": "large",
        "tokens": "12",
    }
    columns = Columns(
        time="time",
        customer=Given(text="acme"),
        event=Given(text="call"),
        properties=parse_properties(["n=tokens"]),
    )
    found = event({"model": "large", "tokens": "12"}, columns)
    assert (found.customer, found.name, found.properties) == ("acme", "call", {"n": "12"})


def test_an_event_in_the_form_of_the_api_brings_its_properties() -> None:
    assert event({"properties": {"tokens": 3}, "comment": "x"}).properties == {"tokens": 3}
    columns = Columns(
        time="time", customer=Given(column="customer"), event=Given(column="event"), properties={"n": "a.b"}
    )
    assert event({"a": {"b": Decimal("1.5")}}, columns).properties == {"n": Decimal("1.5")}


@pytest.mark.parametrize(
    "cells",
    [
        {"time": None},
        {"customer": None},
        {"customer": 1.5},
        {"event": True},
        {"x": [1]},
        {"x": Decimal("NaN")},
    ],
)
def test_a_row_that_is_no_event_is_refused(cells: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        event(cells)


def test_a_mapping_to_a_column_that_is_not_there_names_the_option_and_the_columns() -> None:
    with pytest.raises(InvalidInput) as caught:
        PLAIN.check(["TIMESTAMP", "ContextTokens"])
    assert caught.value.field == "--time"
    assert "TIMESTAMP, ContextTokens" in (caught.value.allowed or "")


def test_an_option_names_a_column_by_an_at_sign() -> None:
    assert Given.parse("@who", "customer") == Given(column="who")
    assert Given.parse("acme", "customer") == Given(text="acme")
    assert Given.parse("@@acme", "customer") == Given(text="@acme")


def test_equal_rows_have_different_ids_and_the_same_ones_each_time() -> None:
    def ids(source: str, *contents: bytes) -> list[str]:
        with RowIds(source) as maker:
            return [maker.of(content) for content in contents]

    first = ids("usage.csv", b"a", b"b", b"a")
    assert len(set(first)) == 3
    assert ids("usage.csv", b"a", b"b", b"a") == first
    # The order of different rows does not matter, only how often the same one came before.
    assert ids("usage.csv", b"a", b"a", b"b") == [first[0], first[2], first[1]]
    assert not set(ids("other.csv", b"a", b"b", b"a")) & set(first)
