"""The reference page: the OpenAPI document to read and to try, served from this machine.

The page is Swagger UI; its script and styles come with the installed package ``fastapi-offline``, of which
nothing else is used.  Always holds: the page names everything relative to itself, so that it works behind
any path; the browser loads nothing from elsewhere and runs nothing inline (the policy of the page forbids
both), and a key that is typed in stays in the open page.
"""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_KEPT: Final = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{base}/swagger-ui.css">
<link rel="stylesheet" href="{base}/page.css">
</head>
<body>
<div id="reference"></div>
<noscript>This page needs JavaScript; its source is <a href="openapi.json">openapi.json</a>.</noscript>
<script src="{base}/swagger-ui-bundle.js"></script>
<script src="{base}/page.js"></script>
</body>
</html>
"""
_SCRIPT: Final = "SwaggerUIBundle({options});\n"
_STYLE: Final = """\
body { margin: 0; background: #fff; }
.swagger-ui .info { margin: 32px 0 16px; }
.swagger-ui .scheme-container { padding: 12px 0; box-shadow: none; border-top: 1px solid #ddd; }
.swagger-ui .info .title small.version-stamp { background-color: #2b5c4f; }
.swagger-ui .info p, .swagger-ui .renderedMarkdown p {
  max-width: 90ch; margin-left: 0; margin-right: 0; line-height: 1.5;
}
.swagger-ui .markdown code, .swagger-ui .renderedMarkdown code { color: #2b5c4f; font-size: 13px; }
"""


@cache
def _assets() -> Path:
    found = importlib.util.find_spec("fastapi_offline")  # found, not imported
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / "static"


def reference(path: str, title: str) -> APIRouter:
    """Routes of a reference page at ``path`` for the document ``openapi.json`` beside it."""
    router = APIRouter(include_in_schema=False)
    page = _PAGE.format(title=title, base=path.rpartition("/")[2])
    options = {
        "url": "openapi.json",
        "dom_id": "#reference",
        "deepLinking": True,
        "filter": True,
        "docExpansion": "none",
        "defaultModelsExpandDepth": 0,
        "displayRequestDuration": True,
        "validatorUrl": None,
    }
    script = _SCRIPT.format(options=json.dumps(options))

    @router.get(path)
    async def show() -> Response:
        return Response(page, headers=_HEADERS, media_type="text/html")

    @router.get(f"{path}/page.js")
    async def start() -> Response:
        return Response(script, headers=_KEPT, media_type="text/javascript")

    @router.get(f"{path}/page.css")
    async def style() -> Response:
        return Response(_STYLE, headers=_KEPT, media_type="text/css")

    @router.get(f"{path}/swagger-ui-bundle.js")
    async def bundle() -> Response:
        return FileResponse(_assets() / "swagger-ui-bundle.js", headers=_KEPT, media_type="text/javascript")

    @router.get(f"{path}/swagger-ui.css")
    async def looks() -> Response:
        return FileResponse(_assets() / "swagger-ui.css", headers=_KEPT, media_type="text/css")

    return router
