"""Reading what is known of tokens."""

from datetime import datetime
from uuid import UUID

from leadkit.ids import NIL
from leadkit.tokens import Caller
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.tokens.tables import ApiToken


def tokens_seen_by(caller: Caller) -> Select[ApiToken]:
    """The workspace's tokens for who has the scope admin, one's own for everybody else."""
    statement = select(ApiToken).where(ApiToken.workspace_id == caller.workspace)
    if "admin" in caller.scopes:
        return statement
    if caller.user_id is None:
        return statement.where(ApiToken.id == caller.token_id)
    return statement.where(ApiToken.user_id == caller.user_id)


async def token_seen_by(session: AsyncSession, caller: Caller, token_id: UUID) -> ApiToken | None:
    """The token, or None when there is none that the caller may see."""
    found: ApiToken | None = await session.scalar(tokens_seen_by(caller).where(ApiToken.id == token_id))
    return found


async def platform_tokens(session: AsyncSession, *, now: datetime) -> list[ApiToken]:
    """The platform tokens that still open something, oldest first (role worker)."""
    statement = select(ApiToken).where(ApiToken.workspace_id == NIL, ApiToken.revoked_at.is_(None))
    return list(await session.scalars(statement.where(ApiToken.expires_at > now).order_by(ApiToken.created_at)))


def in_a_line(token: ApiToken) -> str:
    """A token as a list in a terminal shows it."""
    return f"{token.id}  {token.name}  until {token.expires_at:%Y-%m-%d}  {' '.join(token.scopes)}"
