"""How the worked examples of ``tests/golden`` say what was used."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from counterfoil.core.pricing import Detail, GroupUsage, Measured, Pricing, WindowUsage, parse_pricing


def pricing_of(given: dict[str, Any]) -> Pricing:
    """The price of an example."""
    return parse_pricing(given["model"], given["params"], given=tuple(Detail))


def usage_of(given: dict[str, Any]) -> Measured:
    """Its usage: the amounts of events in order, quantities by group or by window, or one quantity."""
    if "amounts" in given:
        return Measured.of_amounts(Decimal(amount) for amount in given["amounts"])
    if "groups" in given:
        return Measured.of_groups(
            GroupUsage(tuple(group["values"]), Decimal(group["quantity"])) for group in given["groups"]
        )
    if "windows" in given:
        return Measured.of_windows(
            WindowUsage(_instant(window["start"]), Decimal(window["quantity"])) for window in given["windows"]
        )
    return Measured(Decimal(given["quantity"]))


def _instant(start: datetime | str) -> datetime:
    """TOML has instants; JSON has texts."""
    return datetime.fromisoformat(start) if isinstance(start, str) else start
