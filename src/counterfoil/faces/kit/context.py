"""What a request can reach: the store, the authenticator and the settings, hung on the application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request, params

from counterfoil.modules.identity import Operator, Principal
from counterfoil.store import Store, SystemUow, Uow

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterfoil.faces.kit.limits import RateLimiter
    from counterfoil.modules.identity import Authenticator
    from counterfoil.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """The parts of the program that faces use."""

    settings: Settings
    store: Store
    authenticator: Authenticator
    limiter: RateLimiter


def context_of(request: Request) -> Context:
    """The context of the application that serves this request."""
    return cast("Context", request.app.state.context)


# Dependencies that wait for nothing are coroutines all the same: FastAPI sends a plain function to a thread,
# on every call, which costs more than all that the function does.


async def _unit(request: Request) -> Uow:
    return cast("Uow", request.state.unit)


async def _principal(request: Request) -> Principal:
    return cast("Principal", request.state.principal)


async def _operator(request: Request) -> Operator:
    return cast("Operator", request.state.principal)


async def _system_unit(request: Request) -> SystemUow:
    return cast("SystemUow", request.state.unit)


Unit = Annotated[Uow, Depends(_unit)]
"""The unit of work of this request."""

Caller = Annotated[Principal, Depends(_principal)]
"""Who calls."""

SystemUnit = Annotated[SystemUow, Depends(_system_unit)]
"""The unit of work of an operator's request: it sees every tenant."""

OperatorCaller = Annotated[Operator, Depends(_operator)]
"""The operator who calls."""


def after_commit(request: Request, act: Callable[[], None]) -> None:
    """Have ``act`` called when this request's transaction has committed, before the answer is sent."""
    request.state.after_commit.append(act)


def allow(permission: str) -> params.Depends:
    """A route dependency: the caller's key must have ``permission``."""

    async def check(caller: Caller) -> None:
        caller.require(permission)

    check.permission = permission  # type: ignore[attr-defined]  # for the reference
    return params.Depends(check)
