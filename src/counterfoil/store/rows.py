"""From rows to frozen dataclasses and back, by the names of their fields.

A view's fields are the columns' attribute names, so the functions here serve every repository; one writes
its own ``from_row`` or ``to_row`` only where a column has another form than the field.
"""

from __future__ import annotations

from dataclasses import fields, make_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from sqlalchemy import (
    Text,
    TypeDecorator,
    Uuid,
    any_,
    bindparam,
    column,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY, JSON

from counterfoil.core.errors import NotFound, VersionMismatch
from counterfoil.store.compiled import Compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, Insert, Select
    from sqlalchemy.engine import CursorResult

    from counterfoil.store.types import Base
    from counterfoil.store.uow import Uow

_WRITING: Final = msgspec.json.Encoder(enc_hook=dict)
"""As ``types.json_text`` writes, in a fifth of the time; what it does not know is a mapping."""


def columns(model: type[Base], view: type) -> list[Any]:
    """The columns of ``model`` that ``view`` has fields for, in the order of the fields.

    The table's, not the model's attributes: a statement of these is known again in half the time.
    """
    known = model.__mapper__.columns
    return [known[field.name] for field in fields(view)]


def among(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """Is a column of ids or texts one of ``values``?  As one parameter: any number has the same statement."""
    found: ColumnElement[bool] = column == any_(literal(list(values), ARRAY(column.type)))
    return found


def with_ids(statement: Select[Any], model: Any) -> Compiled:
    """Those of ``statement``'s rows of one environment that have one of the ``ids``."""
    wanted = any_(bindparam("ids", type_=ARRAY(Uuid)))
    return Compiled(statement.where(model.environment_id == bindparam("environment_id"), model.id == wanted))


def record[T](view: type[T], row: Sequence[Any]) -> T:
    """One row, selected by ``columns(model, view)``, as a view."""
    make = _maker(cast("Any", view))
    return cast("T", make(*row))


def records[T](view: type[T], rows: Iterable[Sequence[Any]]) -> list[T]:
    """Rows, selected by ``columns(model, view)``, as views."""
    make = _maker(cast("Any", view))
    return [make(*row) for row in rows]


@cache
def _maker(view: Any) -> Callable[..., Any]:
    """What makes a view of a row's values, in a sixth of the time.

    A frozen dataclass puts each field past its own lock.  One with the same slots and no lock is filled at
    once, and is a view from then on.
    """
    names = tuple(field.name for field in fields(view))
    if view.__dict__.get("__slots__") != names or hasattr(view, "__post_init__"):
        plain: Callable[..., Any] = view
        return plain
    unlocked = make_dataclass(view.__name__, names, slots=True)

    def make(*values: Any) -> Any:
        made = unlocked(*values)
        made.__class__ = view
        return made

    return make


def only[T](view: type[T], result: CursorResult[Any], kind: str) -> T:
    """The one row of a result as a view, or ``NotFound`` naming what was asked for."""
    row = result.one_or_none()
    if row is None:
        raise NotFound(f"no such {kind}")
    return record(view, row)


def row_values(view: Any) -> dict[str, Any]:
    """The fields of a view by name, one level deep."""
    return {field.name: getattr(view, field.name) for field in fields(view)}


def insert_values(uow: Uow, view: Any) -> dict[str, Any]:
    """The values of a new row of this environment."""
    return {"environment_id": uow.environment_id, **row_values(view)}


def insertion(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> tuple[Insert, dict[str, str]]:
    """The statement that writes all these new rows, by the names of the model's attributes, and its value.

    For batches: it is one statement of one value however many rows there are.  All have the same names.  What
    is ``None`` in a column of JSON is null there too, and not JSON's ``null``.
    """
    statement, changes = _insertion(model, tuple(rows[0]))
    written = [dict(row) for row in rows]
    for name, change in changes:
        for row in written:
            row[name] = change(row[name], None)
    return statement, {"rows": _WRITING.encode(written).decode()}


@cache
def _insertion(model: Any, names: tuple[str, ...]) -> tuple[Insert, list[tuple[str, Callable[..., Any]]]]:
    columns = {name: model.__mapper__.columns[name] for name in names}
    kinds = {name: one.type for name, one in columns.items() if isinstance(one.type, TypeDecorator)}
    changes = [
        (name, kind.process_bind_param)
        for name, kind in kinds.items()
        if type(kind).process_bind_param is not TypeDecorator.process_bind_param
    ]
    plain = {name: kinds[name].impl_instance if name in kinds else one.type for name, one in columns.items()}
    read = func.json_to_recordset(sql_cast(bindparam("rows", type_=Text), JSON)).table_valued(
        *(column(name, kind) for name, kind in plain.items())
    )
    selected = select(read.render_derived(with_types=True))
    return insert(model.__table__).from_select(list(columns.values()), selected), changes


async def insert_rows(uow: Uow, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the new rows of a batch in one statement; see ``insertion``."""
    if rows:
        await uow.execute(*insertion(model, rows))


async def update_versioned(uow: Uow, model: Any, after: Any, changed: Collection[str], *, kind: str) -> None:
    """Write ``changed`` fields of ``after`` if the stored version is the one before it.

    Raises ``VersionMismatch`` when somebody else changed the row since it was read.
    """
    values = {name: getattr(after, name) for name in changed}
    statement = (
        update(model)
        .where(
            model.environment_id == uow.environment_id,
            model.id == cast("UUID", after.id),
            model.version == after.version - 1,
        )
        .values(**values, version=after.version, updated_at=after.updated_at)
    )
    if (await uow.execute(statement)).rowcount != 1:
        raise VersionMismatch(f"this {kind} was changed by someone else at the same time")
