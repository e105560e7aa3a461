"""``counterfoil serve`` and ``counterfoil version``."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from counterfoil.faces.cli.output import note, pairs, steps
from counterfoil.faces.cli.session import Data, settings_of, starters_of


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on (default: 127.0.0.1)")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0 takes a free one (default: 8420)")
    ] = None,
    data: Data = None,
) -> None:
    """Serve the API, the worker and the embedded database, until stopped."""
    starters = starters_of(context)
    settings = settings_of(host=host, port=port, data=data)
    with contextlib.ExitStack() as starting:
        step = starting.enter_context(steps("starting"))

        def ready(url: str) -> None:
            starting.close()
            kept = str(settings.data) if settings.database_url is None else "COUNTERFOIL_DATABASE_URL"
            pairs({"serving": url, "docs": f"{url}/v1/docs", "data": kept})
            note("Ctrl-C stops it.")

        starters.serve(settings, step, ready)
    note("stopped")


def version() -> None:
    """Print the program's version."""
    from counterfoil import __version__

    typer.echo(__version__)
