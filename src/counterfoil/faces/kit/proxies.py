"""What proxies say of a request: believed only from the networks that the operator trusts.

Owns: the client's address (``X-Forwarded-For``), the scheme and host as the client wrote them
(``X-Forwarded-Proto``, ``X-Forwarded-Host``), absolute URLs.
Always holds: a header that a client sends itself changes nothing, because the address that connects is
looked at first, and a list is read from its end, the part that trusted proxies wrote.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput
from counterfoil.faces.kit.context import context_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import Request
    from starlette.types import Scope

type Address = IPv4Address | IPv6Address

_SCHEMES: Final = frozenset({"http", "https"})


class TrustedProxies:
    """Networks whose forwarding headers are believed."""

    def __init__(self, networks: Sequence[str]) -> None:
        try:
            self._networks = [ip_network(one, strict=False) for one in networks]
        except ValueError as error:
            raise InvalidInput(
                f"a trusted proxy is neither address nor network: {error}",
                field="COUNTERFOIL_TRUSTED_PROXIES",
                allowed='a list of addresses or networks: ["10.0.0.0/8", "::1"]',
            ) from None

    def apply(self, scope: Scope) -> None:
        """Put what trusted proxies say of client, scheme and host into an ASGI scope."""
        peer = scope.get("client")
        if not self._networks or peer is None or not self._trusted(_address(peer[0])):
            return
        told: dict[bytes, list[str]] = {}
        for name, value in scope["headers"]:
            if name.startswith(b"x-forwarded-"):
                told.setdefault(name, []).extend(part.strip() for part in value.decode("latin-1").split(","))
        scope["client"] = (self._client(peer[0], told.get(b"x-forwarded-for", [])), peer[1])
        scheme = told.get(b"x-forwarded-proto", [""])[-1].lower()
        if scheme in _SCHEMES:
            scope["scheme"] = scheme
        host = told.get(b"x-forwarded-host", [""])[-1]
        if host:
            kept = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope["headers"] = [*kept, (b"host", host.encode("latin-1"))]

    def _client(self, peer: str, forwarded: Sequence[str]) -> str:
        """The last address of the list that is not a trusted proxy's own."""
        client = peer
        for text in reversed(forwarded):
            address = _address(text)
            if address is None:
                break
            client = str(address)
            if not self._trusted(address):
                break
        return client

    def _trusted(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def base_url(request: Request) -> str:
    """How the outside reaches this server: the operator's setting, or what this request was sent to."""
    public = context_of(request).settings.public_url
    return (public or str(request.base_url)).rstrip("/")


def _address(text: str) -> Address | None:
    """An address, also in brackets or with a port behind it."""
    bare = text[1:].partition("]")[0] if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return address if mapped is None else mapped
