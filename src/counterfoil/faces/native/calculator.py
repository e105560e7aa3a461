"""``/v1/calculator``: what something costs and why, from the request alone; nothing is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from counterfoil.core import calculator
from counterfoil.faces.kit.context import allow
from counterfoil.faces.kit.wire import InstantText, Wire, shown
from counterfoil.faces.native import calculator_examples as examples
from counterfoil.faces.native.calculator_wire import (
    CalculatorCommitmentIn,
    CalculatorPeriodsIn,
    CalculatorPriceIn,
    CalculatorProrationIn,
    CalculatorTaxIn,
)
from counterfoil.faces.native.catalog_wire import example
from counterfoil.faces.native.invoices import StepOut
from counterfoil.faces.native.routes import PureRoute

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

router = APIRouter(prefix="/calculator", tags=["Calculator"], route_class=PureRoute)
READ = allow("catalog:read")

# The routes are plain functions, so that the framework runs them in threads: a thousand lines of tax are
# worked out for a second or two, in which others are answered.


def _worked(work: Callable[[Mapping[str, object]], dict[str, Any]], asked: dict[str, Any]) -> ConfigDict:
    """The example of an answer: what the example of a request gets."""
    return ConfigDict(json_schema_extra=example(work(asked)))


class DoneAgainOut(Wire):
    """The sum done again from the explanation alone."""

    amount: str | None
    matches: bool = Field(description="Whether it is the amount that is answered")


class ExplainedOut(Wire):
    """How an answer came about."""

    steps: list[StepOut] = Field(description="In words, as an invoice explains its lines")
    redone: DoneAgainOut
    explanation: dict[str, Any] = Field(description="As data: every number that the sum is made of")


class CalculatorPriceOut(ExplainedOut):
    """What a quantity costs."""

    model_config = _worked(calculator.price, examples.PRICE)

    currency: str
    listed: str = Field(description="Before discounts")
    discount: str
    amount: str = Field(description="After them, rounded once")


class SpanOut(Wire):
    """A span of time; its end is not in it."""

    start: InstantText
    end: InstantText


class ChangeLineOut(Wire):
    """What is given back, caught up or charged for a piece of time; below 0 for a credit."""

    kind: str = Field(description="credit, arrears (served and not billed yet) or charge")
    start: InstantText
    end: InstantText
    price: str
    share: str = Field(description="An exact fraction of a whole period")
    words: str = Field(description="Where the share comes from, such as `17 of 31 days`")
    limited: bool = Field(description="Whether it is less than the share, since no more was paid")
    exact: str
    amount: str


class CalculatorProrationOut(ExplainedOut):
    """What a part of a period costs, or what a change or an end in mid-period moves."""

    model_config = _worked(calculator.proration, examples.PRORATION)

    currency: str
    net: str = Field(description="The sum of the lines")
    invoice_now: bool
    lines: list[ChangeLineOut]
    period: SpanOut | None = Field(description="What runs after a change")
    charged_from: InstantText | None = Field(description="From when it is billed in the ordinary way")


class PeriodOut(Wire):
    """A period that is billed at once."""

    number: int = Field(description="1 is the one in which the charging starts")
    start: InstantText
    end: InstantText
    due_at: InstantText
    stub: bool = Field(description="Whether it is shorter than its whole")
    share: str = Field(description="An exact fraction of a whole period")
    words: str = Field(description="Where the share comes from; empty of a whole one")
    amount: str | None


class CalculatorPeriodsOut(Wire):
    """When something is billed, and for what."""

    model_config = _worked(calculator.periods, examples.PERIODS)

    zone: str
    anchor: InstantText
    charged_from: InstantText = Field(description="The start, or the end of the trial")
    currency: str | None
    total: str | None
    periods: list[PeriodOut]
    steps: list[StepOut]


class CommitmentChargeOut(Wire):
    """A line of the bill, rounded by itself."""

    kind: str = Field(description="usage, overage, true_up or instalment")
    key: str | None
    window: str | None
    exact: str
    amount: str


class CalculatorCommitmentOut(ExplainedOut):
    """What a commitment costs, or what becomes of it."""

    model_config = _worked(calculator.commitment, examples.COMMITMENT)

    currency: str
    amount: str | None = Field(description="The sum of the charges; null where nothing is charged by it")
    charges: list[CommitmentChargeOut]


class RateOut(Wire):
    """What an invoice states for one rate."""

    code: str
    percent: str
    taxable: str
    tax: str


class TaxShareOut(Wire):
    """A line's tax at one rate."""

    code: str
    tax: str


class TaxedLineOut(Wire):
    """A line with its tax; `net + tax = total`."""

    listed: str
    discount: str
    net: str
    tax: str
    total: str
    taxes: list[TaxShareOut]


class CalculatorTaxOut(ExplainedOut):
    """The figures of an invoice with these lines."""

    model_config = _worked(calculator.tax, examples.TAX)

    currency: str
    subtotal: str
    discount: str
    net: str
    tax: str
    total: str
    by_rate: list[RateOut]
    lines: list[TaxedLineOut]


@router.post("/price", response_model=CalculatorPriceOut, dependencies=[READ])
def price(body: CalculatorPriceIn) -> Response:
    """What a quantity costs, by any model and any terms, tier by tier."""
    return shown(CalculatorPriceOut.model_construct(**calculator.price(body.asked())))


@router.post("/proration", response_model=CalculatorProrationOut, dependencies=[READ])
def proration(body: CalculatorProrationIn) -> Response:
    """What a part of a period costs, or what a change or an end in mid-period moves, by any policy."""
    return shown(CalculatorProrationOut.model_construct(**calculator.proration(body.asked())))


@router.post("/periods", response_model=CalculatorPeriodsOut, dependencies=[READ])
def periods(body: CalculatorPeriodsIn) -> Response:
    """When something recurs: its periods, when each is due, and the share that a stub is."""
    return shown(CalculatorPeriodsOut.model_construct(**calculator.periods(body.asked())))


@router.post("/commitment", response_model=CalculatorCommitmentOut, dependencies=[READ])
def commitment(body: CalculatorCommitmentIn) -> Response:
    """What a commitment costs with what was used; what pays first; caps, instalments, ends of terms."""
    return shown(CalculatorCommitmentOut.model_construct(**calculator.commitment(body.asked())))


@router.post("/tax", response_model=CalculatorTaxOut, dependencies=[READ])
def tax(body: CalculatorTaxIn) -> Response:
    """The tax of lines, in their prices or on top of them, after a discount of the whole."""
    return shown(CalculatorTaxOut.model_construct(**calculator.tax(body.asked())))
