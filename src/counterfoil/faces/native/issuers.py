"""``/v1/issuers``: the legal entities in whose names invoices are written."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from pydantic import ConfigDict, Field

from counterfoil.core.tax import TaxRounding
from counterfoil.core.tax_rules import STANDARD, Registration, Scheme, TaxPoint
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    IfMatch,
    InstantText,
    IssuerId,
    ListOf,
    Metadata,
    PageQuery,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.customers import AddressWire
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.invoicing import (
    Changes,
    Issuer,
    NewIssuer,
    create_issuer,
    get_issuer,
    list_issuers,
    update_issuer,
)

router = APIRouter(prefix="/issuers", tags=["Issuers"], route_class=NativeRoute)
READ, WRITE = allow("invoices:read"), allow("invoices:write")
_page = page_query("issuer")

_EXAMPLE: Final[dict[str, Any]] = {
    "code": "de",
    "name": "Counterfoil Cloud GmbH",
    "external_id": "entity-10",
    "address": {"line1": "Speicherstr. 5", "city": "Hamburg", "postal_code": "20457", "country": "DE"},
    "tax_number": "DE136695976",
    "registrations": [{"country": "DE", "region": None, "scheme": "local"}],
    "tax_category": "standard",
    "tax_rounding": "per_invoice",
    "tax_point": "service_end",
    "footer": "IBAN DE02 1203 0000 0000 2020 51 · HRB 12345 Hamburg",
    "number_prefix": "DE-",
    "next_number": 1001,
    "grace_seconds": 3600,
    "net_days": 14,
    "late_usage_days": 30,
    "language": "en",
    "metadata": {},
}
_NUMBER = "The number of the next invoice; it can be set until the first one has a number"
_GRACE = "How long a draft waits for late usage before it is finalised"
_NET = "Days from finalisation until an invoice is due"
_LATE = (
    "For so many days after an invoice is finalised, usage of its periods that comes late, or is voided, is"
    " billed by an adjustment on a later invoice; 0: never"
)
_FOOTER = "Printed at the foot of each page: bank account, registration"


_REGISTRATIONS = "Where it charges tax; nowhere: only prices that name their taxes bear any"
_CATEGORY = "Of prices, plans and products that state none"
_ROUNDING = "per_invoice: the tax of a rate is rounded once, on the sum of its lines; per_line: on each line"
_POINT = "Whose instant's rates a line bears: the end or start of its service period, or when it is invoiced"


class RegistrationWire(Wire):
    """Where the issuer is registered for tax."""

    country: str = Field(description="ISO 3166-1 alpha-2")
    region: str | None = Field(default=None, description="One part of the country only, as in addresses: CA")
    scheme: Scheme = Field(default=Scheme.LOCAL, description="oss: every member state of the EU")

    def from_wire(self) -> Registration:
        """The registration."""
        return Registration(self.country, self.region, self.scheme)


class IssuerIn(Wire):
    """An issuer to make, with a series of numbers of its own."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    code: str
    name: str
    external_id: str | None = None
    address: AddressWire = AddressWire()
    tax_number: str | None = None
    footer: str | None = Field(default=None, description=_FOOTER)
    number_prefix: str = Field(
        default="INV-", description="What numbers begin with; at least six digits follow"
    )
    next_number: int = Field(default=1, strict=True, description=_NUMBER)
    grace_seconds: int = Field(default=3600, strict=True, description=_GRACE)
    net_days: int = Field(default=14, strict=True, description=_NET)
    late_usage_days: int = Field(default=30, strict=True, description=_LATE)
    language: str = Field(default="en", description="The language of the PDF")
    registrations: list[RegistrationWire] = Field(default_factory=list, description=_REGISTRATIONS)
    tax_category: str = Field(default=STANDARD, description=_CATEGORY)
    tax_rounding: TaxRounding = Field(default=TaxRounding.PER_INVOICE, description=_ROUNDING)
    tax_point: TaxPoint = Field(default=TaxPoint.SERVICE_END, description=_POINT)
    metadata: Metadata = Field(default_factory=dict)

    def from_wire(self) -> NewIssuer:
        """The command."""
        return NewIssuer(
            **self.model_dump(exclude={"address", "metadata", "registrations"}),
            registrations=[one.from_wire() for one in self.registrations],
            address=self.address.model_dump(),
            meta=self.metadata,
        )


class IssuerPatch(Wire):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"footer": "IBAN DE02 1203 0000 0000 2020 51", "net_days": 30}]}
    )

    name: str = ""
    external_id: str | None = None
    address: AddressWire = AddressWire()
    tax_number: str | None = None
    footer: str | None = Field(default=None, description=_FOOTER)
    number_prefix: str = ""
    next_number: int = Field(default=1, strict=True, description=_NUMBER)
    grace_seconds: int = Field(default=3600, strict=True, description=_GRACE)
    net_days: int = Field(default=14, strict=True, description=_NET)
    late_usage_days: int = Field(default=30, strict=True, description=_LATE)
    language: str = "en"
    registrations: list[RegistrationWire] = Field(default_factory=list, description=_REGISTRATIONS)
    tax_category: str = Field(default=STANDARD, description=_CATEGORY)
    tax_rounding: TaxRounding = Field(default=TaxRounding.PER_INVOICE, description=_ROUNDING)
    tax_point: TaxPoint = Field(default=TaxPoint.SERVICE_END, description=_POINT)
    metadata: Metadata = Field(default_factory=dict)

    def from_wire(self, expected_version: int | None) -> Changes:
        """The command: only the fields that were sent."""
        fields = {name: getattr(self, name) for name in self.model_fields_set}
        if "address" in fields:
            fields["address"] = self.address.model_dump(exclude_none=True)
        if "registrations" in fields:
            fields["registrations"] = [one.from_wire() for one in self.registrations]
        if "metadata" in fields:
            fields["meta"] = fields.pop("metadata")
        return Changes(fields, expected_version)


class IssuerOut(Wire):
    """An issuer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "iss_01kahgp1g0edgrx4zm6byashwf",
                    "is_default": True,
                    **_EXAMPLE,
                    "version": 1,
                    "created_at": "2026-01-31T09:30:00Z",
                    "updated_at": "2026-01-31T09:30:00Z",
                }
            ]
        }
    )

    id: IssuerId
    external_id: str | None
    code: str
    is_default: bool
    name: str
    address: AddressWire
    tax_number: str | None
    footer: str | None
    number_prefix: str
    next_number: int
    grace_seconds: int
    net_days: int
    late_usage_days: int
    language: str
    registrations: list[RegistrationWire]
    tax_category: str
    tax_rounding: TaxRounding
    tax_point: TaxPoint
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText


def to_wire(issuer: Issuer) -> IssuerOut:
    """An issuer on the wire."""
    return IssuerOut.model_construct(
        id=issuer.id,
        external_id=issuer.external_id,
        code=issuer.code,
        is_default=issuer.is_default,
        name=issuer.name,
        address=AddressWire.model_construct(**issuer.address),
        tax_number=issuer.tax_number,
        footer=issuer.footer,
        number_prefix=issuer.number_prefix,
        next_number=issuer.next_number,
        grace_seconds=issuer.grace_seconds,
        net_days=issuer.net_days,
        late_usage_days=issuer.late_usage_days,
        language=issuer.language,
        registrations=[RegistrationWire.model_construct(**asdict(one)) for one in issuer.registrations],
        tax_category=issuer.tax_category,
        tax_rounding=issuer.tax_rounding,
        tax_point=issuer.tax_point,
        metadata=dict(issuer.meta),
        version=issuer.version,
        created_at=issuer.created_at,
        updated_at=issuer.updated_at,
    )


@router.post("", status_code=201, response_model=IssuerOut, dependencies=[WRITE])
async def create(body: IssuerIn, uow: Unit) -> Response:
    """Make an issuer; the first of an environment is its default."""
    issuer = await create_issuer(uow, body.from_wire())
    return shown(to_wire(issuer), 201, version=issuer.version)


@router.get("", response_model=ListOf[IssuerOut], dependencies=[READ])
async def list_(uow: Unit, query: Annotated[PageQuery, Depends(_page)]) -> Response:
    """Issuers, newest first; an environment always has its default one."""
    return shown(list_of("issuer", await list_issuers(uow, query), to_wire))


@router.get("/{issuer_id}", response_model=IssuerOut, dependencies=[READ])
async def get(issuer_id: IssuerId, uow: Unit) -> Response:
    """One issuer."""
    issuer = await get_issuer(uow, issuer_id)
    return shown(to_wire(issuer), version=issuer.version)


@router.patch("/{issuer_id}", response_model=IssuerOut, dependencies=[WRITE])
async def update(issuer_id: IssuerId, body: IssuerPatch, uow: Unit, if_match: IfMatch) -> Response:
    """Change some fields of an issuer; invoices that are finalised keep what they were written with."""
    issuer = await update_issuer(uow, issuer_id, body.from_wire(if_match))
    return shown(to_wire(issuer), version=issuer.version)
