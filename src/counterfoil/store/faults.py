"""What the database refuses, said as our own errors.

Always holds: a refusal that input can cause (a taken key, a number out of range, a text that cannot be
stored) becomes an ``InvalidInput`` or ``Conflict`` naming the field; anything else goes on up as it is.
"""

from __future__ import annotations

from psycopg import DataError

from counterfoil.core.errors import (
    AlreadyExists,
    Conflict,
    CounterfoilError,
    InvalidInput,
    TooLarge,
    Unavailable,
)


class Busy(Conflict):
    """Somebody else is changing the same thing now; the same call may succeed when it is repeated."""


def refusal(error: BaseException | None, *, lost: bool) -> CounterfoilError | None:
    """Our error for an error of the driver's that input can cause, else ``None``.

    ``lost``: the connection was lost with it.
    """
    if lost:
        return Unavailable("the database does not answer")
    state: str | None = getattr(error, "sqlstate", None)
    if state is None and isinstance(error, DataError):  # the driver's own: a NUL in a text
        return InvalidInput("a value holds what cannot be stored")
    diagnosis = getattr(error, "diag", None)
    match state:
        case "23505":
            field = _unique_field(diagnosis)
            return AlreadyExists(
                f"another object has this {field}", field=field, allowed="a value not in use"
            )
        case "23503":
            return Conflict("another object is missing or still needs this one")
        case "23514" | "23P01":
            return Conflict(f"this would break the rule {getattr(diagnosis, 'constraint_name', '')}")
        case "22003":
            return TooLarge("a number is out of range")
        case "22021" | "22P05" | "22P02" | "22008":
            return InvalidInput("a value holds what cannot be stored")
        case "40001" | "40P01" | "55P03":
            return Busy("somebody else is changing the same thing; try again")
        case _:
            return None


def _unique_field(diagnosis: object) -> str:
    """The field in a constraint's name: ``uq_customers_environment_id_external_id`` → ``external_id``."""
    name: str = getattr(diagnosis, "constraint_name", None) or ""
    table: str = getattr(diagnosis, "table_name", None) or ""
    field = name.removeprefix("uq_").removeprefix("pk_").removeprefix(f"{table}_")
    for tenant in ("environment_id_", "organization_id_"):
        field = field.removeprefix(tenant)
    return field or "id"
