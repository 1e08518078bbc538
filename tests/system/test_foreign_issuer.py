"""An OIDC issuer on a port of this machine: its tokens open all three services, and nothing that they should not."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import jwt
import orjson
import pytest
import pytest_asyncio
from crm_core.access.users.queries import staff_by_email
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from leadkit import clock
from leadkit.issuer import Issuer, IssuerAway, Terms, learn_keys
from leadkit.testing.services import RunningService

Json = dict[str, Any]
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
AUDIENCE = "leadflow"


class LocalIssuer:
    """Discovery and keys over HTTP, and the tokens that they are for."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, Any]] = {"one": ("RS256", RSA_KEY)}
        self.names_itself: str | None = None
        self.url = ""

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/realm"
        return server

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        documents: dict[str, Json] = {
            "/realm/.well-known/openid-configuration": {
                "issuer": self.names_itself or self.url, "jwks_uri": f"{self.url}/keys",
            },
            "/realm/keys": {"keys": [self._jwk(kid) for kid in self.keys]},
        }  # fmt: skip
        body = orjson.dumps(documents.get(path, {}))
        status = b"200 OK" if path in documents else b"404 Not Found"
        writer.write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (status, len(body), body))
        await writer.drain()
        writer.close()

    def _jwk(self, kid: str) -> Json:
        algorithm, key = self.keys[kid]
        made = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
        return {**made, "kid": kid, "use": "sig", "alg": algorithm}

    def token(self, kid: str = "one", *, key: Any = None, algorithm: str | None = None, **claims: Any) -> str:
        known_algorithm, known_key = self.keys.get(kid, ("RS256", RSA_KEY))
        now = int(clock.now().timestamp())
        told = {"iss": self.url, "aud": AUDIENCE, "sub": "u-1", "iat": now, "exp": now + 300, **claims}
        told = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(told, key or known_key, algorithm=algorithm or known_algorithm, headers={"kid": kid})

    @property
    def terms(self) -> Terms:
        return Terms(self.url, AUDIENCE, 60, "workspace", "realm_access.roles", {"sales-leads": "head"})


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[LocalIssuer]:
    own = LocalIssuer()
    server = await own.start()
    yield own
    server.close()
    await server.wait_closed()


async def learn(service: RunningService, issuer: LocalIssuer) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        await learn_keys(service.db, issuer.terms, client)
    await service.app.state.keys.refresh()


@pytest.fixture
def trusting(issuer: LocalIssuer) -> Iterator[Any]:
    changed: list[RunningService] = []

    async def trust(*services: RunningService) -> None:
        for service in services:
            staff = staff_by_email if service.app.title == "crm-core" else None
            service.app.state.keys.foreign = Issuer(issuer.terms, staff)
            changed.append(service)
            await learn(service, issuer)

    yield trust
    for service in changed:
        service.app.state.keys.foreign = None
        service.app.state.keys._verified.clear()


async def workspace_of(core: RunningService) -> UUID:
    async with core.client_as("platform") as client:
        made = await client.post("/v1/workspaces", json={"name": "Windows"})
    return UUID(made.raise_for_status().json()["id"])


async def status(service: RunningService, path: str, token: str) -> int:
    async with service.client(token) as client:
        return (await client.get(path)).status_code


async def test_a_token_of_the_issuer_opens_all_three_services(
    core: RunningService, intake: RunningService, analytics: RunningService, issuer: LocalIssuer, trusting: Any
) -> None:
    await trusting(core, intake, analytics)
    workspace = await workspace_of(core)
    token = issuer.token(workspace=str(workspace), realm_access={"roles": ["offline", "admin"]})
    paths = ((core, "/v1/leads"), (intake, "/v1/submissions"), (analytics, "/v1/metrics"))
    assert [await status(service, path, token) for service, path in paths] == [200, 200, 200]
    analyst = issuer.token(workspace=str(workspace), realm_access={"roles": ["analyst"]})
    assert [await status(service, path, analyst) for service, path in paths] == [403, 403, 200]


async def test_an_e_mail_makes_the_token_its_users_with_the_users_own_role(
    core: RunningService, issuer: LocalIssuer, trusting: Any
) -> None:
    await trusting(core)
    workspace = await workspace_of(core)
    async with core.client_as("admin", workspace) as admin:
        team = (await admin.post("/v1/teams", json={"name": "Sales"})).json()
        user = {"name": "Anna", "email": "anna@example.com", "role": "manager", "team_id": team["id"]}
        user = (await admin.post("/v1/users", json=user)).raise_for_status().json()
    await core.app.state.keys.refresh()
    claims: Json = {"email": "Anna@Example.com", "realm_access": {"roles": ["admin"]}}
    token = issuer.token(**claims)
    async with core.client(token) as client:
        me = (await client.get("/v1/me")).raise_for_status().json()
        assert (me["role"], me["subject"], me["workspace"]["id"]) == ("manager", f"user:{user['id']}", str(workspace))
        assert (await client.get("/v1/audit")).status_code == 403
    unproven = issuer.token(**claims, email_verified=False)
    assert await status(core, "/v1/leads", unproven) == 401  # it names no workspace of its own
    async with core.client_as("admin", workspace) as admin:
        gone = await admin.patch(
            f"/v1/users/{user['id']}", json={"active": False}, headers={"If-Match": f'"{user["version"]}"'}
        )
        gone.raise_for_status()
    await core.app.state.keys.refresh()
    assert await status(core, "/v1/leads", token) == 401


async def test_what_is_not_the_issuers_or_not_for_us_or_not_now_is_refused(
    core: RunningService, issuer: LocalIssuer, trusting: Any
) -> None:
    await trusting(core)
    own: Json = {"workspace": str(await workspace_of(core)), "realm_access": {"roles": ["sales-leads"]}}
    now = int(clock.now().timestamp())
    assert await status(core, "/v1/leads", issuer.token(**own)) == 200
    assert await status(core, "/v1/leads", issuer.token(**own, exp=now - 30)) == 200  # clocks may differ by a minute
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = RSA_KEY.public_key().public_numbers().n.to_bytes(256, "big")
    refused = {
        "another audience": issuer.token(**own, aud="shop"),
        "no audience": issuer.token(**own, aud=None),
        "run out": issuer.token(**own, exp=now - 120),
        "not valid yet": issuer.token(**own, nbf=now + 120),
        "no end": issuer.token(**own, exp=None),
        "another key": issuer.token(**own, key=other),
        "an unknown key": issuer.token("two", key=other, **own),
        "a secret instead of a key": issuer.token(**own, key=public, algorithm="HS256"),
        "another issuer": issuer.token(**own, iss="https://elsewhere.example"),
        "our own name": issuer.token(**own, iss="leadflow"),
        "a role there is not": issuer.token(**{**own, "realm_access": {"roles": ["platform", "boss"]}}),
        "no workspace": issuer.token(**{**own, "workspace": "all"}),
    }
    answers = {why: await status(core, "/v1/leads", token) for why, token in refused.items()}
    assert answers == dict.fromkeys(refused, 401)
    with clock.at(clock.now() + timedelta(minutes=10)):
        assert await status(core, "/v1/leads", issuer.token(**own, exp=now + 300)) == 401


async def test_keys_are_rotated_and_outlive_the_issuers_absence(
    core: RunningService, issuer: LocalIssuer, trusting: Any
) -> None:
    await trusting(core)
    own: Json = {"workspace": str(await workspace_of(core)), "realm_access": {"roles": ["admin"]}}
    former = issuer.token(**own)
    issuer.keys["two"] = ("ES256", ec.generate_private_key(ec.SECP256R1()))
    del issuer.keys["one"]
    new = issuer.token("two", **own)
    assert [await status(core, "/v1/leads", token) for token in (former, new)] == [200, 401]
    await learn(core, issuer)
    assert [await status(core, "/v1/leads", token) for token in (former, new)] == [401, 200]
    issuer.names_itself = "https://elsewhere.example"
    with pytest.raises(IssuerAway):
        await learn(core, issuer)
    await core.app.state.keys.refresh()
    assert await status(core, "/v1/leads", new) == 200
    async with core.client_as("admin", UUID(own["workspace"])) as ours:
        assert (await ours.get("/v1/leads")).status_code == 200
