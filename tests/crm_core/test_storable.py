"""What PostgreSQL cannot keep is refused wherever free values are taken, and never spoils its neighbours."""

from typing import Any

import httpx
import pytest
from crm_core.storable import check_storable
from leadkit.problems import Invalid
from pydantic import BaseModel

from tests.crm_core.conftest import Tenant

JSON = {"Content-Type": "application/json", "If-Match": "*"}
POISONS = {"half a character": r'"\ud800"', "NUL": r'"a\u0000b"', "a huge number": "1" * 40}
PATHS = ("/v1/leads", "/v1/contacts", "/v1/companies", "/v1/deals")


class Item(BaseModel):
    """Any free value."""

    value: Any


@pytest.mark.parametrize("value", ["\ud800", {"a": ["x\0"]}, {"\0": 1}, 2**64, [[-(2**63) - 1]]])
def test_what_cannot_be_kept_is_refused(value: Any) -> None:
    with pytest.raises(Invalid):
        check_storable(Item(value=value))


@pytest.mark.parametrize("value", ["\\u0000", "\\\\u0000", "Ё 🙂", {"a": [1.5, None, True, 2**63]}])
def test_what_can_be_kept_passes(value: Any) -> None:
    check_storable(Item(value=value))


def wanted(poison: str | None = None) -> str:
    custom = f', "custom": {{"deep": [{poison}]}}' if poison else ""
    return f'{{"name": "A", "person": {{"last_name": "A"}}{custom}}}'


async def post(client: httpx.AsyncClient, path: str, content: str) -> httpx.Response:
    return await client.post(path, content=content, headers=JSON)


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS)
async def test_free_values_are_checked_item_by_item(tenant: Tenant, poison: str) -> None:
    async with tenant.client_as() as admin:
        for path in PATHS:
            items = f'{{"items": [{wanted()}, {wanted(poison)}, {wanted()}]}}'
            results = (await post(admin, f"{path}/bulk", items)).json()["results"]
            single = await post(admin, path, wanted(poison))
            patched = await admin.patch(f"{path}/{results[0]['id']}", content=wanted(poison), headers=JSON)
            assert [result["status"] for result in results] == [201, 422, 201], path
            assert (single.status_code, patched.status_code) == (422, 422), path
