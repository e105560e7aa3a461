"""``counterfoil commitment``: what a subscription committed to, what is drawn of it and what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from counterfoil.core.errors import NotFound
from counterfoil.faces.cli.customers import Limit
from counterfoil.faces.cli.invoices import day
from counterfoil.faces.cli.output import note, show_json, table
from counterfoil.faces.cli.session import Json, Tenant, tenant_command
from counterfoil.faces.cli.subscriptions import Name, find_subscription

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.modules.billing import CommitmentBalance, TermBalance

Commitment = Annotated[
    str | None, typer.Argument(metavar="[COMMITMENT]", help="Its id (commit_…); the only one by default.")
]
_COLUMNS = ("committed>", "rolled over>", "drawn>", "left>", "trued up>", "lost>")


@tenant_command
async def list_commitments(tenant: Tenant, subscription: Name, as_json: Json = False) -> None:
    """List a subscription's commitments with the balances of the terms that run."""
    from counterfoil.core.ids import show_id
    from counterfoil.modules.billing import list_commitments
    from counterfoil.modules.subscriptions import get_subscription

    async with tenant.unit() as uow:
        id_ = await find_subscription(uow, tenant, subscription)
        zone = (await get_subscription(uow, id_)).zone
        found = await list_commitments(uow, id_)
    if as_json:
        show_json([_json(one) for one in found])
        return
    rows = [
        [
            show_id("commitment", one.commitment.id),
            one.commitment.name,
            one.commitment.kind.value,
            *_row(term, zone),
        ]
        for one in found
        for term in one.terms
    ]
    table(
        None, ["commitment", "name", "kind", "term", *_COLUMNS], rows,
        empty=f"no commitment of {subscription} runs",
    )  # fmt: skip
    if rows:
        note("amounts in the subscription's currency, quantities in units; counterfoil commitment terms")


@tenant_command
async def terms(
    tenant: Tenant,
    subscription: Name,
    commitment: Commitment = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List the terms of a commitment, the newest first, and what became of each."""
    from counterfoil.core.ids import parse_id
    from counterfoil.faces.kit.units import PageQuery
    from counterfoil.modules.billing import list_commitments, list_terms
    from counterfoil.modules.subscriptions import get_subscription

    async with tenant.unit() as uow:
        id_ = await find_subscription(uow, tenant, subscription)
        zone = (await get_subscription(uow, id_)).zone
        if commitment is None:
            known = await list_commitments(uow, id_)
            if len(known) != 1:
                raise NotFound(
                    f"{subscription} has {len(known)} commitments",
                    field="COMMITMENT",
                    allowed="the id of one; counterfoil commitment list",
                )
            wanted = known[0].commitment.id
        else:
            wanted = parse_id("commitment", commitment, field="COMMITMENT")
        _, page = await list_terms(uow, id_, wanted, PageQuery(limit))
    if as_json:
        show_json([_term_json(term) for term in page.items])
        return
    rows = [
        [*_row(term, zone), "running" if term.term.closed_at is None else "settled"] for term in page.items
    ]
    table(None, ["term", *_COLUMNS, "state"], rows, empty="no terms")
    if page.has_more:
        note(f"the newest {limit}; --limit shows more")


def _row(balance: TermBalance, zone: str) -> list[str]:
    term = balance.term
    return [
        f"{day(term.start_at, zone)} – {day(term.end_at, zone)}",
        *_numbers(balance).values(),
    ]


def _numbers(balance: TermBalance) -> dict[str, str]:
    from counterfoil.core.money import decimal_text, shown_decimal

    term = balance.term
    values: Sequence[Any] = (term.committed, term.rolled_over, balance.drawn, balance.left)
    committed, rolled_over, drawn, left = (decimal_text(shown_decimal(value)) for value in values)
    return {
        "committed": committed,
        "rolled_over": rolled_over,
        "drawn": drawn,
        "left": left,
        "trued_up": balance.trued_up.amount_text(),
        "broken": decimal_text(shown_decimal(balance.broken)),
    }


def _json(balance: CommitmentBalance) -> dict[str, Any]:
    from counterfoil.core.ids import show_id

    commitment = balance.commitment
    return {
        "id": show_id("commitment", commitment.id),
        "name": commitment.name,
        "kind": commitment.kind.value,
        "measure": commitment.measure.value,
        "currency": balance.unit.code,
        "terms": [_term_json(term) for term in balance.terms],
    }


def _term_json(balance: TermBalance) -> dict[str, Any]:
    term = balance.term
    times = {"start_at": term.start_at, "end_at": term.end_at, "closed_at": term.closed_at}
    return times | _numbers(balance)
