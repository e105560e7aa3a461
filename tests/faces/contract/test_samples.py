"""Every operation has a sample that the API accepts: without it the other tests here would prove nothing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from counterfoil.store import Store
from tests.faces.contract.world import Operation, World, make_world, operations, resolved


def _ids_of(schema: dict[str, Any]) -> set[str]:
    """The names of the fields of a body that hold ids, however deep."""
    found: set[str] = set()
    schema = resolved(schema)
    for name, one in schema.get("properties", {}).items():
        inside = resolved(one)
        items = resolved(inside.get("items", {}))
        if name.endswith(("_id", "_ids")) and name != "external_id":
            found.add(name)
        found |= _ids_of(inside) | _ids_of(items)
    return found


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_names, value.values()))
    return set().union(*map(_names, value)) if isinstance(value, list) else set()


# One or the other: the plan's published version, or a version by its id.
_INSTEAD = {
    "subscriptions.create": {"plan_id"},
    "subscriptions.change_plan": {"plan_id"},
    "credit_grants.create": {"plan_id"},
}


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.id)
async def test_every_operation_has_a_sample_that_names_every_id(operation: Operation, world: World) -> None:
    sample = world.sample(operation)
    assert "{" not in sample.path
    wanted = _ids_of(operation.schema or {}) - _INSTEAD.get(operation.id, set())
    assert wanted <= _names(sample.body), "an id of the body that no sample names is not tried on strangers"


async def test_every_sample_is_accepted(store: Store, http: httpx.AsyncClient) -> None:
    async with make_world(store, "Sampler") as world:
        # What takes something away comes last.
        ending = ("void", "cancel", "revoke", "suspend", "retry", "remove", "delete")
        ordered = sorted(
            operations(), key=lambda one: 2 if one.id.endswith("archive") else one.id.endswith(ending)
        )
        for operation in ordered:
            answer = await world.sample(operation).send(http, world.key_for(operation))
            expected = _REFUSED.get(operation.id, 2)
            assert answer.status_code // 100 == expected, f"{operation.id}: {answer.text}"


# What this seller's state does not allow: a sandbox has one clock, nothing was cancelled yet, and of the
# invoice a later one gives lines back by then.
_REFUSED = {"test_clocks.create": 4, "subscriptions.reactivate": 4, "invoices.void": 4}
