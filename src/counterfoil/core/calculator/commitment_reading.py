"""Reading what a calculation of commitments is given: lines, pools, terms, instalments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterfoil.core.calculator.reading import (
    CYCLE_FIELDS,
    MAX_NAME,
    PRICE_FIELDS,
    USAGE_FIELDS,
    clock_at,
    each_object,
    instant_at,
    list_at,
    name_at,
    named,
    object_at_any,
    only_one,
    optional_instant_at,
    pricing_at,
    required,
    usage_at,
    within,
)
from counterfoil.core.calendar import Cycle, Period
from counterfoil.core.commitments import (
    DEFAULT_ORDER,
    Allowance,
    Commitment,
    CommittedLine,
    Demand,
    DrawOrder,
    Measure,
    Overage,
    Pool,
    Source,
    Term,
    declared_instalments,
    due_dates,
    equal_instalments,
    weighted_instalments,
)
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Money, exact_context
from counterfoil.core.pricing.exact import sum_of, times
from counterfoil.core.pricing.reading import choice_at, count_at, decimal_at, join, object_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from counterfoil.core.calculator.reading import Data
    from counterfoil.core.commitments import InstalmentPlan
    from counterfoil.core.money import Exact, Unit

MAX_LINES: Final = 1_000
MAX_POOLS: Final = 100
_LINE: Final = ("key", "unit_amount", "overage", *PRICE_FIELDS, *USAGE_FIELDS)
_POOL: Final = ("key", "source", "measure", "balance", "lines")


def commitment_at(data: Data, path: str) -> Commitment:
    """What is promised."""
    place = join(path, "commitment")
    given = object_at_any(required(data, "commitment", "what is promised", path), place)
    with within(place):
        return Commitment.from_json(given)


def lines_at(data: Data, measure: Measure) -> list[CommittedLine]:
    """The lines that draw on a commitment, in its measure."""
    lines = []
    for line, place in each_object(data, "lines", _LINE, most=MAX_LINES):
        quantity, unit_amount = _used(line, place)
        overage = line.get("overage")
        own = None if overage is None else Overage.from_json(overage, f"{place}.overage")
        with exact_context():
            used = quantity if measure is Measure.QUANTITY else times(quantity, unit_amount)
        lines.append(CommittedLine(_key(line, place), used, own))
    return lines


def demands_at(data: Data) -> list[Demand]:
    """The lines as what sources pay for."""
    return [
        Demand(_key(line, place), *_used(line, place))
        for line, place in each_object(data, "lines", _LINE, most=MAX_LINES)
    ]


def _key(line: Data, place: str) -> str:
    return name_at(line, "key", place, default="usage")


def _used(line: Data, place: str) -> tuple[Exact, Decimal]:
    """How much, and the price of one: a ``quantity`` at its ``unit_amount``, or an amount at a price of 1.

    An amount is what a ``model`` makes of usage, or a quantity that names no price.
    """
    one = {"unit_amount": 1}
    if line.get("model") is None:
        for name in ("params", *USAGE_FIELDS):
            if name != "quantity" and line.get(name) is not None:
                field = join(place, name)
                raise InvalidInput(
                    f"{field} needs a model", field=field, allowed="a quantity, or a model too"
                )
        return decimal_at(line, "quantity", place), decimal_at({**one, **line}, "unit_amount", place)
    pricing = pricing_at(line, place)
    if line.get("unit_amount") is not None:
        field = join(place, "unit_amount")
        raise InvalidInput(f"{field} does not go with a model", field=field, allowed="one of the two")
    usage = usage_at(line, pricing, place)
    with within(place), exact_context():
        return sum_of(part.amount for part in pricing.rate(usage)), decimal_at(one, "unit_amount")


def pools_at(data: Data, sources: Sequence[Source]) -> list[Pool]:
    """What pays besides the customer, by these sources."""
    pools = []
    for pool, place in each_object(data, "pools", _POOL, most=MAX_POOLS):
        source = choice_at(pool, "source", Source.INCLUDED, place)
        if source not in sources:
            field = f"{place}.source"
            raise InvalidInput(f"{field} is none of a pool's", field=field, allowed=", ".join(sources))
        measure = Measure.QUANTITY if source is Source.INCLUDED else Measure.AMOUNT
        pools.append(
            Pool(
                name_at(pool, "key", place, default=source.value),
                source,
                choice_at(pool, "measure", measure, place),
                decimal_at(pool, "balance", place),
                _served(pool, place),
            )
        )
    return pools


def _served(pool: Data, place: str) -> frozenset[str] | None:
    if pool.get("lines") is None:
        return None
    keys = list_at(pool, "lines", place, most=MAX_LINES)
    if not all(isinstance(key, str) and len(key) <= MAX_NAME for key in keys):
        field = f"{place}.lines"
        raise InvalidInput(f"{field} is not a list of keys", field=field, allowed="keys of lines")
    return frozenset(str(key) for key in keys)


def order_at(data: Data) -> DrawOrder:
    """Which source pays first."""
    if data.get("order") is None:
        return DEFAULT_ORDER
    listed = list_at(data, "order", most=len(Source))
    known = {source.value: source for source in Source}
    return DrawOrder(tuple(known[one] for one in listed if isinstance(one, str) and one in known))


def money_at(data: Data, key: str, unit: Unit, path: str) -> Money:
    """An amount of 0 or more under ``key``."""
    return Money.of(decimal_at(data, key, path), unit, field=join(path, key))


def optional_money_at(data: Data, key: str, unit: Unit, path: str) -> Money | None:
    """An amount of 0 or more under ``key``, if there is one."""
    return None if data.get(key) is None else money_at(data, key, unit, path)


def term_at(data: Data, unit: Unit, path: str) -> tuple[Term, Cycle | None]:
    """A term with what is used of it, and the cycle of its ``interval`` from its start, if it has one.

    It ends at ``end``, or with its interval.
    """
    start, end = instant_at(data, "start", path), optional_instant_at(data, "end", path)
    cycle = None
    if data.get("interval") is not None:
        with within(path):
            cycle = clock_at({key: data.get(key) for key in ("interval",)} | _zone(data)).cycle(start)
        end = end or cycle.next_boundary(start)
    if end is None:
        field = join(path, "end")
        raise InvalidInput(f"{field} is missing", field=field, allowed="a time, or an interval instead")
    with within(path):
        period = Period(start, end)
    given = {name: _allowance(data, name, unit, path) for name in ("commit", "rolled_over", "credit")}
    return Term(period=period, **given), cycle


def _zone(data: Data) -> dict[str, object]:
    return {} if data.get("zone") is None else {"zone": data["zone"]}


def _allowance(data: Data, name: str, unit: Unit, path: str) -> Allowance:
    """``given`` and ``used`` of it; nothing where it is absent."""
    if data.get(name) is None:
        return Allowance.of(Money.zero(unit))
    place = join(path, name)
    part = object_at(data[name], ("given", "used"), place)
    given, used = money_at(part, "given", unit, place), money_at({"used": 0, **part}, "used", unit, place)
    if given < used:
        field = f"{place}.used"
        raise InvalidInput(f"{field} is more than was given", field=field, allowed=f"at most {given}")
    return Allowance(given, used)


def instalments_at(data: Data, unit: Unit) -> InstalmentPlan:
    """A plan: ``parts`` with their dates, weighted or as agreed; or a ``count`` of equal ones by interval."""
    path = "instalments"
    object_at(data, ("amount", "parts", "count", "start", *CYCLE_FIELDS), path)
    whole = money_at(data, "amount", unit, path)
    with within(path):
        form = only_one(data, ("parts", "count"))
        if form == "count":
            start, count = instant_at(data, "start"), count_at(data, "count", least=1) or 1
            with named("count"):
                return equal_instalments(whole, due_dates(clock_at(data).cycle(start), start, count))
    parts = each_object(data, "parts", ("due_at", "weight", "amount"), path, most=MAX_LINES)
    dates = [instant_at(part, "due_at", place) for part, place in parts]
    agreed = [
        money_at(part, "amount", unit, place) for part, place in parts if part.get("amount") is not None
    ]
    if agreed and len(agreed) == len(parts):
        plan = declared_instalments(whole, list(zip(dates, agreed, strict=True)))
    elif agreed:
        raise InvalidInput("some parts have an amount", field=f"{path}.parts", allowed="all parts, or none")
    else:
        weights = [
            decimal_at({"weight": 1, **part}, "weight", place, above_zero=True) for part, place in parts
        ]
        plan = weighted_instalments(whole, list(zip(dates, weights, strict=True)))
    return plan
