"""``counterfoil simulate``: what past usage would have cost at the prices of a file, or of a plan's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from counterfoil.core.errors import InvalidInput, NotFound
from counterfoil.core.ids import show_id
from counterfoil.faces.cli.clocks import read_instant
from counterfoil.faces.cli.output import counted, note, say, show_json, steps, table
from counterfoil.faces.cli.prices import read_list
from counterfoil.faces.cli.session import Json, Tenant, tenant_command

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from counterfoil.faces.kit.units import Uow
    from counterfoil.modules.simulations import DraftPrice, SimulationResult, SimulationTotal

SHOWN: Final = 20
"""How many customers are shown; the API has them all."""


@tenant_command
async def simulate(
    tenant: Tenant,
    start: Annotated[str, typer.Option("--from", metavar="INSTANT", help="Periods from here on …")],
    end: Annotated[str, typer.Option("--to", metavar="INSTANT", help="… that end by this.")],
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A price list in YAML: its prices are tried.")
    ] = None,
    customer: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this customer; may be repeated.")
    ] = None,
    plan: Annotated[str | None, typer.Option(metavar="CODE", help="The plan of --version.")] = None,
    version: Annotated[int | None, typer.Option(help="A version of --plan to try, perhaps a draft.")] = None,
    as_json: Json = False,
) -> None:
    """Rate what was billed for a time again, at other prices, and show the difference.

    Nothing is changed.  Amounts are before discounts and tax.
    """
    from counterfoil.modules.simulations import NewSimulation, get_simulation, run_batch, start_simulation

    async with tenant.unit() as uow:
        simulation = await start_simulation(
            uow,
            NewSimulation(
                start=read_instant(start, "--from"),
                end=read_instant(end, "--to"),
                customers=customer or None,
                prices=[] if file is None else await _drafts(uow, file),
                version=await _version(uow, plan, version),
            ),
        )
    with steps("simulating") as step:
        more = True
        while more:
            async with tenant.unit() as uow:
                more = await run_batch(uow, simulation.id)
                _, operation, _ = await get_simulation(uow, simulation.id)
            progress = operation.progress
            step(f"{progress.get('customers', 0):,} of {counted(progress.get('of', 0), 'customer')}")
    async with tenant.unit() as uow:
        _, _, totals = await get_simulation(uow, simulation.id)
        results, names = await _results(uow, simulation.id)
    if as_json:
        show_json(_json(simulation.id, totals, results, names))
        return
    _show(totals, results, names)


async def _drafts(uow: Uow, file: Path) -> list[DraftPrice]:
    """The prices of a file that there is something to compare with; of the others a note is made."""
    from counterfoil.faces.kit.vendor_paging import OffsetQuery
    from counterfoil.modules.catalog import PriceFilter, plans_by_codes, search_prices
    from counterfoil.modules.simulations import DraftPrice

    stated = {
        (one.key, code): price
        for one in read_list(file)
        if one.kind == "plan"
        for code, price in one.fields.get("prices", {}).items()
    }
    plans = await plans_by_codes(uow, {plan for plan, _ in stated})
    wanted = PriceFilter(plan_ids={one.id for one in plans.values()}, codes={code for _, code in stated})
    found = await search_prices(uow, wanted, OffsetQuery(limit=10_000))
    known = {(price.plan_id, price.code) for price in found.items}
    drafts = []
    for (plan, code), price in stated.items():
        if plan in plans and (plans[plan].id, code) in known:
            drafts.append(
                DraftPrice(plans[plan].id, code, price["model"], price["currencies"], price["terms"])
            )
        else:
            note(f"plans.{plan}: nothing was ever billed as {code}, so it is left out")
    return drafts


async def _version(uow: Uow, plan: str | None, number: int | None) -> tuple[UUID, int] | None:
    from counterfoil.modules.catalog import plans_by_codes

    if plan is None and number is None:
        return None
    if plan is None or number is None:
        raise InvalidInput("--plan and --version go together", field="--version", allowed="both or neither")
    found = (await plans_by_codes(uow, [plan])).get(plan)
    if found is None:
        raise NotFound(f"there is no plan {plan}", field="--plan", allowed="the code of a plan")
    return found.id, number


async def _results(uow: Uow, simulation_id: UUID) -> tuple[list[SimulationResult], dict[UUID, str]]:
    from counterfoil.faces.kit.wire import PageQuery
    from counterfoil.modules.customers import customers_by_ids
    from counterfoil.modules.simulations import list_results

    page = await list_results(uow, simulation_id, PageQuery(limit=SHOWN))
    known = await customers_by_ids(uow, {one.customer_id for one in page.items})
    return page.items, {id_: one.name for id_, one in known.items()}


def _sums(one: SimulationResult | SimulationTotal) -> dict[str, Any]:
    return {
        "currency": one.currency,
        "charges": one.charges,
        "current": one.current.amount_text(),
        "simulated": one.simulated.amount_text(),
        "difference": one.difference.amount_text(),
        "problems": one.problems,
    }


def _json(
    id_: UUID,
    totals: Sequence[SimulationTotal],
    results: Sequence[SimulationResult],
    names: dict[UUID, str],
) -> dict[str, Any]:
    return {
        "id": show_id("simulation", id_),
        "totals": [{"customers": one.customers, **_sums(one)} for one in totals],
        "customers": [
            {
                "id": show_id("customer", one.customer_id),
                "name": names.get(one.customer_id),
                **_sums(one),
                "problems_told": [f"{told.charge}: {told.message}" for told in one.told],
            }
            for one in results
        ],
    }


def _show(
    totals: Sequence[SimulationTotal], results: Sequence[SimulationResult], names: dict[UUID, str]
) -> None:
    if not totals:
        say("nothing that these prices are for was billed for that time")
        return
    columns = ("customer", "charges>", "current>", "simulated>", "difference>", "")
    rows = [(names.get(one.customer_id, ""), *_row(one)) for one in results]
    sums = [(f"all {counted(one.customers, 'customer')}", *_row(one)) for one in totals]
    table(None, columns, [*rows, *sums])
    more = sum(one.customers for one in totals) - len(results)
    if more > 0:
        note(f"and {counted(more, 'more customer')}; the API lists them all")
    for result in results:
        for told in result.told:
            note(f"left out for {names.get(result.customer_id, '')}: {told.charge}: {told.message}")


def _row(one: SimulationResult | SimulationTotal) -> tuple[str, ...]:
    sums = _sums(one)
    return (
        f"{one.charges:,}",
        *(sums[name] for name in ("current", "simulated", "difference")),
        one.currency,
    )
