"""The law: whatever is overridden, paused, resumed or ended, no moment is billed twice and none is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from counterfoil.core.calendar import Interval, IntervalUnit
from counterfoil.core.proration import DEFAULT
from counterfoil.core.rating import Cadence
from counterfoil.core.states import SubscriptionState
from counterfoil.modules.catalog import Price, QuantitySource
from counterfoil.modules.subscriptions import (
    Alignment,
    PriceOverride,
    Subscription,
    SubscriptionItem,
    plan_item,
)
from counterfoil.modules.subscriptions.agreed import plan_stretches, read_times
from counterfoil.modules.subscriptions.planning import resumed

START = datetime(2026, 1, 15, 9, tzinfo=UTC)
Piece = tuple[datetime, datetime]

hours = st.integers(0, 24 * 200)
cadences = st.sampled_from(list(Cadence))
intervals = st.sampled_from(
    [Interval(IntervalUnit.MONTH), Interval(IntervalUnit.WEEK), Interval(IntervalUnit.DAY, 10)]
)


def after(count: int) -> datetime:
    return START + timedelta(hours=count)


def price(cadence: Cadence, interval: Interval) -> Price:
    return Price(
        id=uuid4(), external_id=None, meta={}, version=1, created_at=START, updated_at=START, plan_id=None,
        code="fee", name="fee", description=None, feature_id=None, unit=None, model="flat",
        params={"EUR": {"amount": "30"}}, terms={}, meter_id=None, filters={},
        quantity_source=QuantitySource.ONE,
        interval_unit=interval.unit, interval_count=interval.count, cadence=cadence, tax_rate_ids=[],
        ended_at=None,
    )  # fmt: skip


def contract() -> Subscription:
    return Subscription(
        id=uuid4(), external_id=None, customer_id=uuid4(), plan_id=None, plan_version_id=None,
        plan_reference=None, payment_method=None, currency="EUR", zone="Europe/Berlin",
        status=SubscriptionState.ACTIVE, started_at=START, anchor_at=START, alignment=Alignment.ANNIVERSARY,
        cancel_at=None, cancelled_at=None, ended_at=None, paused_at=None, trial_ends_at=None,
        trial_end_behavior=None, term_unit=None, term_count=None, term_ends_at=None, auto_renew=False,
        renewals_left=None, expires_at=None, phase_id=None, next_phase_at=None, next_billing_at=None,
        billing_error=None, policy=DEFAULT, next_change_at=None, meta={}, version=1,
        created_at=START, updated_at=START,
    )  # fmt: skip


class Life:
    """A subscription to one price that is overridden at times, and everything that was billed of it."""

    def __init__(self, paid: Price, bounds: list[int]) -> None:
        times = zip(bounds[::2], bounds[1::2], strict=False)
        overrides = [PriceOverride("fee", {}, None, after(start), after(end)) for start, end in times]
        own = [replace(paid, id=uuid4()) for _ in overrides]
        self.agreed = plan_stretches([paid], read_times(overrides, [paid], START), own, START, "plan_id")
        self.prices = {one.id: one for one in [paid, *own]}
        self.subscription = contract()
        self.items = [self._item(one.price.id, one.start, one.end) for one in self.agreed]
        self.billed: list[Piece] = []

    def _item(self, price_id: UUID, start: datetime, end: datetime | None) -> SubscriptionItem:
        return SubscriptionItem(
            uuid4(), self.subscription.id, price_id, Decimal(1), start, end, start, None, START
        )

    def bill(self, now: datetime) -> None:
        for index, item in enumerate(self.items):
            plan = plan_item(self.subscription, item, self.prices[item.price_id], now)
            self.billed += [(period.start, period.end) for period in plan.periods]
            self.items[index] = replace(item, billed_to=plan.advance.billed_to)

    def pause(self, now: datetime) -> None:
        self.subscription = replace(self.subscription, status=SubscriptionState.PAUSED, paused_at=now)

    def resume(self, now: datetime) -> None:
        assert self.subscription.paused_at is not None
        kept, going_on = resumed(self.items, self.subscription.paused_at, now)
        self.items = [*kept, *(replace(item, id=uuid4()) for item in going_on)]
        self.subscription = replace(self.subscription, status=SubscriptionState.ACTIVE, paused_at=None)


def covered(pieces: list[Piece]) -> list[Piece]:
    """Pieces in order of time, joined where they touch; they must not overlap."""
    joined: list[Piece] = []
    for start, end in sorted(pieces):
        assert start < end
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            assert not joined or joined[-1][1] < start, "no moment is billed twice"
            joined.append((start, end))
    return joined


@given(
    bounds=st.lists(hours, unique=True, max_size=6).map(sorted),
    pauses=st.lists(hours, unique=True, max_size=6).map(sorted),
    runs=st.sets(hours, max_size=8).flatmap(lambda some: st.sampled_from([some, some | {0}])),
    end=st.integers(24 * 200, 24 * 260),
    cadence=cadences,
    interval=intervals,
)
def test_each_moment_that_runs_is_billed_once_and_no_moment_of_a_pause_that_was_not_paid_ahead(
    bounds: list[int], pauses: list[int], runs: set[int], end: int, cadence: Cadence, interval: Interval
) -> None:
    life = Life(price(cadence, interval), bounds)
    for one, following in pairwise(life.agreed):
        assert one.end == following.start, "the stretches tile the subscription's time"
    assert (life.agreed[0].start, life.agreed[-1].end) == (START, None)
    steps = {hour: "pause" if index % 2 == 0 else "resume" for index, hour in enumerate(pauses)}
    for hour in sorted({*steps, *runs}):
        if hour in runs:
            life.bill(after(hour))
        if hour in steps:
            (life.pause if steps[hour] == "pause" else life.resume)(after(hour))
    life.subscription = replace(life.subscription, ended_at=after(end))
    life.bill(after(end))

    billed = covered(life.billed)
    edges = [START, *(after(hour) for hour in pauses)]
    if len(edges) % 2:
        edges.append(after(end))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        assert start == stop or any(first <= start and stop <= last for first, last in billed)
    if cadence is Cadence.IN_ARREARS:  # and then nothing else was: no pause, no time after the end
        running = sum(
            (stop - start for start, stop in zip(edges[::2], edges[1::2], strict=True)), timedelta()
        )
        assert sum((last - first for first, last in billed), timedelta()) == running
