"""Trials, phases, terms that end or renew, and pauses with a date."""

from __future__ import annotations

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Nothing yet."""
