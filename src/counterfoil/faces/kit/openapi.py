"""The OpenAPI document of the native API: what the routes say, and what is true of all of them.

Always holds: an operation's id is ``resource.verb`` (``customers.create``) and does not change; each says
which key and scope it needs; every unsafe call takes ``Idempotency-Key``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi.routing import APIRoute

DESCRIPTION: Final = """\
From price list and usage to invoices that explain themselves.

**Keys.** `Authorization: Bearer ck_live_…` or `ck_test_…`; a key opens exactly one environment, and each
operation says which scope it needs. Organizations are made with an operator's key (`ck_operator_…`).

**Errors** have one form: `{"error": {"code", "message", "field", "allowed", "request_id"}}`. What got a 4xx
wrote nothing. `X-Request-Id` of every answer finds its line in the log.

**Repeating.** Send `Idempotency-Key` with every POST, PATCH, PUT and DELETE: the same key with the same body
gets the first answer again (for 24 hours, with `Idempotent-Replayed: true`; secrets are not repeated), with
another query or body a 409. Answers of 500 and above are not kept.

**Lists** are newest first, unless the operation says another order; `next_cursor` of a page is the `cursor`
of the next one.

**Numbers** that must be exact are strings (`"12.30"`); JSON numbers are read as written. **Times** are
RFC 3339 with a zone, written in UTC. Objects have a `version`; send it as `If-Match` to change only what
you saw.

**Limits.** `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds) come with every answer;
above the limit it is 429 with `Retry-After`.
"""

_UNSAFE: Final = frozenset({"post", "put", "patch", "delete"})
_IDEMPOTENCY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes the call safe to repeat for 24 hours",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_SCHEMES: Final = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of one environment: `ck_live_…` or `ck_test_…`",
    },
    "operatorKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of those who run the server: `ck_operator_…`",
    },
}


def operation_id(route: APIRoute) -> str:
    """``customers.create`` for the route ``create`` tagged ``Customers``; ``list_`` is ``list``."""
    resource = str(route.tags[0]).lower().replace(" ", "_").replace("-", "_") if route.tags else "server"
    return f"{resource}.{route.name.strip('_')}"


def _say(operation: dict[str, Any]) -> None:
    """The first sentence of a route's docstring is its summary; the scope it needs ends the description."""
    first, _, rest = operation.get("description", "").partition("\n\n")
    said = [rest.strip()] if rest else []
    if first:
        operation["summary"] = first.replace("\n", " ").removesuffix(".")
    for scheme in operation["security"]:
        said += [f"Needs the scope `{scope}`." for scopes in scheme.values() for scope in scopes]
        said += ["Needs an operator's key."] * ("operatorKey" in scheme)
    operation["description"] = "\n\n".join(said)


def _drop_framework_errors(document: dict[str, Any]) -> None:
    """Take out the 422 that the framework declares: what a schema refuses has the face's own form."""
    if document["components"].get("schemas", {}).pop("HTTPValidationError", None) is None:
        return
    for path in document["paths"].values():
        for operation in path.values():
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
    if "'#/components/schemas/ValidationError'" not in str(document):
        del document["components"]["schemas"]["ValidationError"]


class DocumentedApp(FastAPI):
    """An application whose OpenAPI document says what all its operations share."""

    schemes: Mapping[str, Any] = _SCHEMES

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            document.setdefault("components", {})["securitySchemes"] = self.schemes
            _drop_framework_errors(document)
            for path in document["paths"].values():
                for method, operation in path.items():
                    operation.setdefault("security", [])
                    _say(operation)
                    if method in _UNSAFE and operation["security"]:
                        operation.setdefault("parameters", []).append(_IDEMPOTENCY)
        return self.openapi_schema or {}
