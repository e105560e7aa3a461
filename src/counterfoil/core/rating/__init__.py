"""From usage to lines and totals: aggregation, the rating pipeline, explanations, an invoice's figures.

Owns: how events become a quantity, the order of the steps that make an amount of it, the one rounding, the
explanation that is kept with each line, the totals.
Does not own: the pricing models, the rates of tax, which period or customer is billed.
Always holds: pure; exact until the last step; an amount can be worked out again from its explanation; the
figures of an invoice are the sums of its lines'.
"""

from counterfoil.core.rating.adjustments import (
    CreditExplanation,
    DeltaExplanation,
    credit_line,
    delta_line,
)
from counterfoil.core.rating.aggregate import (
    OF_NOTHING,
    SUMS,
    WITHOUT_PROPERTY,
    Aggregate,
    Aggregation,
    Filter,
    PropertyValue,
    Reset,
    Stretch,
    Usage,
    UsageEvent,
    aggregate,
    contributed,
    finished,
    number_of,
    numbers_in,
    value_text,
)
from counterfoil.core.rating.commitment_lines import (
    CommitmentExplanation,
    CommitmentPart,
    CommitmentTold,
    Counted,
    credit_drawn_line,
    drawn_lines,
    instalment_line,
    true_up_line,
)
from counterfoil.core.rating.discounts import AppliedDiscount, Discount, DiscountKind, share_discount
from counterfoil.core.rating.explanation import Cadence, Explanation, LineKind, Origin, Span
from counterfoil.core.rating.lines import Line, LineExplanation, RatedCharge, RatedLine
from counterfoil.core.rating.pipeline import STEPS, RatingInput, Step, rate_line
from counterfoil.core.rating.running import CARRIED, Piece, aggregate_windows, needs_earlier, running_windows
from counterfoil.core.rating.sentences import Sentence
from counterfoil.core.rating.terms import (
    Bound,
    DiscountsTaken,
    PriceTerms,
    QuantityMode,
    QuantityRounding,
    UnitConversion,
)
from counterfoil.core.rating.told import AnyExplanation, read_explanation, redo, sentences
from counterfoil.core.rating.totals import DiscountTaken, Totals, discounts_taken, totals
from counterfoil.core.rating.windows import WindowGrid, window_grid

__all__ = [
    "CARRIED",
    "OF_NOTHING",
    "STEPS",
    "SUMS",
    "WITHOUT_PROPERTY",
    "Aggregate",
    "Aggregation",
    "AnyExplanation",
    "AppliedDiscount",
    "Bound",
    "Cadence",
    "CommitmentExplanation",
    "CommitmentPart",
    "CommitmentTold",
    "Counted",
    "CreditExplanation",
    "DeltaExplanation",
    "Discount",
    "DiscountKind",
    "DiscountTaken",
    "DiscountsTaken",
    "Explanation",
    "Filter",
    "Line",
    "LineExplanation",
    "LineKind",
    "Origin",
    "Piece",
    "PriceTerms",
    "PropertyValue",
    "QuantityMode",
    "QuantityRounding",
    "RatedCharge",
    "RatedLine",
    "RatingInput",
    "Reset",
    "Sentence",
    "Span",
    "Step",
    "Stretch",
    "Totals",
    "UnitConversion",
    "Usage",
    "UsageEvent",
    "WindowGrid",
    "aggregate",
    "aggregate_windows",
    "contributed",
    "credit_drawn_line",
    "credit_line",
    "delta_line",
    "discounts_taken",
    "drawn_lines",
    "finished",
    "instalment_line",
    "needs_earlier",
    "number_of",
    "numbers_in",
    "rate_line",
    "read_explanation",
    "redo",
    "running_windows",
    "sentences",
    "share_discount",
    "totals",
    "true_up_line",
    "value_text",
    "window_grid",
]
