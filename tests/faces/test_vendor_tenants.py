"""Whose key it is decides what a call can reach: tried on every operation of every vendor's face.

One seller's ids, one at a time, stand in a call that another seller may otherwise make; every call is made
without a key and with a key of nobody.  What each face brings for it is described in ``tests/support/faces``.
"""

from __future__ import annotations

import httpx
import pytest

from counterfoil.store import Store
from tests.faces.conftest import Sellers
from tests.support.faces import FACES, Operation, World, all_operations, ids_in, make_world, operations_of

ALL = all_operations()
NOBODYS = "ck_test_" + "0" * 64


def named(operation: Operation) -> str:
    return f"{operation.face}-{operation.id}"


def shows_nothing(answer: httpx.Response, world: World, asked: str = "") -> bool:
    """Whether the answer tells no id of ``world`` but the one that was asked for."""
    return not [value for value in world.ids.values() if value != asked and value in answer.text]


@pytest.mark.parametrize("face", FACES)
async def test_every_operation_has_a_sample_that_is_accepted(face: str, store: Store) -> None:
    async with make_world(store, face, "Sampler") as world:
        for operation in [one for one in ALL if one.face == face]:
            answer = await world.send(world.sample(operation))
            if operation.id in world.samples.refused:
                assert answer.status_code == world.samples.refused[operation.id], answer.text
                assert world.samples.reason(answer.json())
            else:
                assert answer.is_success, f"{operation.id}: {answer.status_code} {answer.text}"


@pytest.mark.parametrize("operation", ALL, ids=named)
async def test_an_id_of_another_seller_reaches_nothing(operation: Operation, sellers: Sellers) -> None:
    theirs, own = await sellers(operation.face)
    sample = own.sample(operation)
    before = [await one.fingerprint() for one in (theirs, own)]
    for name, value in ids_in(sample, own):
        asked = theirs.ids[name]
        answer = await own.send(sample.with_other(value, asked))
        assert shows_nothing(answer, theirs, asked), answer.text
        if not answer.is_success:  # else it is a list or a search, which found nothing
            assert answer.status_code in (400, 401, 403, 404), answer.text
            assert own.samples.reason(answer.json()), name
            assert answer.status_code != 400 or operation.has_body, (
                "an address that is not found is no bad request"
            )
    assert [await one.fingerprint() for one in (theirs, own)] == before


@pytest.mark.parametrize("operation", ALL, ids=named)
async def test_another_sellers_key_opens_nothing_of_this_one(operation: Operation, sellers: Sellers) -> None:
    theirs, own = await sellers(operation.face)
    sample = theirs.sample(operation)
    sent = {value for _, value in ids_in(sample, theirs)}
    before = [await one.fingerprint() for one in (theirs, own)]
    answer = await own.send(sample)
    after = [await one.fingerprint() for one in (theirs, own)]
    assert not [value for value in theirs.ids.values() if value not in sent and value in answer.text]
    assert after[0] == before[0]
    if sent:  # else it is a call that anybody may make for themselves
        assert answer.is_success or answer.status_code in (400, 401, 403, 404), answer.text
        assert after[1] == before[1]


@pytest.mark.parametrize("operation", ALL, ids=named)
async def test_without_a_key_of_ones_own_nothing_is_answered(operation: Operation, sellers: Sellers) -> None:
    world, _ = await sellers(operation.face)
    sample = world.sample(operation)
    before = await world.fingerprint()
    for headers in ({}, world.samples.headers(NOBODYS, world.tenant)):
        answer = await world.send(sample, headers)
        assert answer.status_code in (401, 403), answer.text
        assert world.samples.reason(answer.json())
        assert shows_nothing(answer, world, asked=next((value for _, value in ids_in(sample, world)), ""))
    assert await world.fingerprint() == before


@pytest.mark.parametrize("face", FACES)
async def test_one_seller_is_not_the_other(face: str, sellers: Sellers) -> None:
    theirs, own = await sellers(face)
    assert operations_of(face)
    assert set(theirs.ids) == set(own.ids)
    assert not set(theirs.ids.values()) & set(own.ids.values()), "an id that both have proves nothing"
