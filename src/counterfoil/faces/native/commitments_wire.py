"""What subscriptions commit to, on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import ConfigDict, Field

from counterfoil.core.calendar import IntervalUnit
from counterfoil.core.commitments import (
    DEFAULT_ORDER,
    DrawOrder,
    Measure,
    Overage,
    OverageKind,
    Remainder,
    Source,
)
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import parse_decimal, shown_decimal
from counterfoil.faces.kit.wire import (
    CommitmentId,
    CommitmentTermId,
    DecimalText,
    InstantText,
    Metadata,
    SubscriptionId,
    Wire,
)
from counterfoil.modules.billing import CommitmentBalance, TermBalance
from counterfoil.modules.subscriptions import (
    CommitmentChanges,
    CommitmentKind,
    CommitmentPeriod,
    NewCommitment,
    OnCancel,
    SubscriptionCommitment,
)

if TYPE_CHECKING:
    from counterfoil.core.money import Unit

_PREPAID: Final[dict[str, Any]] = {
    "kind": "prepaid",
    "name": "Annual commit",
    "size": "12000",
    "price_codes": ["calls", "storage"],
    "period": "term",
    "interval_unit": "year",
    "renews": True,
    "overage": {"kind": "factor", "value": "1.2"},
    "remainder": "rollover",
    "rollover_limit": "1000",
    "instalments": {"count": 4, "interval_unit": "quarter"},
}
_MINIMUM: Final[dict[str, Any]] = {"kind": "minimum", "size": "500"}
_CAP: Final[dict[str, Any]] = {"kind": "cap", "size": "2000", "price_codes": ["calls"]}
_TERM: Final[dict[str, Any]] = {
    "id": "ctrm_01kahgp1g0edgrx4zm6byashwk",
    "start_at": "2026-01-01T00:00:00Z",
    "end_at": "2027-01-01T00:00:00Z",
    "closed_at": None,
    "committed": "12000",
    "rolled_over": "0",
    "drawn": "2500",
    "left": "9500",
    "beyond": "0",
    "credit": "0",
    "credit_used": "0.00",
    "paid_ahead": "3000.00",
    "trued_up": "0.00",
    "carried": "0",
    "broken": "0",
    "instalments": [
        {"due_at": "2026-01-01T00:00:00Z", "amount": "3000.00", "billed": True},
        {"due_at": "2026-04-01T00:00:00Z", "amount": "3000.00", "billed": False},
        {"due_at": "2026-07-01T00:00:00Z", "amount": "3000.00", "billed": False},
        {"due_at": "2026-10-01T00:00:00Z", "amount": "3000.00", "billed": False},
    ],
}
_SHOWN: Final[dict[str, Any]] = {
    "id": "commit_01kahgp1g0edgrx4zm6byashwh",
    "external_id": None,
    "subscription_id": "sub_01kahgp1g0edgrx4zm6byashwr",
    "currency": "EUR",
    **_PREPAID,
    "measure": "amount",
    "price": None,
    "interval_count": 1,
    "prorated": False,
    "true_up": False,
    "drawn_by_usage": True,
    "order": ["included", "usage_credit", "commit"],
    "on_cancel": "due",
    "starts_at": "2026-01-01T00:00:00Z",
    "terms": [_TERM],
    "metadata": {},
    "version": 1,
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
}


class OverageIn(Wire):
    """How usage beyond the commitment is priced."""

    kind: OverageKind = Field(
        description="`factor`: the price of the committed unit, times a factor; `rate`: a price for one "
        "unit, of a commitment of a quantity only"
    )
    value: DecimalText

    def from_wire(self) -> Overage:
        """The value of core."""
        return Overage(self.kind, self.value)


class InstalmentPartIn(Wire):
    """One instalment on a date, with its amount or its weight among the others."""

    due_at: InstantText
    amount: DecimalText | None = None
    weight: DecimalText | None = None


class InstalmentsIn(Wire):
    """When what is prepaid is paid: so many equal parts from the term's start on, or parts on dates."""

    count: int | None = Field(default=None, strict=True, description="How many equal parts")
    interval_unit: IntervalUnit = Field(default=IntervalUnit.MONTH, description="The time between two parts")
    interval_count: int = Field(default=1, strict=True)
    parts: list[InstalmentPartIn] | None = Field(
        default=None,
        max_length=1000,
        description="Instead: parts on dates, where the commitment does not renew",
    )

    def from_wire(self) -> dict[str, Any]:
        """What the command takes."""
        if self.parts is not None:
            given = {} if self.count is None else {"count": self.count}
            return given | {"parts": [_plain(part) for part in self.parts]}
        return {
            "count": self.count,
            "interval_unit": self.interval_unit.value,
            "interval_count": self.interval_count,
        }


def _plain(part: InstalmentPartIn) -> dict[str, Any]:
    return {name: value for name, value in part.model_dump().items() if value is not None}


class CommitmentIn(Wire):
    """What a customer commits to."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PREPAID, _MINIMUM, _CAP]})

    kind: CommitmentKind = Field(
        description="`minimum`: what is not used is charged at the end; `prepaid`: paid ahead and drawn by "
        "usage; `cap`: what usage costs beyond it is waived"
    )
    size: DecimalText = Field(
        description="More than 0: an amount in the subscription's currency, or a quantity"
    )
    name: str | None = Field(default=None, description="What its lines are called on invoices")
    measure: Measure = Measure.AMOUNT
    price: DecimalText | None = Field(
        default=None,
        description="Of a quantity: what the whole costs; what its one price makes of it by default",
    )
    price_codes: list[str] | None = Field(
        default=None,
        max_length=200,
        description="Whose lines count, by the codes of the subscription's prices; all prices for usage by "
        "default",
    )
    period: CommitmentPeriod = Field(
        default=CommitmentPeriod.BILLING_PERIOD,
        description="Whether the size is for each billing period, or for a term of its own length",
    )
    interval_unit: IntervalUnit | None = Field(default=None, description="The length of a term")
    interval_count: int = Field(default=1, strict=True)
    renews: bool | None = Field(
        default=None, description="Whether another follows; by default so for billing periods, not for terms"
    )
    prorated: bool = Field(
        default=True, description="A billing period that is not whole at the start has its share of the size"
    )
    overage: OverageIn | None = Field(default=None, description="The same price by default")
    true_up: bool | None = Field(
        default=None, description="Of a minimum: what is missing at the end is charged; true by default"
    )
    drawn_by_usage: bool = Field(
        default=True, description="False: the commitment is a fee, and usage is charged besides"
    )
    order: list[Source] | None = Field(
        default=None,
        description="What pays first: `included`, then `usage_credit` and `commit` in either order",
    )
    remainder: Remainder = Field(
        default=Remainder.BREAKAGE,
        description="Of what is prepaid: what is left at the end is lost, or rolls over",
    )
    rollover_limit: DecimalText | None = Field(default=None, description="The most that rolls over")
    instalments: InstalmentsIn | None = Field(
        default=None, description="Of what is prepaid; all of it at the start of each term by default"
    )
    on_cancel: OnCancel | None = Field(
        default=None,
        description="What is due of the rest where the subscription ends first; `prorated` by default for a "
        "minimum of billing periods, else `due`",
    )
    starts_at: InstantText | None = Field(
        default=None, description="The start of the subscription's paid time, or now, by default"
    )
    external_id: str | None = None
    metadata: Metadata = Field(default_factory=dict)

    def from_wire(self) -> NewCommitment:
        """The command."""
        others = ("overage", "order", "instalments", "metadata")
        given = {name: getattr(self, name) for name in type(self).model_fields if name not in others}
        return NewCommitment(
            **given,
            overage=None if self.overage is None else self.overage.from_wire(),
            order=DEFAULT_ORDER if self.order is None else DrawOrder(tuple(self.order)),
            instalments=None if self.instalments is None else self.instalments.from_wire(),
            meta=self.metadata,
        )


def commitments_of(given: list[CommitmentIn]) -> list[NewCommitment]:
    """The commands of a list; ``InvalidInput`` names ``commitments.0.…``."""
    read = []
    for index, one in enumerate(given):
        try:
            read.append(one.from_wire())
        except InvalidInput as refused:
            refused.within(f"commitments.{index}")
            raise
    return read


class CommitmentPatch(Wire):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"renews": False}, {"name": "Commit 2026"}]})

    name: str = ""
    renews: bool = False
    external_id: str | None = None
    metadata: Metadata = Field(default_factory=dict)

    def from_wire(self, expected_version: int | None) -> CommitmentChanges:
        """The command."""
        fields = {name: getattr(self, name) for name in self.model_fields_set}
        if "metadata" in fields:
            fields["meta"] = fields.pop("metadata")
        return CommitmentChanges(fields, expected_version)


class CommitmentCreditIn(Wire):
    """Credit for the running term."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": "250.00"}]})

    amount: DecimalText = Field(description="More than 0, in the subscription's currency")


class CommitmentDivisionIn(Wire):
    """Equal parts in the place of the running term."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"starts": ["2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z"]}]}
    )

    starts: list[InstantText] = Field(
        min_length=1, max_length=1000, description="When each part starts: the first with the term"
    )


class InstalmentOut(Wire):
    """One instalment."""

    due_at: InstantText
    amount: str
    billed: bool


class CommitmentTermOut(Wire):
    """One term: what may be used in it and what became of it, in the commitment's measure.

    `drawn + left = committed + rolled_over` while it runs. Afterwards what was not drawn was charged
    (`trued_up`), rolled over (`carried`) or is lost (`broken`).
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_TERM]})

    id: CommitmentTermId
    start_at: InstantText
    end_at: InstantText
    closed_at: InstantText | None = Field(description="When it was settled")
    committed: DecimalText
    rolled_over: DecimalText = Field(description="What came from the term before")
    drawn: DecimalText
    left: DecimalText
    beyond: DecimalText = Field(description="What was used over it")
    credit: DecimalText
    credit_used: str
    paid_ahead: str = Field(description="The instalments that are billed, in money")
    trued_up: str = Field(description="What is billed of what was missing at the end, in money")
    carried: DecimalText
    broken: DecimalText
    instalments: list[InstalmentOut]


class CommitmentOut(Wire):
    """What a customer committed to, with the terms that are not settled."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SHOWN]})

    id: CommitmentId
    external_id: str | None
    subscription_id: SubscriptionId
    currency: str
    name: str
    kind: CommitmentKind
    size: DecimalText
    measure: Measure
    price: DecimalText | None
    price_codes: list[str] | None
    period: CommitmentPeriod
    interval_unit: IntervalUnit
    interval_count: int
    renews: bool
    prorated: bool
    overage: OverageIn
    true_up: bool
    drawn_by_usage: bool
    order: list[Source]
    remainder: Remainder
    rollover_limit: DecimalText | None
    instalments: dict[str, Any] | None
    on_cancel: OnCancel
    starts_at: InstantText
    terms: list[CommitmentTermOut]
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText


_SAME: Final = (
    *("id", "external_id", "subscription_id", "name", "kind", "size", "measure", "price", "price_codes"),
    *("period", "interval_unit", "interval_count", "renews", "prorated", "true_up", "drawn_by_usage"),
    *("remainder", "rollover_limit", "on_cancel", "starts_at", "version", "created_at", "updated_at"),
)


def to_wire(balance: CommitmentBalance) -> CommitmentOut:
    """A commitment with its terms, for the answer."""
    commitment: SubscriptionCommitment = balance.commitment
    overage = commitment.overage
    return CommitmentOut.model_construct(
        **{name: getattr(commitment, name) for name in _SAME},
        currency=balance.unit.code,
        overage=OverageIn.model_construct(kind=overage["kind"], value=parse_decimal(overage["value"])),
        order=list(commitment.draw_order),
        instalments=None if commitment.instalments is None else dict(commitment.instalments),
        terms=[term_to_wire(term, balance.unit) for term in balance.terms],
        metadata=dict(commitment.meta),
    )


def term_to_wire(balance: TermBalance, unit: Unit) -> CommitmentTermOut:
    """A term, for the answer."""
    term, plan = balance.term, balance.plan
    return CommitmentTermOut.model_construct(
        id=term.id,
        start_at=term.start_at,
        end_at=term.end_at,
        closed_at=term.closed_at,
        committed=term.committed,
        rolled_over=term.rolled_over,
        drawn=shown_decimal(balance.drawn),
        left=shown_decimal(balance.left),
        beyond=shown_decimal(balance.beyond),
        credit=term.credit,
        credit_used=balance.credit_used.amount_text(),
        paid_ahead=balance.paid_ahead.amount_text(),
        trued_up=balance.trued_up.amount_text(),
        carried=term.carried,
        broken=shown_decimal(balance.broken),
        instalments=[
            InstalmentOut.model_construct(
                due_at=part.due_at, amount=part.amount.amount_text(), billed=number < term.billed_parts
            )
            for number, part in enumerate(plan.parts if plan is not None else ())
        ],
    )
