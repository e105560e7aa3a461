"""What meters count, in SQL: the same numbers as ``core.rating.aggregate``, which a test holds it to.

Stored numbers have their shortest form, so that ``->>`` is the text by which values are compared.  Windows of
the same customer, subscription and time that differ in their filters only (prices by model, say) share one
span, so that an event is fetched once for all of them.
"""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from counterfoil.core.rating import Aggregation
from counterfoil.modules.usage.types import GroupReading, MeterReading
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


@lru_cache(maxsize=256)
def _statement(aggregation: Aggregation, filters: int, narrowed: int, groups: int) -> TextClause:
    """The statement for a meter with so many filters, windows narrowed by so many properties, and groups.

    ``offset 0`` has each event's parts worked out once, before windows and aggregates use them.
    """
    part, value = _FORMS[aggregation]
    conditions = "".join(
        f" and event.properties ->> cast(:filter_{n} as text) = any(cast(:values_{n} as text[]))"
        for n in range(filters)
    )
    narrowing = "".join(f", event.properties ->> cast(:narrow_{n} as text) as n{n}" for n in range(narrowed))
    grouping = "".join(f", event.properties ->> cast(:group_{n} as text) as g{n}" for n in range(groups))
    sets = "".join(f", n{n} text[]" for n in range(narrowed))
    within = "".join(f" and (wanted.n{n} is null or found.n{n} = any(wanted.n{n}))" for n in range(narrowed))
    shown = "".join(f", g{n}" for n in range(groups))
    order = "".join(f', g{n} collate "C" nulls first' for n in range(groups))
    return text(f"""
        select wanted.key, {value} as value, count(*) as events,
            min(at) as first_at, max(at) as last_at{shown}
        from (
            select span.place as span, event.id, event.at, {part} as part{narrowing}{grouping}
            from jsonb_to_recordset(cast(:spans as jsonb)) as span
                (place int, customer uuid, subscription uuid, "start" timestamptz, "end" timestamptz)
            join events as event
                on event.environment_id = cast(:environment as uuid)
                and event.customer_id = span.customer
                and event.at >= span."start" and event.at < span."end"
                and (span.subscription is null or event.subscription_id is null
                    or event.subscription_id = span.subscription)
            where event.name = :name{conditions}
            offset 0
        ) as found
        join jsonb_to_recordset(cast(:windows as jsonb)) as wanted (key int, span int{sets})
            on wanted.span = found.span{within}
        where found.part is not null
        group by wanted.key{shown}
        order by wanted.key{order}
        limit :most
    """)  # noqa: S608  (numbers and constants of this file; every name and value is a parameter)


def _parameters(uow: Uow, meter: Meter, windows: Sequence[UsageWindow]) -> tuple[dict[str, Any], int]:
    """The parameters of a statement, and by how many properties the windows are narrowed."""
    narrowing = sorted({name for window in windows for name in window.filters})
    spans: dict[tuple[Any, ...], int] = {}
    wanted: list[dict[str, Any]] = []
    for window in windows:
        span = (window.customer_id, window.subscription_id, window.start, window.end)
        row: dict[str, Any] = {"key": window.key, "span": spans.setdefault(span, len(spans))}
        for number, name in enumerate(narrowing):
            if name in window.filters:
                row[f"n{number}"] = list(window.filters[name])
        wanted.append(row)
    names = ("customer", "subscription", "start", "end")
    parameters: dict[str, Any] = {
        "environment": uow.environment_id,
        "name": meter.event_name,
        "spans": json_text(
            [dict(zip(names, span, strict=True), place=place) for span, place in spans.items()]
        ),
        "windows": json_text(wanted),
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
    statement = _statement(meter.aggregation, len(meter.filters), narrowed, 0)
    rows = await uow.execute(statement, {**parameters, "most": len(windows)})
    found = {row.key: _reading(row) for row in rows}
    nothing = nothing_read(meter)
    return {window.key: found.get(window.key, nothing) for window in windows}


async def read_groups(
    uow: Uow, meter: Meter, window: UsageWindow, group_by: Sequence[str], *, most: int
) -> list[GroupReading]:
    """The readings of at most ``most`` groups of one window, in order of their values, absent first."""
    parameters, narrowed = _parameters(uow, meter, [window])
    statement = _statement(meter.aggregation, len(meter.filters), narrowed, len(group_by))
    groups = {f"group_{number}": name for number, name in enumerate(group_by)}
    rows = await uow.execute(statement, {**parameters, **groups, "most": most})
    return [GroupReading(tuple(row[5:]), _reading(row)) for row in rows]


def nothing_read(meter: Meter) -> MeterReading:
    """What a meter says where no event takes part."""
    return MeterReading(_OF_NOTHING[meter.aggregation], 0, None, None)


def _reading(row: Row[Any]) -> MeterReading:
    return MeterReading(row.value, row.events, row.first_at.astimezone(UTC), row.last_at.astimezone(UTC))
