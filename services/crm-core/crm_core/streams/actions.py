"""Handing out tickets, and keeping the one of an open stream alive."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from leadkit.ids import new_id
from leadkit.tokens import Caller
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.streams.rules import TICKET_LIVES, Ticket
from crm_core.streams.tables import StreamTicket


async def make_ticket(session: AsyncSession, caller: Caller, *, now: datetime) -> tuple[Ticket, datetime]:
    """A ticket for the caller's streams, and when it ends unless a stream keeps it alive."""
    ticket = Ticket.new(caller.workspace, new_id())
    claims: dict[str, Any] = {key: None if value is None else str(value) for key, value in asdict(caller).items()}
    claims |= {"scopes": sorted(caller.scopes), "expires_at": caller.expires_at}
    session.add(
        StreamTicket(
            workspace_id=ticket.workspace_id,
            id=ticket.id,
            secret_hash=ticket.secret_hash,
            claims=claims,
            expires_at=now + TICKET_LIVES,
        )
    )
    await session.flush()
    return ticket, now + TICKET_LIVES


async def keep_alive(session: AsyncSession, ticket: Ticket, *, now: datetime) -> None:
    """The ticket opens streams for another while."""
    await session.execute(
        update(StreamTicket)
        .where(StreamTicket.workspace_id == ticket.workspace_id, StreamTicket.id == ticket.id)
        .values(expires_at=now + TICKET_LIVES)
    )


async def forget_expired_tickets(session: AsyncSession, *, now: datetime) -> None:
    """Deletes what opens nothing any more, of all workspaces (role worker)."""
    await session.execute(delete(StreamTicket).where(StreamTicket.expires_at <= now))
