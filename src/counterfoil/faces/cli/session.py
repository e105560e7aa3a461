"""How a command reaches the program: settings, database, tenant.

Owns: the options that say where (``--data``, ``--key``, ``--organization``, ``--environment``), and the two
decorators that add them to a command and open what they name.
Always holds: heavy imports happen when a command runs, never for ``--help``; everything that was opened is
closed however the command ends.
"""

from __future__ import annotations

import contextlib
import functools
import getpass
import inspect
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from counterfoil.core.errors import InvalidInput
from counterfoil.faces.cli.output import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from counterfoil.faces.cli.starters import Drains, Starters
    from counterfoil.faces.kit.units import Scope, Store, Uow
    from counterfoil.modules.identity import Environment, Organization
    from counterfoil.settings import Settings

WHERE: Final = "Where"
"""The panel of ``--help`` that the shared options stand in."""

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Directory of the embedded database.", rich_help_panel=WHERE),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        envvar="COUNTERFOIL_KEY",
        metavar="ck_…",
        help="An API key: it says organization and environment at once.",
        rich_help_panel=WHERE,
    ),
]
OrganizationName = Annotated[
    str | None,
    typer.Option(
        "--organization",
        envvar="COUNTERFOIL_ORGANIZATION",
        metavar="SLUG",
        help="Whose data; need not be said where there is only one.",
        rich_help_panel=WHERE,
    ),
]
EnvironmentName = Annotated[
    str | None,
    typer.Option(
        "--environment",
        "-e",
        envvar="COUNTERFOIL_ENVIRONMENT",
        metavar="NAME",
        help="Which environment, such as test (default: live)",
        rich_help_panel=WHERE,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@dataclass(frozen=True, slots=True)
class Session:
    """A command with the database open."""

    starters: Starters
    settings: Settings
    store: Store

    def worker(self) -> Drains:
        """A worker over this store."""
        return self.starters.worker(self.store)


@dataclass(frozen=True, slots=True)
class Tenant(Session):
    """A command inside one environment of one organization."""

    organization: Organization
    environment: Environment
    scope: Scope

    @property
    def live(self) -> bool:
        """Whether money is real here."""
        return self.environment.kind.value == "live"

    @property
    def place(self) -> str:
        """The environment in words: ``Acme · test``."""
        return f"{self.organization.name} · {self.environment.name}"

    def unit(self, now: datetime | None = None) -> AbstractAsyncContextManager[Uow]:
        """One transaction here; ``now`` overrides business time."""
        return self.store.unit(self.scope, now=now)


def settings_of(**given: Any) -> Settings:
    """The settings, those given on the command line first; ``InvalidInput`` for a bad one."""
    from pydantic import ValidationError

    from counterfoil.settings import Settings

    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**chosen)
    except ValidationError as error:
        fault = error.errors()[0]
        name = str(fault["loc"][0]) if fault["loc"] else "settings"
        option = f"--{name}" if name in chosen else f"COUNTERFOIL_{name.upper()}"
        said = str(fault["msg"]).removeprefix("Value error, ")
        raise InvalidInput(f"{option}: {said}", field=option) from None


def store_command(work: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A command over the whole database: ``work(session, …)``; adds ``--data``."""

    def command(context: typer.Context, **options: Any) -> None:
        starters, settings = starters_of(context), settings_of(data=options.pop("data"))
        _run(starters, settings, lambda store: work(Session(starters, settings, store), **options))

    return _with_options(work, command, {"data": Data})


def tenant_command(work: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A command inside an environment: ``work(tenant, …)``; adds the options that say which."""

    def command(context: typer.Context, **options: Any) -> None:
        where = {name: options.pop(name) for name in ("key", "organization", "environment")}
        starters, settings = starters_of(context), settings_of(data=options.pop("data"))

        async def inside(store: Store) -> None:
            await work(await _tenant(Session(starters, settings, store), **where), **options)

        _run(starters, settings, inside)

    added = {"data": Data, "key": Key, "organization": OrganizationName, "environment": EnvironmentName}
    return _with_options(work, command, added)


def starters_of(context: typer.Context) -> Starters:
    """What bootstrap handed in."""
    starters: Starters = context.find_root().obj
    return starters


def _run(starters: Starters, settings: Settings, work: Callable[[Store], Coroutine[Any, Any, None]]) -> None:
    async def main(url: str) -> None:
        async with starters.connected(settings, url) as store:
            await work(store)

    with contextlib.ExitStack() as stack:
        with steps("opening the database") as step:
            url = stack.enter_context(starters.opened(settings, step))
        starters.run(main(url))


async def _tenant(
    session: Session, *, key: str | None, organization: str | None, environment: str | None
) -> Tenant:
    from counterfoil.faces.kit.units import Scope
    from counterfoil.modules.identity import resolve_key, resolve_scope

    async with session.store.system() as uow:
        if key is not None:
            owner, place = await resolve_key(uow, key)
            if environment not in (None, place.name) or organization not in (None, owner.slug):
                asked = " · ".join(one for one in (organization, environment) if one is not None)
                raise InvalidInput(
                    f"the key opens {owner.slug} · {place.name}, and {asked} is asked for",
                    field="key",
                    allowed="a key to that one, or neither --organization nor --environment, here and in the "
                    "settings COUNTERFOIL_ORGANIZATION and COUNTERFOIL_ENVIRONMENT",
                )
        else:
            owner, place = await resolve_scope(uow, organization, environment)
    scope = Scope(owner.id, place.id, f"cli:{_user()}")
    return Tenant(session.starters, session.settings, session.store, owner, place, scope)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return str(os.getuid())


def _with_options(
    work: Callable[..., Any], command: Callable[..., None], options: Mapping[str, Any]
) -> Callable[..., None]:
    """``command`` with the parameters of ``work`` but its first, and these options, as Typer reads them."""
    signature = inspect.signature(work, eval_str=True)
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter("context", keyword, annotation=typer.Context),
        *(own.replace(kind=keyword) for own in list(signature.parameters.values())[1:]),
        *(inspect.Parameter(name, keyword, default=None, annotation=one) for name, one in options.items()),
    ]
    shown: Any = functools.wraps(work)(command)
    shown.__signature__ = signature.replace(parameters=parameters, return_annotation=None)
    return command
