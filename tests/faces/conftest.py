"""Two sellers of each vendor's face, with one of everything, for the tests over all faces."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from counterfoil.store import Store
from tests.support.faces import World, make_world

type Sellers = Callable[[str], Awaitable[tuple[World, World]]]


@pytest.fixture(scope="session")
async def sellers(store: Store) -> AsyncIterator[Sellers]:
    """The seller whose data it is and a stranger who has the same of their own, by the face's name."""
    made: dict[str, tuple[World, World]] = {}
    async with AsyncExitStack() as stack:

        async def of(face: str) -> tuple[World, World]:
            if face not in made:
                own = await stack.enter_async_context(make_world(store, face, "Seller"))
                other = await stack.enter_async_context(make_world(store, face, "Stranger"))
                made[face] = (own, other)
            return made[face]

        yield of
