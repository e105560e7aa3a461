"""What meters count, in SQL: the same numbers as ``core.rating.aggregate``, which a test holds it to.

Stored numbers have their shortest form, so that ``->>`` is the text by which values are compared.  Windows of
the same customer, subscription and time that differ in their filters only (prices by model, say) share one
span: an event is fetched once for all of them, and compared with the windows of its own span alone, which no
estimate of the planner can change.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from counterfoil.core.rating import Aggregation
from counterfoil.modules.usage.types import GroupReading, MeterReading, WindowReading
from counterfoil.store.types import json_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import TextClause
    from sqlalchemy.engine import Row

    from counterfoil.modules.catalog import Meter
    from counterfoil.modules.usage.types import UsageWindow
    from counterfoil.store import Uow

_NUMBER: Final = """
    case jsonb_typeof(event.properties -> cast(:property as text))
        when 'number' then cast(event.properties -> cast(:property as text) as numeric)
        when 'string' then counterfoil_number(event.properties ->> cast(:property as text))
    end"""
_TEXT: Final = "event.properties ->> cast(:property as text)"

type Form = tuple[str, str]
"""What an event contributes, and what becomes of it."""


class Split(StrEnum):
    """How the windows of a grid are told from each other."""

    STEPS = "steps"
    STARTS = "starts"


# For each aggregation: what an event contributes (it takes part if that is not null), and what becomes of it.
_FORMS: Final = {
    Aggregation.COUNT: ("true", "cast(count(*) as numeric)"),
    Aggregation.SUM: (_NUMBER, "sum(part)"),
    Aggregation.MAX: (_NUMBER, "max(part)"),
    Aggregation.LATEST: (_NUMBER, '(array_agg(part order by at desc, id collate "C" desc))[1]'),
    Aggregation.UNIQUE_COUNT: (_TEXT, "cast(count(distinct part) as numeric)"),
}
_OF_NOTHING: Final = {
    Aggregation.COUNT: Decimal(0),
    Aggregation.SUM: Decimal(0),
    Aggregation.MAX: None,
    Aggregation.LATEST: None,
    Aggregation.UNIQUE_COUNT: Decimal(0),
}


_AMOUNTS: Final = 'array_agg(part order by at, id collate "C")'
_BIN: Final = {
    Split.STEPS: "cast(floor(extract(epoch from event.at - span.origin) / cast(:step as numeric)) as bigint)",
    Split.STARTS: "cast(width_bucket(event.at, span.starts) - 1 as bigint)",
}


@lru_cache(maxsize=256)
def _statement(form: Form, filters: int, narrowed: int, groups: int, split: Split | None) -> TextClause:
    """The statement for a meter with so many filters, windows narrowed by so many properties, and groups.

    ``offset 0`` has each event's parts worked out once, before windows and aggregates use them.  Of each
    window at most so many pieces are told.
    """
    part, value = form
    conditions = "".join(
        f" and event.properties ->> cast(:filter_{n} as text) = any(cast(:values_{n} as text[]))"
        for n in range(filters)
    )
    narrowing = "".join(
        f", span.f{n}, event.properties ->> cast(:narrow_{n} as text) as n{n}" for n in range(narrowed)
    )
    grouping = "".join(f", event.properties ->> cast(:group_{n} as text) as g{n}" for n in range(groups))
    grouping += f", {_BIN[split]} as bin" if split else ""
    sets = "".join(f", f{n} jsonb[]" for n in range(narrowed))
    sets += {None: "", Split.STEPS: ", origin timestamptz", Split.STARTS: ", starts timestamptz[]"}[split]
    wanted = "".join(f", found.f{n}" for n in range(narrowed))
    within = "".join(f" and (wanted.f{n} is null or wanted.f{n} ? found.n{n})" for n in range(narrowed))
    shown = "".join(f", g{n}" for n in range(groups)) + (", bin" if split else "")
    order = "".join(f', g{n} collate "C" nulls first' for n in range(groups)) + (", bin" if split else "")
    nth = f"row_number() over (partition by wanted.place order by wanted.place{order})"
    return text(f"""
        select * from (
        select wanted.place, {value} as value, count(*) as events,
            min(at) as first_at, max(at) as last_at, {nth if shown else "1"} as nth{shown}
        from (
            select span.places, event.id, event.at, {part} as part{narrowing}{grouping}
            from jsonb_to_recordset(cast(:spans as jsonb)) as span
                (places int[], customer uuid, subscription uuid, "start" timestamptz, "end" timestamptz{sets})
            join events as event
                on event.environment_id = cast(:environment as uuid)
                and event.customer_id = span.customer
                and event.at >= span."start" and event.at < span."end"
                and (span.subscription is null or event.subscription_id is null
                    or event.subscription_id = span.subscription)
            where event.name = :name{conditions}
            offset 0
        ) as found
        cross join lateral unnest(found.places{wanted}) as wanted
            (place{"".join(f", f{n}" for n in range(narrowed))})
        where found.part is not null{within}
        group by wanted.place{shown}
        ) as piece
        where nth <= cast(:most as bigint)
        order by place{order}
    """)  # noqa: S608  (numbers and constants of this file; every name and value is a parameter)


def _spans(windows: Sequence[UsageWindow], narrowing: Sequence[str]) -> str:
    """The windows (each known by its place) by span, with the values that each asks for, ``null`` for any.

    The values are the keys of an object: a list within a list would be a second dimension to the database.
    """
    spans: dict[tuple[Any, ...], dict[str, Any]] = {}
    for place, window in enumerate(windows):
        key = (window.customer_id, window.subscription_id, window.start, window.end, window.grid)
        span = spans.get(key)
        if span is None:
            names = ("customer", "subscription", "start", "end")
            span = spans[key] = {**dict(zip(names, key, strict=False)), "places": []}
            if window.grid is not None:
                span |= {"origin": window.grid.origin, "starts": window.grid.starts}
            span |= {f"f{number}": [] for number in range(len(narrowing))}
        span["places"].append(place)
        for number, name in enumerate(narrowing):
            values = window.filters.get(name)
            span[f"f{number}"].append(None if values is None else dict.fromkeys(values, 1))
    return json_text(list(spans.values()))


def _parameters(uow: Uow, meter: Meter, windows: Sequence[UsageWindow]) -> tuple[dict[str, Any], int]:
    """The parameters of a statement, and by how many properties the windows are narrowed."""
    narrowing = sorted({name for window in windows for name in window.filters})
    parameters: dict[str, Any] = {
        "environment": uow.environment_id,
        "name": meter.event_name,
        "spans": _spans(windows, narrowing),
    }
    if meter.property is not None:
        parameters["property"] = meter.property
    for number, (name, values) in enumerate(meter.filters.items()):
        parameters |= {f"filter_{number}": name, f"values_{number}": list(values)}
    parameters |= {f"narrow_{number}": name for number, name in enumerate(narrowing)}
    return parameters, len(narrowing)


async def read(uow: Uow, meter: Meter, windows: Sequence[UsageWindow]) -> dict[int, MeterReading]:
    """The readings of all windows, by their keys, in one statement."""
    if not windows:
        return {}
    parameters, narrowed = _parameters(uow, meter, windows)
    statement = _statement(_FORMS[meter.aggregation], len(meter.filters), narrowed, 0, None)
    rows = await uow.execute(statement, {**parameters, "most": 1})
    found = {row.place: _reading(row) for row in rows}
    nothing = MeterReading(_OF_NOTHING[meter.aggregation], 0, None, None)
    return {window.key: found.get(place, nothing) for place, window in enumerate(windows)}


async def read_groups(
    uow: Uow, meter: Meter, windows: Sequence[UsageWindow], group_by: Sequence[str], *, most: int
) -> dict[int, list[GroupReading]]:
    """The readings of at most ``most`` groups of each window, in order of their values, absent first."""
    parameters, narrowed = _parameters(uow, meter, windows)
    form = _FORMS[meter.aggregation]
    statement = _statement(form, len(meter.filters), narrowed, len(group_by), None)
    groups = {f"group_{number}": name for number, name in enumerate(group_by)}
    rows = await uow.execute(statement, {**parameters, **groups, "most": most})
    found: dict[int, list[GroupReading]] = {window.key: [] for window in windows}
    for row in rows:
        found[windows[row.place].key].append(GroupReading(tuple(row[6:]), _reading(row)))
    return found


async def read_windows(
    uow: Uow, meter: Meter, windows: Sequence[UsageWindow], *, most: int
) -> dict[int, list[WindowReading]]:
    """The readings of at most ``most`` windows of each one's grid, the earliest first.

    The grids are alike: all have the same step, or all have starts.
    """
    parameters, narrowed = _parameters(uow, meter, windows)
    grids = [window.grid for window in windows if window.grid is not None]
    assert len(grids) == len(windows)
    (step,) = {grid.step for grid in grids}
    split = Split.STARTS if step is None else Split.STEPS
    if step is not None:
        parameters["step"] = step // timedelta(seconds=1)
    statement = _statement(_FORMS[meter.aggregation], len(meter.filters), narrowed, 0, split)
    rows = await uow.execute(statement, {**parameters, "most": most})
    found: dict[int, list[WindowReading]] = {window.key: [] for window in windows}
    for row in rows:
        window = windows[row.place]
        assert window.grid is not None
        found[window.key].append(WindowReading(window.grid.start_of(row.bin), _reading(row)))
    return found


async def read_amounts(
    uow: Uow, meter: Meter, windows: Sequence[UsageWindow]
) -> dict[int, Sequence[Decimal]]:
    """What each event contributed to a sum, in the order of time and id, by the windows' keys."""
    assert meter.aggregation is Aggregation.SUM
    parameters, narrowed = _parameters(uow, meter, windows)
    statement = _statement((_NUMBER, _AMOUNTS), len(meter.filters), narrowed, 0, None)
    rows = await uow.execute(statement, {**parameters, "most": 1})
    return {windows[row.place].key: row.value for row in rows}


def _reading(row: Row[Any]) -> MeterReading:
    return MeterReading(row.value, row.events, row.first_at.astimezone(UTC), row.last_at.astimezone(UTC))
