"""Calls drawn from an OpenAPI document by Schemathesis, valid and invalid, and what is true of the answers.

Most calls name objects that exist, and some bodies are a sample with a few fields drawn anew, so that they
come past the first check.  ``COUNTERFOIL_FUZZ_EXAMPLES`` sets how many calls an operation gets; above the
default they differ from run to run.
"""

from __future__ import annotations

import copy
import os
import time
from typing import Any, Final

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

DEFAULT: Final = 20
EXAMPLES: Final = int(os.environ.get("COUNTERFOIL_FUZZ_EXAMPLES", DEFAULT))
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_MOSTLY: Final = st.sampled_from([True, True, False])


def schema_of(document: dict[str, Any]) -> Any:
    """The document as Schemathesis reads it."""
    config = SchemathesisConfig.from_dict({})
    return schemathesis.openapi.from_dict(copy.deepcopy(document), config=config)


@st.composite
def cases(
    draw: st.DrawFn, described: Any, *, path: dict[str, str], query: dict[str, Any], body: Any, varied: bool
) -> Any:
    """A call: drawn from the document, then mostly led to objects that exist.

    ``path``, ``query`` and ``body`` are those of a call that is accepted; ``varied`` says whether anything of
    the operation can be wrong.
    """
    modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if varied else [])]
    case: Any = draw(st.one_of([described.as_strategy(generation_mode=mode) for mode in modes]))
    bare, existing, asking, sampled = (draw(_MOSTLY) for _ in range(4))
    if bare:
        case.headers.clear()
    if path and existing:
        case.path_parameters = path
    if query and asking:
        case.query = {**(case.query if isinstance(case.query, dict) else {}), **query}
    if isinstance(body, dict) and sampled:
        drawn = case.body if isinstance(case.body, dict) else {}
        names = draw(st.lists(st.sampled_from(sorted(drawn)), max_size=2)) if drawn else []
        fresh = _unused(body, draw(st.uuids()).hex)
        case.body = {**fresh, **{name: drawn[name] for name in names}}
    return case


def _unused(body: dict[str, Any], mark: str) -> dict[str, Any]:
    """The body with codes and names that nothing has yet."""
    marked = ("code", "slug", "name", "external_id", "email", "id")
    changed = {name: f"{mark}{body[name]}" for name in marked if isinstance(body.get(name), str)}
    return body if "properties" in body else body | changed  # an event's name is its meter's


def check_answers(
    drawn: st.SearchStrategy[Any],
    url: str,
    session: requests.Session,
    also: Any = None,
    *,
    seconds: float = 60,
) -> int:
    """Make calls and hold each answer against the document; ``also(answer)`` sees every refusal.

    ``session`` has the key, since Schemathesis takes a call's own away now and then; that is
    tried elsewhere.  No call is begun ``seconds`` after the first.  Returns how many calls were answered.
    """
    begun: list[float] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=EXAMPLES <= DEFAULT,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn)
    def check(case: Any) -> None:
        if begun and time.monotonic() - begun[0] > seconds:
            return
        begun.append(time.monotonic())
        for name in [name for name in case.headers if name.lower() in session.headers]:
            case.headers.pop(name)
        answer = case.call(base_url=url, session=session)
        if not str(answer.request.url).startswith(url):
            return  # a path with ``..`` led to somewhere else
        case.validate_response(answer, checks=CHECKS)
        if also is not None and answer.status_code >= 400:
            also(answer)

    check()
    return len(begun)
