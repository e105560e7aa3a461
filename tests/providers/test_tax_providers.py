"""What every provider of taxes must do, whoever knows the rates; a new one is added to ``PROVIDERS``."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pytest

from counterfoil.core.errors import CounterfoilError
from counterfoil.core.tax_rules import Buyer, Exemption, Place, Registration, Sale, Seller, TaxTreatment
from counterfoil.modules.billing import LineTaxes, TaxProvider, TaxTable
from counterfoil.modules.catalog import NewTaxRate, create_tax_rate
from counterfoil.store import Store
from tests.conftest import Tenant
from tests.support.observe import statements

PROVIDERS: Final[dict[str, TaxProvider]] = {"table": TaxTable()}
AT = datetime(2026, 3, 31, tzinfo=UTC)
HOME = Seller("DE", (Registration("DE"),))
SOLD = Sale(HOME, Buyer(Place("DE")), "standard", AT)


@pytest.fixture(params=PROVIDERS)
async def provider(request: pytest.FixtureRequest, store: Store, tenant: Tenant) -> TaxProvider:
    """A provider that knows 19 per cent in Germany and 20 in France for what is ``standard``."""
    async with store.unit(tenant.scope) as uow:
        for country, percent in (("DE", "19"), ("FR", "20")):
            await create_tax_rate(
                uow,
                NewTaxRate(
                    name="VAT", code=country.lower(), percent=percent, country=country, category="standard"
                ),
            )
    name: str = request.param
    return PROVIDERS[name]


async def test_each_sale_has_its_answer_in_the_order_in_which_they_were_asked(
    provider: TaxProvider, store: Store, tenant: Tenant
) -> None:
    sales = [
        SOLD,
        replace(SOLD, buyer=Buyer(Place("FR"), "FR")),
        replace(SOLD, category="unheard-of"),
        replace(SOLD, buyer=Buyer(Place("DE"), exemption=Exemption("a museum"))),
        replace(SOLD, seller=Seller("DE")),
        SOLD,
    ]
    async with store.unit(tenant.scope) as uow:
        answers = await provider.taxes(uow, sales)
    told = [
        answer.treatment if isinstance(answer, LineTaxes) else answer.field
        for answer in answers
        if isinstance(answer, LineTaxes | CounterfoilError)
    ]
    assert told == [
        TaxTreatment.TAXED,
        TaxTreatment.REVERSE_CHARGE,
        "tax_rates",  # a rate that nobody knows is an answer too, and stops no other
        TaxTreatment.EXEMPT,
        TaxTreatment.NOT_REGISTERED,
        TaxTreatment.TAXED,
    ]
    assert answers[0] == answers[5]
    assert isinstance(answers[0], LineTaxes)
    assert [str(tax.rate.percent) for tax in answers[0].taxes] == ["19"]
    assert all(answer.reason for answer in answers if isinstance(answer, LineTaxes))


async def test_statements_do_not_grow_with_the_sales(
    provider: TaxProvider, store: Store, tenant: Tenant
) -> None:
    counts = []
    for number in (1, 300):
        sales = [replace(SOLD, buyer=Buyer(Place("DE", None, str(code)))) for code in range(number)]
        async with store.unit(tenant.scope) as uow:
            with statements(store) as seen:
                assert len(await provider.taxes(uow, sales)) == number
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= 2


async def test_another_organizations_rates_are_not_seen(
    provider: TaxProvider, store: Store, other_tenant: Tenant
) -> None:
    async with store.unit(other_tenant.scope) as uow:
        (answer,) = await provider.taxes(uow, [SOLD])
    assert isinstance(answer, CounterfoilError)
