"""Forwarding headers are believed from trusted networks only."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from counterfoil.bootstrap import http_app
from counterfoil.core.errors import InvalidInput
from counterfoil.faces.kit.proxies import TrustedProxies, base_url
from counterfoil.settings import Settings
from counterfoil.store import Store

NETWORKS = ("10.0.0.0/8", "::1")


def seen(
    peer: str | None, told: dict[str, str], networks: tuple[str, ...] = NETWORKS
) -> tuple[str | None, str, str]:
    """Client, scheme and host after what proxies said."""
    headers = [(b"host", b"inner:8420")]
    headers += [(f"x-forwarded-{name}".encode(), value.encode()) for name, value in told.items()]
    scope: dict[str, Any] = {
        "type": "http",
        "client": None if peer is None else (peer, 4711),
        "scheme": "http",
        "headers": headers,
    }
    TrustedProxies(networks).apply(scope)
    client = scope["client"] and scope["client"][0]
    return client, scope["scheme"], dict(scope["headers"])[b"host"].decode()


def test_a_trusted_proxy_is_believed() -> None:
    told = {"for": "203.0.113.7", "proto": "https", "host": "billing.example"}
    assert seen("10.1.2.3", told) == ("203.0.113.7", "https", "billing.example")
    assert seen("::1", told) == ("203.0.113.7", "https", "billing.example")
    assert seen("::ffff:10.1.2.3", told) == ("203.0.113.7", "https", "billing.example")


@pytest.mark.parametrize("peer", ["203.0.113.7", "11.0.0.1", "::2", "testclient", None])
def test_nobody_else_is(peer: str | None) -> None:
    told = {"for": "198.51.100.1", "proto": "https", "host": "evil.example"}
    assert seen(peer, told) == (peer, "http", "inner:8420")


def test_without_trusted_networks_nobody_is() -> None:
    assert seen("10.1.2.3", {"for": "198.51.100.1"}, ())[0] == "10.1.2.3"


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),  # the first is what the client itself wrote
        ("198.51.100.1, 203.0.113.7, 10.9.9.9", "203.0.113.7"),
        ("10.9.9.9", "10.9.9.9"),
        ("nonsense, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, nonsense", "10.1.2.3"),
        ("", "10.1.2.3"),
        ("203.0.113.7:55123", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
    ],
)
def test_the_list_is_read_from_its_end(header: str, client: str) -> None:
    assert seen("10.1.2.3", {"for": header})[0] == client


def test_a_scheme_that_is_none_changes_nothing() -> None:
    assert seen("10.1.2.3", {"proto": "javascript"})[1] == "http"
    assert seen("10.1.2.3", {"proto": "http, https"})[1] == "https"


def test_a_network_that_is_none_is_refused_at_the_start() -> None:
    with pytest.raises(InvalidInput) as refused:
        TrustedProxies(["10.0.0.0/8", "everyone"])
    assert refused.value.field == "COUNTERFOIL_TRUSTED_PROXIES"
    assert "everyone" in refused.value.message


@pytest.mark.parametrize(
    ("settings", "url"),
    [({}, "http://inner:8420"), ({"public_url": "https://billing.example/"}, "https://billing.example")],
)
def test_absolute_urls_are_the_operators_or_the_requests(
    store: Store, settings: dict[str, Any], url: str
) -> None:
    app = http_app(Settings(**settings), store)
    scope = {
        "type": "http",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", b"inner:8420")],
        "app": app,
    }
    assert base_url(Request(scope | {"scheme": "http", "server": ("inner", 8420)})) == url


async def test_the_log_names_the_client_that_the_proxy_names(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    app = http_app(Settings(trusted_proxies=("127.0.0.1",)), store)
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://a.test") as client:
        with caplog.at_level(logging.DEBUG, logger="counterfoil.http"):
            answer = await client.get("/v1/healthz", headers={"X-Forwarded-For": "203.0.113.7"})
    [line] = [record.getMessage() for record in caplog.records if record.name == "counterfoil.http"]
    assert line.startswith("203.0.113.7 GET /v1/healthz 200 ")
    assert line.endswith(answer.headers["x-request-id"])
