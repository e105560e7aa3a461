"""Use cases of plans, their versions and the prices in them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput, NotFound, WrongState
from counterfoil.modules.catalog import objects, repository
from counterfoil.modules.catalog.conditions import check_distinct
from counterfoil.modules.catalog.feature_values import read_value
from counterfoil.modules.catalog.objects import MAX_ID, check_count, fresh, named
from counterfoil.modules.catalog.prices import check_references, read_prices
from counterfoil.modules.catalog.repository import FEATURES, PLANS, PRODUCTS
from counterfoil.modules.catalog.types import (
    Plan,
    PlanFeature,
    PlanVersion,
    PlanVersionStatus,
    Price,
)
from counterfoil.store.guards import check_metadata, check_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from counterfoil.modules.catalog.types import CatalogChanges, NewPlan, NewPlanVersion
    from counterfoil.store import Page, PageQuery, Uow

MAX_FEATURES: Final = 200


async def create_plan(uow: Uow, new: NewPlan) -> Plan:
    """Make a plan, with its first version if the command has one.

    Raises ``InvalidInput``, ``NotFound`` or ``WrongState`` for a product that is unknown or archived,
    ``AlreadyExists``, and what ``create_plan_version`` raises.
    """
    if new.product_id is not None:
        await named(uow, PRODUCTS, [("product_id", new.product_id)])
    plan = Plan(
        **fresh(uow, new),
        code=new.code,
        name=new.name,
        description=new.description,
        product_id=new.product_id,
        archived_at=None,
    )
    await objects.create(uow, PLANS, plan)
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


async def update_plan(uow: Uow, plan_id: UUID, changes: CatalogChanges) -> Plan:
    """Change name, description, external id or metadata (errors: ``objects.change``)."""
    return await objects.change(uow, PLANS, plan_id, changes)


async def archive_plan(uow: Uow, plan_id: UUID) -> Plan:
    """Put a plan away: its subscriptions go on, and it gets no new ones and no new version."""
    return await objects.put_away(uow, PLANS, plan_id)


async def plans_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, Plan]:
    """The plans with these ids; unknown ones are left out."""
    return await PLANS.by_ids(uow, ids)


async def plans_by_codes(uow: Uow, codes: Collection[str]) -> dict[str, Plan]:
    """The plans with these codes; unknown ones are left out."""
    return await PLANS.by_codes(uow, codes)


async def create_plan_version(uow: Uow, plan_id: UUID, new: NewPlanVersion) -> PlanVersion:
    """Add a version to a plan: a draft, or published at once.

    Raises ``InvalidInput`` naming ``prices.<n>.…`` or ``features.<n>.…``, ``NotFound`` for an unknown plan,
    feature, meter or tax rate, ``WrongState`` for an archived one, ``AlreadyExists``, and what
    ``publish_plan_version`` raises.
    """
    plan = await repository.lock_plan(uow, plan_id)
    _check_open(plan)
    fields = fresh(uow, new)
    check_text(new.external_id, "external_id", longest=MAX_ID)
    check_metadata(new.meta)
    version = PlanVersion(
        **fields,
        plan_id=plan.id,
        number=(plan.latest_number or 0) + 1,
        status=PlanVersionStatus.DRAFT,
        published_at=None,
        features=await _read_features(uow, new.features),
        prices=read_prices(uow, fields["id"], new.prices),
    )
    await check_references(uow, version.prices)
    await repository.add_version(uow, version)
    facts = {"plan_id": str(plan.id), "number": version.number}
    uow.announce("plan_version.created", "plan_version", version.id, 1, facts)
    return await _publish(uow, plan, version) if new.publish else version


async def publish_plan_version(uow: Uow, plan_id: UUID, number: int) -> PlanVersion:
    """Make a draft the version that new subscriptions get.  Twice is the same as once.

    Raises ``NotFound``; ``WrongState`` if the plan or what a price names is archived, or a later version is
    published already; ``InvalidInput`` if there is no currency that all prices have.
    """
    plan = await repository.lock_plan(uow, plan_id)
    version = await repository.version_by_number(uow, plan_id, number)
    if version.status is PlanVersionStatus.PUBLISHED:
        return version
    _check_open(plan)
    await named(uow, FEATURES, _references(version.features))
    await check_references(uow, version.prices)
    return await _publish(uow, plan, version)


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


async def get_price(uow: Uow, price_id: UUID) -> Price:
    """The price, or ``NotFound``."""
    found = await repository.prices_by_ids(uow, [price_id])
    if not found:
        raise NotFound("no such price")
    return found[price_id]


async def list_prices(
    uow: Uow, query: PageQuery, *, plan_version_id: UUID | None = None, external_id: str | None = None
) -> Page[Price]:
    """Prices, newest first."""
    check_text(external_id, "external_id", longest=MAX_ID)
    return await repository.page_of_prices(
        uow, query, plan_version_id=plan_version_id, external_id=external_id
    )


async def prices_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, Price]:
    """The prices with these ids; unknown ones are left out."""
    return await repository.prices_by_ids(uow, ids)


async def prices_of_versions(uow: Uow, version_ids: Collection[UUID]) -> dict[UUID, list[Price]]:
    """The prices of each of these versions, in their order."""
    return await repository.prices_of_versions(uow, version_ids)


async def _publish(uow: Uow, plan: Plan, version: PlanVersion) -> PlanVersion:
    if plan.published_number is not None and plan.published_number > version.number:
        raise WrongState(
            f"version {plan.published_number} is published already",
            field="number",
            allowed=f"a version after {plan.published_number}",
        )
    if version.prices and not version.currencies:
        raise InvalidInput(
            "there is no currency that every price has, so nobody could subscribe",
            field="prices",
            allowed="prices that share at least one currency in params",
        )
    published = replace(
        version,
        status=PlanVersionStatus.PUBLISHED,
        published_at=uow.now,
        version=version.version + 1,
        updated_at=uow.now,
    )
    await repository.publish_version(uow, published)
    facts = {"plan_id": str(plan.id), "number": version.number}
    uow.announce("plan_version.published", "plan_version", version.id, published.version, facts)
    return published


def _check_open(plan: Plan) -> None:
    if plan.archived_at is not None:
        raise WrongState(f"the plan {plan.code} is archived", allowed="a plan that is not archived")


def _references(features: Sequence[PlanFeature]) -> list[tuple[str, UUID]]:
    return [(f"features.{index}.feature_id", feature.feature_id) for index, feature in enumerate(features)]


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
