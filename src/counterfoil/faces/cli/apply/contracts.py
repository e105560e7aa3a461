"""Trials, terms and phases of a price list's subscriptions: from the file, and to the commands."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from counterfoil.core.calendar import parse_interval
from counterfoil.core.money import decimal_text
from counterfoil.faces.cli.apply.stated import PARAMETERS, need, read_parameters, text_or_none, texts_of
from counterfoil.modules.subscriptions import NewPhase, NewTerm, NewTrial, PriceOverride, TrialEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from counterfoil.faces.cli.apply.yaml_text import Place


def read_lifetime(fields: Mapping[str, Place]) -> dict[str, Any]:
    """What the file states of a subscription's time."""
    found: dict[str, Any] = {}
    if "trial" in fields:
        found["trial"] = _trial(fields["trial"])
    if "term" in fields:
        found["term"] = _term(fields["term"])
    if "phases" in fields:
        found["phases"] = [_phase(place) for place in fields["phases"].each()]
    return found


def _trial(place: Place) -> dict[str, Any]:
    fields = place.fields("days", "ends_at", "at_end")
    at_end = text_or_none(fields, "at_end") or TrialEnd.CONVERT.value
    if at_end not in list(TrialEnd):
        raise fields["at_end"].wrong("is not one of the choices", ", ".join(TrialEnd))
    return {
        "days": fields["days"].whole() if "days" in fields else None,
        "ends_at": fields["ends_at"].instant() if "ends_at" in fields else None,
        "at_end": at_end,
    }


def _term(place: Place) -> dict[str, Any]:
    fields = place.fields("interval", "interval_count", "ends_at", "auto_renew", "renewals")
    unit = text_or_none(fields, "interval")
    count = fields["interval_count"].whole() if "interval_count" in fields else 1
    if unit is not None:
        fields["interval"].checked(lambda: parse_interval(unit, count))
    return {
        "interval_unit": unit,
        "interval_count": count,
        "ends_at": fields["ends_at"].instant() if "ends_at" in fields else None,
        "auto_renew": fields["auto_renew"].flag() if "auto_renew" in fields else False,
        "renewals": fields["renewals"].whole() if "renewals" in fields else None,
    }


def _phase(place: Place) -> dict[str, Any]:
    fields = place.fields(
        *("name", "starts_at", "ends_at", "plan", "price_codes", "quantities", "overrides", "coupons")
    )
    quantities = fields["quantities"].entries() if "quantities" in fields else {}
    overrides = fields["overrides"].each() if "overrides" in fields else []
    return {
        **texts_of(fields, "name", "plan"),
        **{name: fields[name].instant() for name in ("starts_at", "ends_at") if name in fields},
        **({"price_codes": fields["price_codes"].texts()} if "price_codes" in fields else {}),
        "quantities": {code: decimal_text(value.decimal()) for code, value in quantities.items()},
        "overrides": [read_override(one) for one in overrides],
        "discounts": fields["coupons"].texts() if "coupons" in fields else [],
    }


def read_override(place: Place) -> dict[str, Any]:
    """A price of a subscription's own in the place of its plan's."""
    fields = place.fields("code", "model", "starts_at", "ends_at", *PARAMETERS)
    model = text_or_none(fields, "model")  # else the plan's, which reads the parameters
    own = {name: value.raw() for name, value in fields.items() if name in PARAMETERS}
    return {
        "code": need(place, fields, "code").text(),
        "model": model,
        "params": own if model is None else place.checked(lambda: read_parameters(model, own)),
        **{name: fields[name].instant() for name in ("starts_at", "ends_at") if name in fields},
    }


def plans_of_phases(fields: Mapping[str, Any]) -> list[str]:
    """The codes of the plans that phases name."""
    return [phase["plan"] for phase in fields.get("phases", ()) if "plan" in phase]


def lifetime_of(fields: dict[str, Any], plan_id: Callable[[str, str], UUID]) -> dict[str, Any]:
    """The commands of a subscription's time, taken out of its fields; ``plan_id`` of a code and its field."""
    found: dict[str, Any] = {}
    if "trial" in fields:
        trial = fields.pop("trial")
        found["trial"] = NewTrial(trial["days"], trial["ends_at"], TrialEnd(trial["at_end"]))
    if "term" in fields:
        found["term"] = NewTerm(**fields.pop("term"))
    phases: Sequence[dict[str, Any]] = fields.pop("phases", ())
    if phases:
        found["phases"] = [_new_phase(index, phase, plan_id) for index, phase in enumerate(phases)]
    return found


def _new_phase(index: int, phase: Mapping[str, Any], plan_id: Callable[[str, str], UUID]) -> NewPhase:
    others = ("plan", "quantities", "overrides")
    return NewPhase(
        **{name: value for name, value in phase.items() if name not in others},
        plan_id=plan_id(phase["plan"], f"phases.{index}.plan") if "plan" in phase else None,
        quantities={code: Decimal(text) for code, text in phase["quantities"].items()},
        overrides=[PriceOverride(**one) for one in phase["overrides"]],
    )
