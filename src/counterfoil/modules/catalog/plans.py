"""Use cases of plans and their versions; prices have a file of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput, NotFound, WrongState
from counterfoil.core.tax_rules import check_category
from counterfoil.modules.catalog import objects, repository
from counterfoil.modules.catalog.conditions import check_distinct
from counterfoil.modules.catalog.feature_values import read_value
from counterfoil.modules.catalog.objects import MAX_ID, check_count, check_range, choice, coded, fresh, named
from counterfoil.modules.catalog.prices import MAX_PRICES, check_codes, check_references, read_prices
from counterfoil.modules.catalog.pricing_units import in_currencies
from counterfoil.modules.catalog.repository import FEATURES, PLANS, PRICES, PRODUCTS
from counterfoil.modules.catalog.types import (
    Plan,
    PlanFeature,
    PlanKind,
    PlanVersion,
    PlanVersionStatus,
    Visibility,
)
from counterfoil.store.guards import check_metadata, check_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from counterfoil.modules.catalog.types import (
        CatalogChanges,
        CatalogFilter,
        NewPlan,
        NewPlanVersion,
        Price,
    )
    from counterfoil.store import Found, OffsetQuery, Page, PageQuery, Uow

MAX_FEATURES: Final = 200
MAX_NUMBER: Final = 2**31 - 1
MAX_DAYS: Final = 3653
"""Ten years."""

_CHANGEABLE: Final = frozenset(
    {
        "visibility",
        "position",
        "kind",
        "min_seats",
        "max_seats",
        "trial_days",
        "evaluation_days",
        "tax_category",
    }
)


async def create_plan(uow: Uow, new: NewPlan) -> Plan:
    """Make a plan, with its first version if the command has one.

    Raises ``InvalidInput``, ``NotFound`` or ``WrongState`` for a product that is unknown or archived,
    ``AlreadyExists``, and what ``create_plan_version`` raises.
    """
    if new.product_id is not None:
        await named(uow, PRODUCTS, [("product_id", new.product_id)])
    plan = Plan(
        **coded(uow, "plan", new),
        name=new.name,
        description=new.description,
        product_id=new.product_id,
        visibility=choice(Visibility, new.visibility, "visibility"),
        position=new.position,
        kind=choice(PlanKind, new.kind, "kind"),
        min_seats=new.min_seats,
        max_seats=new.max_seats,
        trial_days=new.trial_days,
        evaluation_days=new.evaluation_days,
        tax_category=new.tax_category,
        archived_at=None,
    )
    await objects.create(uow, PLANS, _checked(plan))
    if new.initial is None:
        return plan
    await create_plan_version(uow, plan.id, new.initial)
    return await PLANS.get(uow, plan.id)


async def get_plan(uow: Uow, plan_id: UUID) -> Plan:
    """The plan, or ``NotFound``."""
    return await PLANS.get(uow, plan_id)


async def list_plans(
    uow: Uow, query: PageQuery, *, code: str | None = None, external_id: str | None = None
) -> Page[Plan]:
    """Plans, newest first, archived ones included."""
    return await objects.find(uow, PLANS, query, code=code, external_id=external_id)


async def search_plans(uow: Uow, wanted: CatalogFilter, query: OffsetQuery) -> Found[Plan]:
    """Plans that the filter asks for, newest first unless the query says otherwise, and how many in all."""
    return await objects.search(uow, PLANS, wanted, query)


async def update_plan(uow: Uow, plan_id: UUID, changes: CatalogChanges) -> Plan:
    """Change anything but the code and the product (errors: ``objects.change``)."""
    return await objects.change(uow, PLANS, plan_id, changes, more=_CHANGEABLE, read=_checked)


async def archive_plan(uow: Uow, plan_id: UUID, *, freeing: bool = False) -> Plan:
    """Put a plan away: its subscriptions go on, and it gets no new ones and no new version.

    ``freeing`` takes its external id from it as well, so that another plan may have that.
    """
    return await objects.put_away(uow, PLANS, plan_id, freeing=freeing)


async def plans_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, Plan]:
    """The plans with these ids; unknown ones are left out."""
    return await PLANS.by_ids(uow, ids)


async def plans_by_codes(uow: Uow, codes: Collection[str]) -> dict[str, Plan]:
    """The plans with these codes; unknown ones are left out."""
    return await PLANS.by_codes(uow, codes)


async def create_plan_version(uow: Uow, plan_id: UUID, new: NewPlanVersion) -> PlanVersion:
    """Add a version to a plan: a draft, or published at once.

    Raises ``InvalidInput`` naming ``prices.<n>.…``, ``keep.<n>`` or ``features.<n>.…``, ``NotFound`` for an
    unknown plan, price to keep, feature, meter or tax rate, ``WrongState`` for an archived one,
    ``AlreadyExists``, and what ``publish_plan_version`` raises.
    """
    plan = await lock_open_plan(uow, plan_id)
    check_text(new.external_id, "external_id", longest=MAX_ID)
    check_metadata(new.meta)
    features = await _read_features(uow, new.features)
    kept = await _kept(uow, plan, new.keep)
    made = read_prices(uow, plan.id, await in_currencies(uow, new.prices))
    paths = {f"keep.{index}": price for index, price in enumerate(kept)}
    check_codes(paths | {f"prices.{index}.code": price for index, price in enumerate(made)})
    await check_references(uow, {f"prices.{index}": price for index, price in enumerate(made)})
    return await add_version(uow, plan, new, features, [*kept, *made], made)


async def add_version(
    uow: Uow,
    plan: Plan,
    new: NewPlanVersion,
    features: Sequence[PlanFeature],
    prices: Sequence[Price],
    made: Sequence[Price],
) -> PlanVersion:
    """Write the next version of a plan that is locked, with these prices, of which ``made`` are new."""
    check_count(len(prices), "prices", most=MAX_PRICES)
    version = PlanVersion(
        **fresh(uow, new),
        plan_id=plan.id,
        number=(plan.latest_number or 0) + 1,
        status=PlanVersionStatus.DRAFT,
        published_at=None,
        features=features,
        prices=prices,
    )
    await repository.add_prices(uow, made)
    await repository.add_version(uow, version)
    facts = {"plan_id": str(plan.id), "number": version.number}
    uow.announce("plan_version.created", "plan_version", version.id, 1, facts)
    return await _publish(uow, plan, version, await published(uow, plan)) if new.publish else version


async def publish_plan_version(uow: Uow, plan_id: UUID, number: int) -> PlanVersion:
    """Make a draft the version that new subscriptions get.  Twice is the same as once.

    Prices that it does not list any more end now.  Raises ``NotFound``; ``WrongState`` if the plan or what
    a price names is archived, or a later version is published already.  Its prices may share no currency and
    no interval: whoever subscribes then says which of them are taken.
    """
    plan = await repository.lock_plan(uow, plan_id)
    version = await repository.version_by_number(uow, plan_id, number)
    if version.status is PlanVersionStatus.PUBLISHED:
        return version
    _check_open(plan)
    await named(uow, FEATURES, _references(version.features))
    before = await published(uow, plan)
    known = set() if before is None else {price.id for price in before.prices}
    prices = {f"prices.{index}": price for index, price in enumerate(version.prices)}
    await check_references(uow, {path: price for path, price in prices.items() if price.id not in known})
    return await _publish(uow, plan, version, before)


async def lock_open_plan(uow: Uow, plan_id: UUID) -> Plan:
    """The plan, whose versions nobody else changes until this ends; ``NotFound``, ``WrongState``."""
    plan = await repository.lock_plan(uow, plan_id)
    _check_open(plan)
    return plan


async def published(uow: Uow, plan: Plan) -> PlanVersion | None:
    """The version of a plan that new subscriptions get, if there is one."""
    if plan.published_number is None:
        return None
    return await repository.version_by_number(uow, plan.id, plan.published_number)


async def get_plan_version(uow: Uow, plan_id: UUID, number: int) -> PlanVersion:
    """The version of a plan with this number, or ``NotFound``."""
    return await repository.version_by_number(uow, plan_id, number)


async def list_plan_versions(uow: Uow, plan_id: UUID, query: PageQuery) -> Page[PlanVersion]:
    """A plan's versions, newest first; ``NotFound`` for an unknown plan."""
    await PLANS.get(uow, plan_id)
    return await repository.page_of_versions(uow, plan_id, query)


async def published_version_of(uow: Uow, plan_id: UUID) -> PlanVersion:
    """The version that a new subscription gets; ``NotFound`` for an unknown plan, ``WrongState`` if none."""
    plan = await PLANS.get(uow, plan_id)
    if plan.published_number is None:
        raise WrongState(
            f"no version of the plan {plan.code} is published", allowed="a plan with a published version"
        )
    return await repository.version_by_number(uow, plan_id, plan.published_number)


async def published_versions(uow: Uow, plans: Collection[Plan]) -> dict[UUID, PlanVersion]:
    """For each of these plans that has one, by its id, the published version."""
    numbers = {plan.id: plan.published_number for plan in plans if plan.published_number is not None}
    return await repository.versions_by_numbers(uow, numbers)


async def plan_versions_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, PlanVersion]:
    """The versions with these ids; unknown ones are left out."""
    return await repository.versions_by_ids(uow, ids)


async def _publish(uow: Uow, plan: Plan, version: PlanVersion, before: PlanVersion | None) -> PlanVersion:
    if plan.published_number is not None and plan.published_number > version.number:
        raise WrongState(
            f"version {plan.published_number} is published already",
            field="number",
            allowed=f"a version after {plan.published_number}",
        )
    after = replace(
        version,
        status=PlanVersionStatus.PUBLISHED,
        published_at=uow.now,
        version=version.version + 1,
        updated_at=uow.now,
    )
    await repository.publish_version(uow, after)
    facts = {"plan_id": str(plan.id), "number": version.number}
    uow.announce("plan_version.published", "plan_version", version.id, after.version, facts)
    return replace(after, prices=await _follow(uow, version.prices, [] if before is None else before.prices))


async def _follow(uow: Uow, prices: Sequence[Price], before: Sequence[Price]) -> list[Price]:
    """The prices that are published now: those that they follow have ended, and none of them has."""
    now = {price.id for price in prices}
    left = [price.id for price in before if price.id not in now]
    back = [price.id for price in prices if price.ended_at is not None]
    versions = await repository.write_ended(uow, left, uow.now) | await repository.write_ended(
        uow, back, None
    )
    for price_id in (*left, *back):
        uow.announce("price.updated", "price", price_id, versions[price_id], {"changed": ["ended_at"]})
    return [
        replace(price, ended_at=None, version=versions[price.id], updated_at=uow.now)
        if price.id in versions
        else price
        for price in prices
    ]


def _checked(plan: Plan) -> Plan:
    """The plan in the form in which it is kept."""
    check_category(plan.tax_category)
    for field in ("position", "min_seats", "max_seats"):
        check_range(getattr(plan, field), field, lowest=0, highest=MAX_NUMBER)
    for field in ("trial_days", "evaluation_days"):
        check_range(getattr(plan, field), field, lowest=0, highest=MAX_DAYS)
    if plan.max_seats is not None and plan.max_seats < plan.min_seats:
        raise InvalidInput(
            "max_seats is below min_seats", field="max_seats", allowed=f"{plan.min_seats} or more, or none"
        )
    return replace(
        plan,
        visibility=choice(Visibility, plan.visibility, "visibility"),
        kind=choice(PlanKind, plan.kind, "kind"),
    )


def _check_open(plan: Plan) -> None:
    if plan.archived_at is not None:
        raise WrongState(f"the plan {plan.code} is archived", allowed="a plan that is not archived")


def _references(features: Sequence[PlanFeature]) -> list[tuple[str, UUID]]:
    return [(f"features.{index}.feature_id", feature.feature_id) for index, feature in enumerate(features)]


async def _kept(uow: Uow, plan: Plan, ids: Sequence[UUID]) -> list[Price]:
    check_count(len(ids), "keep", most=MAX_PRICES)
    check_distinct(ids, "keep")
    found = await PRICES.by_ids(uow, ids)
    for index, price_id in enumerate(ids):
        if price_id not in found or found[price_id].plan_id != plan.id:
            raise NotFound("no such price", field=f"keep.{index}", allowed="the id of a price of this plan")
    return [found[price_id] for price_id in ids]


async def _read_features(uow: Uow, given: Sequence[PlanFeature]) -> list[PlanFeature]:
    check_count(len(given), "features", most=MAX_FEATURES)
    check_distinct([feature.feature_id for feature in given], "features")
    known = await named(uow, FEATURES, _references(given))
    return [
        PlanFeature(
            item.feature_id, read_value(known[item.feature_id], item.value, f"features.{index}.value")
        )
        for index, item in enumerate(given)
    ]
