"""``counterfoil bill run``: what the worker does by itself, now and in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from counterfoil.faces.cli.clocks import done_in_words, only_in_sandbox, read_instant
from counterfoil.faces.cli.invoices import invoice_json, invoice_table, names_on
from counterfoil.faces.cli.output import note, say, show_json, steps
from counterfoil.faces.cli.session import Json, Tenant, tenant_command
from counterfoil.faces.cli.subscriptions import SHOWN, Named, held_in, show_held, subscriptions_json

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from counterfoil.faces.kit.units import Uow
    from counterfoil.modules.billing import Billed
    from counterfoil.modules.invoicing import Invoice


class _DryRun(Exception):
    """Ends a dry run."""


@tenant_command
async def run(
    tenant: Tenant,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be, and undo it.")] = False,
    at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="As if it were INSTANT; in sandboxes only.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Draft the invoices that are due and finalise the drafts whose grace is over.

    Exit code 1 while any subscription is held: it is billed no more until somebody mends the cause.
    """
    if at is not None:
        only_in_sandbox(tenant, "--at")
    now = None if at is None else read_instant(at, "--at")
    with steps("billing"):
        done, invoices, names, held = await (_undone if dry_run else _done)(
            tenant, now, None if as_json else SHOWN
        )
    if as_json:
        show_json(
            {
                "dry_run": dry_run,
                "drafted": done.drafted,
                "finalised": done.finalised,
                "held": len(held.subscriptions),
                "held_subscriptions": subscriptions_json(held),
                "invoices": [invoice_json(one, names) for one in invoices],
            }
        )
    else:
        _show(done, invoices, names, held, dry_run)
    if held.subscriptions:
        raise typer.Exit(1)


def _show(done: Billed, invoices: list[Invoice], names: dict[UUID, str], held: Named, dry_run: bool) -> None:
    if invoices:
        invoice_table(invoices[:SHOWN], names)
        if len(invoices) > SHOWN:
            note(f"… and {len(invoices) - SHOWN:,} more: counterfoil invoice list")
    if done:
        say(f"{'would be: ' if dry_run else ''}{done_in_words(done)}", "bold")
    else:
        say("nothing is due")
    show_held(held)
    if dry_run and done:
        note("A dry run: nothing was written.")


type _Outcome = tuple[Billed, list[Invoice], dict[UUID, str], Named]


async def _done(tenant: Tenant, now: datetime | None, named: int | None) -> _Outcome:
    """Run for good, batch by batch, each its own transaction."""
    from counterfoil.modules.billing import run_due

    async with tenant.unit(now) as uow:
        before = await _drafts(uow)
        newest = await _newest(uow)
    done = await run_due(tenant.store, tenant.scope, now=now)
    async with tenant.unit(now) as uow:
        invoices = await _touched(uow, before, newest)
        return done, invoices, await names_on(uow, invoices[:named]), await held_in(uow, named)


async def _undone(tenant: Tenant, now: datetime | None, named: int | None) -> _Outcome:
    """The same run in one transaction, which is then rolled back."""
    from counterfoil.modules.billing import Billed, bill_due, finalise_due

    outcome: _Outcome = (Billed(), [], {}, Named([], {}, {}))
    try:
        async with tenant.unit(now) as uow:
            before = await _drafts(uow)
            newest = await _newest(uow)
            done = Billed()
            while batch := await bill_due(uow) + await finalise_due(uow):
                done += batch
            invoices = await _touched(uow, before, newest)
            outcome = done, invoices, await names_on(uow, invoices[:named]), await held_in(uow, named)
            raise _DryRun
    except _DryRun:
        return outcome


async def _newest(uow: Uow) -> UUID | None:
    from counterfoil.faces.kit.units import PageQuery
    from counterfoil.modules.invoicing import list_invoices

    return next((one.id for one in (await list_invoices(uow, PageQuery(1))).items), None)


async def _drafts(uow: Uow) -> list[UUID]:
    """Every draft, the oldest first."""
    from counterfoil.core.states import InvoiceState
    from counterfoil.faces.kit.units import MAX_PAGE, PageQuery
    from counterfoil.modules.invoicing import list_invoices

    found: list[UUID] = []
    query = PageQuery(MAX_PAGE)
    while True:
        page = await list_invoices(uow, query, status=InvoiceState.DRAFT)
        found += [one.id for one in page.items]
        if not page.has_more:
            return found[::-1]
        query = PageQuery(MAX_PAGE, found[-1])


async def _touched(uow: Uow, before: list[UUID], newest: UUID | None) -> list[Invoice]:
    """The invoices that a run drafted or finalised: its ids ascend, and what was a draft is none now."""
    from counterfoil.faces.kit.units import MAX_PAGE, PageQuery
    from counterfoil.modules.invoicing import get_invoice, list_invoices

    still = set(await _drafts(uow))
    touched = [await get_invoice(uow, id_) for id_ in before if id_ not in still]
    drafted: list[Invoice] = []
    query = PageQuery(MAX_PAGE)
    while True:
        page = await list_invoices(uow, query)
        drafted += [one for one in page.items if newest is None or one.id > newest]
        if not page.has_more or len(drafted) % MAX_PAGE or not drafted:
            return touched + drafted[::-1]
        query = PageQuery(MAX_PAGE, page.items[-1].id)
