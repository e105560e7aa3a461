"""Reevit's subscriptions on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field, model_validator

from counterfoil.faces.kit.vendor_paging import MOST
from counterfoil.faces.kit.vendor_wire import DateTimeText, one_of
from counterfoil.faces.kit.wire import InstantText

INTERVALS: Final = ("monthly", "yearly")
STATUSES: Final = ("active", "paused", "canceled")
PAGE: Final = 50
MAX_PAGE: Final = 200

Interval = Annotated[str, one_of(*INTERVALS)]

_ID: Final = "0190a3c0-6f2e-7c41-9a55-2f6f6e0c7b11"
_NEW: Final[dict[str, Any]] = {
    "customer_id": "cust_ama",
    "plan_id": "gold",
    "amount": 4990,
    "currency": "GHS",
    "method": "mobile_money",
    "interval": "monthly",
    "metadata": {"channel": "app"},
}


class ListQuery(BaseModel):
    """What subscriptions are listed by; an empty value asks nothing."""

    status: Annotated[str, one_of(*STATUSES)] | None = None
    customer_id: str | None = None
    plan_id: str | None = None
    created_after: InstantText | None = Field(default=None, description="Made then or later")
    created_before: InstantText | None = Field(default=None, description="Made then or before")
    limit: int = Field(default=PAGE, ge=1, le=MAX_PAGE)
    offset: int = Field(default=0, ge=0, le=MOST)

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value != ""}


class SubscriptionCreate(BaseModel):
    """A subscription to make: a customer pays an amount at an interval, in advance."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"examples": [_NEW]})

    customer_id: str = Field(description="Any text that is your customer's; made if it is new")
    plan_id: str = Field(description="Any text that is your plan's; the amount is this subscription's own")
    amount: int = Field(strict=True, description="In minor units")
    currency: str = Field(description="ISO 4217")
    method: str = Field(
        description="`card`, `mobile_money` (`momo`), `bank_transfer` (`bank`) or another word"
    )
    interval: Interval
    metadata: dict[str, Any] | None = None


class SubscriptionUpdate(BaseModel):
    """Fields to change; those left out, or null, stay.

    Plan, amount and interval hold from the next renewal.  What stands besides must be as it is shown.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{"amount": 5990}]})

    plan_id: str | None = None
    amount: int | None = Field(default=None, strict=True, description="In minor units")
    interval: Interval | None = None
    metadata: dict[str, Any] | None = None
    method: str | None = None


class SubscriptionRow(msgspec.Struct, gc=False):
    """A subscription as it goes out; the model below documents it."""

    id: UUID
    org_id: str
    customer_id: str
    plan_id: str | None
    amount: int | msgspec.UnsetType
    currency: str
    method: str | None
    interval: str | msgspec.UnsetType
    status: str
    next_renewal_at: datetime | None
    metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class Subscription(BaseModel):
    """A subscription."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ID,
                    "org_id": "org_01kahgp1g0edgrx4zm6byashwh",
                    **_NEW,
                    "status": "active",
                    "next_renewal_at": "2026-02-15T09:00:00Z",
                    "created_at": "2026-01-15T09:00:00Z",
                    "updated_at": "2026-01-15T09:00:00Z",
                }
            ]
        }
    )

    id: str
    org_id: str = Field(description="As `X-Org-Id` named it")
    customer_id: str
    plan_id: str | None
    amount: int = Field(
        default=0,
        description="What it renews with, in minor units and without tax; left out if usage decides",
    )
    currency: str
    method: str | None
    interval: Interval = Field(default="monthly", description="Left out if it is another one")
    status: Annotated[str, one_of(*STATUSES)]
    next_renewal_at: DateTimeText | None
    metadata: dict[str, Any]
    created_at: DateTimeText
    updated_at: DateTimeText
