"""What a subscription agrees to: the prices of its spans, with their quantities, and the currency of all.

Owns: which price, at which quantity, is paid in which part of its time.  Does not own: where spans begin
(``spans``), items and what was billed of them.  Always holds: prices are made in two statements at most,
however many spans there are; what goes on unchanged from one span into the next is one stretch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import CounterfoilError, InvalidInput, NotFound, WrongState
from counterfoil.core.money import unit_of
from counterfoil.modules.catalog import (
    PlanVersionStatus,
    QuantitySource,
    create_own_prices,
    get_plan,
    plan_versions_by_ids,
    published_version_of,
)
from counterfoil.modules.subscriptions.agreed import (
    never_paid,
    own_stretches,
    plan_stretches,
    read_times,
    replacing,
    taken,
)
from counterfoil.modules.subscriptions.checks import check_billable, check_quantity
from counterfoil.modules.subscriptions.seats import check_seats

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.catalog import NewPrice, Plan, PlanVersion, Price
    from counterfoil.modules.subscriptions.agreed import OverrideTime, Stretch
    from counterfoil.modules.subscriptions.spans import Span
    from counterfoil.store import Uow

ONE: Final = Decimal(1)
"""The quantity of an item for which none is given."""

_NTH: Final = re.compile(r"prices\.(\d+)")


@dataclass(frozen=True, slots=True)
class SpanPlan:
    """A span with the version of the plan that it takes, if it is to one."""

    span: Span
    version: PlanVersion | None
    plan: Plan | None

    def least(self, price: Price) -> Decimal:
        """The quantity of a price for which none is given: one, or the fewest that the plan allows."""
        if self.plan is None or price.quantity_source is not QuantitySource.ITEM or not self.has(price.code):
            return ONE
        return max(ONE, Decimal(self.plan.min_seats))

    def has(self, code: str) -> bool:
        """Whether the plan has a price with this code, which one of the subscription's own may stand for."""
        return self.version is not None and any(price.code == code for price in self.version.prices)


@dataclass(frozen=True, slots=True)
class Agreed:
    """A price that is paid in ``stretch``, at a quantity."""

    stretch: Stretch
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one span takes of its plan and when, with its prices of its own."""

    span: Span
    start: datetime
    field: str
    given: Sequence[Price]
    times: Sequence[OverrideTime]
    own: Sequence[Price] = ()


async def plans_of_spans(uow: Uow, spans: Sequence[Span]) -> list[SpanPlan]:
    """The versions that spans take, each loaded once.

    Raises ``NotFound``, ``WrongState`` for what is archived or not published, and ``InvalidInput`` for a span
    that takes neither a plan nor prices of its own, or two plans.
    """
    known: dict[tuple[UUID | None, UUID | None], SpanPlan] = {}
    found = []
    for span in spans:
        _check_asked(span)
        key = (span.plan_id, span.plan_version_id)
        if key not in known:
            known[key] = await _plan_of(uow, span)
        found.append(replace(known[key], span=span))
    return found


async def agree(
    uow: Uow, plans: Sequence[SpanPlan], paid_from: datetime, currency: str | None
) -> tuple[list[Agreed], str]:
    """What is paid when from ``paid_from`` on, each span's prices of the plan first, and the currency.

    ``currency``: the one that is asked for.  Raises ``InvalidInput`` for prices, overrides and quantities
    that are none, or without an amount in the currency, naming the span's field.
    """
    asked = [_taken(one, paid_from) for one in plans if one.span.end is None or paid_from < one.span.end]
    made = iter(
        await _made(
            uow,
            [(one.span.field(f"prices.{n}"), new) for one in asked for n, new in enumerate(one.span.prices)],
        )
    )
    asked = [replace(one, own=[next(made) for _ in one.span.prices]) for one in asked]
    paid: list[Price] = []
    for one in asked:
        _check_codes(one)
        replaced = never_paid(one.times, one.start, one.span.end)
        paid += [*(price for price in one.given if price.code not in replaced), *one.own]
    currency = _currency(currency, paid)
    versions = {one.span.path: one.version for one in plans}
    made = iter(await _made_overrides(uow, asked, versions, currency))
    stretches = [(one.span, stretch) for one in asked for stretch in _stretches(one, made)]
    for one in asked:
        mine = [stretch.price for span, stretch in stretches if span is one.span]
        check_taken(one.span.quantities, mine, one.span.field("quantities"))
    plans_by_path = {one.span.path: one for one in plans}
    agreed = [_quantified(span, stretch, plans_by_path[span.path], currency) for span, stretch in stretches]
    return _joined(agreed), currency


def _stretches(one: _Asked, made: Iterator[Price]) -> list[Stretch]:
    span = one.span
    overrides = [next(made) for _ in span.overrides]
    return [
        *plan_stretches(one.given, one.times, overrides, one.start, one.field, span.end, span.path),
        *own_stretches(one.own, one.start, span.end, span.path),
    ]


def _check_asked(span: Span) -> None:
    if span.plan_id is not None and span.plan_version_id is not None:
        raise InvalidInput(
            "a subscription is to a plan or to a version of one",
            field=f"{span.plan_path}plan_id",
            allowed="either plan_id or plan_version_id",
        )
    if span.plan_id is None and span.plan_version_id is None and not span.prices:
        raise InvalidInput(
            "a subscription needs a plan or prices of its own",
            field=span.field("plan_id"),
            allowed="plan_id or plan_version_id, or one or more prices",
        )


async def _plan_of(uow: Uow, span: Span) -> SpanPlan:
    if span.plan_id is not None:
        field = f"{span.plan_path}plan_id"
        try:
            version = await published_version_of(uow, span.plan_id)
        except CounterfoilError as error:
            raise error.within(field) from None
    elif span.plan_version_id is not None:
        field = f"{span.plan_path}plan_version_id"
        found = (await plan_versions_by_ids(uow, [span.plan_version_id])).get(span.plan_version_id)
        if found is None:
            raise NotFound("no such plan version", field=field)
        version = found
    else:
        return SpanPlan(span, None, None)
    if version.status is not PlanVersionStatus.PUBLISHED:
        raise WrongState("the plan version is a draft", field=field, allowed="a published version")
    plan = await get_plan(uow, version.plan_id)
    if plan.archived_at is not None:
        raise WrongState(f"the plan {plan.code} is archived", field=field, allowed="a plan not archived")
    return SpanPlan(span, version, plan)


def _taken(one: SpanPlan, paid_from: datetime) -> _Asked:
    span, start = one.span, max(one.span.start, paid_from)
    path = span.path if span.plan_path or span.price_codes is not None else ""
    given = taken(one.version, span.price_codes, path)
    times = read_times(span.overrides, given, start, span.end, span.path)
    if one.version is not None and one.version.prices and not given and not span.prices:
        raise InvalidInput(
            "a subscription that takes none of the plan's prices needs prices of its own",
            field=f"{path}price_codes",
            allowed=f"one or more of {', '.join(price.code for price in one.version.prices)}; "
            "all if left out",
        )
    field = f"{span.plan_path}{'plan_version_id' if span.plan_id is None else 'plan_id'}"
    return _Asked(span, start, field, given, times)


def _check_codes(one: _Asked) -> None:
    known = {price.code for price in one.given}
    for index, price in enumerate(one.own):
        if price.code in known:
            raise InvalidInput(
                f"the subscription has a price {price.code} already",
                field=one.span.field(f"prices.{index}.code"),
                allowed="a code that no other of its prices has; overrides take the place of a plan's price",
            )
        known.add(price.code)


async def _made(uow: Uow, wanted: Sequence[tuple[str, NewPrice]]) -> list[Price]:
    """Prices of the subscription's own, each with the field that asked for it, which refusals name."""
    if not wanted:
        return []
    try:
        return await create_own_prices(uow, [new for _, new in wanted])
    except CounterfoilError as refused:
        if refused.field is not None:
            refused.field = _NTH.sub(lambda found: wanted[int(found[1])][0], refused.field, count=1)
        raise


async def _made_overrides(
    uow: Uow, asked: Sequence[_Asked], versions: Mapping[str, PlanVersion | None], currency: str
) -> list[Price]:
    """The prices that take the place of plans' prices, in the order of the spans."""
    wanted = []
    for one in asked:
        version = versions[one.span.path]
        replaced = {} if version is None else {price.code: price for price in version.prices}
        wanted += [
            (one.span.field(f"overrides.{n}"), replacing(replaced[override.code], override, currency))
            for n, override in enumerate(one.span.overrides)
        ]
    try:
        return await _made(uow, wanted)
    except CounterfoilError as refused:
        if refused.field is not None:
            refused.field = refused.field.replace(f"params.{currency}", "params", 1)
        raise


def _currency(currency: str | None, prices: Sequence[Price]) -> str:
    common = sorted(set.intersection(*(set(price.params) for price in prices))) if prices else []
    known = ", ".join(common) if prices else "an ISO 4217 code such as EUR or USD"
    if currency is None:
        raise InvalidInput(
            "a currency is needed, since the customer has none", field="currency", allowed=known
        )
    unit_of(currency)
    for price in prices:
        if currency not in price.params:
            raise InvalidInput(
                f"the price {price.code} has no amounts in {currency}", field="currency", allowed=known
            )
    return currency


def check_taken(quantities: Mapping[str, Decimal], prices: Sequence[Price], field: str) -> None:
    """Refuse quantities of prices that take none, or that there are not, or below zero."""
    takers = {price.code for price in prices if price.quantity_source is QuantitySource.ITEM}
    for code, quantity in quantities.items():
        if code not in takers:
            raise InvalidInput(
                f"the subscription has no price {code!r} that takes a quantity",
                field=field,
                allowed=", ".join(sorted(takers)) or "none: no price of the subscription takes a quantity",
            )
        check_quantity(quantity, f"{field}.{code}")


def _quantified(span: Span, stretch: Stretch, planned: SpanPlan, currency: str) -> Agreed:
    price = stretch.price
    field = f"quantities.{price.code}"
    if price.code in span.quantities:
        quantity, field = span.quantities[price.code], span.field(field)
    else:
        quantity = span.defaults.get(price.code, planned.least(price))
    if price.quantity_source is QuantitySource.ITEM:
        if planned.plan is not None and planned.has(price.code):
            check_seats(planned.plan, quantity, field)
        check_billable(price, quantity, currency, field)
    return Agreed(stretch, quantity)


def _joined(agreed: Sequence[Agreed]) -> list[Agreed]:
    """Each price once where it goes on at its quantity from one span into the next."""
    found: list[Agreed] = []
    last: dict[str, int] = {}
    for one in agreed:
        index = last.get(one.stretch.price.code)
        before = None if index is None else found[index]
        if (
            index is not None
            and before is not None
            and before.stretch.price.id == one.stretch.price.id
            and before.quantity == one.quantity
            and before.stretch.end == one.stretch.start
        ):
            found[index] = replace(before, stretch=replace(before.stretch, end=one.stretch.end))
            continue
        last[one.stretch.price.code] = len(found)
        found.append(one)
    return found
