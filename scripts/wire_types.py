"""Write the types of a vendor's API from its contract: pydantic models for a face's ``wire_generated.py``.

    scripts/wire_types.py CONTRACT --operations REGEX [--name-map NAME=Class …] [--sparse] [--strict]
        > wire_generated.py

CONTRACT is an OpenAPI 3 document in JSON.  REGEX chooses operations by "METHOD path tag", in any case; every
schema that their parameters, bodies and 2xx answers reach becomes a class, however they refer to each other.

A property is optional (``X | None = None``) unless the contract requires it.  A property whose name Python
or pydantic cannot take gets another name and its own as alias.  ``a.b_c.Thing`` becomes ``ABCThing`` unless
``--name-map`` names it.  Words of an enumeration are ``str`` with the words in the schema: another word is
refused on the way in; on the way out nothing is checked.  Instants are ``str``.  ``number`` is a ``Decimal``
that is a JSON number on the wire, ``integer`` an ``int``, an object without properties a ``dict``.  An object
within an object is named after both; one that an operation's body has without a name, after the operation.
Several schemas joined by ``allOf`` become one class; ``oneOf`` and ``anyOf`` become a union.  Limits of
lengths and numbers are kept, defaults are not: a vendor's default is the conversion's business.

With ``--sparse`` the vendor leaves out what has no value; without it, such a field is null.  ``--strict``
is for vendors whose clients refuse a whole answer for one value: an instant has to be one, and a word that
only some of the client's versions know (``x-enum-since-…``, ``x-enum-removed-in-…``) is none.
The same contract and arguments give the same text; ``--format`` sends it through ``ruff format``.
"""

from __future__ import annotations

import argparse
import json
import keyword
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterable

METHODS: Final = ("get", "put", "post", "delete", "patch")
LIMITS: Final = {
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_length",
    "maxItems": "max_length",
    "minimum": "ge",
    "maximum": "le",
}
SCALARS: Final = {"string": "str", "integer": "int", "number": "DecimalNumber", "boolean": "bool"}
TAKEN: Final = frozenset(
    {
        "Any",
        "Annotated",
        "Field",
        "VendorWire",
        "SparseWire",
        "DateTimeText",
        "InstantInText",
        "DecimalNumber",
    }
    | {"one_of"}
)
"""Names that the head of the file binds."""
RESERVED: Final = frozenset({*dir(BaseModel), "str", "int", "bool", "list", "dict", "OMIT_NULL", "to_json"})
"""Names that an attribute cannot have: its annotation would not find the type, or pydantic has it."""

type Schema = dict[str, Any]


class Contract:
    """The types that chosen operations of a contract need, as lines of Python."""

    def __init__(self, document: dict[str, Any], names: dict[str, str], base: str, strict: bool) -> None:
        self.schemas: dict[str, Schema] = document.get("components", {}).get("schemas", {})
        self.names = names
        self.base = base
        self.strict = strict
        self.made: dict[str, str] = {}  # class or alias → its text, in the order of need
        self.sources: dict[str, str] = {}  # class or alias → the schema that it is of

    def resolve(self, node: Any) -> Schema:
        """What a node says once its references are followed."""
        while isinstance(node, dict) and "$ref" in node:
            node = self.schemas[node["$ref"].rpartition("/")[2]]
        return node if isinstance(node, dict) else {}

    def name_of(self, schema: str) -> str:
        """The class of a schema of the contract."""
        return self.names.get(schema) or class_name(schema)

    def refer(self, reference: str) -> str:
        """The name of a referred schema's type, made if need be."""
        schema = reference.rpartition("/")[2]
        name = self.name_of(schema)
        if name not in self.made:
            self.define(name, schema, self.schemas[schema])
        elif self.sources[name] != schema:
            raise SystemExit(f"{schema} and {self.sources[name]} are both {name}: name one with --name-map")
        return name

    def define(self, name: str, source: str, schema: Schema) -> None:
        """Make the class or alias ``name``."""
        if name in TAKEN or name in self.made:
            raise SystemExit(f"the name {name} of {source} is taken: name it with --name-map")
        self.made[name], self.sources[name] = "", source  # it may refer to itself
        parts = self.parts(schema)
        text = f"{name} = {self.kind(schema, name)}\n" if parts is None else self.model(name, parts)
        del self.made[name]
        self.made[name] = text  # after what it needs

    def parts(self, schema: Schema) -> list[Schema] | None:
        """The objects that a schema joins, if it is an object with properties."""
        if "properties" in schema:
            return [schema]
        joined = [self.parts(self.resolve(part)) for part in schema.get("allOf", ())]
        if len(joined) < 2 or any(one is None for one in joined):
            return None
        return [part for one in joined for part in one or ()]

    def model(self, name: str, parts: list[Schema]) -> str:
        """The class of an object."""
        properties: dict[str, Schema] = {}
        required: set[str] = set()
        for part in parts:
            properties |= part["properties"]
            required |= set(part.get("required", ()))
        lines = [f"class {name}({self.base}):"]
        # What is required comes first, as arguments do.
        for wire in sorted(properties, key=lambda one: one not in required):
            lines.append("    " + self.field(name, wire, properties[wire], wire in required))
        return "\n".join(lines) + "\n" if properties else f"class {name}({self.base}):\n    pass\n"

    def field(self, owner: str, wire: str, schema: Schema, required: bool) -> str:
        """One line of a class."""
        kind = self.kind(schema, owner + class_name(wire))
        optional = not required or self.resolve(schema).get("nullable") or schema.get("nullable")
        if optional and kind != "Any":
            kind += " | None"
        name = self.attribute(wire)
        if name == wire:
            return f"{name}: {kind}" if required else f"{name}: {kind} = None"
        default = "" if required else "default=None, "
        alias = json.dumps(wire)
        return f"{name}: {kind} = Field({default}validation_alias={alias}, serialization_alias={alias})"

    def attribute(self, wire: str) -> str:
        """The name of a property's attribute."""
        name = re.sub(r"\W", "_", wire).lstrip("_") or "field"
        if not name.isidentifier():
            name = f"n{name}"
        types = self.type_names()
        if keyword.iskeyword(name) or name in RESERVED or name in types:
            name += "_"
        return name

    def type_names(self) -> set[str]:
        """Every name that an annotation may use."""
        return {self.name_of(schema) for schema in self.schemas} | self.made.keys() | TAKEN

    def kind(self, schema: Schema, name: str) -> str:
        """The type of a schema; an object without a name gets ``name``."""
        if "$ref" in schema:
            return self.refer(schema["$ref"])
        joined = schema.get("allOf", ())
        if len(joined) == 1:
            return self.kind(joined[0], name)
        union = schema.get("oneOf") or schema.get("anyOf")
        if union:
            kinds = [self.kind(part, f"{name}{number or ''}") for number, part in enumerate(union)]
            return " | ".join(dict.fromkeys(kinds))
        if self.parts(schema) is not None:
            self.define(name, name, schema)
            return name
        return self.plain(schema, name)

    def plain(self, schema: Schema, name: str) -> str:
        """The type of a list, a map or a single value."""
        match schema.get("type"):
            case "array":
                kind = f"list[{self.kind(schema.get('items', {}), f'{name}Item')}]"
            case "object":
                values = schema.get("additionalProperties")
                inner = self.kind(values, f"{name}Value") if isinstance(values, dict) else "Any"
                kind = f"dict[str, {inner}]"
            case "string" if schema.get("format") == "date-time":
                return "InstantInText" if self.strict else "DateTimeText"
            case "string" if "enum" in schema:
                gone = disputed(schema) if self.strict else set()
                words = [word for word in schema["enum"] if isinstance(word, str) and word not in gone]
                return f"Annotated[str, one_of({', '.join(map(json.dumps, words))})]"
            case str(scalar) if scalar in SCALARS:
                kind = SCALARS[scalar]
            case _:
                return "Any"
        limits = [f"{LIMITS[key]}={value}" for key, value in schema.items() if key in LIMITS]
        return f"Annotated[{kind}, Field({', '.join(limits)})]" if limits else kind


def disputed(schema: Schema) -> set[str]:
    """The words of an enumeration that not every version of the vendor's client knows."""
    marks = [
        words for mark, words in schema.items() if mark.startswith(("x-enum-since-", "x-enum-removed-in-"))
    ]
    return {word for words in marks for word in words}


def class_name(text: str) -> str:
    """``a.b_c.thing-kind`` as ``ABCThingKind``."""
    parts = re.split(r"[\W_]+", text)
    name = "".join(part[:1].upper() + part[1:] for part in parts)
    return f"N{name}" if name[:1].isdigit() else name


def chosen(document: dict[str, Any], operations: str) -> list[tuple[str, dict[str, Any]]]:
    """The operations that the expression finds, each with a name of its own."""
    found = []
    for path, item in sorted(document["paths"].items()):
        for method in METHODS:
            operation = item.get(method)
            if operation is None:
                continue
            tags = " ".join([*operation.get("tags", []), str(operation.get("x-tag", ""))])
            if re.search(operations, f"{method.upper()} {path} {tags}", re.IGNORECASE):
                name = class_name(operation.get("operationId") or f"{method} {path}")
                everything = [*item.get("parameters", []), *operation.get("parameters", [])]
                found.append((name, operation | {"parameters": everything}))
    return found


def json_schema(holder: dict[str, Any]) -> Schema | None:
    """The schema of a body or an answer in JSON."""
    for media, content in holder.get("content", {}).items():
        if "json" in media and "schema" in content:
            return dict(content["schema"])
    return None


def wanted(name: str, operation: dict[str, Any]) -> list[tuple[str, Schema]]:
    """The schemas that one operation shows, each with the name for it if it has none."""
    shown = [("", one["schema"]) for one in operation["parameters"] if "$ref" in one.get("schema", {})]
    shown += [(f"{name}Request", operation.get("requestBody", {}))]
    answers = sorted(operation.get("responses", {}).items())
    shown += [(f"{name}Response", answer) for status, answer in answers if str(status).startswith("2")]
    pairs = [(one, node if "$ref" in node else json_schema(node)) for one, node in shown]
    return [(one, schema) for one, schema in pairs if schema is not None]


def generate(
    document: dict[str, Any], operations: str, names: dict[str, str], *, sparse: bool, strict: bool, said: str
) -> str:
    """The whole text of the module; ``said`` are the arguments that its first line repeats."""
    base = "SparseWire" if sparse else "VendorWire"
    contract = Contract(document, names, base, strict)
    found = chosen(document, operations)
    if not found:
        raise SystemExit(f"no operation fits {operations}")
    for name, operation in found:
        for shown, schema in wanted(name, operation):
            if "$ref" in schema:
                contract.refer(schema["$ref"])
            elif shown not in contract.made:
                kind = contract.kind(schema, shown)
                if kind != shown:
                    contract.made[shown], contract.sources[shown] = f"{shown} = {kind}\n", shown
    texts = contract.made.values()
    return head("".join(texts), base, said) + spaced(texts)


def head(body: str, base: str, said: str) -> str:
    """The docstring and the imports that the body needs."""
    uses = [one for one in ("Annotated", "Any") if re.search(rf"\b{one}\b", body)]
    kit = ("DateTimeText", "DecimalNumber", "InstantInText", "one_of")
    used = [one for one in kit if re.search(rf"\b{one}\b", body)]
    lines = [f"# Generated by scripts/wire_types.py {said}"]
    lines += ['"""Types of the vendor\'s API, as its contract has them; do not edit."""', ""]
    lines += ["from __future__ import annotations", ""]
    lines += [f"from typing import {', '.join(uses)}", ""] if uses else []
    lines += ["from pydantic import Field", ""] if re.search(r"\bField\(", body) else []
    names = sorted([*used, base], key=lambda one: (one[0].islower(), one))
    return "\n".join([*lines, f"from counterfoil.faces.kit.vendor_wire import {', '.join(names)}", ""])


def spaced(texts: Iterable[str]) -> str:
    """Classes two lines apart, aliases one below the other."""
    text, before = "", "imports"
    for one in texts:
        kind = "class" if one.startswith("class ") else "alias"
        gap = 2 if "class" in (kind, before) else 1 if before == "imports" else 0
        text += "\n" * gap + one
        before = kind
    return text


def main(arguments: list[str]) -> None:
    """Write the module to standard output."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("contract", type=Path)
    parser.add_argument("--operations", required=True, metavar="REGEX")
    parser.add_argument("--name-map", nargs="*", default=[], metavar="NAME=Class")
    parser.add_argument("--sparse", action="store_true")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--format", action="store_true")
    options = parser.parse_args(arguments)
    document = json.loads(options.contract.read_text(encoding="utf-8"))
    names = dict(one.rpartition("=")[::2] for one in options.name_map)
    said = f"{options.contract.name} --operations '{options.operations}'"
    said += f" --name-map {' '.join(options.name_map)}" if options.name_map else ""
    said += " --sparse" if options.sparse else ""
    said += " --strict" if options.strict else ""
    text = generate(
        document, options.operations, names, sparse=options.sparse, strict=options.strict, said=said
    )
    if options.format:
        command = [sys.executable, "-m", "ruff", "format", "-"]
        text = subprocess.run(command, input=text, text=True, capture_output=True, check=True).stdout
    sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
