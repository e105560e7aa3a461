"""``counterfoil add-on``: what add-ons there are, giving them to subscriptions and taking them away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from counterfoil.core.errors import InvalidInput, NotFound
from counterfoil.core.money import decimal_text, parse_decimal
from counterfoil.faces.cli.clocks import read_instant
from counterfoil.faces.cli.customers import Limit
from counterfoil.faces.cli.output import note, say, show_json, table
from counterfoil.faces.cli.session import Json, Tenant, tenant_command
from counterfoil.faces.cli.subscriptions import (
    Name,
    find_subscription,
    named_subscriptions,
    subscriptions_json,
)

if TYPE_CHECKING:
    from datetime import datetime

    from counterfoil.modules.subscriptions import ChangeWhen

Code = Annotated[str, typer.Argument(metavar="CODE", help="The add-on's code.")]
At = Annotated[str | None, typer.Option(help="Then: 2026-07-01T00:00:00Z; a day is its midnight in UTC.")]
PeriodEnd = Annotated[bool, typer.Option("--period-end", help="When the running period ends.")]


@tenant_command
async def list_add_ons(tenant: Tenant, limit: Limit = 50, as_json: Json = False) -> None:
    """List add-ons, newest first, with the codes of their prices."""
    from counterfoil.core.ids import show_id
    from counterfoil.faces.kit.units import PageQuery
    from counterfoil.modules.catalog import list_add_ons, prices_by_ids

    async with tenant.unit() as uow:
        page = await list_add_ons(uow, PageQuery(limit))
        prices = await prices_by_ids(uow, {id_ for one in page.items for id_ in one.price_ids})
    rows: list[dict[str, Any]] = [
        {
            "id": show_id("add_on", one.id),
            "code": one.code,
            "name": one.name,
            "kind": one.kind.value,
            "prices": [prices[id_].code for id_ in one.price_ids],
            "max_quantity": None if one.max_quantity is None else decimal_text(one.max_quantity),
            "archived_at": one.archived_at,
        }
        for one in page.items
    ]
    if as_json:
        show_json(rows)
        return
    table(
        None,
        ["code", "name", "kind", "prices", "most>"],
        [
            [row["code"], row["name"], row["kind"], ", ".join(row["prices"]), row["max_quantity"] or "–"]
            for row in rows
        ],
        empty=f"no add-ons in {tenant.place}",
    )
    if page.has_more:
        note(f"the newest {limit}; --limit shows more")


@tenant_command
async def add(
    tenant: Tenant,
    subscription: Name,
    code: Code,
    quantity: Annotated[str, typer.Option(help="Of its prices that take one.")] = "1",
    at: At = None,
    period_end: PeriodEnd = False,
    as_json: Json = False,
) -> None:
    """Give a subscription an add-on now, unless --at or --period-end says otherwise."""
    from counterfoil.modules.billing import add_add_on
    from counterfoil.modules.subscriptions import ChosenAddOn

    chosen = ChosenAddOn(code, parse_decimal(quantity, field="--quantity"))
    when, instant = _when(at, period_end=period_end)
    async with tenant.unit() as uow:
        id_ = await find_subscription(uow, tenant, subscription)
        after = await add_add_on(uow, id_, chosen, when=when, at=instant)
        found = await named_subscriptions(uow, [after])
    if as_json:
        show_json(subscriptions_json(found)[0])
        return
    say(f"{subscription} {'gets' if when != 'now' else 'has'} {code}")


@tenant_command
async def remove(
    tenant: Tenant,
    subscription: Name,
    code: Code,
    at: At = None,
    period_end: PeriodEnd = False,
    as_json: Json = False,
) -> None:
    """Take an add-on from a subscription now, unless --at or --period-end says otherwise."""
    from counterfoil.modules.billing import remove_add_on
    from counterfoil.modules.catalog import add_ons_by_codes

    when, instant = _when(at, period_end=period_end)
    async with tenant.unit() as uow:
        id_ = await find_subscription(uow, tenant, subscription)
        known = (await add_ons_by_codes(uow, [code])).get(code)
        if known is None:
            raise NotFound(f"there is no add-on {code}", field="CODE", allowed="the code of an add-on")
        after = await remove_add_on(uow, id_, known.id, when=when, at=instant)
        found = await named_subscriptions(uow, [after])
    if as_json:
        show_json(subscriptions_json(found)[0])
        return
    say(f"{subscription} {'loses' if when != 'now' else 'no longer has'} {code}")


def _when(at: str | None, *, period_end: bool) -> tuple[ChangeWhen, datetime | None]:
    from counterfoil.modules.subscriptions import ChangeWhen

    if period_end and at is not None:
        raise InvalidInput("a change is made once", field="--at", allowed="either --at or --period-end")
    if at is not None:
        return ChangeWhen.AT, read_instant(at, "--at")
    return (ChangeWhen.PERIOD_END if period_end else ChangeWhen.NOW), None
