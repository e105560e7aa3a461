"""Calls as a user of Salable makes them without its client."""

from __future__ import annotations

from typing import Any

import httpx


def ask(http: httpx.Client, path: str, **query: Any) -> httpx.Response:
    """The answer to a GET."""
    return http.get(path, params=query or None)


def read(http: httpx.Client, path: str, **query: Any) -> Any:
    """The JSON of a GET that succeeds."""
    answer = ask(http, path, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def put(http: httpx.Client, path: str, body: bytes = b"", **query: Any) -> httpx.Response:
    """The answer to a PUT that says JSON of its body, an empty one too, as Salable's client does."""
    headers = {"Content-Type": "application/json"}
    return http.put(path, content=body, params=query or None, headers=headers)
