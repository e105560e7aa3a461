"""Salable's types.

A relation that was not asked for is left out of an answer, so what goes out is what was given when an object
was made and nothing else: every other field is always given, ``None`` where it has no value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from counterfoil.faces.kit.vendor_wire import DateTimeText, DecimalNumber, VendorWire

if TYPE_CHECKING:
    from collections.abc import Mapping


class Given(VendorWire):
    """An object that goes out with the fields that it was made with."""

    def to_json(self) -> Mapping[str, Any]:
        """The given fields, in the order of the class."""
        values = self.__dict__
        return {name: values[name] for name in type(self).model_fields if name in self.model_fields_set}


class FeatureEnumOption(Given):
    """One of the values of an enum feature."""

    uuid: str
    name: str
    featureUuid: str
    updatedAt: DateTimeText


class Feature(Given):
    """Something that a plan gives; ``defaultValue`` is a text whatever the type."""

    uuid: str
    name: str
    displayName: str
    description: str | None
    variableName: str
    status: str
    visibility: str
    valueType: str
    defaultValue: str
    showUnlimited: bool
    productUuid: str | None
    sortOrder: int
    updatedAt: DateTimeText
    featureEnumOptions: list[FeatureEnumOption] | None = None


class Capability(Given):
    """A right that a licence carries."""

    uuid: str
    name: str
    description: str | None
    status: str
    productUuid: str
    updatedAt: DateTimeText


class Currency(Given):
    """A currency of ISO 4217."""

    uuid: str
    shortName: str
    longName: str
    symbol: str


class PlanFeature(Given):
    """A feature's value in a plan: a text, ``-1`` where there is no limit."""

    planUuid: str
    featureUuid: str
    value: str
    isUnlimited: bool
    isUsage: bool
    enumValueUuid: str | None
    pricePerUnit: DecimalNumber | None
    minUsage: int | None
    maxUsage: int | None
    sortOrder: int
    updatedAt: DateTimeText
    feature: Feature | None = None
    enumValue: FeatureEnumOption | None = None


class PlanCapability(Given):
    """A capability of a plan's licences."""

    planUuid: str
    capabilityUuid: str
    updatedAt: DateTimeText
    capability: Capability | None = None


class PlanCurrency(Given):
    """What a plan costs in a currency, in its minor units."""

    planUuid: str
    currencyUuid: str
    price: DecimalNumber
    paymentIntegrationPlanId: str | None
    hasAcceptedTransaction: bool | None = None
    currency: Currency | None = None


class ProductCurrency(Given):
    """A currency in which a product is sold."""

    productUuid: str
    currencyUuid: str
    defaultCurrency: bool
    currency: Currency | None = None


class PaymentIntegrationAccount(Given):
    """Never filled: no secret of a payment provider is shown."""

    key: str
    encryptedData: str


class OrganisationPaymentIntegration(Given):
    """How a product is paid for."""

    uuid: str
    organisation: str
    integrationName: str
    accountName: str
    accountData: PaymentIntegrationAccount
    accountId: str | None
    status: str | None
    updatedAt: DateTimeText
    isTest: bool
    newPaymentEnabled: bool


class Product(Given):
    """What is sold."""

    uuid: str
    name: str
    description: str | None
    logoUrl: str | None
    displayName: str
    organisation: str
    status: str
    paid: bool
    organisationPaymentIntegrationUuid: str
    paymentIntegrationProductId: str | None
    appType: str
    updatedAt: DateTimeText
    isTest: bool


class ProductExpanded(Product):
    """What is sold, with what was asked for."""

    features: list[Feature] | None = None
    capabilities: list[Capability] | None = None
    currencies: list[ProductCurrency] | None = None
    organisationPaymentIntegration: OrganisationPaymentIntegration | None = None
    plans: list[PlanExpanded] | None = None


class PlanExpanded(Given):
    """A plan, with what was asked for; ``maxSeatAmount`` is -1 where there is no limit."""

    uuid: str
    name: str
    slug: str
    description: str | None
    displayName: str
    status: str
    isTest: bool
    trialDays: int | None
    evaluation: bool
    evalDays: int
    organisation: str
    visibility: str
    licenseType: str
    perSeatAmount: int
    maxSeatAmount: int
    interval: str
    length: int
    active: bool
    planType: str
    pricingType: str
    environment: str
    paddlePlanId: str | None
    productUuid: str
    salablePlan: bool
    updatedAt: DateTimeText
    hasAcceptedTransaction: bool | None = None
    capabilities: list[PlanCapability] | None = None
    features: list[PlanFeature] | None = None
    currencies: list[PlanCurrency] | None = None
    product: ProductExpanded | None = None
    checkoutUrl: str | None = None


class ProductPricingTable(Product):
    """A product with all that a pricing page shows of it."""

    features: list[Feature]
    currencies: list[ProductCurrency]
    organisationPaymentIntegration: OrganisationPaymentIntegration
    plans: list[PlanExpanded]


class PricingTableFeature(Given):
    """A feature in its place in a pricing table."""

    pricingTableUuid: str
    featureUuid: str
    sortOrder: int
    updatedAt: DateTimeText
    feature: Feature


class PricingTablePlan(Given):
    """A plan in its place in a pricing table."""

    pricingTableUuid: str
    planUuid: str
    sortOrder: int
    updatedAt: DateTimeText
    plan: PlanExpanded


class PricingTable(Given):
    """Plans of a product side by side, as the seller arranged them."""

    uuid: str
    name: str
    status: str
    title: str | None
    text: str | None
    theme: str
    featureOrder: str
    productUuid: str
    customTheme: str | None
    featuredPlanUuid: str | None
    updatedAt: DateTimeText
    features: list[PricingTableFeature]
    product: ProductExpanded
    plans: list[PricingTablePlan]


class SubscriptionExpanded(Given):
    """A contract, with what was asked for."""

    uuid: str
    productUuid: str
    planUuid: str
    organisation: str
    paymentIntegrationSubscriptionId: str
    type: str
    quantity: int
    email: str | None
    expiryDate: DateTimeText
    lineItemIds: list[str] | None
    status: str
    createdAt: DateTimeText
    updatedAt: DateTimeText
    isTest: bool
    product: ProductExpanded | None = None
    plan: PlanExpanded | None = None
    customer: dict[str, Any] | None = None
    licenseUuid: str | None = None
    owner: str | None = None
    cancelAtPeriodEnd: bool | None = None


class CheckoutLink(Given):
    """Where a customer pays."""

    checkoutUrl: str


class Nothing(Given):
    """What is answered where there is nothing to say: clients of v1 read JSON from every answer."""
