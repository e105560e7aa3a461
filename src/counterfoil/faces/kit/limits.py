"""Limits of calls: a token bucket for each API key, in this process.

The bucket holds a minute's worth of calls and fills evenly, so a burst is served and a flood is not.
Several processes each count for themselves; the limit protects the server, it is not a price.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from uuid import UUID

_MAX_KEYS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a key's limit: ``reset`` seconds until the bucket is full again."""

    limit: int
    remaining: int
    reset: int
    granted: bool
    retry_after: int = 0

    def headers(self, prefix: str = "RateLimit") -> dict[str, str]:
        """The headers of the IETF draft ``RateLimit`` fields; a face may know them by another ``prefix``."""
        return {
            f"{prefix}-Limit": str(self.limit),
            f"{prefix}-Remaining": str(self.remaining),
            f"{prefix}-Reset": str(self.reset),
        }


class RateLimiter:
    """A bucket for each key; ``per_minute`` of 0 never refuses."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._buckets: dict[UUID, tuple[float, float]] = {}

    def take(self, key: UUID) -> Allowance:
        """Take one call from a key's bucket."""
        limit = self.per_minute
        if limit == 0:
            return Allowance(0, 0, 0, granted=True)
        now = time.monotonic()
        level, seen = self._buckets.get(key, (float(limit), now))
        level = min(float(limit), level + (now - seen) * limit / 60)
        granted = level >= 1
        if granted:
            level -= 1
        if len(self._buckets) >= _MAX_KEYS and key not in self._buckets:
            self._buckets.clear()
        self._buckets[key] = (level, now)
        return Allowance(
            limit=limit,
            remaining=int(level),
            reset=math.ceil((limit - level) * 60 / limit),
            granted=granted,
            retry_after=0 if granted else max(1, math.ceil((1 - level) * 60 / limit)),
        )
