"""What all of Flexprice's lists and searches ask, read into the keywords of a module's own filter.

Owns: paging, ``status``, ``start_time`` and ``end_time``, ``sort``, and the conditions of ``filters``.
Does not own: which conditions a resource serves; it names them as ``Column`` s.
Always holds: everything that is asked narrows what is found; what a resource cannot serve is refused with
its name, never passed over; a value that no object can have finds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, Field

from counterfoil.core.calendar import parse_instant
from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.faces.kit.vendor_paging import MOST
from counterfoil.faces.kit.vendor_wire import DateTimeText, one_of
from counterfoil.faces.kit.wire import OffsetQuery
from counterfoil.faces.vendors.flexprice import ids

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime

    from counterfoil.faces.vendors.flexprice.wire_generated import FilterCondition, Value

PAGE: Final = 50
"""How many objects a page has when nobody says."""

MOST_VALUES: Final = 1000
"""How many values one field of a search may have."""

MOST_CONDITIONS: Final = 50
"""How many conditions the filters of a search may have."""

_MOMENT: Final = timedelta(microseconds=1)
_EXACT: Final = ("eq", "in")
_TIMES: Final = ("gt", "gte", "lt", "before", "after")


def _parts(value: Any) -> Any:
    """``a,b`` as well as a repeated parameter; nothing between two commas is no value."""
    if not isinstance(value, list):
        return value
    return [part for one in value for part in str(one).split(",") if part]


Names = Annotated[list[str], BeforeValidator(_parts)]
"""A query parameter that has several values: repeated, or with commas between."""


class ListQuery(BaseModel):
    """The query parameters that every list has."""

    limit: Annotated[int, Field(ge=1, le=1000)] = PAGE
    offset: Annotated[int, Field(ge=0, le=MOST)] = 0
    order: Annotated[str, one_of("asc", "desc")] = "desc"
    status: Annotated[str, one_of("published", "deleted", "archived")] | None = None
    start_time: DateTimeText | None = Field(default=None, description="Made then or later")
    end_time: DateTimeText | None = Field(default=None, description="Made then or before")
    expand: str | None = Field(default=None, description="What to show with each, separated by commas")


@dataclass(frozen=True, slots=True)
class Column:
    """What a condition on a field asks of the module: the keyword, and the values that a text means.

    ``contains``: a part of the text is asked for; ``single``: the keyword takes one value.
    """

    into: str
    read: Callable[[str], Iterable[Any]] = lambda text: (text,)
    contains: bool = False
    single: bool = False


def column_of_ids(kind: str, into: str) -> Column:
    """A condition on ids of one kind."""
    return Column(into, lambda text: ids.known(kind, [text]))


@dataclass(slots=True)
class Terms:
    """The keywords of a module's filter, as they are gathered."""

    values: dict[str, Any] = field(default_factory=dict)
    statuses: set[str] | None = None

    def among(self, into: str, wanted: Iterable[Any]) -> None:
        """Only objects with one of these values."""
        before = self.values.get(into)
        wanted = list(dict.fromkeys(wanted))
        self.values[into] = wanted if before is None else [one for one in wanted if one in before]

    def ids(self, kind: str, into: str, asked: Any, *names: str) -> None:
        """Only the objects of a kind that these fields name; one without a value asks nothing."""
        for name in names:
            if texts := texts_of(asked, name):
                self.among(into, ids.known(kind, texts))

    def texts(self, into: str, asked: Any, *names: str) -> None:
        """Only objects with a text that these fields name; one without a value asks nothing."""
        for name in names:
            if texts := texts_of(asked, name):
                self.among(into, texts)

    def text(self, into: str, wanted: str | None, where: str) -> None:
        """Only objects whose text has this part."""
        if not wanted:
            return
        _few([wanted], where)
        if self.values.setdefault(into, wanted) != wanted:
            raise InvalidInput(
                f"{where} asks a second time", field=where, allowed="one condition of this kind"
            )

    def between(self, start: datetime | None, end: datetime | None) -> None:
        """Only objects made in ``[start, end]``."""
        lower, upper = self.values.get("created_from"), self.values.get("created_to")
        if start is not None:
            self.values["created_from"] = start if lower is None else max(start, lower)
        if end is not None:
            self.values["created_to"] = end if upper is None else min(end, upper)

    def status(self, wanted: Collection[str]) -> None:
        """Only objects with one of these statuses."""
        self.statuses = set(wanted) if self.statuses is None else self.statuses.intersection(wanted)

    def settle(self, default: Collection[str]) -> None:
        """Ask for the statuses, or for these if none was asked for; nothing is ever ``deleted``."""
        found = set(default if self.statuses is None else self.statuses) & {"published", "archived"}
        if not found:
            self.values["ids"] = []
        elif len(found) == 1:
            self.values["archived"] = "archived" in found


def texts_of(asked: Any, name: str) -> list[str]:
    """The texts that a field of a list or a search has, if it has it; ``InvalidInput`` for what is none."""
    value = getattr(asked, name, None) or []
    return _few([value] if isinstance(value, str) else list(value), name)


def _few(texts: list[str], where: str) -> list[str]:
    """These texts, if they are not too many and can be anybody's."""
    if any("\0" in one or (not one.isascii() and _is_broken(one)) for one in texts):
        raise InvalidInput(
            f"{where} holds characters that cannot be stored", field=where, allowed="a text without NUL"
        )
    if len(texts) > MOST_VALUES:
        raise TooLarge(f"{where} has too many values", field=where, allowed=f"at most {MOST_VALUES}")
    return texts


def _is_broken(text: str) -> bool:
    """Whether a text has half of a character, which no encoding of ours can hold."""
    return any("\ud800" <= one <= "\udfff" for one in text)


def instant(text: str | None, where: str) -> datetime | None:
    """The instant that a field names, if it names one."""
    return None if not text else parse_instant(text, field=where)


def refuse(asked: Any, *names: str, why: str = "is not served yet") -> None:
    """Refuse those of these fields that ask for something: nothing is passed over in silence."""
    for name in names:
        value = getattr(asked, name, None)
        if value not in (None, "", [], {}, False, 0):
            raise InvalidInput(f"{name} {why}", field=name, allowed="none")


def only(asked: Any, field: str, value: str, why: str) -> None:
    """Refuse any other value of a field of which one is served."""
    if getattr(asked, field, None) not in (None, "", value):
        raise InvalidInput(why, field=field, allowed=value)


def keep(asked: Any, shown: Mapping[str, Any], *names: str) -> None:
    """Refuse those of these fields that would be changed and cannot be; what was read may be sent back."""
    for name in names:
        value = getattr(asked, name, None)
        if value not in (None, "", [], {}, shown.get(name)):
            raise InvalidInput(f"{name} cannot be changed here", field=name, allowed="leave it out")


def page_of(asked: Any, sortable: Collection[str] = ("created_at",)) -> OffsetQuery:
    """The page that is asked for, in descending order unless ``order`` or ``sort`` says otherwise."""
    order = asked.order or "desc"
    by = _sorting(asked)
    if len(by) > 1 or (by and by[0][0] not in sortable):
        raise InvalidInput("it cannot be sorted so", field="sort", allowed=f"one of {', '.join(sortable)}")
    if by:
        order = by[0][1] or order
    offset = asked.offset or 0
    if offset > MOST:
        raise InvalidInput("offset is too large", field="offset", allowed=f"at most {MOST}")
    return OffsetQuery(asked.limit or PAGE, offset, ascending=order == "asc")


def sorted_by(asked: Any) -> str:
    """The field that a page is sorted by."""
    return next((name for name, _ in _sorting(asked)), "created_at")


def _sorting(asked: Any) -> list[tuple[str, str | None]]:
    sort = getattr(asked, "sort", None)
    if isinstance(sort, str):
        return [(sort, None)] if sort else []
    return [(one.field or "created_at", one.direction) for one in sort or ()]


def terms_of(
    asked: Any, columns: Mapping[str, Column], *, default: Collection[str] = ("published",)
) -> Terms:
    """What a list or a search asks of its objects, whatever their kind.

    ``default``: the statuses that are found where none is asked for.
    """
    terms = Terms()
    start, end = instant(asked.start_time, "start_time"), instant(asked.end_time, "end_time")
    if start is not None and end is not None and end < start:
        allowed = f"{asked.start_time} or later"
        raise InvalidInput("the time ends before it starts", field="end_time", allowed=allowed)
    terms.between(start, end)
    if asked.status is not None:
        terms.status([asked.status])
    conditions = getattr(asked, "filters", None) or ()
    if len(conditions) > MOST_CONDITIONS:
        allowed = f"at most {MOST_CONDITIONS}"
        raise TooLarge("filters has too many conditions", field="filters", allowed=allowed)
    for number, condition in enumerate(conditions):
        _narrow(terms, condition, columns, f"filters.{number}")
    terms.settle(default)
    return terms


def _narrow(terms: Terms, condition: FilterCondition, columns: Mapping[str, Column], where: str) -> None:
    name, operator, value = condition.field or "", condition.operator or "eq", condition.value
    if name == "created_at":
        _narrow_times(terms, operator, value, where)
    elif name == "status":
        terms.status(_texts(operator, value, where))
    elif name not in columns:
        allowed = ", ".join(["created_at", "status", *columns])
        raise InvalidInput(f"{name!r} cannot be searched by", field=f"{where}.field", allowed=allowed)
    elif (column := columns[name]).contains:
        if operator != "contains" or value is None or not value.string:
            allowed = "contains, with a string"
            raise InvalidInput(f"{name} cannot be asked so", field=f"{where}.operator", allowed=allowed)
        terms.text(column.into, value.string, where)
    elif column.single:
        texts = _texts(operator, value, where)
        if len(texts) > 1:
            raise InvalidInput(f"{name} has one value", field=f"{where}.value", allowed="one string")
        terms.text(column.into, texts[0], where)
    else:
        texts = _texts(operator, value, where)
        terms.among(column.into, [one for text in texts for one in column.read(text)])


def _narrow_times(terms: Terms, operator: str, value: Value | None, where: str) -> None:
    moment = instant(None if value is None else value.date or value.string, f"{where}.value.date")
    if operator not in _TIMES or moment is None:
        allowed = f"{', '.join(_TIMES)}, with a date"
        raise InvalidInput("created_at cannot be asked so", field=f"{where}.operator", allowed=allowed)
    if operator in ("gt", "gte", "after"):
        terms.between(moment if operator == "gte" else moment + _MOMENT, None)
    else:
        terms.between(None, moment - _MOMENT)


def _texts(operator: str, value: Value | None, where: str) -> list[str]:
    if operator not in _EXACT:
        allowed = ", ".join(_EXACT)
        raise InvalidInput(f"{operator} is not served here", field=f"{where}.operator", allowed=allowed)
    texts = [] if value is None else [*(value.array or ()), *([value.string] if value.string else ())]
    if not texts:
        raise InvalidInput(
            f"{where}.value has no text", field=f"{where}.value", allowed="a string, or an array of strings"
        )
    return _few(texts, f"{where}.value")


def expanded(asked: Any) -> frozenset[str]:
    """What is to be shown with each object; words that mean nothing here change nothing."""
    return frozenset(part.strip() for part in (asked.expand or "").split(",") if part.strip())
