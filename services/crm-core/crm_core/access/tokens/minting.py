"""Platform tokens: made by an operator at the command line, never through the API.

It imports little, so that the command answers quickly while an installation starts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from leadkit.ids import NIL, new_id
from leadkit.tokens import Caller
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.tokens import keys
from crm_core.access.tokens.tables import ApiToken


async def mint_platform_token(
    session: AsyncSession,
    data_key: SecretStr,
    *,
    name: str,
    scopes: Sequence[str],
    life: timedelta,
    new_key: bool,
    now: datetime,
) -> str:
    """A platform token, and the first signing key or, on demand, a new one (role worker)."""
    if new_key or not await keys.public_keys(session):
        await keys.make_key(session, data_key, now=now)
    row = ApiToken(
        workspace_id=NIL, id=new_id(), version=1, name=name, role="platform", scopes=sorted(scopes),
        user_id=None, created_by="operator", created_at=now, expires_at=now + life, revoked_at=None,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    holder = Caller(
        workspace_id=None,
        subject=f"token:{row.id}",
        name=name,
        role="platform",
        scopes=frozenset(scopes),
        token_id=row.id,
        user_id=None,
        team_id=None,
        expires_at=int(row.expires_at.timestamp()),
    )
    return await keys.signed(session, holder, data_key)
