"""What falls due of one payer at one instant stands on one invoice, if its subscriptions are joint."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime

from counterfoil.core.ids import parse_id
from counterfoil.modules.billing import ReplayQuery, catch_up, replay_invoices, run_due
from tests.scenarios.joint_invoices.conftest import Group
from tests.support.observe import statements


async def test_daughters_and_parent_are_on_one_invoice_that_says_whose_each_line_is(group: Group) -> None:
    north, south = await group.daughter("North"), await group.daughter("South")
    sold = [await group.sell(one) for one in (group.parent, north, south)]
    await group.until("2026-01-15T00:00:00Z")
    await group.use(north, "2026-01-10", 500)
    await group.use(south, "2026-01-11", 250)
    await group.until("2026-02-01T02:00:00Z")
    january, february = await group.invoices()
    # 3 × 30.00 on 1 January; on 1 February again, and 5.00 and 2.50 of tokens.
    assert (january["total"], february["total"]) == ("90.00", "97.50")
    assert {january["customer_id"], february["customer_id"]} == {group.parent}
    assert (january["subscription_id"], january["status"]) == (None, "open")
    lines = await group.lines(february)
    assert [(line["subscription_id"], line["customer_id"]) for line in lines] == [
        (one["id"], customer)
        for one, customer in zip(sold, (group.parent, north, south), strict=True)
        for _ in ("fee", "tokens")
    ]
    amounts = {(line["customer_id"], line["description"]): line["amount"] for line in lines}
    assert (amounts[north, "Tokens"], amounts[south, "Tokens"]) == ("5.00", "2.50")
    printed = [line["part"] for line in (await group.paper(february))["lines"] if line["part"]]
    assert printed == [["Group · Pro", "30.00"], ["North · Pro", "35.00"], ["South · Pro", "32.50"]]
    paper = await group.api.get(f"/v1/invoices/{february['id']}/pdf")
    assert (paper.status_code, paper.content[:5]) == (200, b"%PDF-")


async def test_each_subscription_finds_its_joint_invoices_and_each_customer_what_it_pays(
    group: Group,
) -> None:
    north = await group.daughter("North")
    first, second = await group.sell(group.parent), await group.sell(north)
    alone = await group.sell(north, invoicing="separate", shared_usage=True)
    await group.until("2026-02-01T02:00:00Z")
    by_first = [one["id"] for one in await group.invoices(subscription_id=first["id"])]
    by_second = [one["id"] for one in await group.invoices(subscription_id=second["id"])]
    by_alone = [one["id"] for one in await group.invoices(subscription_id=alone["id"])]
    assert by_first == by_second
    assert len(by_first) == len(by_alone) == 2
    assert not set(by_first) & set(by_alone)
    assert await group.invoices(customer_id=north) == []
    assert len(await group.invoices(customer_id=group.parent)) == 4
    newest = await group.invoices(subscription_id=first["id"], limit="1")
    assert [one["id"] for one in newest] == by_first[-1:]


async def test_usage_that_comes_during_the_grace_is_rated_for_the_daughter_whose_it_is(group: Group) -> None:
    north, south = await group.daughter("North"), await group.daughter("South")
    await group.sell(north)
    await group.sell(south)
    await group.until("2026-02-01T00:30:00Z")
    draft = (await group.invoices())[-1]
    assert (draft["status"], draft["total"]) == ("draft", "60.00")
    await group.use(south, "2026-01-31", 700)
    await group.until("2026-02-01T02:00:00Z")
    final = (await group.invoices())[-1]
    assert (final["id"], final["status"], final["total"]) == (draft["id"], "open", "67.00")
    lines = await group.lines(final)
    assert [(line["customer_id"], line["amount"]) for line in lines] == [
        (north, "30.00"),
        (north, "0.00"),
        (south, "30.00"),
        (south, "7.00"),
    ]
    told = await group.ask("GET", f"/invoices/{final['id']}/lines/4/explain")
    assert told["redone"] == {"amount": "7.00", "matches": True}


async def test_other_instants_currencies_and_zones_stay_apart(group: Group) -> None:
    berlin = await group.daughter("Berlin", zone="Europe/Berlin")
    await group.sell(group.parent)
    await group.sell(berlin)
    await group.until("2026-01-05T00:00:00Z")
    later = await group.daughter("Later")
    await group.sell(later)
    await group.until("2026-01-05T02:00:00Z")
    found = await group.invoices()
    assert [one["total"] for one in found] == ["30.00", "30.00", "30.00"]
    assert all(one["subscription_id"] is not None for one in found)


async def test_one_that_cannot_be_billed_stops_no_other(group: Group) -> None:
    north, south = await group.daughter("North"), await group.daughter("South")
    await group.sell(north)
    tiers = {"tiers": [{"up_to": "1", "unit_amount": "1"}], "above_last_tier": "refuse"}
    only_one = {"code": "tokens", "model": "volume", "params": tiers}
    held = await group.sell(south, overrides=[only_one])
    await group.until("2026-01-15T00:00:00Z")
    await group.use(south, "2026-01-10", 5)
    await group.until("2026-02-01T02:00:00Z")
    january, february = await group.invoices()
    assert (january["total"], february["total"]) == ("60.00", "30.00")
    assert february["subscription_id"] is not None
    assert (await group.ask("GET", f"/subscriptions/{held['id']}"))["billing_error"] is not None


async def test_a_preview_tells_the_joint_invoice_that_the_run_drafts(group: Group) -> None:
    north, south = await group.daughter("North"), await group.daughter("South")
    first, second = await group.sell(north), await group.sell(south)
    await group.until("2026-01-15T00:00:00Z")
    preview = await group.ask("GET", f"/subscriptions/{first['id']}/preview")
    (upcoming,) = preview["data"]
    assert (upcoming["invoice"]["total"], len(upcoming["lines"])) == ("60.00", 4)
    assert {line["subscription_id"] for line in upcoming["lines"]} == {first["id"], second["id"]}
    await group.until("2026-02-01T02:00:00Z")
    billed = (await group.invoices())[-1]
    assert billed["total"] == upcoming["invoice"]["total"]


async def test_a_void_invoice_lets_the_lines_of_all_go(group: Group) -> None:
    north = await group.daughter("North")
    await group.sell(group.parent)
    await group.sell(north)
    await group.until("2026-01-01T02:00:00Z")
    (invoice,) = await group.invoices()
    await group.ask("POST", f"/invoices/{invoice['id']}/void")
    assert [line["voided"] for line in await group.lines(invoice)] == [True, True]


async def test_two_runs_at_once_put_a_family_on_one_invoice(group: Group) -> None:
    daughters = [await group.daughter(f"Daughter {number}") for number in range(6)]
    for one in daughters:
        await group.sell(one)
    await asyncio.gather(*(run_due(group.store, group.tenant.scope) for _ in range(3)))
    (invoice,) = await group.invoices()
    assert invoice["total"] == "180.00"
    whose = Counter(line["customer_id"] for line in await group.lines(invoice))
    assert whose == Counter(daughters)


async def test_a_start_years_ago_is_caught_up_jointly(group: Group) -> None:
    # Seven years and a month of months each: more than one batch takes.
    north, south = await group.daughter("North"), await group.daughter("South")
    for one in (north, south):
        await group.sell(one, started_at="2018-12-01T00:00:00Z")
    await group.until("2026-01-01T02:00:00Z")
    found = await group.invoices(limit="100")
    assert len(found) == 86  # December 2018 to January 2026, each fee in advance
    assert {one["subscription_id"] for one in found} == {None}


async def test_a_change_first_bills_what_is_due_of_the_whole_family(group: Group) -> None:
    north, south = await group.daughter("North"), await group.daughter("South")
    first, _ = await group.sell(north), await group.sell(south)
    await group.until("2026-01-15T00:00:00Z")
    later = datetime(2026, 2, 2, tzinfo=UTC)  # nothing has run since
    async with group.store.unit(group.tenant.scope, now=later) as uow:
        await catch_up(uow, parse_id("subscription", first["id"]))
    billed = (await group.invoices())[-1]
    assert (billed["subscription_id"], billed["total"]) == (None, "60.00")


async def test_a_commitment_counts_for_its_own_subscription_when_a_joint_draft_is_rated_again(
    group: Group,
) -> None:
    # North has committed to 20.00 a month of tokens, 10 of which are used: the other 10 are charged.
    north, south = await group.daughter("North"), await group.daughter("South")
    commitment = {
        "kind": "minimum",
        "measure": "amount",
        "size": "20",
        "price_codes": ["tokens"],
        "period": "term",
        "interval_unit": "month",
    }
    await group.sell(north, commitments=[commitment])
    await group.sell(south)
    await group.until("2026-01-15T00:00:00Z")
    await group.use(north, "2026-01-10", 400)
    await group.until("2026-02-01T00:30:00Z")
    draft = (await group.invoices())[-1]
    assert draft["total"] == "80.00"  # 30 + 4 + 16 not used, and 30
    await group.use(north, "2026-01-31", 600)
    await group.use(south, "2026-01-31", 100)
    await group.until("2026-02-01T02:00:00Z")
    final = (await group.invoices())[-1]
    assert (final["id"], final["total"]) == (draft["id"], "81.00")  # 30 + 10 + 10, and 30 + 1
    lines = [(line["customer_id"], line["description"], line["amount"]) for line in await group.lines(final)]
    assert [line[2] for line in lines if line[0] == north] == ["30.00", "10.00", "0.00", "10.00"]
    assert [line[2] for line in lines if line[0] == south] == ["30.00", "1.00"]


async def test_a_larger_family_takes_no_more_statements(group: Group) -> None:
    counts = []
    for number in (2, 2, 10):  # the first run makes the issuer
        parent = await group.customer("Group")
        for each in range(number):
            await group.sell(await group.daughter(f"Daughter {each}", parent_id=parent))
        with statements(group.store) as seen:
            await run_due(group.store, group.tenant.scope)
        counts.append(len(seen))
    assert counts[1] == counts[2]


async def test_a_joint_invoice_is_rebuilt_from_what_is_stored(group: Group) -> None:
    north = await group.daughter("North")
    await group.sell(group.parent)
    await group.sell(north)
    await group.until("2026-01-15T00:00:00Z")
    await group.use(north, "2026-01-10", 500)
    await group.until("2026-02-01T02:00:00Z")
    async with group.store.unit(group.tenant.scope) as uow:
        done = await replay_invoices(uow, ReplayQuery(group.parent, uow.now))
    assert (done.invoices, done.lines, done.differences) == (2, 6, ())
