"""From usage to lines and totals: aggregation, the rating pipeline, explanations, an invoice's figures.

Owns: how events become a quantity, the order of the steps that make an amount of it, the one rounding, the
explanation that is kept with each line, the totals.
Does not own: the pricing models, the rates of tax, which period or customer is billed.
Always holds: pure; exact until the last step; an amount can be worked out again from its explanation; the
figures of an invoice are the sums of its lines'.
"""

from counterfoil.core.rating.aggregate import (
    Aggregate,
    Aggregation,
    Filter,
    PropertyValue,
    Usage,
    UsageEvent,
    aggregate,
    number_of,
    value_text,
)
from counterfoil.core.rating.discounts import AppliedDiscount, Discount, DiscountKind, share_discount
from counterfoil.core.rating.explanation import Cadence, Explanation, Origin, Span, redo
from counterfoil.core.rating.lines import Line, RatedLine
from counterfoil.core.rating.pipeline import STEPS, RatingInput, Step, rate_line
from counterfoil.core.rating.sentences import Sentence, sentences
from counterfoil.core.rating.terms import (
    Bound,
    DiscountsTaken,
    PriceTerms,
    QuantityMode,
    QuantityRounding,
    UnitConversion,
)
from counterfoil.core.rating.totals import Totals, totals
from counterfoil.core.rating.windows import WindowGrid, window_grid

__all__ = [
    "STEPS",
    "Aggregate",
    "Aggregation",
    "AppliedDiscount",
    "Bound",
    "Cadence",
    "Discount",
    "DiscountKind",
    "DiscountsTaken",
    "Explanation",
    "Filter",
    "Line",
    "Origin",
    "PriceTerms",
    "PropertyValue",
    "QuantityMode",
    "QuantityRounding",
    "RatedLine",
    "RatingInput",
    "Sentence",
    "Span",
    "Step",
    "Totals",
    "UnitConversion",
    "Usage",
    "UsageEvent",
    "WindowGrid",
    "aggregate",
    "number_of",
    "rate_line",
    "redo",
    "sentences",
    "share_discount",
    "totals",
    "value_text",
    "window_grid",
]
