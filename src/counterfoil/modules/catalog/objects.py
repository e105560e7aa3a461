"""What the use cases of every coded kind share: make, read, change, put away, and be named by others."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.errors import InvalidInput, NotFound, TooLarge, WrongState, with_article
from counterfoil.core.ids import show_id
from counterfoil.store.guards import check_metadata, check_text, check_version

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Set
    from enum import StrEnum
    from uuid import UUID

    from counterfoil.modules.catalog.coupon_types import AddOn, Coupon
    from counterfoil.modules.catalog.meter_types import Meter
    from counterfoil.modules.catalog.product_types import Feature, PricingTable, Product
    from counterfoil.modules.catalog.repository import Objects, Shelf
    from counterfoil.modules.catalog.types import (
        CatalogChanges,
        CatalogFilter,
        Plan,
        Price,
        PriceFilter,
        PricingUnit,
        TaxRate,
    )
    from counterfoil.store import Found, OffsetQuery, Page, PageQuery, Uow

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
MAX_ID: Final = 255
_CHANGEABLE: Final = frozenset({"name", "description", "external_id", "meta"})


def coded(uow: Uow, kind: str, new: Any) -> dict[str, Any]:
    """The fields that every new object with a code has; where none is given it is the object's public id."""
    fields = fresh(uow, new)
    return {**fields, "code": show_id(kind, fields["id"]) if new.code is None else new.code}


def fresh(uow: Uow, new: Any) -> dict[str, Any]:
    """The fields that every new object has, from the command that asks for it."""
    return {
        "id": uow.new_id(),
        "external_id": new.external_id,
        "meta": dict(new.meta),
        "version": 1,
        "created_at": uow.now,
        "updated_at": uow.now,
    }


async def create[V: (Product, Feature, Meter, TaxRate, Plan, PricingTable, PricingUnit, Coupon, AddOn)](
    uow: Uow, shelf: Shelf[V], view: V
) -> V:
    """Write a new object and announce it; ``InvalidInput``, ``AlreadyExists``."""
    check_common(view)
    await shelf.add(uow, view)
    uow.announce(f"{shelf.kind}.created", shelf.kind, view.id, 1, {"code": view.code})
    return view


async def find[V: (Product, Feature, Meter, TaxRate, Plan, PricingTable, PricingUnit, Coupon, AddOn)](
    uow: Uow, shelf: Shelf[V], query: PageQuery, **equal: UUID | str | None
) -> Page[V]:
    """Objects with these values where one is given, newest first, archived ones included.

    Raises ``InvalidInput`` for what no code, id or other text can hold.
    """
    for name, value in equal.items():
        if isinstance(value, str):
            check_text(value, name, longest=MAX_ID)
    return await shelf.page(uow, query, **equal)


async def search[
    V: (Product, Feature, Meter, TaxRate, Plan, PricingTable, PricingUnit, Coupon, AddOn, Price)
](
    uow: Uow,
    shelf: Objects[V],
    wanted: CatalogFilter | PriceFilter,
    query: OffsetQuery,
    *,
    count: bool = True,
) -> Found[V]:
    """What the filter asks for, newest first unless the query says otherwise, and how much there is in all.

    Raises ``InvalidInput`` for what no code, name or id can hold.
    """
    for field in ("codes", "external_ids"):
        for text in getattr(wanted, field) or ():
            check_text(text, field, longest=MAX_ID)
    for field in ("name_contains", "channel"):
        check_text(getattr(wanted, field, None), field, longest=MAX_ID)
    return await shelf.search(uow, wanted, query, count=count)


async def change[
    V: (Product, Feature, Meter, TaxRate, Plan, PricingTable, PricingUnit, Coupon, AddOn, Price)
](
    uow: Uow,
    shelf: Objects[V],
    object_id: UUID,
    changes: CatalogChanges,
    *,
    more: Set[str] = frozenset(),
    read: Callable[[V], V] | None = None,
) -> V:
    """Change name, description, external id or metadata, and what ``more`` names.

    ``read`` checks the changed object and returns it in the form in which it is kept.  Raises ``NotFound``,
    ``VersionMismatch``, ``InvalidInput``, ``AlreadyExists``.
    """
    before = await shelf.get(uow, object_id)
    check_version(before.version, changes.expected_version)
    assert changes.fields.keys() <= _CHANGEABLE | more
    after = replace(before, **changes.fields)
    return await save(uow, shelf, after if read is None else read(after), changes.fields, "updated")


async def put_away[V: (Product, Feature, Meter, TaxRate, Plan, PricingTable, PricingUnit, Coupon, AddOn)](
    uow: Uow, shelf: Shelf[V], object_id: UUID, *, freeing: bool = False
) -> V:
    """Archive: it stays readable, and nothing new may name it.  Twice is the same as once.

    ``freeing`` takes the external id from it in the same change, for another object to have.
    """
    before = await shelf.get(uow, object_id)
    changes: dict[str, Any] = {}
    if before.archived_at is None:
        changes["archived_at"] = uow.now
    if freeing and before.external_id is not None:
        changes["external_id"] = None
    if not changes:
        return before
    return await save(uow, shelf, replace(before, **changes), changes, "archived")


async def named[V: (Product, Feature, Meter, TaxRate, Plan, PricingTable, PricingUnit, Coupon, AddOn)](
    uow: Uow, shelf: Shelf[V], references: Collection[tuple[str, UUID]]
) -> dict[UUID, V]:
    """The objects that something new names, each reference with the field that names it.

    Raises ``NotFound`` or, for an archived one, ``WrongState``, naming the field.
    """
    found = await shelf.by_ids(uow, {object_id for _, object_id in references})
    noun = shelf.kind.replace("_", " ")
    for field, object_id in references:
        view = found.get(object_id)
        if view is None:
            raise NotFound(
                f"no such {noun}", field=field, allowed=f"the id of {with_article(noun)} that exists"
            )
        if view.archived_at is not None:
            raise WrongState(
                f"the {noun} {view.code} is archived",
                field=field,
                allowed=f"{with_article(noun)} that is not archived",
            )
    return found


def check_common(view: Any) -> None:
    """Refuse texts and metadata that cannot be kept."""
    check_code(view.code)
    check_text(view.name, "name", longest=200)
    check_text(view.external_id, "external_id", longest=MAX_ID)
    check_text(getattr(view, "description", None), "description", longest=5000, shortest=0)
    check_metadata(view.meta)


def is_code(text: str) -> bool:
    """Whether an object of the catalog can have this code."""
    return _CODE.fullmatch(text) is not None


def check_code(code: str) -> None:
    """Refuse a code of another form."""
    if not is_code(code):
        raise InvalidInput(
            "code has another form than a code",
            field="code",
            allowed="1 to 100 lower-case letters, digits, points, hyphens or underscores,"
            " a letter or digit first",
        )


def choice[E: StrEnum](enum: type[E], value: str, field: str) -> E:
    """The member of an enum with this value, or ``InvalidInput`` naming the field."""
    try:
        return enum(value)
    except ValueError:
        raise InvalidInput(
            f"{field} is not one of the choices", field=field, allowed=", ".join(enum)
        ) from None


def check_count(count: int, field: str, *, most: int) -> None:
    """Refuse a list with too many entries."""
    if count > most:
        raise TooLarge(f"{field} has too many entries", field=field, allowed=f"at most {most}")


def check_range(number: int | None, field: str, *, lowest: int, highest: int) -> None:
    """Refuse a number outside its range; ``None`` passes."""
    if number is not None and not lowest <= number <= highest:
        raise InvalidInput(f"{field} is out of range", field=field, allowed=f"{lowest} to {highest}")


async def save[V: (Product, Feature, Meter, TaxRate, Plan, PricingTable, PricingUnit, Coupon, AddOn, Price)](
    uow: Uow, shelf: Objects[V], view: V, changed: Collection[str], event: str
) -> V:
    """Write the ``changed`` fields of an object that was read, and announce it as ``event``."""
    after = replace(view, version=view.version + 1, updated_at=uow.now)
    check_common(after)
    await shelf.update(uow, after, changed)
    uow.announce(f"{shelf.kind}.{event}", shelf.kind, after.id, after.version, {"changed": sorted(changed)})
    return after
