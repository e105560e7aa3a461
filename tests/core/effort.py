"""How many examples a property is tried with: few in every run, as many as asked for in a long one."""

from __future__ import annotations

import os

from hypothesis import settings

FACTOR = int(os.environ.get("COUNTERFOIL_PROPERTY_FACTOR", "1"))
"""A long run sets it to 20, say."""


def effort(examples: int) -> settings:
    """The profile of a property that shows its mistakes within about so many examples."""
    return settings(max_examples=examples * FACTOR, deadline=None)
