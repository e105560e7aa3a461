"""Types of fields on the wire, shared by every face: ids, instants, decimals, texts, metadata.

Always holds: a fault found here is reported by pydantic with the path of the field, and says what is
allowed; decimals and instants are written as strings.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from counterfoil.core.calendar import format_instant, parse_instant
from counterfoil.core.errors import CounterfoilError, InvalidInput, with_article
from counterfoil.core.ids import PREFIXES, parse_id, show_id, shower
from counterfoil.core.money import decimal_text, parse_decimal
from counterfoil.faces.kit.bounds import Closed
from counterfoil.faces.kit.exact_json import dumps
from counterfoil.faces.kit.shapes import fill, plain
from counterfoil.store import Found as Found
from counterfoil.store import OffsetQuery as OffsetQuery
from counterfoil.store import PageQuery as PageQuery
from counterfoil.store.paging import DEFAULT_PAGE as DEFAULT_PAGE
from counterfoil.store.paging import MAX_PAGE as MAX_PAGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterfoil.store import Page


class Wire(Closed):
    """A body or a part of one; a field that is not declared is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def model_construct(cls, _fields_set: set[str] | None = None, **values: Any) -> Self:
        """An object to answer with: nothing is validated, and what is not given has its default."""
        return fill(cls.__new__(cls), values)

    def to_json(self) -> dict[str, Any]:
        """What goes out."""
        return plain(self)


def checked(parse: Callable[[Any], Any]) -> BeforeValidator:
    """A validator from a function of core: its refusal is reported under the field's path."""

    def validate(value: Any) -> Any:
        try:
            return parse(value)
        except CounterfoilError as error:
            context = {"expected": error.allowed or "another value"}
            raise PydanticCustomError("refused", "{reason}", {"reason": error.message, **context}) from None

    return BeforeValidator(validate)


def _text_only(parse: Callable[[str], Any], allowed: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not isinstance(value, str):
            raise InvalidInput("not a text", allowed=allowed)
        return parse(value)

    return check


def _id_of(kind: str) -> Any:
    example = f"{PREFIXES[kind]}_01jd3v8x9mf2k7t0r5w4y6z1ab"
    return Annotated[
        UUID,
        checked(
            lambda value: (
                value
                if isinstance(value, UUID)
                else _text_only(lambda text: parse_id(kind, text), f"the id of {with_article(kind)}")(value)
            )
        ),
        PlainSerializer(shower(kind), return_type=str),
        WithJsonSchema({"type": "string", "examples": [example], "maxLength": 36}),
    ]


def _instant(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    return _text_only(lambda text: parse_instant(text, field="value"), "an RFC 3339 instant with its zone")(
        value
    )


InstantText = Annotated[
    datetime,
    checked(_instant),
    PlainSerializer(format_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-31T00:00:00Z"]}),
]
"""An instant: RFC 3339 with a zone, written in UTC."""

DecimalText = Annotated[
    Decimal,
    checked(lambda value: parse_decimal(value, field="value")),
    PlainSerializer(decimal_text, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, {"type": "number"}],
            "examples": ["0.0025"],
        }
    ),
]
"""A decimal: a string or a JSON number, read as written; written as a string."""

Metadata = dict[str, Any]

AddOnId = _id_of("add_on")
ApiClientId = _id_of("api_client")
AuditRecordId = _id_of("audit_record")
ChangeId = _id_of("change")
CommitmentId = _id_of("commitment")
CommitmentTermId = _id_of("commitment_term")
CouponId = _id_of("coupon")
CreditGrantApplicationId = _id_of("credit_grant_application")
CreditGrantId = _id_of("credit_grant")
CustomerFeatureId = _id_of("customer_feature")
CustomerId = _id_of("customer")
DiscountId = _id_of("discount")
EnvironmentId = _id_of("environment")
FeatureId = _id_of("feature")
InvoiceId = _id_of("invoice")
InvoiceLineId = _id_of("invoice_line")
LateUsageId = _id_of("late_usage")
IssuerId = _id_of("issuer")
LedgerTransactionId = _id_of("ledger_transaction")
MeterId = _id_of("meter")
OperationId = _id_of("operation")
OrganizationId = _id_of("organization")
PaymentId = _id_of("payment")
PlanId = _id_of("plan")
PlanVersionId = _id_of("plan_version")
PriceId = _id_of("price")
PricingTableId = _id_of("pricing_table")
PricingUnitId = _id_of("pricing_unit")
ProductId = _id_of("product")
RoleId = _id_of("role")
SimulationId = _id_of("simulation")
SimulationResultId = _id_of("simulation_result")
SubscriptionChangeId = _id_of("subscription_change")
SubscriptionId = _id_of("subscription")
SubscriptionItemId = _id_of("subscription_item")
SubscriptionPhaseId = _id_of("subscription_phase")
TaxRateId = _id_of("tax_rate")
TestClockId = _id_of("test_clock")
UserId = _id_of("user")


class ListOf[T](BaseModel):
    """A page of a list; ``next_cursor`` asks for what follows, ``null`` at the end."""

    data: list[T]
    next_cursor: str | None

    def to_json(self) -> dict[str, Any]:
        """What goes out."""
        return self.__dict__


def page_query(kind: str) -> Any:
    """A dependency that reads ``limit`` and ``cursor``; the cursor is the id of the last object seen."""

    async def read(
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Objects a page")] = DEFAULT_PAGE,
        cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
    ) -> PageQuery:
        return PageQuery(limit, None if cursor is None else parse_id(kind, cursor, field="cursor"))

    return read


def list_of[T, W](kind: str, page: Page[T], to_wire: Callable[[T], W]) -> ListOf[W]:
    """A page of objects that have an ``id``, on the wire."""
    return listed(kind, page, [to_wire(item) for item in page.items])


def listed[T, W](kind: str, page: Page[T], wires: list[W]) -> ListOf[W]:
    """A page of objects that have an ``id``, which are on the wire already."""
    last: Any = page.items[-1] if page.has_more else None
    return ListOf.model_construct(data=wires, next_cursor=None if last is None else show_id(kind, last.id))


def shown_object(kind: str, value: UUID) -> str:
    """The public id of an object whose kind is known only when the program runs."""
    return show_id(kind, value) if kind in PREFIXES else str(value)


def shown_actor(actor: str) -> str:
    """An actor with the public id of what acts: ``api_client:key_…``."""
    kind, _, who = actor.partition(":")
    return f"{kind}:{shown_object(kind, UUID(who))}" if kind in PREFIXES else actor


def shown(model: BaseModel, status: int = 200, *, version: int | None = None) -> Response:
    """The answer that shows ``model``; it is encoded once and not validated again."""
    headers = {} if version is None else {"ETag": f'"{version}"'}
    return Response(dumps(model, decimals_as_texts=True), status, headers, "application/json")


def shown_once(request: Request, model: BaseModel, status: int, **secrets: None) -> Response:
    """As ``shown``, for an answer with secrets: what an idempotency key keeps has ``secrets`` instead.

    ``shown_once(request, made, 201, secret=None)``: a replay shows ``"secret": null``.
    """
    request.state.answer_to_keep = model.model_copy(update=secrets).model_dump_json(by_alias=True).encode()
    return shown(model, status)


async def _if_match(
    if_match: Annotated[str | None, Header(description='The version you saw: `"3"`')] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidInput("If-Match is not a version", field="If-Match", allowed='a version in quotes: "3"')
    return int(text)


IfMatch = Annotated[int | None, Depends(_if_match)]
"""The version that the caller saw, from ``If-Match``; ``None`` accepts any."""
