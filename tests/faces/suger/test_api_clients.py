"""What a user of Suger does with API clients, through Suger's own client."""

from __future__ import annotations

from uuid import UUID

import pytest
import suger_sdk_python as suger
from suger_sdk_python.exceptions import NotFoundException, UnauthorizedException

from counterfoil.core.ids import show_id
from counterfoil.modules.identity import NewApiClient, create_api_client
from counterfoil.store import Store
from tests.conftest import Tenant, client_for


def api(url: str, key: str) -> suger.APIApi:
    """Suger's client, pointed here: the host and the key are all that a user changes."""
    configuration = suger.Configuration(
        host=f"{url}/suger", api_key={"APIKeyAuth": key}, api_key_prefix={"APIKeyAuth": "Key"}
    )
    return suger.APIApi(suger.ApiClient(configuration))


async def test_an_integrator_lists_the_keys_of_the_organization_and_reads_one(
    served: str, store: Store, tenant: Tenant
) -> None:
    async with store.unit(tenant.scope) as uow:
        reader, _ = await create_api_client(
            uow, tenant.environment, NewApiClient("reader", ("customers:read",))
        )
    client = api(served, tenant.key)
    organization = str(tenant.organization.id)
    listed = client.list_api_clients(organization)
    assert [one.role for one in listed] == ["EDITOR", "ADMIN"]
    assert {one.organization_id for one in listed} == {organization}
    one = client.get_api_client(organization, str(reader.id))
    assert one == listed[0]


async def test_secrets_and_hashes_are_never_shown(served: str, tenant: Tenant) -> None:
    [own] = api(served, tenant.key).list_api_clients(str(tenant.organization.id))
    assert (own.secret, own.api_key_hash, own.info) == (None, None, None)


async def test_another_organization_is_not_found(served: str, tenant: Tenant, other_tenant: Tenant) -> None:
    client = api(served, tenant.key)
    with pytest.raises(NotFoundException) as refused:
        client.list_api_clients(str(other_tenant.organization.id))
    own = f"{tenant.organization.id}, your key's organization"
    assert refused.value.body == f'"orgId: no such organization (allowed: {own})"'
    [theirs] = api(served, other_tenant.key).list_api_clients(str(other_tenant.organization.id))
    with pytest.raises(NotFoundException):
        client.get_api_client(str(tenant.organization.id), str(theirs.id))


async def test_the_organization_is_known_by_its_public_id_and_its_uuid_in_any_case(
    served: str, store: Store, tenant: Tenant
) -> None:
    """The public id is what the native API shows to any key that may read environments."""
    async with client_for(store, tenant.key) as native:
        [shown, *_] = (await native.get("/v1/environments")).json()["data"]
    uuid = str(tenant.organization.id)
    assert shown["organization_uuid"] == uuid
    assert shown["organization_id"] == show_id("organization", tenant.organization.id)
    client = api(served, tenant.key)
    for wanted in (uuid, uuid.upper(), shown["organization_id"]):
        [own] = client.list_api_clients(wanted)
        assert own.organization_id == uuid
        for same in (str(own.id), show_id("api_client", UUID(own.id))):
            assert client.get_api_client(wanted, same) == own


@pytest.mark.parametrize("wanted", ["x", "00000000-0000-0000-0000-000000000000", "\0"])
async def test_an_unknown_key_is_not_found(served: str, tenant: Tenant, wanted: str) -> None:
    client = api(served, tenant.key)
    with pytest.raises(NotFoundException):
        client.get_api_client(str(tenant.organization.id), wanted)


async def test_a_wrong_key_opens_nothing(served: str, tenant: Tenant) -> None:
    with pytest.raises(UnauthorizedException) as refused:
        api(served, "ck_test_wrong").list_api_clients(str(tenant.organization.id))
    assert refused.value.body is not None
    assert refused.value.body.startswith('"Authorization: this key opens nothing')


async def test_a_client_that_sets_no_prefix_sends_the_bare_key(served: str, tenant: Tenant) -> None:
    configuration = suger.Configuration(host=f"{served}/suger", api_key={"APIKeyAuth": tenant.key})
    client = suger.APIApi(suger.ApiClient(configuration))
    assert len(client.list_api_clients(str(tenant.organization.id))) == 1
