"""Placeholder table until generated."""

from __future__ import annotations

from typing import Final

EXPONENTS: Final[dict[str, int]] = {"EUR": 2, "USD": 2, "GBP": 2, "JPY": 0, "BHD": 3, "CHF": 2}
