"""Carrying out a list of changes by the modules' use cases, inside one unit of work.

Always holds: changes come in the order in which one needs the other; a refusal of a use case is told with
the place in the file that caused it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from counterfoil.core.errors import CounterfoilError, InvalidInput, with_article
from counterfoil.core.tax import TaxRounding
from counterfoil.core.tax_rules import Registration, TaxPoint
from counterfoil.faces.cli.apply.contracts import lifetime_of, plans_of_phases
from counterfoil.faces.cli.apply.diff import Action
from counterfoil.faces.cli.apply.present import PLAN_FIELDS, running_items
from counterfoil.modules.billing import change_quantity, subscribe
from counterfoil.modules.catalog import (
    CatalogChanges,
    NewAddOn,
    NewCoupon,
    NewFeature,
    NewMeter,
    NewPlan,
    NewPlanVersion,
    NewPrice,
    NewProduct,
    NewTaxRate,
    PlanFeature,
    Region,
    create_add_on,
    create_coupon,
    create_feature,
    create_meter,
    create_plan,
    create_plan_version,
    create_product,
    create_tax_rate,
    features_by_codes,
    meters_by_codes,
    plans_by_codes,
    prices_by_ids,
    products_by_codes,
    tax_rates_by_codes,
    update_add_on,
    update_coupon,
    update_feature,
    update_meter,
    update_plan,
    update_product,
    update_tax_rate,
)
from counterfoil.modules.customers import (
    Address,
    BilledTo,
    CustomerChanges,
    NewCustomer,
    TaxExemption,
    create_customer,
    resolve_customers,
    update_customer,
)
from counterfoil.modules.invoicing import Changes, update_issuer
from counterfoil.modules.subscriptions import (
    Alignment,
    ChosenAddOn,
    Invoicing,
    NewSubscription,
    PriceOverride,
    SubscriptionChanges,
    items_of,
    update_subscription,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from enum import StrEnum

    from counterfoil.faces.cli.apply.diff import Change
    from counterfoil.faces.cli.apply.present import Snapshot
    from counterfoil.faces.kit.units import Uow


_NAMES: Final = {
    "params": "currencies",
    "meter_id": "meter",
    "feature_id": "feature",
    "tax_rate_ids": "tax_rates",
    "product_id": "product",
    "customer_id": "customer",
    "plan_id": "plan",
    "product_ids": "products",
    "plan_ids": "plans",
    "feature_ids": "features",
    "meta": "metadata",
}
"""What the file calls the use cases' fields."""


_LABELS: Final = ("plan_reference", "payment_method", "invoicing")
"""What of a subscription may change at any time."""


async def carry_out(uow: Uow, changes: Sequence[Change], snapshot: Snapshot) -> None:
    """Make and change what ``changes`` say; any refusal names file, line and path."""
    for change in changes:
        try:
            await _WRITERS[change.wanted.kind](uow, change, snapshot.views.get(change.key))
        except CounterfoilError as error:
            raise _placed(change, error) from None


def _placed(change: Change, error: CounterfoilError) -> CounterfoilError:
    """The error of a use case in the words of the file."""
    if error.message.startswith(f"{change.wanted.place.file}:"):
        return error
    if error.field is not None:
        error.field = ".".join(_NAMES.get(step, step) for step in error.field.split("."))
    return change.wanted.place.refused(error)


async def _issuer(uow: Uow, change: Change, view: Any) -> None:
    fields = _changed(change)
    if "registrations" in fields:
        fields["registrations"] = [Registration(**one) for one in fields["registrations"]]
    for name, choices in (("tax_rounding", TaxRounding), ("tax_point", TaxPoint)):
        if fields.get(name, next(iter(choices))) not in list(choices):
            raise change.wanted.place.nearest(name).wrong("is not one of the choices", ", ".join(choices))
    await update_issuer(uow, view.id, Changes(fields))


async def _tax_rate(uow: Uow, change: Change, view: Any) -> None:
    if view is not None:
        await update_tax_rate(uow, view.id, CatalogChanges(_changed(change)))
        return
    await create_tax_rate(uow, NewTaxRate(code=change.wanted.key, **change.wanted.fields))


async def _product(uow: Uow, change: Change, view: Any) -> None:
    if view is not None:
        await update_product(uow, view.id, CatalogChanges(_changed(change)))
    else:
        await create_product(uow, NewProduct(code=change.wanted.key, **change.wanted.fields))


async def _meter(uow: Uow, change: Change, view: Any) -> None:
    if view is not None:
        await update_meter(uow, view.id, CatalogChanges(_changed(change)))
    else:
        await create_meter(uow, NewMeter(code=change.wanted.key, **change.wanted.fields))


async def _feature(uow: Uow, change: Change, view: Any) -> None:
    if view is not None:
        await update_feature(uow, view.id, CatalogChanges(_with_regions(_changed(change))))
        return
    fields = _with_regions(change.wanted.fields)
    meter, product = fields.pop("meter"), fields.pop("product", None)
    if meter is not None:
        fields["meter_id"] = _known(await meters_by_codes(uow, [meter]), meter, change, "meter").id
    if product is not None:
        fields["product_id"] = _known(await products_by_codes(uow, [product]), product, change, "product").id
    await create_feature(uow, NewFeature(code=change.wanted.key, **fields))


def _with_regions(fields: Mapping[str, Any]) -> dict[str, Any]:
    regions = {"regions": [Region(**one) for one in fields["regions"]]} if "regions" in fields else {}
    return {**fields, **regions}


async def _plan(uow: Uow, change: Change, view: Any) -> None:
    fields = change.wanted.fields
    if view is None:
        code = fields["product"]
        product = (
            None if code is None else _known(await products_by_codes(uow, [code]), code, change, "product")
        )
        view = await create_plan(
            uow,
            NewPlan(
                code=change.wanted.key,
                product_id=None if product is None else product.id,
                **{name: fields[name] for name in PLAN_FIELDS if name in fields},
            ),
        )
        await _version(uow, change, view.id)
        return
    plain = {name: value for name, value in _changed(change).items() if name in PLAN_FIELDS}
    if plain:
        await update_plan(uow, view.id, CatalogChanges(plain))
    if change.action is Action.VERSION:
        await _version(uow, change, view.id)


async def _version(uow: Uow, change: Change, plan_id: UUID) -> None:
    """Publish what the file says as the plan's next version."""
    fields = change.wanted.fields
    features = await features_by_codes(uow, fields["features"])
    prices = await _new_prices(
        uow, change, "prices", [{"code": code, **price} for code, price in fields["prices"].items()]
    )
    given = [
        PlanFeature(_known(features, code, change, f"features.{code}").id, value)
        for code, value in fields["features"].items()
    ]
    try:
        await create_plan_version(uow, plan_id, NewPlanVersion(features=given, prices=prices, publish=True))
    except CounterfoilError as error:
        if error.field is not None and error.field.startswith("features."):
            error.field = f"features.{list(fields['features'])[int(error.field.split('.')[1])]}"
        raise


async def _coupon(uow: Uow, change: Change, view: Any) -> None:
    if view is not None:
        await update_coupon(uow, view.id, CatalogChanges(_changed(change)))
        return
    fields = dict(change.wanted.fields)
    for name, shelf in (("product", products_by_codes), ("plan", plans_by_codes)):
        fields[f"{name}_ids"] = await _ids(uow, change, f"{name}s", shelf, fields.pop(f"{name}s"))
    for name in ("percent", "first_units"):
        fields[name] = None if fields[name] is None else Decimal(fields[name])
    await create_coupon(uow, NewCoupon(code=change.wanted.key, **fields))


async def _add_on(uow: Uow, change: Change, view: Any) -> None:
    fields = dict(change.wanted.fields) if view is None else _changed(change)
    for name, shelf in (("feature", features_by_codes), ("plan", plans_by_codes)):
        if f"{name}s" in fields:
            fields[f"{name}_ids"] = await _ids(uow, change, f"{name}s", shelf, fields.pop(f"{name}s"))
    if fields.get("max_quantity") is not None:
        fields["max_quantity"] = Decimal(fields["max_quantity"])
    stated = fields.pop("prices", None)
    prices = None
    if stated is not None:
        coded = [{"code": code, **price} for code, price in stated.items()]
        prices = await _new_prices(uow, change, "prices", coded)
    if view is None:
        await create_add_on(uow, NewAddOn(code=change.wanted.key, prices=prices or [], **fields))
    else:
        await update_add_on(uow, view.id, CatalogChanges(fields), prices)


async def _ids(uow: Uow, change: Change, path: str, shelf: Any, codes: Sequence[str]) -> list[UUID]:
    """The ids of what a list of codes names, each found where it stands."""
    found = await shelf(uow, codes)
    return [_known(found, code, change, f"{path}.{index}").id for index, code in enumerate(codes)]


async def _new_prices(
    uow: Uow, change: Change, section: str, stated: Sequence[Mapping[str, Any]]
) -> list[NewPrice]:
    """The prices that a section of the file states, what they name found by its code."""
    features = await features_by_codes(uow, {one["feature"] for one in stated if one["feature"]})
    meters = await meters_by_codes(uow, {one["meter"] for one in stated if one["meter"]})
    rates = await tax_rates_by_codes(uow, {code for one in stated for code in one["tax_rates"]})
    prices = []
    for price in stated:
        path = f"{section}.{price['position']}"
        meter = None if price["meter"] is None else _known(meters, price["meter"], change, f"{path}.meter")
        named = price["feature"]
        feature = None if named is None else _known(features, named, change, f"{path}.feature")
        prices.append(
            NewPrice(
                **{name: price[name] for name in ("code", "name", "description", "unit", "model")},
                feature_id=None if feature is None else feature.id,
                params=price["currencies"],
                terms=price["terms"],
                meter_id=None if meter is None else meter.id,
                filters=price["filters"],
                quantity_source=price["quantity_source"],
                interval_unit=price["interval"],
                interval_count=price["interval_count"],
                cadence=price["cadence"],
                tax_category=price["tax_category"],
                tax_rate_ids=[
                    _known(rates, one, change, f"{path}.tax_rates").id for one in price["tax_rates"]
                ],
            )
        )
    return prices


async def _customer(uow: Uow, change: Change, view: Any) -> None:
    fields = dict(change.wanted.fields) if view is None else _changed(change)
    if "tax_exemption" in fields:
        fields["tax_exemption"] = TaxExemption(**fields["tax_exemption"])
    if "billed_to" in fields:
        fields["billed_to"] = _choice(BilledTo, change, "billed_to")
    if "parent" in fields:
        parent = fields.pop("parent")
        found = await resolve_customers(uow, [parent])
        fields["parent_id"] = _known(found, parent, change, "parent")
    if view is not None:
        if "metadata" in fields:
            fields["meta"] = fields.pop("metadata")
        await update_customer(uow, view.id, CustomerChanges(fields))
        return
    meta, address = fields.pop("metadata", {}), Address(**fields.pop("address", {}))
    await create_customer(
        uow, NewCustomer(external_id=change.wanted.key, address=address, meta=meta, **fields)
    )


async def _subscription(uow: Uow, change: Change, view: Any) -> None:
    quantities = {code: Decimal(text) for code, text in change.wanted.fields["quantities"].items()}
    if view is not None:
        labels = {name: value for name, value in _changed(change).items() if name in _LABELS}
        if labels:
            if "invoicing" in labels:
                labels["invoicing"] = _choice(Invoicing, change, "invoicing")
            await update_subscription(uow, view.id, SubscriptionChanges(labels))
        await _quantities(uow, change, view, quantities)
        return
    fields = dict(change.wanted.fields)
    if "invoicing" in fields:
        fields["invoicing"] = _choice(Invoicing, change, "invoicing")
    customer, plan = fields.pop("customer"), fields.pop("plan")
    plan_id = None if plan is None else _known(await plans_by_codes(uow, [plan]), plan, change, "plan").id
    prices = await _new_prices(uow, change, "own_prices", fields.pop("own_prices", ()))
    overrides = [PriceOverride(**one) for one in fields.pop("overrides", ())]
    add_ons = [ChosenAddOn(one["code"], Decimal(one["quantity"])) for one in fields.pop("add_ons", ())]
    customer_id: UUID = _known(await resolve_customers(uow, [customer]), customer, change, "customer")
    named = await plans_by_codes(uow, plans_of_phases(fields))
    lifetime = lifetime_of(fields, lambda code, path: _known(named, code, change, path).id)
    alignment = fields.pop("alignment", Alignment.ANNIVERSARY.value)
    if alignment not in list(Alignment):
        raise change.wanted.place.nearest("alignment").wrong(
            "is not one of the choices", ", ".join(Alignment)
        )
    new = NewSubscription(
        customer_id=customer_id,
        plan_id=plan_id,
        prices=prices,
        overrides=overrides,
        add_ons=add_ons,
        external_id=change.wanted.key,
        alignment=Alignment(alignment),
        **{**fields, **lifetime, "quantities": quantities},
    )
    try:
        await subscribe(uow, new)
    except CounterfoilError as error:
        if error.field is not None and error.field.startswith("prices."):
            error.field = f"own_{error.field}"
        raise


async def _quantities(uow: Uow, change: Change, view: Any, wanted: Mapping[str, Decimal]) -> None:
    items = (await items_of(uow, [view.id]))[view.id]
    prices = await prices_by_ids(uow, {item.price_id for item in items})
    by_code = running_items(items, prices, uow.now)
    for code, quantity in wanted.items():
        item = _known(by_code, code, change, f"quantities.{code}")
        if item.quantity != quantity:
            try:
                await change_quantity(uow, view.id, item.id, quantity)
            except InvalidInput as error:
                error.field = f"quantities.{code}"
                raise


def _choice[E: StrEnum](enum: type[E], change: Change, name: str) -> E:
    """What the file says of ``name`` as one of the choices, or the refusal of the place where it says it."""
    stated = change.wanted.fields[name]
    if stated not in list(enum):
        raise change.wanted.place.nearest(name).wrong("is not one of the choices", ", ".join(enum))
    return enum(stated)


def _changed(change: Change) -> dict[str, Any]:
    return {name: change.wanted.fields[name] for name in change.changed}


def _known(found: Mapping[str, Any], name: str, change: Change, path: str) -> Any:
    """What ``name`` names, or the refusal of the place where the file says it."""
    if name not in found:
        steps = [step for step in path.split(".") if not step.isdigit()]
        kind = "feature" if "features" in steps else steps[-1].removesuffix("s").replace("_", " ")
        raise InvalidInput(
            f"there is no {name}", field=path, allowed=f"{with_article(kind)} of this file or made before"
        )
    return found[name]


_WRITERS: Final[dict[str, Callable[[Uow, Change, Any], Awaitable[None]]]] = {
    "issuer": _issuer,
    "tax_rate": _tax_rate,
    "product": _product,
    "meter": _meter,
    "feature": _feature,
    "plan": _plan,
    "coupon": _coupon,
    "add_on": _add_on,
    "customer": _customer,
    "subscription": _subscription,
}
