"""What the conversions of every resource share: common columns, metadata, words for words, amounts."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import IntervalUnit, format_instant, parse_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import unit_of
from counterfoil.faces.kit.exact_json import dumps
from counterfoil.faces.vendors.flexprice import ids
from counterfoil.faces.vendors.flexprice.wire_generated import PaginationResponse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from counterfoil.faces.kit.context import Unit
    from counterfoil.faces.kit.wire import Found, OffsetQuery

PERIODS: Final = {
    IntervalUnit.DAY: "DAILY",
    IntervalUnit.WEEK: "WEEKLY",
    IntervalUnit.MONTH: "MONTHLY",
    IntervalUnit.QUARTER: "QUARTERLY",
    IntervalUnit.HALF_YEAR: "HALF_YEARLY",
    IntervalUnit.YEAR: "ANNUAL",
}
"""Their word for each unit of an interval."""


def interval_from_wire(word: str, field: str = "billing_period") -> IntervalUnit:
    """The unit of a recurring period; ``ONETIME`` is none."""
    for unit, period in PERIODS.items():
        if period == word:
            return unit
    raise InvalidInput(f"{field} is not a period", field=field, allowed=", ".join(PERIODS.values()))


def stamps(uow: Unit, made: Any) -> dict[str, Any]:
    """The columns that every object of theirs has; ``created_by`` names the organization."""
    times = {
        "created_at": format_instant(made.created_at),
        "updated_at": format_instant(made.updated_at),
    }
    return home(uow) | times


def home(uow: Unit) -> dict[str, Any]:
    """Where all that a caller sees is, and who made it."""
    return _home(uow.organization_id, uow.environment_id)


@lru_cache(maxsize=256)  # it is the same for all that a page shows
def _home(organization_id: UUID, environment_id: UUID) -> dict[str, str]:
    tenant = ids.show("organization", organization_id)
    return {
        "tenant_id": tenant,
        "environment_id": ids.show("environment", environment_id),
        "created_by": tenant,
        "updated_by": tenant,
    }


def status_of(made: Any) -> str:
    """``published`` until it is put away."""
    return "published" if made.archived_at is None else "archived"


def metadata_to_wire(meta: Mapping[str, Any]) -> dict[str, str]:
    """Metadata as texts; what is no text is shown as JSON."""
    return {key: value if isinstance(value, str) else dumps(value).decode() for key, value in meta.items()}


def pagination(found: Found[Any], page: OffsetQuery) -> PaginationResponse:
    """Where a page stands."""
    return PaginationResponse(total=found.total, limit=page.limit, offset=page.offset)


def instant_to_wire(at: datetime | None) -> str | None:
    """An instant, if there is one."""
    return None if at is None else format_instant(at)


def instant_from_wire(text: str | None, field: str) -> datetime | None:
    """The instant of a field, if it has one."""
    return None if not text else parse_instant(text, field=field)


def currency_from_wire(code: str, field: str = "currency") -> str:
    """Their lower-case code as ours; ``InvalidInput`` for one that no money has."""
    return unit_of(code.upper(), field=field).code


def text_from_wire(value: str | None) -> str | None:
    """An empty text says that there is none."""
    return value or None
