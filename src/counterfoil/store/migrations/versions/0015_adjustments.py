"""Lines that give back or catch up, and events that were voided or corrected."""

from __future__ import annotations

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Nothing yet."""
