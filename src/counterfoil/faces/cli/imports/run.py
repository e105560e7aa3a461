"""The import itself: rows to events, batch by batch, each batch one transaction.

Always holds: a batch is counted only after its transaction is on disk; killed at any moment, the same
import run again completes it and counts nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterfoil.core.errors import CounterfoilError
from counterfoil.faces.cli.imports.mapping import read_event
from counterfoil.faces.cli.imports.rows import BadRow
from counterfoil.faces.cli.output import named
from counterfoil.modules.subscriptions import resolve_subscriptions
from counterfoil.modules.usage import (
    MAX_BATCH,
    AcceptedTimes,
    NewEvent,
    Outcome,
    ingest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from counterfoil.faces.cli.imports.identity import RowIds
    from counterfoil.faces.cli.imports.mapping import Columns, EventRow
    from counterfoil.faces.cli.imports.rows import Row
    from counterfoil.faces.cli.session import Tenant


@dataclass(slots=True)
class Tally:
    """The books of an import: rows = accepted + duplicates + refused."""

    accepted: int = 0
    duplicates: int = 0
    refused: int = 0

    @property
    def rows(self) -> int:
        """Every row that was read."""
        return self.accepted + self.duplicates + self.refused


async def import_rows(
    tenant: Tenant,
    rows: Iterable[Row | BadRow],
    columns: Columns,
    ids: RowIds,
    *,
    refused: Callable[[BadRow], None],
    progress: Callable[[Tally], None],
) -> Tally:
    """Send every row; ``refused`` is told each bad one, ``progress`` the tally after each batch."""
    tally = Tally()
    times = AcceptedTimes.of(tenant.settings)

    def refuse(bad: BadRow) -> None:
        tally.refused += 1
        refused(bad)

    for batch in _batches(rows, columns, ids, refuse):
        async with tenant.unit() as uow:
            events = [_event(row, id_) for row, id_ in batch]
            answers = await ingest(uow, events, times=times, subscriptions=resolve_subscriptions)
        for (row, id_), answer in zip(batch, answers, strict=True):
            match answer.outcome:
                case Outcome.ACCEPTED:
                    tally.accepted += 1
                case Outcome.DUPLICATE:
                    tally.duplicates += 1
                case Outcome.REFUSED:
                    assert answer.refusal is not None
                    told = answer.refusal
                    refuse(
                        BadRow(
                            row.line,
                            f"{named(told.field, told.message, told.field)} (allowed: {told.allowed})",
                            id_,
                        )
                    )
        progress(tally)
    return tally


def _batches(
    rows: Iterable[Row | BadRow], columns: Columns, ids: RowIds, refuse: Callable[[BadRow], None]
) -> Iterator[list[tuple[EventRow, str]]]:
    """Rows that are events, with their ids, in batches of as many as one call takes."""
    batch: list[tuple[EventRow, str]] = []
    for row in rows:
        if isinstance(row, BadRow):
            refuse(row)
            continue
        # Also a row that is no event takes its turn, so that mending the mapping changes no other id.
        made = ids.of(row.content) if columns.id is None else ""
        try:
            event = read_event(row, columns)
        except CounterfoilError as error:
            allowed = f" (allowed: {error.allowed})" if error.allowed else ""
            refuse(BadRow(row.line, f"{error.message}{allowed}"))
            continue
        batch.append((event, event.id or made))
        if len(batch) == MAX_BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _event(row: EventRow, id_: str) -> NewEvent:
    return NewEvent(id_, row.name, row.customer, row.subscription, row.at, row.properties)
