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
from counterfoil.core.rating.discounts import AppliedDiscount, Discount, DiscountKind
from counterfoil.core.rating.explanation import Cadence, Explanation, Origin, Span, redo
from counterfoil.core.rating.lines import Line, RatedLine
from counterfoil.core.rating.pipeline import STEPS, RatingInput, Step, rate_line
from counterfoil.core.rating.sentences import Sentence, sentences
from counterfoil.core.rating.totals import Totals, totals

__all__ = [
    "STEPS",
    "Aggregate",
    "Aggregation",
    "AppliedDiscount",
    "Cadence",
    "Discount",
    "DiscountKind",
    "Explanation",
    "Filter",
    "Line",
    "Origin",
    "PropertyValue",
    "RatedLine",
    "RatingInput",
    "Sentence",
    "Span",
    "Step",
    "Totals",
    "Usage",
    "UsageEvent",
    "aggregate",
    "number_of",
    "rate_line",
    "redo",
    "sentences",
    "totals",
    "value_text",
]
