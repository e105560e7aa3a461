"""The program with Suger's face on, for Suger's own client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Database
from tests.support import serving


@pytest.fixture(scope="session")
def served(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the program."""
    with serving.served(database, tmp_path_factory.mktemp("served"), faces='["suger"]') as url:
        yield url
