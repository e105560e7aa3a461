"""The difference between the state that a file wants and the one that is there; pure.

Always holds: a field that the file does not state is no difference; what can never change is refused with
the place in the file; objects that are alike give no change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import format_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text
from counterfoil.faces.cli.apply.stated import read_parameters

if TYPE_CHECKING:
    from counterfoil.faces.cli.apply.document import Wanted

type Key = tuple[str, str]
"""An object: its kind, and its code or external id."""

type Present = Mapping[Key, Mapping[str, Any]]
"""What is there, in the document's normal form; an object that is missing is not in it."""

FIXED: Final[dict[str, tuple[str, ...]]] = {
    "tax_rate": (
        *("percent", "inclusive", "country", "region", "postal_prefix", "category", "replaces_wider"),
    ),
    "meter": (
        *("event_name", "aggregation", "property", "filters", "group_by"),
        *("multiplier", "expression", "reset"),
    ),
    "feature": ("kind", "meter", "options", "product", "rounding"),
    "plan": ("product",),
    "coupon": (
        *("percent", "amounts", "first_units", "duration", "periods", "months"),
        *("products", "plans", "price_codes"),
    ),
    "add_on": ("kind",),
    "subscription": (
        *("customer", "plan", "currency", "started_at", "alignment", "anchor_at"),
        *("own_prices", "overrides"),
    ),
}
"""Fields that never change once the object is made, by kind."""

AT_CREATION: Final = {"subscription": ("shared_usage", "add_ons", "coupons", "trial", "term", "phases")}
"""What is said about making an object and is not kept with it, so later it can be no difference."""

VERSIONED: Final = {"plan": ("features", "prices")}
"""Fields of which a change is a new version of the object."""


class Action(StrEnum):
    """What is to be done about an object."""

    CREATE = "create"
    UPDATE = "update"
    VERSION = "version"
    """Publish a new version (and perhaps update it too)."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, by its path, before and after as text; ``None`` where it was or will not be there."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done about one object; ``changed`` are the top-level fields that differ."""

    wanted: Wanted
    action: Action
    changed: tuple[str, ...]
    fields: tuple[FieldChange, ...]

    @property
    def key(self) -> Key:
        """The object."""
        return (self.wanted.kind, self.wanted.key)


def difference(wanted: Sequence[Wanted], present: Present) -> list[Change]:
    """What has to be done, in the order of ``wanted``; ``InvalidInput`` for a fixed field that differs."""
    found = (_change(one, present.get((one.kind, one.key))) for one in wanted)
    return [change for change in found if change is not None]


def _change(wanted: Wanted, present: Mapping[str, Any] | None) -> Change | None:
    if present is None:
        return Change(wanted, Action.CREATE, tuple(wanted.fields), _fields({}, wanted.fields))
    changed = tuple(
        name
        for name, value in wanted.fields.items()
        if name not in AT_CREATION.get(wanted.kind, ()) and not _same(name, value, present)
    )
    if not changed:
        return None
    for name in changed:
        if name in FIXED.get(wanted.kind, ()):
            raise _fixed(wanted, name, present.get(name))
    versioned = any(name in VERSIONED.get(wanted.kind, ()) for name in changed)
    before = {name: present.get(name) for name in changed}
    after = {name: wanted.fields[name] for name in changed}
    if "quantities" in changed:  # those that the file does not state stay
        after["quantities"] = {**(before["quantities"] or {}), **after["quantities"]}
    action = Action.VERSION if versioned else Action.UPDATE
    return Change(wanted, action, changed, _fields(before, after))


def _same(name: str, value: Any, present: Mapping[str, Any]) -> bool:
    there = present.get(name)
    if name == "quantities":
        return all((there or {}).get(code) == quantity for code, quantity in value.items())
    if name in ("own_prices", "overrides"):  # what was agreed at first may have ended or been cut since
        return all(_is_agreed(one, there or ()) for one in value)
    return bool(there == value)


def _is_agreed(price: Mapping[str, Any], there: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a price is there; one that leaves the model to the plan is read by that of the one there."""
    if price["model"] is not None:
        return _agreed(price) in there
    same = (one for one in there if one["code"] == price["code"])
    return any(_read(one["model"], price["params"]) == one["params"] for one in same)


def _read(model: str, stated: Mapping[str, Any]) -> Mapping[str, Any] | None:
    try:
        return read_parameters(model, stated)
    except InvalidInput:
        return None


def _agreed(price: Mapping[str, Any]) -> dict[str, Any]:
    """What a price of a subscription's own costs, in whichever time."""
    params = price["params"] if "params" in price else next(iter(price["currencies"].values()))
    terms = {"terms": price["terms"]} if "terms" in price else {}  # an override leaves them as they are
    return {"code": price["code"], "model": price["model"], "params": params, **terms}


def _fixed(wanted: Wanted, name: str, before: Any) -> InvalidInput:
    place = wanted.place.nearest(name)
    return place.wrong(
        f"cannot change: {name} of this {wanted.kind.replace('_', ' ')} was {shown(before)} when it was made",
        f"{shown(before)}, or a new {wanted.kind.replace('_', ' ')} under another name",
    )


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    old, new = dict(_flat(before)), dict(_flat(after))
    paths = [*new, *(path for path in old if path not in new)]
    return tuple(
        FieldChange(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)
    )


def _flat(value: Any, path: str = "") -> list[tuple[str, str]]:
    """The leaves below a value, by path; what says nothing has none."""
    if value is None or value == {} or value == []:
        return []
    if isinstance(value, Mapping):
        below = list(value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str) and isinstance(value[0], Mapping):
        below = [(str(index), one) for index, one in enumerate(value)]
    else:
        return [(path, shown(value))]
    return [leaf for name, one in below for leaf in _flat(one, f"{path}.{name}" if path else str(name))]


def shown(value: Any) -> str:
    """A value as a person reads it."""
    match value:
        case None:
            return "not set"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return decimal_text(value)
        case datetime():
            return format_instant(value)
        case list() | tuple():
            return ", ".join(map(shown, value))
        case dict():
            return ", ".join(f"{name}={shown(one)}" for name, one in value.items()) or "none"
        case _:
            return str(value)
