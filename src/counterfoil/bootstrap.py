"""Plugs the program together; the only place that names concrete parts.

Owns: how the store, the HTTP application, the worker and the command line are made from settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.faces.app import create_app
from counterfoil.faces.kit.context import Context
from counterfoil.faces.kit.limits import RateLimiter
from counterfoil.modules.identity import Authenticator

if TYPE_CHECKING:
    from fastapi import FastAPI

    from counterfoil.settings import Settings
    from counterfoil.store import Store


def http_app(settings: Settings, store: Store) -> FastAPI:
    """The HTTP application over an open store."""
    context = Context(settings, store, Authenticator(store), RateLimiter(settings.rate_limit))
    return create_app(context)
