"""Opening the database that the settings name: the embedded one or a server.

Always holds: what is handed out is migrated and checked; the embedded server is stopped by its last user.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from counterfoil.store.embedded import start
from counterfoil.store.engine import APP_ROLE
from counterfoil.store.schema import check_schema, migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from counterfoil.settings import Settings


@contextmanager
def open_database(settings: Settings, progress: Callable[[str], None] = lambda _: None) -> Generator[str]:
    """The URL of a database that is ready, as the application's role.

    Without ``database_url`` an embedded server is started, or shared if another process of ours runs it.
    With it, the schema is brought up to date if ``migration_url`` names the owner, and checked otherwise.
    """
    if settings.database_url is None:
        with start(settings.data, progress=progress) as server:
            if migrate(server.url()):
                progress("schema brought up to date")
            yield server.url(user=APP_ROLE)
        return
    url = settings.database_url.get_secret_value()
    if settings.migration_url is not None and migrate(settings.migration_url.get_secret_value()):
        progress("schema brought up to date")
    check_schema(url)
    yield url
