"""The command line shows what is committed, drawn and left, and why a line of a commitment is what it is."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

from tests.conftest import Database
from tests.scenarios.commitments.conftest import Shop

_PROGRAM = [sys.executable, "-c", "from counterfoil.bootstrap import cli; cli()"]


async def counterfoil(database: Database, key: str, *arguments: str) -> str:
    """What a command prints, for the owner of a key."""
    environment = {"COUNTERFOIL_DATABASE_URL": database.app_url, "COUNTERFOIL_KEY": key}
    done = await asyncio.to_thread(
        subprocess.run,
        [*_PROGRAM, *arguments],
        env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_balances_and_explanations_are_shown(shop: Shop, database: Database) -> None:
    """1,000 prepaid; 600 used in January: 400 are left."""
    body = {"kind": "prepaid", "size": "1000", "period": "term", "interval_unit": "year"}
    await shop.subscribe(body, external_id="order-1")
    await shop.use("2026-01-10", 6000)
    await shop.until("2026-02-02")
    [shown] = json.loads(
        await counterfoil(database, shop.tenant.key, "commitment", "list", "order-1", "--json")
    )
    [term] = shown["terms"]
    assert (term["committed"], term["drawn"], term["left"]) == ("1000", "600", "400")
    table = await counterfoil(database, shop.tenant.key, "commitment", "terms", "order-1")
    assert "running" in table
    assert "600" in table
