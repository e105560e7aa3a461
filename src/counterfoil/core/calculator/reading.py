"""What several calculations read alike: a currency, an interval with its anchor, usage, a price, texts.

Owns: the refusals, each an ``InvalidInput`` with the field's path and what is allowed, and the bounds that
keep one calculation short.  Does not own: what a field means; the parts of core that it is handed to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, cast
from unicodedata import category

from counterfoil.core.calendar import (
    Alignment,
    AnchorRule,
    Cycle,
    Interval,
    as_instant,
    format_instant,
    parse_instant,
    parse_interval,
    parse_zone,
)
from counterfoil.core.errors import CounterfoilError, InvalidInput, TooLarge
from counterfoil.core.money import decimal_text, unit_of
from counterfoil.core.pricing import MODELS, Detail, GroupUsage, Measured, WindowUsage, parse_pricing
from counterfoil.core.pricing.reading import choice_at, count_at, decimal_at, join, object_at
from counterfoil.core.proration import ProrationPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from counterfoil.core.money import Unit
    from counterfoil.core.pricing import Pricing

MAX_LISTED: Final = 10_000
"""The most events, groups, windows, lines or parts of one calculation."""
MAX_PERIODS: Final = 1_000
"""The most periods that one calculation goes through."""
MAX_YEARS: Final = 100
"""The longest span of time that one calculation goes through."""
MAX_NAME: Final = 100
"""The longest name of a line, a tax or a discount."""

PRICE_FIELDS: Final = ("model", "params")
USAGE_FIELDS: Final = ("quantity", "events", "amounts", "groups", "windows")
CYCLE_FIELDS: Final = ("interval", "zone", "anchor")

type Data = Mapping[str, object]


@contextmanager
def within(path: str) -> Iterator[None]:
    """Place the fields of refusals below ``path``; nothing is placed below an empty one."""
    try:
        yield
    except CounterfoilError as refused:
        raise (refused.within(path) if path else refused) from None


@contextmanager
def named(field: str) -> Iterator[None]:
    """Name ``field`` where a refusal names none: it is of a result, as an amount or a time out of range."""
    try:
        yield
    except CounterfoilError as refused:
        if refused.field in (None, "time"):
            refused.field = field
        raise


def whole_request(data: object, fields: Sequence[str]) -> Data:
    """The request as an object with none but these fields, all of whose texts can be printed."""
    known = object_at(data, fields)
    _check_texts(known)
    return known


def _check_texts(data: object) -> None:
    """Refuse what no text of ours may hold, wherever it stands: it would be in the answer's words."""
    waiting: list[tuple[str, object]] = [("", data)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            if not value.isprintable() and any(category(one) in {"Cc", "Cs"} for one in value):
                raise InvalidInput(
                    f"{path} holds characters that cannot be printed",
                    field=path,
                    allowed="printable characters",
                )
        elif isinstance(value, Mapping):
            waiting += [(path, str(key)) for key in value]
            waiting += [(join(path, str(key)), one) for key, one in value.items()]
        elif isinstance(value, list | tuple):
            waiting += [(join(path, str(index)), one) for index, one in enumerate(value)]


def required(data: Data, key: str, allowed: str, path: str = "") -> object:
    """What stands under ``key``."""
    value = data.get(key)
    if value is None:
        field = join(path, key)
        raise InvalidInput(f"{field} is missing", field=field, allowed=allowed)
    return value


def only_one(data: Data, keys: Sequence[str]) -> str:
    """The one of these keys that there is."""
    found = [key for key in keys if data.get(key) is not None]
    if len(found) != 1:
        what = f"{found[1]} does not go with {found[0]}" if found else f"{keys[0]} is missing"
        raise InvalidInput(what, field=found[1] if found else keys[0], allowed=f"one of {', '.join(keys)}")
    return found[0]


def list_at(data: Data, key: str, path: str = "", *, most: int = MAX_LISTED) -> Sequence[object]:
    """The list under ``key``; none where it is absent."""
    field, value = join(path, key), data.get(key)
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise InvalidInput(f"{field} is not a list", field=field, allowed="a list")
    if len(value) > most:
        raise TooLarge(f"{field} is too long", field=field, allowed=f"at most {most}")
    return value


def each_object(
    data: Data, key: str, fields: Sequence[str], path: str = "", *, most: int = MAX_LISTED
) -> list[tuple[Data, str]]:
    """The objects of the list under ``key``, each with its path."""
    listed = [
        (one, f"{join(path, key)}.{index}") for index, one in enumerate(list_at(data, key, path, most=most))
    ]
    return [(object_at(one, fields, place), place) for one, place in listed]


def name_at(data: Data, key: str, path: str = "", *, default: str | None = None) -> str:
    """The short text under ``key``, or ``default``."""
    field, allowed = join(path, key), f"a text of 1 to {MAX_NAME} characters"
    value = data.get(key)
    if value is None and default is not None:
        return default
    text = required(data, key, allowed, path)
    if not isinstance(text, str) or not 1 <= len(text) <= MAX_NAME:
        raise InvalidInput(f"{field} is not a short text", field=field, allowed=allowed)
    return text


def instant_at(data: Data, key: str, path: str = "") -> datetime:
    """The instant under ``key``."""
    field = join(path, key)
    value = required(data, key, "an RFC 3339 time with its zone", path)
    if isinstance(value, datetime):
        return as_instant(value, field=field)
    return parse_instant(value if isinstance(value, str) else "", field=field)


def optional_instant_at(data: Data, key: str, path: str = "") -> datetime | None:
    """The instant under ``key``, if there is one."""
    return None if data.get(key) is None else instant_at(data, key, path)


def currency_at(data: Data) -> Unit:
    """The unit of the amounts."""
    value = required(data, "currency", "an ISO 4217 code such as EUR or USD")
    return unit_of(value if isinstance(value, str) else "")


def share_at(data: Data, key: str) -> Fraction:
    """The share under ``key``: ``14/31`` or a decimal from 0 to 1; all of it where it is absent."""
    value, allowed = data.get(key), "a fraction such as 14/31, or a decimal, from 0 to 1"
    if value is None:
        return Fraction(1)
    numerator, slash, denominator = value.partition("/") if isinstance(value, str) else ("", "", "")
    if slash:
        digits = numerator + denominator
        if not (digits.isascii() and digits.isdigit() and numerator and denominator and len(digits) <= 76):
            raise InvalidInput(f"{key} is not a share", field=key, allowed=allowed)
        share = Fraction(int(numerator), int(denominator)) if int(denominator) else Fraction(2)
    else:
        share = Fraction(decimal_at(data, key))
    if share > 1:
        raise InvalidInput(f"{key} is not a share", field=key, allowed=allowed)
    return share


def share_text(share: Fraction) -> str:
    """A share as ``share_at`` reads it: ``17/31``, or ``1``."""
    return "1" if share == 1 else f"{share.numerator}/{share.denominator}"


def interval_at(data: Data, path: str = "") -> Interval:
    """The interval under ``interval``: an object of ``unit`` and ``count``, or the unit's name alone."""
    field = join(path, "interval")
    value = required(data, "interval", "an object of unit and count", path)
    if isinstance(value, str):
        return parse_interval(value, field=field)
    interval = object_at(value, ("unit", "count"), field)
    count = count_at(interval, "count", field, least=1)
    unit = interval.get("unit")
    return parse_interval(unit if isinstance(unit, str) else "", 1 if count is None else count, field=field)


_ANCHOR_NAMES: Final = {
    "billing_day": "anchor.day",
    "billing_month": "anchor.month",
    "billing_weekday": "anchor.weekday",
    "alignment": "anchor.alignment",
}


@dataclass(frozen=True, slots=True)
class Clock:
    """How often something recurs, and where its boundaries lie."""

    interval: Interval
    zone: str
    rule: AnchorRule
    anchored: bool
    """Whether the anchor is said, so that boundaries do not depend on the start."""

    def cycle(self, start: datetime) -> Cycle:
        """The cycle of what starts at ``start``."""
        return _anchored(lambda: self.rule.cycle(self.interval, start, self.zone))

    def other(self, cycle: Cycle, interval: Interval) -> Cycle:
        """The cycle of another interval instead of ``cycle``: the calendar's, or from the same anchor."""
        if self.rule.alignment is Alignment.CALENDAR:
            return self.rule.cycle(interval, cycle.anchor, self.zone)
        return Cycle(interval, cycle.anchor, self.zone)


def _anchored[T](make: Callable[[], T]) -> T:
    try:
        return make()
    except InvalidInput as refused:
        refused.field = _ANCHOR_NAMES.get(refused.field or "", refused.field)
        raise


def clock_at(data: Data) -> Clock:
    """Interval, time zone (UTC) and anchor (the start)."""
    zone = data.get("zone", "UTC")
    if not isinstance(zone, str):
        raise InvalidInput(
            "zone is not a time zone", field="zone", allowed="an IANA name such as Europe/Berlin"
        )
    parse_zone(zone, field="zone")
    said = data.get("anchor")
    anchor = object_at({} if said is None else said, ("alignment", "at", "day", "month", "weekday"), "anchor")
    return Clock(
        interval_at(data),
        zone,
        _anchored(
            lambda: AnchorRule(
                alignment=choice_at(anchor, "alignment", Alignment.ANNIVERSARY, "anchor"),
                at=optional_instant_at(anchor, "at", "anchor"),
                day=count_at(anchor, "day", "anchor"),
                month=count_at(anchor, "month", "anchor"),
                weekday=count_at(anchor, "weekday", "anchor"),
            )
        ),
        bool(anchor),
    )


def check_span(cycle: Cycle, start: datetime, end: datetime, field: str) -> None:
    """``TooLarge`` for a span of time through which a calculation would take long."""
    years = (end - start).days // 366
    if years >= MAX_YEARS or cycle.index_at(end) - cycle.index_at(start) > MAX_PERIODS:
        raise TooLarge(
            "the time is too long for one calculation",
            field=field,
            allowed=f"at most {MAX_PERIODS} periods and {MAX_YEARS} years from {format_instant(start)}",
        )


def pricing_at(data: Data, path: str = "") -> Pricing:
    """The price under ``model`` and ``params``, by every model that there is."""
    field, allowed = join(path, "model"), ", ".join(MODELS)
    model = required(data, "model", allowed, path)
    if not isinstance(model, str) or model not in MODELS:
        raise InvalidInput(f"{field} is not a pricing model", field=field, allowed=allowed)
    place = join(path, "params")
    params = object_at_any(
        required(data, "params", "an object with the parameters of the model", path), place
    )
    with within(place):
        return parse_pricing(model, params, given=tuple(Detail))


def object_at_any(value: object, path: str) -> Data:
    """``value`` as an object, whatever its keys."""
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{path} is not an object", field=path, allowed="an object")
    return cast("Data", value)


def usage_at(data: Data, pricing: Pricing, path: str = "") -> Measured:
    """What was used, in the detail that is given; for a fee a quantity need not be said."""
    if pricing.model == "flat" and all(data.get(key) is None for key in USAGE_FIELDS):
        data = {"quantity": 1}
    form = only_one_usage(data, path)
    events = count_at(data, "events", path)
    with within(path):
        match form:
            case "amounts":
                listed = list_at(data, form)
                keyed = {f"amounts.{index}": one for index, one in enumerate(listed)}
                return Measured.of_amounts(decimal_at(keyed, key) for key in keyed)
            case "groups":
                return Measured.of_groups(_groups(data, pricing), events)
            case "windows":
                return Measured.of_windows(_windows(data, pricing), events)
            case _:
                return Measured(decimal_at(data, "quantity"), events)


def only_one_usage(data: Data, path: str) -> str:
    """The form in which the usage is given."""
    with within(path):
        return only_one(data, [key for key in USAGE_FIELDS if key != "events"])


def _groups(data: Data, pricing: Pricing) -> list[GroupUsage]:
    width = len(pricing.need.group_by)
    groups: dict[tuple[str | None, ...], GroupUsage] = {}
    for group, place in each_object(data, "groups", ("values", "quantity")):
        values = tuple(list_at(group, "values", place))
        field = f"{place}.values"
        if (width and len(values) != width) or not all(one is None or isinstance(one, str) for one in values):
            raise InvalidInput(
                f"{field} does not fit the properties of the price",
                field=field,
                allowed=f"a list of {width or 'texts'}: a text for each property, or null where it is absent",
            )
        known = cast("tuple[str | None, ...]", values)
        if known in groups:
            raise InvalidInput(f"{field} is there twice", field=field, allowed="each group once")
        groups[known] = GroupUsage(known, decimal_at(group, "quantity", place))
    return list(groups.values())


def _windows(data: Data, pricing: Pricing) -> list[WindowUsage]:
    windows = [
        WindowUsage(instant_at(window, "start", place), decimal_at(window, "quantity", place))
        for window, place in each_object(data, "windows", ("start", "quantity"))
    ]
    for index, (earlier, later) in enumerate(pairwise(windows)):
        if later.start <= earlier.start:
            field = f"windows.{index + 1}.start"
            raise InvalidInput(
                f"{field} does not ascend", field=field, allowed=f"later than {format_instant(earlier.start)}"
            )
    check_windows(windows, pricing)
    return windows


def check_windows(windows: Sequence[WindowUsage], pricing: Pricing) -> None:
    """``TooLarge`` for windows that would make too many parts."""
    inner: Any = pricing.to_json().get("params", {})
    tiers = len(inner.get("tiers", ())) or 1 if isinstance(inner, Mapping) else 1
    if len(windows) * tiers > MAX_LISTED:
        raise TooLarge(
            "the windows have too many tiers together",
            field="windows",
            allowed=f"at most {MAX_LISTED // tiers} windows at {tiers} tiers each",
        )


def percent_text(percent: Any) -> str:
    """A percentage in words."""
    return f"{decimal_text(percent)} %"


def policy_at(data: Data, names: Sequence[str] | None) -> ProrationPolicy:
    """The conventions under ``policy``: those of these names, or all; the default where they are left out."""
    given = data.get("policy")
    policy = object_at_any({} if given is None else given, "policy")
    if names is not None:
        object_at(policy, names, "policy")
    with within("policy"):
        return ProrationPolicy.from_json(policy)
