"""Any price of any model, and usage in the detail that it needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from counterfoil.core.pricing import (
    MODELS,
    Detail,
    GroupUsage,
    Measured,
    Need,
    Pricing,
    WindowUsage,
    parse_pricing,
)

START = datetime(2026, 3, 1, tzinfo=UTC)

amounts = st.decimals(0, 1_000, places=7)
quantities = st.decimals(0, 5_000, places=3)
percents = st.decimals(0, 150, places=4)
group_values = st.tuples(st.sampled_from(["eu", "us", None]), st.sampled_from(["small", "large"]))


@st.composite
def tables(draw: st.DrawFn, *, flats: bool = True) -> list[dict[str, object]]:
    """One to five tiers, the last with or without an end."""
    bounds = sorted(draw(st.sets(st.decimals("0.5", 4_000, places=1), min_size=1, max_size=5)))
    ends: list[Decimal | None] = [*bounds[:-1], draw(st.sampled_from([bounds[-1], None]))]
    return [
        {"up_to": end, "unit_amount": draw(amounts), "flat_amount": draw(amounts) if flats else 0}
        for end in ends
    ]


@st.composite
def pricings(draw: st.DrawFn, models: tuple[str, ...] = tuple(sorted(MODELS))) -> Pricing:
    """Any price of these models."""
    model = draw(st.sampled_from(models))
    return parse_pricing(model, draw(params_of(model)), given=tuple(Detail))


@st.composite
def params_of(draw: st.DrawFn, model: str) -> dict[str, object]:
    """Any parameters of a model."""
    if model in ("graduated", "graduated_percentage", "stairstep", "volume"):
        return draw(tiered(model))
    if model == "bucketed":
        inner = draw(st.sampled_from(["flat", "graduated", "package", "per_unit", "stairstep", "volume"]))
        return {"window": {"unit": "day"}, "model": inner, "params": draw(params_of(inner))}
    if model == "matrix":
        rows = draw(st.dictionaries(group_values, amounts, min_size=1, max_size=4))
        prices = [{"values": list(values), "unit_amount": amount} for values, amount in rows.items()]
        return {"properties": ["region", "size"], "prices": prices, "default_unit_amount": draw(amounts)}
    simple: dict[str, dict[str, st.SearchStrategy[object]]] = {
        "flat": {"amount": amounts},
        "per_unit": {"unit_amount": amounts},
        "commit": {"unit_amount": amounts, "committed_quantity": quantities},
        "overcommit": {"unit_amount": amounts, "committed_quantity": quantities},
        "package": {
            "package_size": st.decimals("0.5", 300, places=1),
            "package_amount": amounts,
            "included": quantities,
            "rounding": st.sampled_from(["up", "down", "exact"]),
        },
        "seat": {"unit_amount": amounts, "min_seats": st.integers(0, 50)},
        "dynamic": {"multiplier": st.decimals("0.0001", 10, places=4)},
        "cost_plus": {"markup_percent": percents, "unit_cost": st.none() | amounts},
        "percentage": {
            "rate_percent": percents,
            "fixed_per_event": amounts,
            "free_events": st.none() | st.integers(1, 5),
            "free_amount": st.none() | st.decimals("0.01", 5_000, places=2),
            "min_per_event": st.none() | st.decimals(0, 10, places=2),
            "max_per_event": st.none() | st.decimals(10, 1_000, places=2),
        },
    }
    return draw(st.fixed_dictionaries(simple[model]))


@st.composite
def tiered(draw: st.DrawFn, model: str) -> dict[str, object]:
    """Any table of tiers, with any policies."""
    tiers = draw(tables())
    params: dict[str, object] = {
        "zero_quantity": draw(st.sampled_from(["free", "charge_first_tier_flat"])),
        "bounds": draw(st.sampled_from(["inclusive", "exclusive"])),
    }
    if model == "graduated_percentage":
        fields = {"up_to": "up_to", "rate_percent": "unit_amount", "flat_amount": "flat_amount"}
        tiers = [{name: tier[field] for name, field in fields.items()} for tier in tiers]
    else:
        params["fractions"] = draw(st.sampled_from(["continuous", "whole_units"]))
    if model == "stairstep":
        tiers = [{"up_to": tier["up_to"], "flat_amount": tier["flat_amount"]} for tier in tiers]
    return params | {"tiers": tiers}


def usages(need: Need) -> st.SearchStrategy[Measured]:
    """Any usage in the detail that is needed."""
    if need.detail is Detail.AMOUNTS:
        return st.lists(quantities, max_size=8).map(Measured.of_amounts)
    if need.detail is Detail.EVENTS:
        return st.builds(Measured, quantities, events=st.integers(0, 1_000))
    if need.detail is Detail.GROUPS:
        groups = st.dictionaries(group_values, quantities, max_size=5)
        return groups.map(lambda found: Measured.of_groups(GroupUsage(*pair) for pair in found.items()))
    if need.detail is Detail.WINDOWS:
        days = st.dictionaries(st.integers(0, 400), quantities, max_size=5)
        return days.map(
            lambda found: Measured.of_windows(
                WindowUsage(START + timedelta(day), quantity) for day, quantity in sorted(found.items())
            )
        )
    return quantities.map(Measured)
