"""Whose a ticket is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.problems import Unauthenticated
from leadkit.tokens import Caller
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.streams.rules import Ticket
from crm_core.streams.tables import StreamTicket


async def holder_of(session: AsyncSession, ticket: Ticket, *, now: datetime) -> Caller:
    """The caller that the ticket stands for; raises `Unauthenticated`."""
    row = await session.scalar(
        select(StreamTicket).where(
            StreamTicket.workspace_id == ticket.workspace_id,
            StreamTicket.id == ticket.id,
            StreamTicket.expires_at > now,
        )
    )
    if row is None or not ticket.proves(row.secret_hash):
        raise Unauthenticated("The ticket is not valid any more.")
    return _caller(row.claims)


def _caller(claims: dict[str, Any]) -> Caller:
    ids = {key: UUID(claims[key]) if claims[key] else None for key in ("workspace_id", "user_id", "team_id")}
    return Caller(**claims | ids | {"token_id": UUID(claims["token_id"]), "scopes": frozenset(claims["scopes"])})
