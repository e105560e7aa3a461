"""What the calculator is asked, on the wire.

The form is said here, for the reference and for refusals of what has another; what it means is read by
``core.calculator``, which the command line asks as well.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from counterfoil.core.calendar import DayCount
from counterfoil.core.commitments import CommitPayment, Measure, OverageKind, Remainder, Source
from counterfoil.core.money import Rounding
from counterfoil.core.pricing import MODELS
from counterfoil.core.proration import (
    CancelCredit,
    IntervalChange,
    NetRounding,
    ProrationBehavior,
    StubDenominator,
)
from counterfoil.core.rating import (
    Aggregation,
    Cadence,
    DiscountKind,
    DiscountsTaken,
    QuantityMode,
    Reset,
)
from counterfoil.core.tax import TaxMode, TaxRounding
from counterfoil.faces.kit.wire import DecimalText, InstantText, Wire
from counterfoil.faces.native import calculator_examples as examples
from counterfoil.faces.native.catalog_wire import example
from counterfoil.faces.native.prices import IntervalWire

Number = Annotated[DecimalText, Field(ge=0)]
"""A decimal of 0 or more."""
Count = Annotated[int, Field(strict=True, ge=0, le=10**15)]
CURRENCY: Final = "An ISO 4217 code"


class _Asked(Wire):
    """A request; what is left out has its default in core."""

    def asked(self) -> dict[str, Any]:
        """What was sent, as the calculator reads it."""
        return self.model_dump(exclude_unset=True, by_alias=True)


class UnitConversionIn(Wire):
    """Usage is counted in one unit and priced in another."""

    multiply_by: Number = Field(default="1", validate_default=True)
    divide_by: Number = Field(default="1", validate_default=True)
    unit: str | None = None


class QuantityRoundingIn(Wire):
    """The quantity is priced in multiples of a step."""

    step: Number | None = Field(default=None, description="More than 0; needed")
    mode: QuantityMode = QuantityMode.CEIL
    unit: str | None = None


class BoundIn(Wire):
    """The least or the most that the line costs in a period."""

    amount: Number | None = Field(default=None, description="Needed")
    prorated: bool = Field(default=True, description="Whether a part of a period owes that part of it")


class TermsIn(Wire):
    """What is agreed on a price besides its model."""

    conversion: UnitConversionIn | None = None
    rounding: QuantityRoundingIn | None = None
    included: Number | None = Field(default=None, description="Units that are free")
    minimum: BoundIn | None = None
    maximum: BoundIn | None = None
    discounts: DiscountsTaken = DiscountsTaken.BEFORE_MINIMUM


class GroupIn(Wire):
    """The usage of one group."""

    values: list[str | None] = Field(description="A value for each property; null where it is absent")
    quantity: Number


class WindowIn(Wire):
    """The usage of one window of time."""

    start: InstantText
    quantity: Number


class DiscountIn(Wire):
    """A discount, of what the one before it left."""

    kind: DiscountKind = DiscountKind.PERCENT
    value: Number
    name: str | None = None
    units: Number | None = Field(default=None, description="With the kind `units`: how many of the first")


class UsageIn(_Asked):
    """What was used: a quantity, or the detail that a model needs."""

    quantity: Number | None = Field(default=None, description="How much; of flat it may be left out")
    events: Count | None = Field(default=None, description="How many events made it")
    amounts: list[Number] | None = Field(
        default=None, description="Instead: the amount of each event, in the order of time"
    )
    groups: list[GroupIn] | None = Field(default=None, description="Instead: the quantity of each group")
    windows: list[WindowIn] | None = Field(default=None, description="Instead: that of each window of time")


class MeterIn(Wire):
    """How records become a quantity."""

    aggregation: Aggregation | None = Field(default=None, description="Needed")
    property: str | None = Field(default=None, description="Over which; of a count or expression none")
    multiplier: Number | None = Field(default=None, description="Of sum_with_multiplier: times what")
    expression: str | None = Field(default=None, description="Of expression: what of each record is summed")
    reset: Reset = Field(default=Reset.PERIOD, description="`never`: what was before takes part")
    filters: dict[str, list[Any]] | None = Field(
        default=None, description="Only records whose properties have one of these values"
    )


class RecordIn(Wire):
    """One event."""

    id: str | None = Field(default=None, description="Its place in the list if left out")
    at: InstantText
    properties: dict[str, Any] | None = None


class MeteredPeriodIn(Wire):
    """From when to before when records count."""

    start: InstantText | None = Field(default=None, description="Needed")
    end: InstantText | None = Field(default=None, description="Needed")
    zone: str = Field(default="UTC", description="In which windows of days begin")


class CalculatorPriceIn(UsageIn):
    """A price and a quantity."""

    model_config = ConfigDict(json_schema_extra=example(examples.PRICE))

    currency: str = Field(description=CURRENCY)
    model: str = Field(description=f"How a quantity becomes an amount: {', '.join(MODELS)}")
    params: dict[str, Any] = Field(description="The parameters of the model; docs/pricing.md lists them")
    meter: MeterIn | None = Field(default=None, description="Instead: what makes the usage of the records")
    records: list[RecordIn] | None = None
    period: MeteredPeriodIn | None = Field(default=None, description="Needed by prices of windows")
    terms: TermsIn | None = None
    proration: str = Field(default="1", description="The share of the period: `14/31`, or a decimal to 1")
    discounts: list[DiscountIn] | None = None
    rounding: Rounding = Rounding.HALF_UP
    closed: bool = Field(default=True, description="Whether the period is over, so that a minimum is owed")


class AnchorIn(Wire):
    """Where periods begin: at the start, or as one of these says."""

    alignment: Literal["anniversary", "calendar"] = "anniversary"
    at: InstantText | None = None
    day: Count | None = Field(default=None, description="1 to 31, of each month")
    month: Count | None = Field(default=None, description="1 to 12, with a day")
    weekday: Count | None = Field(default=None, description="1 (Monday) to 7")


class CycleIn(_Asked):
    """How often something recurs, and where."""

    interval: IntervalWire
    zone: str = Field(default="UTC", description="An IANA time zone, in which days are counted")
    anchor: AnchorIn | None = None


class StubPolicyIn(Wire):
    """How a part of a period is counted."""

    day_count: DayCount = DayCount.LOCAL_DAYS
    denominator: StubDenominator = StubDenominator.FULL_CYCLE
    rounding: Rounding = Rounding.HALF_UP


class PolicyIn(StubPolicyIn):
    """The conventions of changes in mid-period; docs/time.md lists them."""

    interval_change: IntervalChange = IntervalChange.RESET
    behavior: ProrationBehavior = ProrationBehavior.CREATE_PRORATIONS
    net_rounding: NetRounding = NetRounding.SUM_OF_ROUNDED


class PartIn(Wire):
    """A part of the time of something that is billed; all three are needed."""

    start: InstantText | None = None
    end: InstantText | None = None
    amount: Number | None = Field(default=None, description="What a whole period costs")


class RunningIn(Wire):
    """What runs until the change."""

    amount: Number | None = Field(default=None, description="What a whole period costs; needed")
    started_at: InstantText | None = Field(default=None, description="The running period's start if left out")
    billed_to: InstantText | None = Field(default=None, description="Up to where it is billed")
    in_advance: bool = Field(default=True, description="Without `billed_to`: the period's end, or its start")
    paid: Number | None = Field(default=None, description="The most that may be given back")


class StartingIn(Wire):
    """What begins with the change."""

    amount: Number | None = Field(default=None, description="What a whole period costs; needed")
    interval: IntervalWire | None = Field(default=None, description="The same if left out")
    in_advance: bool = True


class ChangeIn(Wire):
    """One takes the place of the other; either may be none."""

    at: InstantText | None = Field(default=None, description="Needed")
    old: RunningIn | None = None
    new: StartingIn | None = None


class EndIn(Wire):
    """What runs ends."""

    at: InstantText | None = Field(default=None, description="Needed")
    old: RunningIn | None = Field(default=None, description="Needed")
    credit: CancelCredit = CancelCredit.UNUSED


class CalculatorProrationIn(CycleIn):
    """A part of a period, a change or an end in mid-period: exactly one."""

    model_config = ConfigDict(json_schema_extra=example(examples.PRORATION))

    currency: str = Field(description=CURRENCY)
    policy: PolicyIn | None = None
    part: PartIn | None = None
    change: ChangeIn | None = None
    cancel: EndIn | None = None


class CalculatorPeriodsIn(CycleIn):
    """Something that recurs."""

    model_config = ConfigDict(json_schema_extra=example(examples.PERIODS))

    start: InstantText
    end: InstantText | None = None
    trial_days: Count | None = Field(default=None, description="1 to 1000 days before the charging starts")
    cadence: Cadence = Cadence.IN_ADVANCE
    prorated: bool = Field(default=True, description="Whether a stub costs its share")
    policy: StubPolicyIn | None = None
    since: InstantText | None = Field(
        default=None, alias="from", description="The first period listed is the one that contains this"
    )
    until: InstantText | None = Field(default=None, description="Only periods that start before this")
    count: Count | None = Field(default=None, description="At most so many, 1 to 1000; 12 if left out")
    currency: str | None = Field(default=None, description="With an amount")
    amount: Number | None = Field(default=None, description="What a whole period costs")


class OverageIn(Wire):
    """The price of what is beyond a commitment."""

    kind: OverageKind = OverageKind.FACTOR
    value: Number | None = Field(default=None, description="Needed")


class CommitmentTermsIn(Wire):
    """What is promised."""

    measure: Measure = Measure.AMOUNT
    size: Number | None = Field(default=None, description="More than 0; needed")
    price: Number | None = Field(default=None, description="What a committed quantity costs; of no amount")
    overage: OverageIn | None = Field(default=None, description="The same price if left out")
    true_up: bool = Field(default=True, description="Whether what is missing is owed")
    payment: CommitPayment = CommitPayment.POSTPAID
    drawn_by_usage: bool = Field(default=True, description="False: a fee besides the usage")


class CommitmentLineIn(UsageIn):
    """Usage: a quantity at a unit amount (1), or what a model makes of it."""

    key: str | None = Field(default=None, description="`usage` if left out; each key once")
    unit_amount: Number | None = None
    model: str | None = None
    params: dict[str, Any] | None = None
    overage: OverageIn | None = Field(default=None, description="Its own price beyond the commitment")


class PoolIn(Wire):
    """What pays for usage instead of the customer."""

    key: str | None = Field(default=None, description="Its source if left out; each key once")
    source: Source = Source.INCLUDED
    measure: Measure | None = Field(default=None, description="quantity of what is included, else amount")
    balance: Number
    lines: list[str] | None = Field(default=None, description="Only for lines of these keys")


class SettlementIn(Wire):
    """A commitment and what was used."""

    commitment: CommitmentTermsIn | None = Field(default=None, description="Needed")
    lines: list[CommitmentLineIn] | None = None
    closed: bool = Field(default=True, description="Whether its time is over: what is missing is owed")
    pools: list[PoolIn] | None = Field(default=None, description="What pays besides; no commit")
    order: list[Source] | None = Field(default=None, description="Which source pays first, each once")


class CommitmentWindowIn(Wire):
    """A window with its own commitment."""

    key: str
    commitment: CommitmentTermsIn
    lines: list[CommitmentLineIn] | None = None
    running: bool = Field(default=False, description="Whether its time is not over")


class DrawingIn(Wire):
    """Lines and what pays for them."""

    lines: list[CommitmentLineIn] | None = None
    pools: list[PoolIn] | None = None
    order: list[Source] | None = Field(default=None, description="Which source pays first, each once")


class CappedLineIn(Wire):
    """A line's amount."""

    key: str
    amount: Number


class CapIn(Wire):
    """A cap on what is spent."""

    cap: Number | None = Field(default=None, description="Needed")
    spent: Number | None = Field(default=None, description="What was charged before")
    lines: list[CappedLineIn] | None = None


class InstalmentIn(Wire):
    """One part: by weight (1), or as agreed."""

    due_at: InstantText
    weight: Number | None = None
    amount: Number | None = None


class InstalmentsIn(Wire):
    """An amount in parts with their dates, or in a count of equal ones from a start by an interval."""

    amount: Number | None = Field(default=None, description="Needed")
    parts: list[InstalmentIn] | None = None
    count: Count | None = None
    start: InstantText | None = None
    interval: IntervalWire | None = None
    zone: str = "UTC"
    anchor: AnchorIn | None = None


class AllowanceIn(Wire):
    """An amount and what is used of it."""

    given: Number | None = Field(default=None, description="Needed")
    used: Number | None = None


class TermIn(Wire):
    """A term of a commitment; it ends at its end, or with its interval."""

    start: InstantText | None = Field(default=None, description="Needed")
    end: InstantText | None = None
    interval: IntervalWire | None = None
    zone: str = "UTC"
    commit: AllowanceIn | None = None
    rolled_over: AllowanceIn | None = None
    credit: AllowanceIn | None = None


class RenewalIn(TermIn):
    """A term that ends, and what becomes of what is left."""

    next_commit: Number | None = Field(default=None, description="The same if left out")
    remainder: Remainder = Remainder.BREAKAGE
    limit: Number | None = Field(default=None, description="The most that is carried")


class DivisionIn(TermIn):
    """A term that is divided into equal parts."""

    starts: list[InstantText] | None = Field(default=None, description="The parts' starts; needed")
    amount: Number | None = Field(default=None, description="All of the commit if left out")


class CalculatorCommitmentIn(_Asked):
    """One question about commitments: exactly one of the parts."""

    model_config = ConfigDict(json_schema_extra=example(examples.COMMITMENT))

    currency: str = Field(description=CURRENCY)
    settlement: SettlementIn | None = None
    windows: list[CommitmentWindowIn] | None = Field(default=None, description="Each settled on its own")
    drawing: DrawingIn | None = Field(default=None, description="What pays first")
    cap: CapIn | None = None
    instalments: InstalmentsIn | None = None
    renewal: RenewalIn | None = None
    division: DivisionIn | None = None


class RateIn(Wire):
    """A rate of tax in per cent."""

    code: str | None = Field(default=None, description="Made of the percentage if left out")
    percent: Number


class TaxLineIn(Wire):
    """A line and the rates that it bears; without any it is exempt."""

    amount: DecimalText = Field(description="Below 0 for a credit")
    rates: list[RateIn] | None = None
    mode: TaxMode = Field(default=TaxMode.EXCLUSIVE, description="inclusive: the amount contains the tax")


class CalculatorTaxIn(_Asked):
    """Lines to be taxed."""

    model_config = ConfigDict(json_schema_extra=example(examples.TAX))

    currency: str = Field(description=CURRENCY)
    lines: list[TaxLineIn]
    discount: Number | None = Field(default=None, description="Of the whole, shared among the lines first")
    tax_rounding: TaxRounding = TaxRounding.PER_INVOICE
    rounding: Rounding = Rounding.HALF_UP
