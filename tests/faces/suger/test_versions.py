"""Two versions of Suger's client, which refuse each other's words: each reads whatever is answered here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from counterfoil.faces.vendors.suger.wire_generated import WorkloadProduct
from tests.conftest import Tenant
from tests.faces.suger.drive import life, read

VERSIONS: Final = ("3.128.221", "3.128.222")
DRIVE: Final = Path(__file__).with_name("drive.py")
SCHEMA: Final[dict[str, Any]] = WorkloadProduct.model_json_schema(by_alias=True)
READ_ONLY: Final = (
    "id",
    "organizationID",
    "status",
    "creationTime",
    "lastUpdateTime",
    "createdBy",
    "lastUpdatedBy",
)

SEEN_OF_A_LIFE: Final[dict[str, Any]] = {
    "draft": "DRAFT",
    "kept": ["Edge", "USD", 0.5],
    "public": "PUBLIC",
    "dimensions": [{"key": "gb", "name": "Traffic", "rate": 0.5}],
    "meta": {"customMetaInfo": {"team": "edge"}, "internalNote": "Key account"},
    "url": "https://edge.example/start",
    "renamed": "Edge 2",
    "deleted": "",
    "after": "DELETED",
    "aws": ["Edge 2"],
    "page": ["Edge 2"],
    "everything": 1,
    "clients": 1,
}
"""What ``life`` sees of an organization that had nothing before."""

type Drive = Callable[[str, str, Tenant], dict[str, Any]]


@pytest.fixture(scope="session")
def drive(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Drive:
    """Run a function of ``drive.py`` with one version of the client."""
    version = request.param
    if version == VERSIONS[-1]:  # the one that the tests themselves have
        own = {"life": life, "read": read}
        return lambda what, url, tenant: own[what](f"{url}/suger", tenant.key, str(tenant.organization.id))
    python = _environment(tmp_path_factory.mktemp("client"), f"suger-sdk-python=={version}")

    def run(what: str, url: str, tenant: Tenant) -> dict[str, Any]:
        arguments = (what, f"{url}/suger", tenant.key, str(tenant.organization.id))
        done = subprocess.run([python, DRIVE, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        seen: dict[str, Any] = json.loads(done.stdout)
        return seen

    return run


def _environment(directory: Path, package: str) -> Path:
    """The Python of a new environment with this package; skips where none can be made or had."""
    python = directory / "bin" / "python"
    for command in (
        [sys.executable, "-m", "venv", str(directory)],
        [str(python), "-m", "pip", "install", "-q", "--no-input", "--retries", "0", package],
    ):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip(f"{package}: no answer in time")
        if done.returncode != 0:
            pytest.skip(f"{package} cannot be installed here: {(done.stderr.strip() or 'no reason')[-200:]}")
    return python


every_version = pytest.mark.parametrize("drive", VERSIONS, indirect=True)


@every_version
def test_an_integrator_takes_a_product_from_draft_to_public(
    drive: Drive, served: str, tenant: Tenant
) -> None:
    assert drive("life", served, tenant) == SEEN_OF_A_LIFE


@every_version
def test_every_word_and_field_that_is_taken_can_be_read(drive: Drive, served: str, tenant: Tenant) -> None:
    """Products with every field that there is; together they have every word of every enumeration."""
    url = f"{served}/suger/org/{tenant.organization.id}/product"
    headers = {"Authorization": f"Key {tenant.key}"}
    variants = max(len(words) for words in _enumerations(SCHEMA))
    with httpx.Client(headers=headers) as http:
        for variant in range(variants):
            body = {name: value for name, value in _filled(SCHEMA, variant).items() if name not in READ_ONLY}
            made = http.post(url, json=body | {"name": f"P{variant}", "externalID": f"x{variant}"})
            assert made.status_code == 200, made.text
            shown = made.json()
            _drop_what_only_one_reads(body["info"])
            assert _said(shown["info"]) == body["info"]
            # An empty text says that there is none.
            assert _said(shown["metaInfo"]) == {
                name: one for name, one in body["metaInfo"].items() if one != ""
            }
            assert shown["partner"] == (body["partner"] or None)
    assert drive("read", served, tenant) == {"read": variants}


def _drop_what_only_one_reads(info: dict[str, Any]) -> None:
    """Suger's contract says text; its later client takes one of two words, and an object for a list."""
    assert info["awsPurchaseConstraints"].keys() == {"MultipleDimensionSelection", "QuantityConfiguration"}
    info["awsPurchaseConstraints"] = {}
    for plan in info["azureProductResource"]["plans"]:
        for meter in plan["priceAndAvailabilityPlan"]["pricing"]["customMeters"]["meters"].values():
            for price in meter["prices"]:
                del price["prices"]


def _enumerations(node: Any) -> Iterator[list[str]]:
    if isinstance(node, dict):
        if "enum" in node:
            yield node["enum"]
        for one in node.values():
            yield from _enumerations(one)
    elif isinstance(node, list):
        for one in node:
            yield from _enumerations(one)


def _filled(schema: dict[str, Any], variant: int, trail: tuple[str, ...] = ()) -> Any:
    """A value with all that the schema allows, once; of a choice the one whose turn it is."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return None if name in trail else _filled(SCHEMA["$defs"][name], variant, (*trail, name))
    if "anyOf" in schema:
        return _filled(schema["anyOf"][0], variant, trail)
    if "enum" in schema:
        return schema["enum"][variant % len(schema["enum"])]
    match schema.get("type"):
        case "object":
            values = {
                name: _filled(one, variant, trail) for name, one in schema.get("properties", {}).items()
            }
            if isinstance(schema.get("additionalProperties"), dict):
                values = {"a": _filled(schema["additionalProperties"], variant, trail)}
            return {name: value for name, value in values.items() if value is not None}
        case "array":
            item = _filled(schema["items"], variant, trail)
            return [] if item is None else [item]
        case "string":
            url = "https://a.example" if "maxLength" not in schema else "a"
            return "2026-01-31T09:30:00Z" if schema.get("format") == "date-time" else url
        case "integer":
            return int(schema.get("minimum", 3))
        case "number":
            return 0.25
        case "boolean":
            return bool(variant % 2)
        case _:
            return "anything"


def _said(value: Any) -> Any:
    """An answer without its nulls."""
    if isinstance(value, dict):
        return {name: _said(one) for name, one in value.items() if one is not None}
    return [_said(one) for one in value] if isinstance(value, list) else value
