"""Tokens: who is calling, and what that allows. Signed JWTs (EdDSA), verified offline with crm-core's public keys.

Each service keeps the last known public keys and the revoked token ids in its own database and re-reads them every
second, so a restart while crm-core is down changes nothing.
"""

import asyncio
import base64
import binascii
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, get_args
from uuid import UUID

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.algorithms import OKPAlgorithm
from sqlalchemy import Column, DateTime, String, Table, Uuid, delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from leadkit import clock
from leadkit.db import Database, metadata
from leadkit.problems import Unauthenticated, Unavailable

log = structlog.get_logger()

Role = Literal["platform", "admin", "head", "manager", "analyst", "integration"]
ROLES: tuple[Role, ...] = get_args(Role)
ISSUER = "leadflow"
REFRESH_S = 1.0
REMEMBERED_TOKENS = 4096
FOREIGN = "oidc:"
"""How the names of keys begin that are not ours."""

_THINGS = (
    "inquiries",
    "submissions",
    "sources",
    "leads",
    "deals",
    "contacts",
    "activities",
    "metrics",
    "spend",
    "events",
)
SCOPES = frozenset(f"{thing}:{kind}" for thing in _THINGS for kind in ("read", "write")) | {"history:write", "admin"}
_SALES = frozenset(
    f"{thing}:{kind}" for thing in ("leads", "deals", "contacts", "activities") for kind in ("read", "write")
)
ROLE_SCOPES: dict[Role, frozenset[str]] = {
    "platform": SCOPES,
    "admin": SCOPES,
    "head": _SALES
    | {
        "inquiries:read",
        "submissions:read",
        "sources:read",
        "metrics:read",
        "spend:read",
        "spend:write",
        "events:read",
    },
    "manager": _SALES | {"metrics:read", "events:read"},
    "analyst": frozenset({"metrics:read", "spend:read", "spend:write"}),
    "integration": SCOPES - {"admin"},
}
"""The most a role may be given; a token may name fewer scopes."""

identity = metadata()

known_key = Table(
    "known_key",
    identity,
    Column("kid", String(64), primary_key=True),
    Column("jwk", JSONB, nullable=False),
)
revoked_token = Table(
    "revoked_token",
    identity,
    Column("jti", Uuid, primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request. `workspace_id` is None only for a platform token that names no workspace."""

    workspace_id: UUID | None
    subject: str
    name: str
    role: Role
    scopes: frozenset[str]
    token_id: UUID
    user_id: UUID | None
    team_id: UUID | None
    expires_at: int

    @property
    def workspace(self) -> UUID:
        """The workspace of a request that has passed the edge, where one is required."""
        assert self.workspace_id is not None
        return self.workspace_id


def sign(caller: Caller, *, kid: str, private_key: Ed25519PrivateKey) -> str:
    """The caller's claims as a compact JWT."""
    claims = {
        "iss": ISSUER,
        "sub": caller.subject,
        "name": caller.name,
        "role": caller.role,
        "scope": " ".join(sorted(caller.scopes)),
        "jti": str(caller.token_id),
        "iat": int(clock.now().timestamp()),
        "exp": caller.expires_at,
        "workspace": _text(caller.workspace_id),
        "user": _text(caller.user_id),
        "team": _text(caller.team_id),
    }
    return jwt.encode(claims, private_key, algorithm="EdDSA", headers={"kid": kid})


def public_jwk(kid: str, key: Ed25519PublicKey) -> dict[str, Any]:
    """The public key as an entry of a JWKS (RFC 8037)."""
    jwk: dict[str, Any] = OKPAlgorithm.to_jwk(key, as_dict=True)
    return jwk | {"kid": kid, "use": "sig", "alg": "EdDSA"}


def bearer_token(authorization: str | None) -> str:
    """The token in an `Authorization` header: Bearer, or the password of Basic (BI tools)."""
    scheme, _, value = (authorization or "").partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer" and value:
        return value
    if scheme.lower() == "basic" and value:
        try:
            password = base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            raise Unauthenticated("The Authorization header cannot be read.") from None
        if password:
            return password
    raise Unauthenticated


class Foreign(Protocol):
    """Another issuer, as `leadkit.issuer` reads its tokens."""

    async def refresh(self, session: AsyncSession, keys: Mapping[str, dict[str, Any]]) -> bool:
        """Takes in the keys that are known of it now; answers whether anything has changed."""

    def signed(self, token: str) -> bool:
        """Whether the token says that it is the issuer's."""

    def caller(self, token: str) -> Caller:
        """The caller of a valid token; raises `Unauthenticated`."""


class KeyRing:
    """The public keys and revoked tokens this process knows; `refresh` reads them from the service's database.

    `foreign` verifies what another issuer signed, with that issuer's keys, which are kept under names of their own."""

    def __init__(self, db: Database, foreign: "Foreign | None" = None) -> None:
        self._db = db
        self.foreign = foreign
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._revoked: frozenset[UUID] = frozenset()
        self._verified: OrderedDict[str, Caller] = OrderedDict()
        self._refreshing = asyncio.Lock()  # else a slow look could overwrite what a later one has found

    @property
    def known(self) -> int:
        """How many public keys are known."""
        return len(self._keys)

    async def refresh(self) -> None:
        """Reads keys and revoked tokens anew."""
        async with self._refreshing, self._db.transaction(role="worker", read_only=True) as session:
            keys = (await session.execute(select(known_key.c.kid, known_key.c.jwk))).all()
            revoked = frozenset((await session.execute(select(revoked_token.c.jti))).scalars())
            own = {kid: jwk for kid, jwk in keys if not kid.startswith(FOREIGN)}
            if own.keys() != self._keys.keys():
                self._verified.clear()
                self._keys = {kid: _public_key(jwk) for kid, jwk in own.items()}
            self._revoked = revoked
            if self.foreign is not None:
                others = {kid: jwk for kid, jwk in keys if kid.startswith(FOREIGN)}
                if await self.foreign.refresh(session, others):
                    self._verified.clear()

    async def keep_fresh(self) -> None:
        """Refreshes every second until cancelled; while the database is away the last known state stands."""
        while True:
            try:
                await self.refresh()
            except Exception as error:
                log.warning("keys_not_refreshed", error=type(error).__name__)
            await asyncio.sleep(REFRESH_S)

    def verify(self, token: str) -> Caller:
        """The caller of a valid token; raises `Unauthenticated`, or `Unavailable` while no key is known at all."""
        if not self._keys:
            raise Unavailable("The keys that tokens are signed with are not known yet.")
        caller = self._verified.get(token)
        if caller is None:
            caller = self._decoded(token)
            self._verified[token] = caller
            if len(self._verified) > REMEMBERED_TOKENS:
                self._verified.popitem(last=False)
        self.check(caller)
        return caller

    def check(self, caller: Caller) -> None:
        """Raises `Unauthenticated` when the caller's token has run out or been revoked since it was verified."""
        if caller.expires_at <= clock.now().timestamp():
            raise Unauthenticated("The token has expired.")
        if caller.token_id in self._revoked:
            raise Unauthenticated("The token has been revoked.")

    def _decoded(self, token: str) -> Caller:
        if self.foreign is not None and self.foreign.signed(token):
            return self.foreign.caller(token)
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                issuer=ISSUER,
                # The end is checked by our own clock, at each use. The beginning is not: it would turn a fresh token
                # away where another machine's clock is a little behind.
                options={"require": ["exp", "jti", "sub"], "verify_exp": False, "verify_iat": False},
            )
            return _caller(claims)
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError):
            raise Unauthenticated("The token is not valid.") from None


def _caller(claims: dict[str, Any]) -> Caller:
    role: Role = claims["role"]
    return Caller(
        workspace_id=_uuid(claims["workspace"]),
        subject=claims["sub"],
        name=claims["name"],
        role=role,
        scopes=frozenset(claims["scope"].split()) & ROLE_SCOPES[role],
        token_id=UUID(claims["jti"]),
        user_id=_uuid(claims["user"]),
        team_id=_uuid(claims["team"]),
        expires_at=int(claims["exp"]),
    )


def _public_key(jwk: dict[str, Any]) -> Ed25519PublicKey:
    key = OKPAlgorithm.from_jwk(jwk)
    assert isinstance(key, Ed25519PublicKey)
    return key


def _uuid(value: str | None) -> UUID | None:
    return UUID(value) if value else None


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None


async def remember_keys(session: AsyncSession, jwks: Iterable[dict[str, Any]]) -> None:
    """Makes `jwks` the known keys (role worker). An empty list is ignored: no service forgets its last key."""
    keys = {jwk["kid"]: jwk for jwk in jwks if jwk.get("kty") == "OKP" and jwk.get("kid")}
    if not keys:
        return
    statement = insert(known_key).values([{"kid": kid, "jwk": jwk} for kid, jwk in keys.items()])
    await session.execute(statement.on_conflict_do_update(index_elements=["kid"], set_={"jwk": statement.excluded.jwk}))
    await session.execute(delete(known_key).where(known_key.c.kid.not_in(keys), ~known_key.c.kid.startswith(FOREIGN)))


async def remember_revoked(session: AsyncSession, tokens: Iterable[tuple[UUID, datetime]], *, now: datetime) -> None:
    """Keeps revoked ids until the token would have expired by itself (role worker)."""
    rows = [{"jti": jti, "expires_at": expires_at} for jti, expires_at in tokens if expires_at > now]
    if rows:
        await session.execute(insert(revoked_token).values(rows).on_conflict_do_nothing())
    await session.execute(delete(revoked_token).where(revoked_token.c.expires_at <= now))
