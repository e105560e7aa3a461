"""Ids in addresses that hold a slash: clients send it encoded, and the server decodes it before routing.

Always holds: ``/external/a%2Fb/x`` is routed as three parts, and its handler reads ``a/b``; an address
without an encoded slash is left as the server read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

    from starlette.types import ASGIApp, Receive, Scope, Send

_KEPT = "counterfoil.slashes"


class EncodedSlashes:
    """Routes by an address in which slashes (and percent signs) that were encoded stay so."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of ASGI."""
        raw: bytes = scope.get("raw_path") or b""
        if b"%2f" in raw.lower():
            kept = raw.replace(b"%25", b"%2525").replace(b"%2f", b"%252F").replace(b"%2F", b"%252F")
            scope.update(path=unquote(kept.decode("latin-1")))
            scope[_KEPT] = True
        await self.app(scope, receive, send)


def decode_slashes(scope: MutableMapping[str, Any]) -> None:
    """Decode, after routing, what ``EncodedSlashes`` left encoded in the parameters of the address."""
    if scope.pop(_KEPT, False):
        scope["path_params"] = {
            name: value.replace("%2F", "/").replace("%25", "%")
            for name, value in scope["path_params"].items()
        }
