"""New rows of a batch, written by one statement of one value however many they are.

Owns: the statement, and the form of its value.  Does not own: the transaction that runs it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import Text, TypeDecorator, bindparam, column, func, insert, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSON

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Insert

    from counterfoil.store.types import Base

_WRITING: Final = msgspec.json.Encoder(enc_hook=dict)
"""As ``types.json_text`` writes, in a fifth of the time; what it does not know is a mapping."""


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
