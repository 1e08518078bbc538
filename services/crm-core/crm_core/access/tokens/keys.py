"""The Ed25519 keys that sign tokens: made once, kept sealed, published as a JWKS."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from leadkit.ids import new_id
from leadkit.problems import Unavailable
from leadkit.sealing import SealBroken, Sealer
from leadkit.tokens import Caller, public_jwk, remember_keys, sign
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.tokens.tables import SigningKey

PURPOSE = "signing keys"


class NoSigningKey(Unavailable):
    """No key was made yet, or none can be opened with this installation's data key."""

    code = "no-signing-key"
    title = "No key to sign tokens with"


async def make_key(session: AsyncSession, data_key: SecretStr, *, now: datetime) -> None:
    """Makes a new key, which signs from now on; tokens signed with the former ones stay valid (role worker)."""
    private = Ed25519PrivateKey.generate()
    sealed = Sealer(data_key, purpose=PURPOSE).seal(private.private_bytes_raw())
    kid = new_id().hex
    session.add(SigningKey(kid=kid, jwk=public_jwk(kid, private.public_key()), sealed=sealed, created_at=now))
    await session.flush()
    await remember_keys(session, await public_keys(session))


async def signed(session: AsyncSession, holder: Caller, data_key: SecretStr) -> str:
    """The holder's token, signed with the newest key; raises `NoSigningKey`."""
    newest = await session.scalar(select(SigningKey).order_by(SigningKey.kid.desc()).limit(1))
    if newest is None:
        raise NoSigningKey("Make one with `python -m crm_core.mint`.")
    try:
        raw = Sealer(data_key, purpose=PURPOSE).open(newest.sealed)
    except SealBroken:
        raise NoSigningKey("The key in the database was sealed with another LEADFLOW_DATA_KEY.") from None
    return sign(holder, kid=newest.kid, private_key=Ed25519PrivateKey.from_private_bytes(raw))


async def public_keys(session: AsyncSession) -> Sequence[dict[str, Any]]:
    """The entries of the JWKS, newest first."""
    return (await session.scalars(select(SigningKey.jwk).order_by(SigningKey.kid.desc()))).all()
