"""An OIDC issuer beside our own: its tokens are verified offline, with the keys that a worker keeps in the database.

OpenID Connect Discovery 1.0 tells where the keys are. What a token's claims mean here is a matter of settings; in
crm-core a token whose e-mail is a user's acts as that user, whatever else it says.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, cast
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
import jwt
import structlog
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from leadkit import clock
from leadkit.db import Database
from leadkit.problems import Unauthenticated
from leadkit.settings import ServiceSettings
from leadkit.tokens import FOREIGN, ROLE_SCOPES, ROLES, Caller, Role, known_key
from leadkit.waiting import pause
from leadkit.worker import Loop

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""Signatures with a public key only: with a shared secret anybody who verifies could sign."""

REFRESH_S = 30
DISCOVERY = "/.well-known/openid-configuration"
MOST_BYTES = 1024 * 1024
LONGEST_TOKEN = 16 * 1024

log = structlog.get_logger()


class NotAccepted(Exception):
    """A token of the issuer that opens nothing here."""


class IssuerAway(Exception):
    """The issuer does not tell its keys; the last known ones stay."""


class Staff(NamedTuple):
    """A user as far as it decides what their token may do."""

    workspace_id: UUID
    user_id: UUID
    team_id: UUID | None
    role: str
    active: bool


StaffByEmail = Mapping[str, tuple[Staff, ...]]
StaffNow = Callable[[AsyncSession], Awaitable[StaffByEmail]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is believed of an issuer's tokens: for which audience, how far clocks may differ, what claims mean."""

    issuer: str
    audience: str
    leeway_s: int
    workspace_claim: str
    role_claim: str
    roles: Mapping[str, str]

    @classmethod
    def of(cls, settings: ServiceSettings) -> Self | None:
        """None when no issuer is set."""
        if not settings.oidc_issuer or not settings.oidc_audience:
            return None
        return cls(
            settings.oidc_issuer,
            settings.oidc_audience,
            settings.oidc_leeway_s,
            settings.oidc_workspace_claim,
            settings.oidc_role_claim,
            settings.oidc_roles,
        )

    def name_of(self, kid: str) -> str:
        """Under which a key of the issuer is kept: never that of one of ours."""
        return FOREIGN + hashlib.sha256(f"{self.issuer} {kid}".encode()).hexdigest()[:48]


class Issuer:
    """The issuer's keys, and our users by e-mail where the service has any: what verifies its tokens in a process."""

    def __init__(self, terms: Terms, staff_now: StaffNow | None) -> None:
        self._terms = terms
        self._staff_now = staff_now
        self._keys: Mapping[str, Any] = {}
        self._staff: StaffByEmail | None = {} if staff_now else None

    async def refresh(self, session: AsyncSession, keys: Mapping[str, dict[str, Any]]) -> bool:
        """Takes in keys and users as they are now; answers whether anything has changed."""
        staff = await self._staff_now(session) if self._staff_now else None
        changed = keys != self._keys or staff != self._staff
        self._keys, self._staff = keys, staff
        return changed

    def signed(self, token: str) -> bool:
        """Whether the token says that it is the issuer's; nothing is proven by that."""
        try:
            claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            return False
        return claims.get("iss") == self._terms.issuer

    def caller(self, token: str) -> Caller:
        """The caller of a valid token; raises `Unauthenticated`."""
        try:
            return caller_of(token, claims_of(token, self._terms, self._keys), self._terms, self._staff)
        except NotAccepted:
            raise Unauthenticated("The token is not valid.") from None


def issuer_of(settings: ServiceSettings, staff_now: StaffNow | None = None) -> Issuer | None:
    """The issuer that is set, or None."""
    terms = Terms.of(settings)
    return Issuer(terms, staff_now) if terms else None


def claims_of(token: str, terms: Terms, keys: Mapping[str, Any]) -> dict[str, Any]:
    """The verified claims; raises `NotAccepted`. The time is our clock's, give or take the leeway."""
    if len(token) > LONGEST_TOKEN:
        raise NotAccepted("too long")
    try:
        header = jwt.get_unverified_header(token)
        jwk = jwt.PyJWK(keys[terms.name_of(str(header.get("kid", "")))])
        if jwk.algorithm_name not in ALGORITHMS or header.get("alg") != jwk.algorithm_name:
            raise NotAccepted("another algorithm than its key's")
        claims: dict[str, Any] = jwt.decode(
            token, jwk, algorithms=[jwk.algorithm_name], issuer=terms.issuer, audience=terms.audience,
            options={"require": ["exp", "sub", "aud", "iss"], "verify_exp": False, "verify_iat": False,
                     "verify_nbf": False},
        )  # fmt: skip
        now = clock.now().timestamp()
        if float(claims.get("nbf", 0)) > now + terms.leeway_s or float(claims.get("iat", 0)) > now + terms.leeway_s:
            raise NotAccepted("not valid yet")
    except (jwt.InvalidTokenError, KeyError, ValueError, TypeError) as error:
        raise NotAccepted(type(error).__name__) from None
    return claims


def caller_of(token: str, claims: Mapping[str, Any], terms: Terms, staff: StaffByEmail | None) -> Caller:
    """Whom the claims stand for; raises `NotAccepted`. `staff` is None in services that know no users."""
    workspace_id = _uuid(_inside(claims, terms.workspace_claim))
    user = _user(claims, workspace_id, staff) if staff is not None else None
    role = user.role if user else _role(claims, terms)
    workspace_id = user.workspace_id if user else workspace_id
    if workspace_id is None or role not in ROLES or role == "platform":
        raise NotAccepted("no workspace or role")
    of_role = ROLE_SCOPES[cast(Role, role)]
    asked = frozenset(str(claims.get("scope", "")).split()) & of_role
    return Caller(
        workspace_id=workspace_id,
        subject=f"user:{user.user_id}" if user else f"oidc:{str(claims['sub'])[:200]}",
        name=str(claims.get("name") or claims.get("preferred_username") or claims["sub"])[:200],
        role=cast(Role, role),
        scopes=asked or of_role,
        token_id=_uuid(claims.get("jti")) or uuid5(NAMESPACE_URL, hashlib.sha256(token.encode()).hexdigest()),
        user_id=user.user_id if user else None,
        team_id=user.team_id if user else None,
        expires_at=int(claims["exp"]) + terms.leeway_s,
    )


def _user(claims: Mapping[str, Any], workspace_id: UUID | None, staff: StaffByEmail) -> Staff | None:
    """The user of the token's e-mail, if the issuer does not say that it is unproven; an inactive one opens nothing."""
    email = claims.get("email")
    if not isinstance(email, str) or claims.get("email_verified", True) is not True:
        return None
    found = [one for one in staff.get(email.lower(), ()) if workspace_id in (None, one.workspace_id)]
    if len(found) > 1:
        raise NotAccepted("in several workspaces, and the token names none")
    if found and not found[0].active:
        raise NotAccepted("the user is not active")
    return found[0] if found else None


def _role(claims: Mapping[str, Any], terms: Terms) -> str | None:
    """The first of the token's roles that means one here."""
    told = _inside(claims, terms.role_claim)
    for one in told if isinstance(told, list) else [told]:
        role = terms.roles.get(str(one), str(one))
        if role in ROLES:
            return role
    return None


def _inside(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name, or by a path with dots where it lies within others, such as `realm_access.roles`."""
    if path in claims:
        return claims[path]
    value: Any = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def follow_issuer(db: Database, settings: ServiceSettings) -> Loop:
    """Keeps the issuer's keys in this service's database; while it is away the last known ones stay."""
    terms = Terms.of(settings)

    async def follow(stop: asyncio.Event) -> None:
        if terms is None:
            await stop.wait()
            return
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while not stop.is_set():
                try:
                    await learn_keys(db, terms, client)
                except IssuerAway as error:
                    log.warning("issuer_keys_not_fetched", error=str(error))
                await pause(stop, REFRESH_S)

    return follow


async def learn_keys(db: Database, terms: Terms, client: httpx.AsyncClient) -> None:
    """Fetches the issuer's keys and makes them the known ones; raises `IssuerAway`."""
    told = await _fetched(client, terms.issuer.rstrip("/") + DISCOVERY)
    if told.get("issuer") != terms.issuer:
        raise IssuerAway("the document names another issuer")
    address = told.get("jwks_uri")
    if not isinstance(address, str) or not is_safe(address):
        raise IssuerAway("the document names no address of keys that begins with https://")
    keys = (await _fetched(client, address)).get("keys")
    usable = [jwk for jwk in keys if _is_usable(jwk)] if isinstance(keys, list) else []
    async with db.transaction(role="worker") as session:
        await _remember(session, terms, usable)


def is_safe(address: str) -> bool:
    """Whether keys may be fetched there: by TLS, or on this very machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1"))


async def _fetched(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    try:
        answer = (await client.get(address)).raise_for_status()
        told = answer.json() if len(answer.content) <= MOST_BYTES else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise IssuerAway(f"{type(error).__name__} at {urlsplit(address).path}") from None
    if not isinstance(told, dict):
        raise IssuerAway(f"no JSON object at {urlsplit(address).path}")
    return told


def _is_usable(jwk: Any) -> bool:
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kid"), str) or jwk.get("use", "sig") != "sig":
        return False
    try:
        return jwt.PyJWK(jwk).algorithm_name in ALGORITHMS
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return False


async def _remember(session: AsyncSession, terms: Terms, jwks: Iterable[dict[str, Any]]) -> None:
    """Makes these the known keys of the issuer; none at all is ignored, as with our own."""
    keys = {terms.name_of(jwk["kid"]): jwk for jwk in jwks}
    if not keys:
        return
    statement = insert(known_key).values([{"kid": kid, "jwk": jwk} for kid, jwk in keys.items()])
    await session.execute(statement.on_conflict_do_update(index_elements=["kid"], set_={"jwk": statement.excluded.jwk}))
    await session.execute(delete(known_key).where(known_key.c.kid.startswith(FOREIGN), known_key.c.kid.not_in(keys)))
