"""Salable's subscriptions: read, and cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BeforeValidator

from counterfoil.core.errors import NotFound
from counterfoil.core.states import SubscriptionState
from counterfoil.faces.kit.context import Caller, Unit, allow
from counterfoil.faces.kit.vendor_wire import vendor_answer
from counterfoil.faces.vendors.salable.assortment import PlanNow, plans_and_paid, plans_now, wanted_id
from counterfoil.faces.vendors.salable.auth import SalableRoute
from counterfoil.faces.vendors.salable.convert import Seller, plan_to_wire, product_to_wire
from counterfoil.faces.vendors.salable.convert_subscriptions import customer_to_wire, subscription_to_wire
from counterfoil.faces.vendors.salable.expand import Expand, documented, reader
from counterfoil.faces.vendors.salable.wire import Nothing, SubscriptionExpanded
from counterfoil.modules.billing import cancel as cancel_subscription
from counterfoil.modules.catalog import get_plan, get_product, prices_by_ids
from counterfoil.modules.customers import get_customer
from counterfoil.modules.subscriptions import CancelWhen, get_subscription, items_of

if TYPE_CHECKING:
    from counterfoil.modules.subscriptions import Subscription

router = APIRouter(prefix="/subscriptions", tags=["Subscriptions"], route_class=SalableRoute)
READ = allow("subscriptions:read")
WRITE = allow("subscriptions:write")

RELATIONS: Final = (
    "product",
    "product.organisationPaymentIntegration",
    "product.currencies",
    "product.currencies.currency",
    "plan",
    "plan.currencies",
    "plan.currencies.currency",
    "customer",
)
_WHEN: Final = {"now": CancelWhen.NOW, "end": CancelWhen.PERIOD_END}


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


When = Annotated[
    Literal["now", "end"],
    BeforeValidator(_lower),
    Query(description="At once, or at the end of the period"),
]


@router.get(
    "/{subscriptionUuid}",
    operation_id="getSubscriptionByUuid",
    response_model=SubscriptionExpanded,
    dependencies=[READ],
    openapi_extra=documented(*RELATIONS),
)
async def get(
    subscriptionUuid: str, uow: Unit, caller: Caller, asked: Annotated[Expand, Depends(reader(*RELATIONS))]
) -> Response:
    """A subscription."""
    subscription, now = await _find(uow, subscriptionUuid)
    items = (await items_of(uow, [subscription.id]))[subscription.id]
    prices = await prices_by_ids(uow, {item.price_id for item in items})
    customer = await get_customer(uow, subscription.customer_id)
    seller = Seller.of(caller)
    relations: dict[str, Any] = {}
    if "product" in asked:
        caller.require("catalog:read")
        product = await get_product(uow, now.product_id)
        inside = asked.below("product")
        plans, paid = await plans_and_paid(uow, product, needed="currencies" in inside)
        relations["product"] = product_to_wire(product, plans, seller, inside, paid=paid)
    if "plan" in asked:
        caller.require("catalog:read")
        relations["plan"] = plan_to_wire(now, seller, asked.below("plan"), {})
    if "customer" in asked:
        caller.require("customers:read")
        relations["customer"] = customer_to_wire(customer)
    return vendor_answer(
        subscription_to_wire(subscription, now, items, prices, customer, seller, uow.now, relations)
    )


@router.put(
    "/{subscriptionUuid}/cancel",
    operation_id="cancelSubscription",
    response_model=Nothing,
    dependencies=[WRITE],
)
async def cancel(subscriptionUuid: str, uow: Unit, when: When = "end") -> Response:
    """End a subscription; asking twice for the end of the period is the same as once.

    One that has not begun has no period whose end could be waited for: it is given up at once.
    """
    subscription, _ = await _find(uow, subscriptionUuid)
    begun = subscription.status is not SubscriptionState.DRAFT
    await cancel_subscription(uow, subscription.id, _WHEN[when] if begun else CancelWhen.NOW)
    return vendor_answer({})


async def _find(uow: Unit, text: str) -> tuple[Subscription, PlanNow]:
    """The subscription and its plan; one to no plan of a product has no form in Salable."""
    subscription = await get_subscription(uow, wanted_id(text, "subscription"))
    if subscription.plan_id is not None:
        for now in await plans_now(uow, [await get_plan(uow, subscription.plan_id)]):
            return subscription, now
    raise NotFound("no such subscription to a plan of a product: others are not shown here")
