"""What is sold, what it gives, how its use is measured, and what it costs.

Owns: products, features, meters, tax rates, and plans with their versions and prices.
Does not own: how a price becomes an amount (core), what a customer bought (subscriptions), what was used
(usage).
Always holds: a code is unique in its environment and kind (a price's: in its version); prices and published
versions never change; the currencies, parameters and intervals of a stored price are ones that core can
rate; what was archived stays readable, and nothing new may name it.
"""

from counterfoil.core.rating import Cadence
from counterfoil.modules.catalog.models import (
    FeatureRow,
    MeterRow,
    PlanRow,
    PlanVersionRow,
    PriceRow,
    ProductRow,
    TaxRateRow,
)
from counterfoil.modules.catalog.types import (
    CatalogChanges,
    Feature,
    FeatureKind,
    Meter,
    NewFeature,
    NewMeter,
    NewPlan,
    NewPlanVersion,
    NewPrice,
    NewProduct,
    NewTaxRate,
    Plan,
    PlanFeature,
    PlanVersion,
    PlanVersionStatus,
    Price,
    Product,
    QuantitySource,
    TaxRate,
)

__all__ = [
    "Cadence",
    "CatalogChanges",
    "Feature",
    "FeatureKind",
    "FeatureRow",
    "Meter",
    "MeterRow",
    "NewFeature",
    "NewMeter",
    "NewPlan",
    "NewPlanVersion",
    "NewPrice",
    "NewProduct",
    "NewTaxRate",
    "Plan",
    "PlanFeature",
    "PlanRow",
    "PlanVersion",
    "PlanVersionRow",
    "PlanVersionStatus",
    "Price",
    "PriceRow",
    "Product",
    "ProductRow",
    "QuantitySource",
    "TaxRate",
    "TaxRateRow",
]
