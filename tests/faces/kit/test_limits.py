"""What a key may call in a minute, and how it is told."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from counterfoil.faces.kit.limits import RateLimiter
from counterfoil.settings import Settings
from counterfoil.store import Store
from tests.conftest import Tenant, client_for

KEY, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the limiter's time, in seconds."""
    moment = [0.0]
    monkeypatch.setattr("counterfoil.faces.kit.limits.time.monotonic", lambda: moment[0])
    return lambda seconds: moment.__setitem__(0, seconds)


def test_a_minutes_worth_may_come_at_once_and_then_evenly(at: Callable[[float], None]) -> None:
    limiter = RateLimiter(60)
    assert [limiter.take(KEY).granted for _ in range(61)] == [True] * 60 + [False]
    assert limiter.take(OTHER).granted, "each key has its own"
    at(1.0)  # 60 a minute is one a second
    assert [limiter.take(KEY).granted for _ in range(2)] == [True, False]
    at(1000.0)
    assert [limiter.take(KEY).granted for _ in range(61)] == [True] * 60 + [False]


def test_a_refusal_says_when_the_next_call_is_granted(at: Callable[[float], None]) -> None:
    limiter = RateLimiter(2)
    assert [limiter.take(KEY).remaining for _ in range(2)] == [1, 0]
    refused = limiter.take(KEY)
    assert (refused.granted, refused.retry_after, refused.reset) == (False, 30, 60)
    at(29.9)
    assert not limiter.take(KEY).granted
    at(30.0)
    assert limiter.take(KEY).granted


async def test_the_headers_count_down_and_the_call_too_many_is_429(store: Store, tenant: Tenant) -> None:
    async with client_for(store, tenant.key, Settings(rate_limit=2)) as client:
        first = await client.get("/v1/customers")
        assert first.headers["ratelimit-limit"] == "2"
        assert first.headers["ratelimit-remaining"] == "1"
        assert first.headers["ratelimit-reset"] == "30"
        refused = await client.post("/v1/customers", json={"name": ""})
        assert (refused.status_code, refused.headers["ratelimit-remaining"]) == (400, "0")
        late = await client.post("/v1/customers", json={"name": "A"})
        assert late.status_code == 429
        assert late.json()["error"]["code"] == "rate_limited"
        assert 1 <= int(late.headers["retry-after"]) <= 30
        assert late.headers["ratelimit-remaining"] == "0"


async def test_no_limit_says_nothing(store: Store, tenant: Tenant) -> None:
    async with client_for(store, tenant.key, Settings(rate_limit=0)) as client:
        assert "ratelimit-limit" not in (await client.get("/v1/customers")).headers
