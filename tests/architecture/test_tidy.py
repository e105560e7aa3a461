"""The tree keeps its rules, and each rule catches the violation that is planted for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.architecture.tidy import MOST_FUNCTION_LINES, MOST_LINES, findings

if TYPE_CHECKING:
    from pathlib import Path

CORE = "src/counterfoil/core/thing.py"
SERVICE = "src/counterfoil/modules/usage/service.py"
PACKAGES = (
    *("", "core", "store", "modules", "modules/usage", "modules/billing"),
    *("faces", "faces/native", "providers", "providers/tax"),
)

PLANTED = {
    "a third party's package in core": (CORE, "import attrs\n", 1, "core imports attrs"),
    "an upper layer in core": (
        CORE,
        "\nfrom counterfoil.store import uow\n",
        2,
        "core imports counterfoil.store",
    ),
    "an upper layer in core, relatively": (
        CORE,
        "from ..store import uow\n",
        1,
        "core imports counterfoil.store",
    ),
    "the outside world in core": (CORE, "import os\n", 1, "touches the world"),
    "a float annotation in core": (CORE, "x = 1\n\n\ndef f(a: float) -> None: ...\n", 4, "names float"),
    "a float literal in core": (CORE, "RATE = 0.1\n", 1, "float literal"),
    "a coroutine in core": (CORE, "async def f() -> None: ...\n", 1, "never asynchronous"),
    "the clock in core": (CORE, "def f(datetime):\n    return datetime.now()\n", 2, "reads the clock"),
    "the clock by its full name": (CORE, "def f(x):\n    return x.datetime.now()\n", 2, "reads the clock"),
    "randomness in core": (CORE, "from uuid import uuid4\n\nID = uuid4()\n", 3, "reads randomness"),
    "the environment in core": (CORE, "def f(os):\n    return os.environ['A']\n", 2, "reads the environment"),
    "the time of day in core": (CORE, "def f(time):\n    return time.time()\n", 2, "reads the clock"),
    "a commit in a service": (SERVICE, "def f(c):\n    c.commit()\n", 2, "outside the unit of work"),
    "SQL in a service": (SERVICE, "from sqlalchemy import select\n", 1, "sqlalchemy outside models"),
    "SQL in a face": (
        "src/counterfoil/faces/native/usage.py",
        "if TYPE_CHECKING:\n    import sqlalchemy.orm\n",
        2,
        "sqlalchemy outside models",
    ),
    "a module's file reached by name": (
        "src/counterfoil/modules/billing/service.py",
        "from counterfoil.modules.usage.service import ingest\n",
        1,
        "reaches usage.service past its __init__",
    ),
    "a module's file imported from its package": (
        "src/counterfoil/faces/native/usage.py",
        "from counterfoil.modules.usage import service\n",
        1,
        "reaches usage.service past its __init__",
    ),
    "a provider that knows a module's service": (
        "src/counterfoil/providers/tax/local.py",
        "from counterfoil.modules.invoicing import finalise\n",
        1,
        "a provider imports",
    ),
    "a file too long": (CORE, "#\n" * (MOST_LINES + 1), MOST_LINES + 1, "split it by meaning"),
    "a function too long": (
        "tests/core/test_thing.py",
        "def f():\n" + "    x = 1\n" * MOST_FUNCTION_LINES,
        1,
        "name its steps",
    ),
    "a package that says nothing": (
        "src/counterfoil/core/tax/__init__.py",
        "X = 1\n",
        1,
        "without a docstring",
    ),
    "a folder that is no package": ("src/counterfoil/core/odd/thing.py", "X = 1\n", 1, "is no package"),
    "a note to self": (SERVICE, "# TODO later\n", 1, "TODO in the program"),
    "a stub": (SERVICE, "def f():\n    raise NotImplementedError\n", 2, "NotImplementedError in the program"),
    "a swallowed exception": (SERVICE, "try:\n    f()\nexcept:\n    pass\n", 3, "swallowed"),
    "any exception swallowed": (SERVICE, "try:\n    f()\nexcept Exception:\n    pass\n", 3, "swallowed"),
    "a test without an assertion": (
        "tests/core/test_thing.py",
        "def test_a():\n    f()\n",
        1,
        "asserts nothing",
    ),
    "a test that asserts a constant": (
        "tests/core/test_thing.py",
        "def test_a():\n    assert True\n",
        1,
        "asserts nothing",
    ),
}

ALLOWED = {
    "the unit of work commits": ("src/counterfoil/store/uow.py", "def f(c):\n    c.commit()\n"),
    "a repository speaks SQL": (
        "src/counterfoil/modules/usage/repository.py",
        "from sqlalchemy import select\nfrom counterfoil.modules.customers import CUSTOMERS\n",
    ),
    "a module reaches its own files": (SERVICE, "from counterfoil.modules.usage.service import x\n"),
    "a provider implements a port": (
        "src/counterfoil/providers/tax/local.py",
        "from counterfoil.modules.usage.ports import TaxPort\n",
    ),
    "a named exception that means: go on": (SERVICE, "try:\n    f()\nexcept KeyError:\n    pass\n"),
    "the currency code of no currency": (CORE, 'CODES = {"XXX": None}\n'),
    "floats outside core": ("benchmarks/ingest.py", "LIMIT = 0.4\n"),
    "a generated table of any length": (
        CORE,
        '"""ISO 4217, generated by scripts/currencies."""\n' + "X = 1\n" * (MOST_LINES + 1),
    ),
    "a test that expects a refusal": (
        "tests/core/test_thing.py",
        "def test_a():\n    with pytest.raises(ValueError):\n        f()\n",
    ),
}


def plant(root: Path, path: str, text: str) -> None:
    """A small well-formed tree below ``root`` with ``text`` at ``path``."""
    for package in PACKAGES:
        folder = root / "src/counterfoil" / package
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").write_text('"""A package."""\n', encoding="utf-8")
    (root / SERVICE).write_text("X = 1\n", encoding="utf-8")
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def test_the_tree_keeps_every_rule() -> None:
    broken = findings()
    assert not broken, "\n" + "\n".join(map(str, broken))


@pytest.mark.parametrize("case", PLANTED, ids=str)
def test_a_planted_violation_is_found_at_its_line(case: str, tmp_path: Path) -> None:
    path, text, line, sentence = PLANTED[case]
    plant(tmp_path, path, text)
    found = [str(finding) for finding in findings(tmp_path)]
    assert any(finding.startswith(f"{path}:{line}: ") and sentence in finding for finding in found), found


@pytest.mark.parametrize("case", ALLOWED, ids=str)
def test_what_is_allowed_is_not_found(case: str, tmp_path: Path) -> None:
    path, text = ALLOWED[case]
    plant(tmp_path, path, text)
    assert findings(tmp_path) == []
