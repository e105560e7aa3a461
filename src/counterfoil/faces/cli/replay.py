"""``counterfoil replay``: are final invoices still what their prices and usage make of them?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from counterfoil.core.ids import show_id
from counterfoil.faces.cli.clocks import read_instant
from counterfoil.faces.cli.output import counted, note, say, show_json, steps, table
from counterfoil.faces.cli.session import Json, Tenant, tenant_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.modules.billing import Difference


@tenant_command
async def replay(
    tenant: Tenant,
    customer: Annotated[str, typer.Option(metavar="NAME", help="The customer's id or external id.")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="INSTANT", help="Invoices final by then (default: now).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Work out a customer's final invoices again from what is stored, and compare.

    Usage is taken as it was known when each invoice became final.  Exit code 1 if
    anything differs: each place is named, with both values.
    """
    from counterfoil.modules.billing import Replayed, ReplayQuery, replay_invoices

    async with tenant.unit() as uow:
        until = uow.now if as_of is None else read_instant(as_of, "--as-of")
    done = Replayed()
    with steps("replaying") as step:
        while True:
            async with tenant.unit() as uow:
                done += await replay_invoices(uow, ReplayQuery(customer, until, done.after))
            step(f"{counted(done.invoices, 'invoice')} rebuilt")
            if done.after is None:
                break
    if as_json:
        show_json(
            {
                "as_of": until,
                "invoices": done.invoices,
                "lines": done.lines,
                "from_explanations": done.from_explanations,
                "differences": [_json(one) for one in done.differences],
            }
        )
    else:
        rebuilt = f"{counted(done.invoices, 'invoice')} with {counted(done.lines, 'line')} rebuilt"
        say(f"{rebuilt}: {'all as they were' if not done.differences else 'not as they were'}")
        _show(done.differences)
        if done.from_explanations:
            note(
                f"{counted(done.from_explanations, 'line')} of usage from their explanations: they are older"
                " than the record of what was known"
            )
    if done.differences:
        raise typer.Exit(1)


def _json(one: Difference) -> dict[str, object]:
    return {
        "invoice_id": show_id("invoice", one.invoice_id),
        "number": one.number,
        "line": one.line,
        "field": one.field,
        "stored": one.stored,
        "rebuilt": one.rebuilt,
    }


def _show(differences: Sequence[Difference]) -> None:
    if differences:
        rows = [
            (one.number or "", "" if one.line is None else str(one.line), one.field, one.stored, one.rebuilt)
            for one in differences
        ]
        table(None, ("invoice", "line>", "field", "stored", "rebuilt"), rows)
