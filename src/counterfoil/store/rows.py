"""From rows to frozen dataclasses and back, by the names of their fields.

A view's fields are the columns' attribute names, so the functions here serve every repository; one writes
its own ``from_row`` or ``to_row`` only where a column has another form than the field.
"""

from __future__ import annotations

from dataclasses import fields, make_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    Uuid,
    any_,
    bindparam,
    literal,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from counterfoil.core.errors import NotFound, VersionMismatch
from counterfoil.store.compiled import Compiled
from counterfoil.store.insertion import insertion

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import CursorResult

    from counterfoil.store.types import Base
    from counterfoil.store.uow import Uow


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
