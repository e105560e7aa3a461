"""Strict reading of YAML: places that know their line, and scalars that are still the text that was written.

Always holds: a number is never a float (``1.10`` stays ``1.10``) and ``NO`` is not false; a key that is not
allowed, a key that stands twice and a value of the wrong kind are refused with file, line and path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import yaml

from counterfoil.core.calendar import parse_instant
from counterfoil.core.errors import CounterfoilError, InvalidInput
from counterfoil.core.money import parse_decimal
from counterfoil.faces.cli.output import named

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

MAX_NODES: Final = 200_000
"""The most values that a file may hold, those behind aliases counted each time."""

_KINDS: Final = frozenset(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")
)
"""What a value may be by YAML's own rules; a tag that names anything else is refused."""

_NULL: Final = frozenset({"", "~", "null"})
_FLAGS: Final = {"true": True, "false": False}
_WHOLE: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")


@dataclass(frozen=True, slots=True)
class Place:
    """A value in a file: where it stands, and readers for each kind of value."""

    file: str
    path: str
    node: Any

    @property
    def line(self) -> int:
        """Its line, from 1."""
        line: int = self.node.start_mark.line
        return line + 1

    def wrong(self, what: str, allowed: str | None = None) -> InvalidInput:
        """The refusal of this value: ``what`` follows its path."""
        path = self.path or "the document"
        return InvalidInput(f"{self.file}:{self.line}: {path} {what}", field=path, allowed=allowed)

    def refused(self, error: CounterfoilError) -> InvalidInput:
        """An error of core or of a use case about a part of this value, with the part's line and path."""
        part = self if error.field is None else self.nearest(error.field)
        path = ".".join(filter(None, (self.path, error.field)))
        message = f"{self.file}:{part.line}: {named(path, error.message, error.field)}"
        return InvalidInput(message, field=path or None, allowed=error.allowed)

    def nearest(self, path: str) -> Place:
        """The place at ``path`` below this one, or as far along it as the file goes."""
        found = self
        for step in path.split("."):
            parts = found._parts()
            if step not in parts:
                break
            found = parts[step]
        return found

    def checked[T](self, parse: Callable[[], T]) -> T:
        """What ``parse`` returns; its refusal is told as one of this value."""
        try:
            return parse()
        except CounterfoilError as error:
            raise self.refused(error) from None

    @property
    def is_null(self) -> bool:
        """Whether nothing stands here."""
        return isinstance(self.node, yaml.ScalarNode) and not self.node.style and self.node.value in _NULL

    def fields(self, *allowed: str) -> dict[str, Place]:
        """The values of an object that has none but these keys."""
        found = self.entries()
        for key, place in found.items():
            if key not in allowed:
                raise place.wrong("is not known here", ", ".join(allowed))
        return found

    def entries(self) -> dict[str, Place]:
        """The values of an object by key, whatever the keys; none at all where nothing stands."""
        if self.is_null:
            return {}
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong("is not an object", "key: value lines")
        found: dict[str, Place] = {}
        for key, value in self.node.value:
            if not isinstance(key, yaml.ScalarNode) or not key.value:
                raise self.wrong("has a key that is not a text")
            place = Place(self.file, f"{self.path}.{key.value}" if self.path else key.value, value)
            if key.value in found:
                raise Place(self.file, place.path, key).wrong("stands there twice", "each key once")
            found[key.value] = place
        return found

    def each(self) -> list[Place]:
        """The values of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.wrong("is not a list", "lines that begin with -")
        return [Place(self.file, f"{self.path}.{index}", one) for index, one in enumerate(self.node.value)]

    def text(self) -> str:
        """A text, as written."""
        if not isinstance(self.node, yaml.ScalarNode) or self.is_null:
            raise self.wrong("is not a text", "a text")
        value: str = self.node.value
        return value

    def texts(self) -> list[str]:
        """A list of texts; one text alone is a list of one."""
        if isinstance(self.node, yaml.ScalarNode):
            return [self.text()]
        return [one.text() for one in self.each()]

    def decimal(self) -> Decimal:
        """A number, every digit of it."""
        text = self.text()
        return self.checked(lambda: parse_decimal(text, field=""))

    def whole(self) -> int:
        """A whole number."""
        text = self.text()
        if not _WHOLE.fullmatch(text):
            raise self.wrong("is not a whole number", "a whole number")
        return int(text)

    def flag(self) -> bool:
        """``true`` or ``false``."""
        value = _FLAGS.get(self.text())
        if value is None:
            raise self.wrong("is neither true nor false", "true, false")
        return value

    def instant(self) -> datetime:
        """An instant; a day alone is its midnight in UTC."""
        text = self.text()
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            text += "T00:00:00Z"
        return self.checked(lambda: parse_instant(text, field=""))

    def raw(self) -> Any:
        """Objects, lists and texts as they stand, for a reader that knows what the texts mean."""
        return self._value(lambda place: place.text())

    def json(self) -> Any:
        """The value as JSON: plain ``true``, ``false`` and numbers are what they look like."""
        return self._value(Place._scalar)

    def _value(self, scalar: Callable[[Place], Any]) -> Any:
        if self.is_null:
            return None
        if isinstance(self.node, yaml.MappingNode):
            return {key: place._value(scalar) for key, place in self.entries().items()}
        if isinstance(self.node, yaml.SequenceNode):
            return [place._value(scalar) for place in self.each()]
        return scalar(self)

    def _scalar(self) -> Any:
        text = self.text()
        if self.node.style:
            return text
        if text in _FLAGS:
            return _FLAGS[text]
        if _WHOLE.fullmatch(text):
            return int(text)
        return Decimal(text) if _NUMBER.fullmatch(text) else text

    def _parts(self) -> dict[str, Place]:
        if isinstance(self.node, yaml.MappingNode):
            return self.entries()
        if isinstance(self.node, yaml.SequenceNode):
            return {str(index): place for index, place in enumerate(self.each())}
        return {}


def read_yaml(text: str, file: str) -> Place:
    """The root of a document; ``InvalidInput`` if it is not YAML, empty, or unfolds beyond bounds."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            raise InvalidInput(f"{file} is empty", field="file", allowed="a price list")
        if _size(node, {}, file) > MAX_NODES:
            raise InvalidInput(f"{file} holds too many values", field="file", allowed=f"at most {MAX_NODES}")
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InvalidInput(
            f"{file}{line}: not YAML: {error.problem or error.context}", field="file"
        ) from None
    except yaml.YAMLError as error:
        raise InvalidInput(f"{file}: not YAML: {str(error).splitlines()[0]}", field="file") from None
    except RecursionError:
        raise InvalidInput(f"{file} is nested too deeply", field="file") from None
    return Place(file, "", node)


def _size(node: Any, known: dict[int, int], file: str) -> int:
    """How many values a node unfolds to; one that contains itself has no end and raises RecursionError."""
    if id(node) not in known:
        if node.tag not in _KINDS:
            raise Place(file, "", node).wrong(f"has the tag {node.tag}", "values without tags")
        parts: list[Any] = []
        if isinstance(node, yaml.SequenceNode):
            parts = node.value
        elif isinstance(node, yaml.MappingNode):
            parts = [one for pair in node.value for one in pair]
        known[id(node)] = 1 + sum(_size(part, known, file) for part in parts)
    return known[id(node)]
