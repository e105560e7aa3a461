"""``counterfoil calc``: what something costs and why, without a server, a key or a database.

A question stands in a file (YAML or JSON), in options, or in both; options go before the file.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from counterfoil.core.errors import CounterfoilError, InvalidInput, Unavailable
from counterfoil.faces.cli.output import say, show_json, table
from counterfoil.faces.cli.session import Json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from counterfoil.faces.cli.apply.yaml_text import Place

MAX_FILE: Final = 8 * 1024 * 1024
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Question = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", help="The question in YAML or JSON, as the API takes it; - is stdin."),
]
More = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="FIELD=VALUE", help="Any field of the question, such as anchor.day=15; repeatable."
    ),
]
Currency = Annotated[str | None, typer.Option(metavar="CODE", help="An ISO 4217 code.")]
Interval = Annotated[str | None, typer.Option(metavar="UNIT", help="month, or {unit: month, count: 3}.")]
Zone = Annotated[str | None, typer.Option(metavar="NAME", help="An IANA time zone; UTC if left out.")]


def price(
    file: Question = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Such as graduated.")] = None,
    params: Annotated[str | None, typer.Option(metavar="JSON", help="The model's parameters.")] = None,
    quantity: Annotated[str | None, typer.Option(metavar="NUMBER", help="How much was used.")] = None,
    currency: Currency = None,
    terms: Annotated[str | None, typer.Option(metavar="JSON", help="Minimum, rounding, …")] = None,
    more: More = None,
    as_json: Json = False,
) -> None:
    """What a quantity costs by a pricing model, tier by tier.

    counterfoil calc price --model per_unit --params '{unit_amount: 0.25}' --quantity 150 --currency EUR
    """
    options = {"model": model, "params": params, "quantity": quantity, "currency": currency, "terms": terms}
    _answer("price", file, options, more, as_json=as_json, total="amount")


def proration(
    file: Question = None,
    interval: Interval = None,
    zone: Zone = None,
    currency: Currency = None,
    part: Annotated[str | None, typer.Option(metavar="JSON", help="start, end, amount.")] = None,
    change: Annotated[str | None, typer.Option(metavar="JSON", help="at, old, new.")] = None,
    cancel: Annotated[str | None, typer.Option(metavar="JSON", help="at, old, credit.")] = None,
    more: More = None,
    as_json: Json = False,
) -> None:
    """What a part of a period costs, or what a change or an end in mid-period moves."""
    options = {"interval": interval, "zone": zone, "currency": currency}
    options |= {"part": part, "change": change, "cancel": cancel}
    _answer("proration", file, options, more, as_json=as_json, total="net")


def periods(
    file: Question = None,
    interval: Interval = None,
    start: Annotated[str | None, typer.Option(metavar="INSTANT", help="When it starts.")] = None,
    zone: Zone = None,
    count: Annotated[str | None, typer.Option(metavar="NUMBER", help="How many; 12 if left out.")] = None,
    amount: Annotated[str | None, typer.Option(metavar="NUMBER", help="Of a whole period.")] = None,
    currency: Currency = None,
    more: More = None,
    as_json: Json = False,
) -> None:
    """When something recurs: its periods, and the share that a stub is."""
    options = {"interval": interval, "start": start, "zone": zone, "count": count, "amount": amount}
    _answer("periods", file, options | {"currency": currency}, more, as_json=as_json, total="total")


def commitment(
    file: Question = None,
    currency: Currency = None,
    settlement: Annotated[str | None, typer.Option(metavar="JSON", help="commitment, lines.")] = None,
    more: More = None,
    as_json: Json = False,
) -> None:
    """What a commitment costs with what was used; what pays first; caps, instalments, ends of terms."""
    options = {"currency": currency, "settlement": settlement}
    _answer("commitment", file, options, more, as_json=as_json, total="amount")


def tax(
    file: Question = None,
    lines: Annotated[str | None, typer.Option(metavar="JSON", help="amount, rates, mode of each.")] = None,
    currency: Currency = None,
    more: More = None,
    as_json: Json = False,
) -> None:
    """The tax of lines, in their prices or on top of them."""
    _answer("tax", file, {"lines": lines, "currency": currency}, more, as_json=as_json, total="tax")


def _answer(
    work: str,
    file: Path | None,
    options: Mapping[str, str | None],
    more: Sequence[str] | None,
    *,
    as_json: bool,
    total: str,
) -> None:
    """Ask the calculator and print what it says; ``total`` is the field that is the answer in short."""
    from counterfoil.core import calculator

    ask: Callable[[Mapping[str, object]], dict[str, Any]] = getattr(calculator, work)
    place = None if file is None else _read(file)
    asked = {} if place is None else _object(place)
    for field, text in _given(options, more):
        _put(asked, field, _value(field, text))
    try:
        told = ask(asked)
    except CounterfoilError as error:
        if place is None or error.field is None or error.field.split(".")[0] not in place.entries():
            raise
        raise place.refused(error) from None
    if as_json:
        show_json(told)
        return
    if told[total] is not None:
        say(f"{told[total]} {told['currency']}", "bold")
    table(None, ["step", "amount>"], [[step["text"], step["amount"] or ""] for step in told["steps"]])
    redone = told.get("redone")
    if redone is None:
        return
    if redone["amount"] is not None:
        say(f"worked out again from the explanation: {redone['amount']} {told['currency']}")
    if not redone["matches"]:
        raise Unavailable("the sum done again from the explanation is another")


def _given(options: Mapping[str, str | None], more: Sequence[str] | None) -> list[tuple[str, str]]:
    given = [(name, text) for name, text in options.items() if text is not None]
    for one in more or ():
        field, equals, text = one.partition("=")
        if not equals or not field:
            raise InvalidInput(f"--set {one} names no field", field="--set", allowed="FIELD=VALUE")
        given.append((field, text))
    return given


def _read(file: Path) -> Place:
    from counterfoil.faces.cli.apply.yaml_text import read_yaml

    name = "stdin" if str(file) == "-" else file.name
    try:
        text = sys.stdin.read(MAX_FILE + 1) if str(file) == "-" else file.read_text("utf-8")
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}", field="FILE") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{file} is not text in UTF-8", field="FILE") from None
    if len(text) > MAX_FILE:
        raise InvalidInput(f"{name} is too long", field="FILE", allowed=f"at most {MAX_FILE} characters")
    return read_yaml(text, name)


def _object(place: Place) -> dict[str, Any]:
    place.entries()  # refuses what is no object
    asked: dict[str, Any] = _dated(place.json())
    return asked


def _value(field: str, text: str) -> Any:
    """What an option says: an object or a list as YAML (and so JSON), anything else as YAML reads it."""
    from counterfoil.faces.cli.apply.yaml_text import read_yaml

    return _dated(read_yaml(text, f"--{field}").json()) if text.strip() else text


def _dated(value: Any) -> Any:
    """A day alone is its midnight in UTC, as everywhere on the command line."""
    if isinstance(value, dict):
        return {key: _dated(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_dated(one) for one in value]
    return f"{value}T00:00:00Z" if isinstance(value, str) and _DAY.fullmatch(value) else value


def _put(asked: dict[str, Any], field: str, value: Any) -> None:
    """Put a value where ``anchor.day`` or ``lines.0.amount`` says."""
    at: Any = asked
    *path, last = field.split(".")
    for part in path:
        if isinstance(at, list):
            at = at[int(part)] if part.isdecimal() and int(part) < len(at) else None
        else:
            at = at.setdefault(part, {}) if isinstance(at, dict) else None
    if isinstance(at, list) and last.isdecimal() and int(last) < len(at):
        at[int(last)] = value
    elif isinstance(at, dict):
        at[last] = value
    else:
        raise InvalidInput(f"--set {field} leads nowhere", field="--set", allowed="a field of the question")
