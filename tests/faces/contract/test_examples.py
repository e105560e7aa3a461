"""Every request and answer of the reference has an example, and every example of a request is accepted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, cast

import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from counterfoil.faces.app import _RESOURCES
from counterfoil.faces.kit.openapi import operation_id
from counterfoil.faces.native.events_wire import read_events
from counterfoil.modules.usage import NewEvent
from tests.faces.contract.world import document, resolved

OPERATIONS: Final = [one for path in document()["paths"].values() for one in path.values()]
WITH_BODIES: Final = [one for one in OPERATIONS if "requestBody" in one]
ROUTES: Final = {
    operation_id(route): route
    for resource in _RESOURCES
    for route in resource.router.routes
    if isinstance(route, APIRoute)
}


def _examples(content: dict[str, Any]) -> list[Any]:
    """The examples of a body: beside its schema or in it."""
    named = [one["value"] for one in content.get("examples", {}).values()]
    alone = [content["example"]] if "example" in content else []
    return [*named, *alone, *resolved(content["schema"]).get("examples", [])]


def _request(operation: dict[str, Any]) -> list[Any]:
    return _examples(operation["requestBody"]["content"]["application/json"])


def _answers(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the successful answers hold; of a list, one of its objects."""
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get("application/json")
        if status.startswith("2") and content is not None:
            listed = resolved(content["schema"]).get("properties", {}).get("data", {}).get("items")
            yield content if _examples(content) or listed is None else {"schema": listed}


OF_OBJECTS: Final = [one for one in OPERATIONS if any(_answers(one))]


def test_only_files_and_figures_are_answered_with_what_is_no_object() -> None:
    others = {one["operationId"] for one in OPERATIONS if one not in OF_OBJECTS}
    assert others == {"invoices.pdf", "server.metrics"}


@pytest.mark.parametrize("operation", OF_OBJECTS, ids=lambda one: one["operationId"])
def test_every_answer_has_an_example_of_its_own_form(operation: dict[str, Any]) -> None:
    for content in _answers(operation):
        examples = _examples(content)
        assert examples
        fields = resolved(content["schema"])["properties"]
        # The framework leaves out of the document what an example says is null.
        always = {name for name, one in fields.items() if {"type": "null"} not in one.get("anyOf", ())}
        assert all(always <= set(one) <= set(fields) for one in examples)


@pytest.mark.parametrize("operation", WITH_BODIES, ids=lambda one: one["operationId"])
def test_every_request_has_an_example_that_is_read_as_a_client_would_send_it(
    operation: dict[str, Any],
) -> None:
    examples = _request(operation)
    assert examples
    for example in examples:
        assert example
        if operation["operationId"] == "events.send":
            events, _ = read_events(json.dumps(example).encode())
            assert all(isinstance(one, NewEvent) for one in events), events
            continue
        body = ROUTES[operation["operationId"]].body_field
        assert body is not None
        read: TypeAdapter[Any] = TypeAdapter(cast("Any", body.field_info.annotation))
        read.validate_json(json.dumps(example))
