"""Bodies in a vendor's own words: their base class, and the types of their fields.

Owns: what ``wire_generated.py`` of each face (made by ``scripts/wire_types.py``) is built upon.
Always holds: a body that comes in is validated, and what the vendor does not document is ignored; one that
goes out is not validated again (its types are the type checker's matter), so that a list of hundreds costs
little; nothing is built before it is used, so that a face of hundreds of types starts at once.
"""

from __future__ import annotations

import warnings
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import Response
from pydantic import AfterValidator, ConfigDict, WithJsonSchema
from pydantic.warnings import UnsupportedFieldAttributeWarning
from pydantic_core import PydanticCustomError

from counterfoil.core.calendar import parse_instant
from counterfoil.core.money import parse_decimal
from counterfoil.faces.kit.bounds import Bounded
from counterfoil.faces.kit.exact_json import dumps
from counterfoil.faces.kit.shapes import fill, plain
from counterfoil.faces.kit.wire import checked

if TYPE_CHECKING:
    from collections.abc import Mapping

# FastAPI gives a body an alias, of which pydantic says that it has no use for it; FastAPI silences that,
# but builds at once, while these types are built when they are first used.
warnings.filterwarnings("ignore", "The 'alias' attribute", UnsupportedFieldAttributeWarning)


class VendorWire(Bounded):
    """A body or a part of one in a vendor's form; a field without a value goes out as ``null``.

    ``VendorWire(…)`` in a conversion builds an answer: what was not given has its default and nothing is
    validated.  A request's body, which FastAPI validates, never passes there.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True, protected_namespaces=())

    OMIT_NULL: ClassVar[bool] = False
    """Whether a field without a value is left out, unless it is a required one."""

    if not TYPE_CHECKING:  # for the type checker the fields are the arguments

        def __init__(self, /, **values: Any) -> None:
            """An answer of these values, by the attributes' names."""
            fill(self, values)

        __init__.__pydantic_base_init__ = True  # validation does not call it

    def to_json(self) -> Mapping[str, Any]:
        """What goes out, by the vendor's names."""
        return plain(self, omit_null=self.OMIT_NULL)


class SparseWire(VendorWire):
    """The form of vendors whose answers leave out what has no value."""

    OMIT_NULL: ClassVar[bool] = True


def vendor_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that shows ``value`` (a model, a struct, a list, a text …), every decimal as a number.

    ``vendor_answer("")`` is the empty JSON text that some vendors answer to a deletion.
    """
    return Response(dumps(value), status, headers, "application/json")


def empty_answer(status: int = 200) -> Response:
    """An answer without a body; other than a 204 it says ``Content-Length: 0``."""
    return Response(status_code=status)


def one_of(*values: str) -> Any:
    """An annotation of ``str``: one of these words, refused otherwise; the document lists them."""

    def check(value: str) -> str:
        if value not in values:
            allowed = ", ".join(word or '""' for word in values)
            raise PydanticCustomError(
                "refused", "{value} is none of its values", {"value": value, "expected": allowed}
            )
        return value

    return _Words(values, check)


class _Words:
    """Two annotations in one, as ``Annotated`` takes them; built when the type is first used."""

    def __init__(self, values: tuple[str, ...], check: Any) -> None:
        self.values = values
        self.check = check

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return AfterValidator(self.check).__get_pydantic_core_schema__(source, handler)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.values)}


DateTimeText = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""An instant as the text that stands in the vendor's JSON; conversions parse and write it."""


def _instant_text(value: Any) -> Any:
    if isinstance(value, str):
        parse_instant(value, field="value")
    return value


InstantInText = Annotated[
    str, checked(_instant_text), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""As ``DateTimeText``, for vendors whose clients cannot read an answer in which it is no instant."""

DecimalNumber = Annotated[
    Decimal,
    checked(lambda value: parse_decimal(value, field="value")),
    WithJsonSchema({"type": "number"}),
]
"""A decimal that is a JSON number on the wire, digit by digit as written."""
