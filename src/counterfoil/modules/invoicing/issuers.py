"""Use cases of issuers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import Conflict, InvalidInput, NotFound, TooLarge
from counterfoil.core.tax_rules import MEMBER_STATES, Scheme, check_category
from counterfoil.modules.invoicing.repository import issuers as repository
from counterfoil.modules.invoicing.types import Changes, Issuer, NewIssuer
from counterfoil.modules.subscriptions import MAX_LATE_USAGE_DAYS
from counterfoil.store.guards import check_address, check_country, check_metadata, check_text, check_version

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from counterfoil.store import Page, PageQuery, Uow

LANGUAGES: Final = ("en",)
"""The languages in which invoices can be written."""
MAX_GRACE_SECONDS: Final = 60 * 24 * 3600
MAX_NET_DAYS: Final = 365
MAX_NUMBER: Final = 10**12
MAX_REGISTRATIONS: Final = 200

_CHANGEABLE: Final = frozenset(
    {
        *("external_id", "name", "address", "tax_number", "footer", "language", "meta"),
        *("number_prefix", "next_number", "grace_seconds", "net_days", "late_usage_days"),
        *("registrations", "tax_category", "tax_rounding", "tax_point"),
    }
)
_ADDRESS: Final = frozenset({"line1", "line2", "city", "region", "postal_code", "country"})


async def create_issuer(uow: Uow, new: NewIssuer) -> Issuer:
    """Make an issuer with a series of numbers of its own; an environment's first one becomes its default.

    Raises ``InvalidInput``, ``AlreadyExists`` for a code or external id that is taken.
    """
    first = await repository.default(uow) is None
    issuer = _issuer(uow, new, is_default=first)
    _check(issuer)
    await repository.add(uow, issuer)
    uow.announce("issuer.created", "issuer", issuer.id, 1, {"code": issuer.code, "name": issuer.name})
    return issuer


async def default_issuer(uow: Uow) -> Issuer:
    """The environment's default issuer, made at first need with the organization's name."""
    found = await repository.default(uow)
    if found is not None:
        return found
    name = await repository.organization_name(uow)
    made = _issuer(uow, NewIssuer(code="default", name=name[:200]), is_default=True)
    await repository.add_default(uow, made)
    found = await repository.default(uow)
    assert found is not None, "written by us or by somebody at the same time"
    if found.id == made.id:
        uow.announce("issuer.created", "issuer", made.id, 1, {"code": made.code, "name": made.name})
    return found


async def get_issuer(uow: Uow, issuer_id: UUID) -> Issuer:
    """The issuer, or ``NotFound``."""
    return await repository.get(uow, issuer_id)


async def issuers_for(uow: Uow, ids: Collection[UUID | None]) -> dict[UUID | None, Issuer]:
    """The issuers with these ids; ``None`` is the default one.  ``NotFound`` for an unknown id."""
    named = {issuer_id for issuer_id in ids if issuer_id is not None}
    found = await repository.by_ids(uow, named) if named else {}
    issuers: dict[UUID | None, Issuer] = dict(found.items())
    if len(issuers) < len(named):
        raise NotFound("no such issuer", field="issuer_id")
    if None in ids:
        issuers[None] = await default_issuer(uow)
    return issuers


async def list_issuers(uow: Uow, query: PageQuery) -> Page[Issuer]:
    """Issuers, newest first; there is always the default one."""
    await default_issuer(uow)
    return await repository.page(uow, query)


async def update_issuer(uow: Uow, issuer_id: UUID, changes: Changes) -> Issuer:
    """Change fields of an issuer; invoices that are finalised keep what they were written with.

    ``next_number`` can be set until the first invoice has a number; after that it would leave a gap.  Raises
    ``NotFound``, ``VersionMismatch``, ``InvalidInput``, ``AlreadyExists``, ``Conflict``.
    """
    assert changes.fields.keys() <= _CHANGEABLE
    before = await repository.get(uow, issuer_id, lock=True)
    check_version(before.version, changes.expected_version)
    after = replace(before, **changes.fields, version=before.version + 1, updated_at=uow.now)
    _check(after)
    if after.next_number != before.next_number and await repository.has_numbered(uow, issuer_id):
        raise Conflict(
            "this issuer's numbers have begun, and they have no gaps",
            field="next_number",
            allowed=f"{before.next_number}, the number that follows",
        )
    await repository.save(uow, after, changes.fields)
    uow.announce("issuer.updated", "issuer", after.id, after.version, {"changed": sorted(changes.fields)})
    return after


def _issuer(uow: Uow, new: NewIssuer, *, is_default: bool) -> Issuer:
    return Issuer(
        id=uow.new_id(),
        external_id=new.external_id,
        code=new.code,
        is_default=is_default,
        name=new.name,
        address={key: value for key, value in new.address.items() if value is not None},
        tax_number=new.tax_number,
        footer=new.footer,
        number_prefix=new.number_prefix,
        next_number=new.next_number,
        grace_seconds=new.grace_seconds,
        net_days=new.net_days,
        late_usage_days=new.late_usage_days,
        language=new.language,
        registrations=list(new.registrations),
        tax_category=new.tax_category,
        tax_rounding=new.tax_rounding,
        tax_point=new.tax_point,
        meta=new.meta,
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
    )


def _check(issuer: Issuer) -> None:
    check_text(issuer.code, "code", longest=100)
    check_text(issuer.name, "name", longest=200)
    check_text(issuer.external_id, "external_id", longest=255)
    check_text(issuer.tax_number, "tax_number", longest=50)
    check_text(issuer.footer, "footer", longest=1000)
    check_text(issuer.number_prefix, "number_prefix", longest=20, shortest=0)
    if "\n" in issuer.number_prefix or "\t" in issuer.number_prefix:
        raise InvalidInput("number_prefix is more than a line", field="number_prefix", allowed="one line")
    check_metadata(issuer.meta)
    assert issuer.address.keys() <= _ADDRESS
    check_address(issuer.address)
    check_category(issuer.tax_category)
    _check_registrations(issuer)
    _check_range(issuer.next_number, "next_number", 1, MAX_NUMBER)
    _check_range(issuer.grace_seconds, "grace_seconds", 0, MAX_GRACE_SECONDS)
    _check_range(issuer.net_days, "net_days", 0, MAX_NET_DAYS)
    _check_range(issuer.late_usage_days, "late_usage_days", 0, MAX_LATE_USAGE_DAYS)
    if issuer.language not in LANGUAGES:
        raise InvalidInput(
            f"invoices cannot be written in {issuer.language!r}",
            field="language",
            allowed=", ".join(LANGUAGES),
        )


def _check_registrations(issuer: Issuer) -> None:
    if len(issuer.registrations) > MAX_REGISTRATIONS:
        raise TooLarge(
            "registrations has too many entries",
            field="registrations",
            allowed=f"at most {MAX_REGISTRATIONS}",
        )
    if issuer.registrations and issuer.address.get("country") is None:
        raise InvalidInput(
            "an issuer that is registered for tax has no country of its own",
            field="address.country",
            allowed="the country in which the issuer is established",
        )
    for index, one in enumerate(issuer.registrations):
        field = f"registrations.{index}"
        check_country(one.country, f"{field}.country")
        check_text(one.region, f"{field}.region", longest=40)
        if one in issuer.registrations[:index]:
            raise InvalidInput("a registration is stated twice", field=field, allowed="each one once")
        if one.scheme is Scheme.OSS and (one.country not in MEMBER_STATES or one.region is not None):
            raise InvalidInput(
                "the one-stop shop is one of a member state of the EU",
                field=f"{field}.country",
                allowed=", ".join(sorted(MEMBER_STATES)) + ", without a region",
            )


def _check_range(value: int, field: str, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidInput(f"{field} is out of range", field=field, allowed=f"{least} to {most}")
