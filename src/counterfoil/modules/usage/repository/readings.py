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
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from counterfoil.core.pricing.exact import ratio
from counterfoil.core.rating import (
    OF_NOTHING,
    Piece,
    Stretch,
    finished,
    needs_earlier,
    running_windows,
)
from counterfoil.modules.usage.repository.forms import SINCE_START, form_of
from counterfoil.modules.usage.types import GroupReading, MeterReading, WindowReading
from counterfoil.store.types import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import TextClause
    from sqlalchemy.engine import Row

    from counterfoil.core.money import Exact
    from counterfoil.modules.catalog import Meter
    from counterfoil.modules.usage.repository.forms import Form, Formed
    from counterfoil.modules.usage.types import UsageWindow
    from counterfoil.store import Uow


class Split(StrEnum):
    """How the windows of a grid are told from each other."""

    STEPS = "steps"
    STARTS = "starts"


_BIN: Final = {
    Split.STEPS: "cast(floor(extract(epoch from event.at - span.origin) / cast(:step as numeric)) as bigint)",
    Split.STARTS: "cast(width_bucket(event.at, span.starts) - 1 as bigint)",
}


@lru_cache(maxsize=256)
def _statement(
    form: Form, filters: int, narrowed: int, groups: int, split: Split | None, *, known: bool
) -> TextClause:
    """The statement for a meter with so many filters, windows narrowed by so many properties, and groups.

    ``known``: as it was known at an instant of each window, instead of now.

    ``offset 0`` has each event's parts worked out once, before windows and aggregates use them.  Of each
    window at most so many pieces are told; what is carried into the first one is a piece by itself.
    """
    conditions = "".join(
        f" and event.properties ->> cast(:filter_{n} as text) = any(cast(:values_{n} as text[]))"
        for n in range(filters)
    )
    narrowing = "".join(
        f", span.f{n}, event.properties ->> cast(:narrow_{n} as text) as n{n}" for n in range(narrowed)
    )
    grouping = "".join(f", event.properties ->> cast(:group_{n} as text) as g{n}" for n in range(groups))
    grouping += f", {_bin(form, split)} as bin" if split else ""
    grouping += f", {SINCE_START} as since" if form.moment else ""
    sets = "".join(f", f{n} jsonb[]" for n in range(narrowed)) + (", known timestamptz" if known else "")
    sets += {None: "", Split.STEPS: ", origin timestamptz", Split.STARTS: ", starts timestamptz[]"}[split]
    wanted = "".join(f", found.f{n}" for n in range(narrowed))
    within = "".join(f" and (wanted.f{n} is null or wanted.f{n} ? found.n{n})" for n in range(narrowed))
    shown = "".join(f", g{n}" for n in range(groups)) + (", bin" if split else "")
    order = "".join(f', g{n} collate "C" nulls first' for n in range(groups)) + (", bin" if split else "")
    nth = f"row_number() over (partition by place order by place{order})"
    kept = f"""(
            select span.places, event.id, event.at, {form.part} as part{narrowing}{grouping}
            from jsonb_to_recordset(cast(:spans as jsonb)) as span
                (places int[], customer uuid, subscription uuid, since timestamptz, "start" timestamptz,
                 "end" timestamptz{sets})
            join events as event
                on event.environment_id = cast(:environment as uuid)
                and event.customer_id = span.customer
                and event.at >= span.since and event.at < span."end"
                and (span.subscription is null or event.subscription_id is null
                    or event.subscription_id = span.subscription)
            where event.name = :name and {_AS_KNOWN if known else _STANDS}{conditions}
            offset 0
        ) as found
        cross join lateral unnest(found.places{wanted}) as wanted
            (place{"".join(f", f{n}" for n in range(narrowed))})
        where found.part is not null{within}"""  # noqa: S608  (as below)
    if form.fresh:
        first = "row_number() over (partition by wanted.place, part order by bin)"
        kept = f"(select wanted.place, found.*, {first} as seen from {kept}) as kept"  # noqa: S608
    moment = ", sum(case when bin < 0 then 0 else part * since end) as moment" if form.moment else ""
    return text(f"""
        select * from (
        select place, {form.value} as value, count(*) as events,
            min(at) as first_at, max(at) as last_at, {nth if shown else "1"} as nth{shown}{moment}
        from {kept}
        group by place{shown}
        ) as piece
        where nth <= cast(:most as bigint)
        order by place{order}
    """)  # noqa: S608  (numbers and constants of this module; every name and value is a parameter)


_STANDS: Final = "event.voided_at is null"
_AS_KNOWN: Final = (
    "event.received_at <= span.known and (event.voided_at is null or event.voided_at > span.known)"
)


def _bin(form: Form, split: Split) -> str:
    if not form.carries:
        return _BIN[split]
    return f'case when event.at < span."start" then -1 else {_BIN[split]} end'


def _spans(windows: Sequence[UsageWindow], narrowing: Sequence[str], form: Form) -> str:
    """The windows (each known by its place) by span, with the values that each asks for, ``null`` for any.

    The values are the keys of an object: a list within a list would be a second dimension to the database.
    """
    spans: dict[tuple[Any, ...], dict[str, Any]] = {}
    for place, window in enumerate(windows):
        key = (
            *(window.customer_id, window.subscription_id, window.start, window.end, window.grid),
            window.known_at,
        )
        span = spans.get(key)
        if span is None:
            names = ("customer", "subscription", "start", "end")
            span = spans[key] = {**dict(zip(names, key, strict=False)), "places": []}
            span["since"] = "-infinity" if form.carries else window.start
            if window.known_at is not None:
                span["known"] = window.known_at
            if window.grid is not None:
                span |= {"origin": window.grid.origin, "starts": window.grid.starts}
            span |= {f"f{number}": [] for number in range(len(narrowing))}
        span["places"].append(place)
        for number, name in enumerate(narrowing):
            values = window.filters.get(name)
            span[f"f{number}"].append(None if values is None else dict.fromkeys(values, 1))
    return json_text(list(spans.values()))


def _asked(
    uow: Uow, meter: Meter, formed: Formed, windows: Sequence[UsageWindow]
) -> tuple[dict[str, Any], int]:
    """The parameters of a statement, and by how many properties the windows are narrowed."""
    narrowing = sorted({name for window in windows for name in window.filters})
    parameters: dict[str, Any] = {
        "environment": uow.environment_id,
        "name": meter.event_name,
        "spans": _spans(windows, narrowing, formed.form),
        **formed.parameters,
    }
    for number, (name, values) in enumerate(meter.filters.items()):
        parameters |= {f"filter_{number}": name, f"values_{number}": list(values)}
    parameters |= {f"narrow_{number}": name for number, name in enumerate(narrowing)}
    return parameters, len(narrowing)


async def read(uow: Uow, meter: Meter, windows: Sequence[UsageWindow]) -> dict[int, MeterReading]:
    """The readings of all windows, by their keys, in one statement."""
    if not windows:
        return {}
    finish = _Finish(meter)
    parameters, narrowed = _asked(uow, meter, finish.formed, windows)
    statement = _statement(finish.formed.form, len(meter.filters), narrowed, 0, None, known=_known(windows))
    rows = await uow.execute(statement, {**parameters, "most": 1})
    found = {row.place: finish.reading(row, windows[row.place]) for row in rows}
    nothing = MeterReading(OF_NOTHING[meter.aggregation], 0, None, None)
    return {window.key: found.get(place, nothing) for place, window in enumerate(windows)}


async def read_groups(
    uow: Uow, meter: Meter, windows: Sequence[UsageWindow], group_by: Sequence[str], *, most: int
) -> dict[int, list[GroupReading]]:
    """The readings of at most ``most`` groups of each window, in order of their values, absent first."""
    finish = _Finish(meter)
    parameters, narrowed = _asked(uow, meter, finish.formed, windows)
    form, known = finish.formed.form, _known(windows)
    statement = _statement(form, len(meter.filters), narrowed, len(group_by), None, known=known)
    groups = {f"group_{number}": name for number, name in enumerate(group_by)}
    rows = await uow.execute(statement, {**parameters, **groups, "most": most})
    found: dict[int, list[GroupReading]] = {window.key: [] for window in windows}
    for row in rows:
        window = windows[row.place]
        found[window.key].append(GroupReading(tuple(row[6:]), finish.reading(row, window)))
    return found


async def read_windows(
    uow: Uow, meter: Meter, windows: Sequence[UsageWindow], *, most: int
) -> dict[int, list[WindowReading]]:
    """The readings of at most ``most`` windows of each one's grid, the earliest first.

    The grids are alike: all have the same step, or all have starts.
    """
    finish = _Finish(meter, running=needs_earlier(meter.measures()))
    parameters, narrowed = _asked(uow, meter, finish.formed, windows)
    grids = [window.grid for window in windows if window.grid is not None]
    assert len(grids) == len(windows)
    (step,) = {grid.step for grid in grids}
    split = Split.STARTS if step is None else Split.STEPS
    if step is not None:
        parameters["step"] = step // timedelta(seconds=1)
    statement = _statement(finish.formed.form, len(meter.filters), narrowed, 0, split, known=_known(windows))
    # One more than is told: what is carried is a piece, and no window.
    rows = await uow.execute(statement, {**parameters, "most": most + finish.formed.form.carries})
    found: dict[int, list[Row[Any]]] = {place: [] for place in range(len(windows))}
    for row in rows:
        found[row.place].append(row)
    return {
        window.key: list(islice(finish.windows(found[place], window), most))
        for place, window in enumerate(windows)
    }


async def read_amounts(uow: Uow, meter: Meter, windows: Sequence[UsageWindow]) -> dict[int, Sequence[Exact]]:
    """What each event contributed to a sum, in the order of time and id, by the windows' keys."""
    finish = _Finish(meter, amounts=True)
    parameters, narrowed = _asked(uow, meter, finish.formed, windows)
    statement = _statement(finish.formed.form, len(meter.filters), narrowed, 0, None, known=_known(windows))
    rows = await uow.execute(statement, {**parameters, "most": 1})
    return {windows[row.place].key: finish.amounts(row.value) for row in rows}


def _known(windows: Sequence[UsageWindow]) -> bool:
    """Whether all of them are asked as it was known at an instant; none may be where others are not."""
    known = {window.known_at is not None for window in windows}
    assert len(known) <= 1
    return True in known


class _Finish:
    """From the totals of a meter's rows to its readings, by core."""

    def __init__(self, meter: Meter, *, running: bool = False, amounts: bool = False) -> None:
        self.spec = meter.measures()
        self.running = running
        self.formed = form_of(self.spec, running=running, amounts=amounts)

    def reading(self, row: Row[Any], window: UsageWindow) -> MeterReading:
        """The reading of a window, or of a group in it."""
        stretch = Stretch(window.start, window.end)
        value = finished(self._total(row.value), row.events, self.spec, stretch)
        return MeterReading(value, row.events, row.first_at.astimezone(UTC), row.last_at.astimezone(UTC))

    def windows(self, rows: Sequence[Row[Any]], window: UsageWindow) -> Iterator[WindowReading]:
        """The readings of a window's windows, the earliest first."""
        grid = window.grid
        assert grid is not None
        if not self.running:
            for row in rows:
                yield WindowReading(grid.start_of(row.bin), self.reading(row, window))
            return
        pieces = {
            row.bin: Piece(
                self._total(row.value),
                row.events,
                row.first_at.astimezone(UTC),
                row.last_at.astimezone(UTC),
                row.moment if self.formed.form.moment else Decimal(0),
            )
            for row in rows
        }
        period = Stretch(window.start, window.end)
        for start, one in running_windows(pieces, self.spec, grid, period) if rows else ():
            yield WindowReading(start, MeterReading(one.value, one.events, one.first_at, one.last_at))

    def amounts(self, parts: Sequence[Decimal]) -> Sequence[Exact]:
        """The amounts of single events."""
        if self.formed.denominator == 1 and self.spec.multiplier is None:
            return parts
        found = (finished(self._total(part), 1, self.spec, None) for part in parts)
        return [one for one in found if one is not None]

    def _total(self, total: Decimal) -> Exact:
        below = self.formed.denominator
        return total if below == 1 else ratio(total, Decimal(below))
