"""Between our catalog and Salable's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid5

from counterfoil.core.calendar import format_instant
from counterfoil.faces.vendors.salable.assortment import in_order
from counterfoil.faces.vendors.salable.currencies import currency_id, currency_to_wire
from counterfoil.faces.vendors.salable.expand import Expand
from counterfoil.faces.vendors.salable.prices import (
    interval_of,
    is_paid,
    leading_price,
    licence_type,
    minor_units,
)
from counterfoil.faces.vendors.salable.wire import (
    Capability,
    Feature,
    FeatureEnumOption,
    OrganisationPaymentIntegration,
    PaymentIntegrationAccount,
    PlanCapability,
    PlanCurrency,
    PlanExpanded,
    PlanFeature,
    ProductCurrency,
    ProductExpanded,
)
from counterfoil.modules.catalog import FeatureKind, PlanKind
from counterfoil.modules.identity import EnvironmentKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.faces.vendors.salable.assortment import PlanNow
    from counterfoil.modules import catalog
    from counterfoil.modules.identity import Principal

NO_INTEGRATION: Final = "free"
"""What Salable calls the payment integration of a product that has none."""
_VALUE_TYPES: Final = {
    FeatureKind.BOOLEAN: "boolean",
    FeatureKind.ENUM: "enum",
    FeatureKind.METERED: "numerical",
    FeatureKind.NUMERIC: "numerical",
}
_UNLIMITED: Final = "-1"
_NO_DEFAULT: Final = {FeatureKind.BOOLEAN: "false", FeatureKind.ENUM: ""}
_PLAN_TYPES: Final = {
    PlanKind.STANDARD: "Standard",
    PlanKind.BESPOKE: "Bespoke",
    PlanKind.COMING_SOON: "Coming soon",
}


@dataclass(frozen=True, slots=True)
class Seller:
    """Whose objects these are, and whether they are of a test key's world."""

    organisation: str
    is_test: bool

    @classmethod
    def of(cls, caller: Principal) -> Seller:
        """The seller whose key this is."""
        return cls(str(caller.organization_id), caller.kind is EnvironmentKind.SANDBOX)


def product_fields(product: catalog.Product, seller: Seller, *, paid: bool) -> dict[str, Any]:
    """The fields of a product that do not depend on what was asked for."""
    return {
        "uuid": str(product.id),
        "name": product.name,
        "description": product.description,
        "logoUrl": product.logo_url,
        "displayName": product.name,
        "organisation": seller.organisation,
        "status": status_of(product.archived_at),
        "paid": paid,
        "organisationPaymentIntegrationUuid": NO_INTEGRATION,
        "paymentIntegrationProductId": None,
        "appType": "custom",
        "updatedAt": format_instant(product.updated_at),
        "isTest": seller.is_test,
    }


def product_to_wire(
    product: catalog.Product,
    plans: Sequence[PlanNow],
    seller: Seller,
    asked: Expand,
    features: Sequence[catalog.Feature] = (),
    given: Mapping[UUID, catalog.Feature] | None = None,
    *,
    paid: bool,
) -> ProductExpanded:
    """A product; ``plans`` and ``features`` are its own, ``given`` what its plans give, where asked for."""
    relations: dict[str, Any] = {}
    if "features" in asked:
        options = "featureEnumOptions" in asked.below("features")
        relations["features"] = features_to_wire(features, options=options)
    if "capabilities" in asked:
        relations["capabilities"] = capabilities_to_wire(features, product.id)
    if "currencies" in asked:
        named = "currency" in asked.below("currencies")
        relations["currencies"] = product_currencies_to_wire(product, plans, named=named)
    if "organisationPaymentIntegration" in asked:
        relations["organisationPaymentIntegration"] = integration_to_wire(product, seller)
    if "plans" in asked:
        inside = asked.below("plans")
        relations["plans"] = [plan_to_wire(one, seller, inside, given or {}) for one in plans]
    return ProductExpanded(**product_fields(product, seller, paid=paid), **relations)


def integration_to_wire(product: catalog.Product, seller: Seller) -> OrganisationPaymentIntegration:
    """That no payment provider is connected."""
    return OrganisationPaymentIntegration(
        uuid=NO_INTEGRATION,
        organisation=seller.organisation,
        integrationName="none",
        accountName=NO_INTEGRATION,
        accountData=PaymentIntegrationAccount(key="", encryptedData=""),
        accountId=None,
        status=None,
        updatedAt=format_instant(product.updated_at),
        isTest=seller.is_test,
        newPaymentEnabled=False,
    )


def sold_in(product: catalog.Product, plans: Iterable[PlanNow]) -> tuple[list[str], str | None]:
    """The currencies of a product's plans, and which of them is the default one."""
    codes = {
        code
        for one in plans
        if one.version is not None and one.plan.archived_at is None
        for code in one.version.currencies
    }
    default = product.default_currency or min(codes, default=None)
    return sorted(codes if default is None else codes | {default}), default


def product_currencies_to_wire(
    product: catalog.Product, plans: Iterable[PlanNow], *, named: bool
) -> list[ProductCurrency]:
    """The currencies of a product's plans; exactly one is the default one."""
    codes, default = sold_in(product, plans)
    return [
        ProductCurrency(
            productUuid=str(product.id),
            currencyUuid=currency_id(code),
            defaultCurrency=code == default,
            **_currency(code, named=named),
        )
        for code in codes
    ]


def features_to_wire(features: Iterable[catalog.Feature], *, options: bool) -> list[Feature]:
    """Those of them that are features, not capabilities."""
    return [
        feature_to_wire(one, options=options) for one in features if one.kind is not FeatureKind.CAPABILITY
    ]


def feature_to_wire(feature: catalog.Feature, *, options: bool = False) -> Feature:
    """A feature, with the options of an enum if they are asked for."""
    relations: dict[str, Any] = {}
    if options:
        relations["featureEnumOptions"] = [option_to_wire(feature, option) for option in feature.options]
    default = feature.default_value
    return Feature(
        uuid=str(feature.id),
        name=feature.name,
        displayName=feature.name,
        description=feature.description,
        variableName=feature.code,
        status=status_of(feature.archived_at),
        visibility=str(feature.visibility),
        valueType=_VALUE_TYPES[feature.kind],
        defaultValue=_NO_DEFAULT.get(feature.kind, "0") if default is None else _value_text(default),
        showUnlimited=feature.kind is FeatureKind.METERED,
        productUuid=None if feature.product_id is None else str(feature.product_id),
        sortOrder=feature.position,
        updatedAt=format_instant(feature.updated_at),
        **relations,
    )


def option_to_wire(feature: catalog.Feature, option: str) -> FeatureEnumOption:
    """A value of an enum feature, with a UUID of its own."""
    return FeatureEnumOption(
        uuid=_option_id(feature, option),
        name=option,
        featureUuid=str(feature.id),
        updatedAt=format_instant(feature.updated_at),
    )


def capabilities_to_wire(features: Iterable[catalog.Feature], product_id: UUID) -> list[Capability]:
    """Those of them that are capabilities."""
    return [capability_to_wire(one, product_id) for one in features if one.kind is FeatureKind.CAPABILITY]


def capability_to_wire(feature: catalog.Feature, product_id: UUID) -> Capability:
    """A capability; one of no product is shown as of the product that gives it."""
    return Capability(
        uuid=str(feature.id),
        name=feature.name,
        description=feature.description,
        status=status_of(feature.archived_at),
        productUuid=str(feature.product_id or product_id),
        updatedAt=format_instant(feature.updated_at),
    )


def plan_to_wire(
    now: PlanNow, seller: Seller, asked: Expand, given: Mapping[UUID, catalog.Feature], **more: Any
) -> PlanExpanded:
    """A plan; ``given`` has the features that it gives, where they are asked for."""
    plan, version = now.plan, now.version
    leading = leading_price(version)
    interval, length = interval_of(leading)
    relations: dict[str, Any] = dict(more)
    if "capabilities" in asked:
        named = "capability" in asked.below("capabilities")
        relations["capabilities"] = plan_capabilities_to_wire(now, given, named=named)
    if "features" in asked:
        relations["features"] = plan_features_to_wire(now, given, asked.below("features"))
    if "currencies" in asked:
        named = "currency" in asked.below("currencies")
        relations["currencies"] = plan_currencies_to_wire(now, named=named)
    return PlanExpanded(
        uuid=str(plan.id),
        name=plan.name,
        slug=plan.code,
        description=plan.description,
        displayName=plan.name,
        status=status_of(plan.archived_at),
        isTest=seller.is_test,
        trialDays=plan.trial_days,
        evaluation=bool(plan.evaluation_days),
        evalDays=plan.evaluation_days or 0,
        organisation=seller.organisation,
        visibility=str(plan.visibility),
        licenseType=licence_type(leading),
        perSeatAmount=plan.min_seats,
        maxSeatAmount=-1 if plan.max_seats is None else plan.max_seats,
        interval=interval,
        length=length,
        active=version is not None and plan.archived_at is None,
        planType=_PLAN_TYPES[plan.kind],
        pricingType="paid" if is_paid(version) else "free",
        environment="test" if seller.is_test else "live",
        paddlePlanId=None,
        productUuid=str(now.product_id),
        salablePlan=False,
        updatedAt=_changed(now),
        **relations,
    )


def plan_features_to_wire(
    now: PlanNow, given: Mapping[UUID, catalog.Feature], asked: Expand
) -> list[PlanFeature]:
    """What a plan says of each feature, in the features' order."""
    return [
        _plan_feature(now, feature, value, asked)
        for feature, value in _values(now, given)
        if feature.kind is not FeatureKind.CAPABILITY
    ]


def plan_capabilities_to_wire(
    now: PlanNow, given: Mapping[UUID, catalog.Feature], *, named: bool
) -> list[PlanCapability]:
    """The capabilities that a plan's licences carry."""
    return [
        PlanCapability(
            planUuid=str(now.plan.id),
            capabilityUuid=str(feature.id),
            updatedAt=_changed(now),
            **({"capability": capability_to_wire(feature, now.product_id)} if named else {}),
        )
        for feature, _ in _values(now, given)
        if feature.kind is FeatureKind.CAPABILITY
    ]


def plan_currencies_to_wire(now: PlanNow, *, named: bool) -> list[PlanCurrency]:
    """What a plan costs in each currency in which all of it has a price."""
    leading = leading_price(now.version)
    if leading is None or now.version is None:
        return []
    costs = {code: minor_units(leading, code) for code in now.version.currencies}
    return [
        PlanCurrency(
            planUuid=str(now.plan.id),
            currencyUuid=currency_id(code),
            price=cost,
            paymentIntegrationPlanId=leading.external_id,
            **_currency(code, named=named),
        )
        for code, cost in costs.items()
        if cost is not None
    ]


def _currency(code: str, *, named: bool) -> dict[str, Any]:
    return {"currency": currency_to_wire(code)} if named else {}


def status_of(archived_at: datetime | None) -> str:
    """Whether something is still to be had."""
    return "ACTIVE" if archived_at is None else "DEPRECATED"


def _plan_feature(now: PlanNow, feature: catalog.Feature, value: Any, asked: Expand) -> PlanFeature:
    relations: dict[str, Any] = {}
    is_enum = feature.kind is FeatureKind.ENUM
    if "feature" in asked:
        relations["feature"] = feature_to_wire(feature)
    if "enumValue" in asked:
        relations["enumValue"] = option_to_wire(feature, value) if is_enum else None
    return PlanFeature(
        planUuid=str(now.plan.id),
        featureUuid=str(feature.id),
        value=_value_text(value),
        isUnlimited=value is None,
        isUsage=feature.kind is FeatureKind.METERED,
        enumValueUuid=_option_id(feature, value) if is_enum else None,
        pricePerUnit=None,
        minUsage=None,
        maxUsage=None,
        sortOrder=feature.position,
        updatedAt=_changed(now),
        **relations,
    )


def _values(now: PlanNow, given: Mapping[UUID, catalog.Feature]) -> list[tuple[catalog.Feature, Any]]:
    """Those of the ``given`` features that a plan gives, with their values in it, in their order."""
    values = {} if now.version is None else {one.feature_id: one.value for one in now.version.features}
    return [(one, values[one.id]) for one in in_order(given[id_] for id_ in values if id_ in given)]


def _value_text(value: Any) -> str:
    if value is None:
        return _UNLIMITED
    return str(value).lower() if isinstance(value, bool) else str(value)


def _option_id(feature: catalog.Feature, option: str) -> str:
    return str(uuid5(feature.id, option))


def _changed(now: PlanNow) -> str:
    """When a plan last changed, what it gives and costs included."""
    moments = [now.plan.updated_at] + ([] if now.version is None else [now.version.updated_at])
    return format_instant(max(moments))
