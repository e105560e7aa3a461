"""What an operator can set, read once from the environment (``COUNTERFOIL_…``).

Owns: names, types and defaults of settings.  Does not own: anything that a tenant sets; that is data.
Always holds: a secret is never printed (``SecretStr``), and the defaults start a working program.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_ABSOLUTE: Final = "an http or https URL with its host, such as https://billing.example.com/api"


def _default_data_dir() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/counterfoil")
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "counterfoil"


def _listed(given: Any) -> Any:
    """A list as an environment variable has it: words with commas between them, or JSON."""
    if not isinstance(given, str):
        return given
    if not given.lstrip().startswith("["):
        return [word.strip() for word in given.split(",") if word.strip()]
    try:
        return json.loads(given)
    except ValueError:
        raise ValueError('not a list: write a,b or ["a", "b"]') from None


class Settings(BaseSettings):
    """Every setting with its meaning; each is read from ``COUNTERFOIL_`` + its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="COUNTERFOIL_", env_ignore_empty=True)

    data: Path = Field(default_factory=_default_data_dir)
    """Directory of the embedded database."""

    database_url: SecretStr | None = None
    """A PostgreSQL server (16 or newer) to use instead, as role ``counterfoil_app``."""

    migration_url: SecretStr | None = None
    """The same database as its owner; needed when ``database_url`` is set and the schema must change."""

    pool_size: int = Field(default=10, ge=1, le=200)
    """Database connections a process keeps at most."""

    host: str = "127.0.0.1"
    """Address that ``serve`` listens on."""

    port: int = Field(default=8420, ge=0, le=65535)
    """Port that ``serve`` listens on; 0 takes a free one."""

    public_url: str | None = None
    """How the outside reaches this server, a path prefix included; used in links."""

    trusted_proxies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = ()
    """Addresses or networks whose forwarding headers are believed."""

    faces: Annotated[
        tuple[Literal["flexprice", "gcore", "reevit", "salable", "suger"], ...],
        NoDecode,
        BeforeValidator(_listed),
    ] = ()
    """Other vendors' APIs to serve, each under its name: ``suger,gcore``."""

    rate_limit: int = Field(default=6000, ge=0)
    """Requests a minute that one API key may make in one process; 0 means no limit."""

    max_body: int = Field(default=8 * 1024 * 1024, ge=1024)
    """Largest request body in bytes."""

    event_max_age_days: int = Field(default=3650, ge=1, le=36_525)
    """How far back an event's time may lie."""

    event_max_ahead_seconds: int = Field(default=3600, ge=0, le=366 * 86_400)
    """How far ahead of business time an event's time may lie."""

    worker: bool = True
    """Whether ``serve`` also runs the jobs and schedules."""

    log_level: str = "info"

    @field_validator("public_url")
    @classmethod
    def _absolute(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            port = parts.port  # reading it refuses one that is none
        except ValueError:
            raise ValueError(_ABSOLUTE) from None
        found = parts.scheme in ("http", "https") and parts.hostname and port != 0
        if not found or parts.query or parts.fragment or not value.isprintable() or " " in value:
            raise ValueError(_ABSOLUTE)
        return value.rstrip("/")

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value not in ("debug", "info", "warning", "error"):
            raise ValueError("debug, info, warning or error")
        return value
