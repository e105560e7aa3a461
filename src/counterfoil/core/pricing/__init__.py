"""What a quantity costs: the pricing models and the parts of the sum that they make.

Owns: the models' parameters (read strictly from JSON, written back), what each must be told of the usage
(``Need``), and ``rate``: from usage to parts.
Does not own: currencies (a price holds one ``Pricing`` per currency), proration, discounts, rounding, tax.
Always holds: pure and exact; the parts' amounts sum to the price of the quantity; nothing is rounded.
"""

from counterfoil.core.pricing.measured import (
    Detail,
    GroupUsage,
    Measured,
    Need,
    Window,
    WindowUnit,
    WindowUsage,
)
from counterfoil.core.pricing.parts import Part, PartKind
from counterfoil.core.pricing.registry import MODELS, Model, Params, Pricing, parse_pricing

__all__ = [
    "MODELS",
    "Detail",
    "GroupUsage",
    "Measured",
    "Model",
    "Need",
    "Params",
    "Part",
    "PartKind",
    "Pricing",
    "Window",
    "WindowUnit",
    "WindowUsage",
    "parse_pricing",
]
