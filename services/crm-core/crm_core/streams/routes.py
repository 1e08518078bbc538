"""`/v1/stream` and `/v1/stream-tickets`."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from leadkit import clock
from leadkit.db import Database
from leadkit.edge import NOT_TO_BE_STORED, Allow, EdgeRoute, Now, Session, edge_of
from leadkit.feed import highest_position, position_named, types_named
from leadkit.problems import Forbidden, Malformed, Unauthenticated, Unavailable, problems
from leadkit.tokens import Caller

from crm_core.feed import EVENT_TYPES
from crm_core.streams import actions, queries
from crm_core.streams.rules import Ticket
from crm_core.streams.schemas import TicketOut
from crm_core.streams.streaming import Streamer, Wish

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["events"])

STREAM_TYPE = "text/event-stream"
MOST_STREAMS = 500
"""Of one process. Each looks at the feed when it moves, twenty times a second at most."""


@router.post("/stream-tickets", status_code=201)
async def stream_tickets_create(
    caller: Annotated[Caller, Allow("events:read")], session: Session, now: Now, response: Response
) -> TicketOut:
    """Make a ticket that opens streams for 60 seconds, and as long as one is open: `EventSource` sends no headers."""
    ticket, expires_at = await actions.make_ticket(session, caller, now=now)
    response.headers.update(NOT_TO_BE_STORED)
    return TicketOut(ticket=str(ticket), expires_at=expires_at)


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {STREAM_TYPE: {"schema": {"type": "string"}}}}, **problems(Malformed, Unavailable)},
)
async def stream_open(
    request: Request,
    ticket: Annotated[str | None, Query(max_length=200, description="In place of a token")] = None,
    last_event_id: Annotated[str | None, Query(alias="lastEventId", max_length=100)] = None,
    last_event_header: Annotated[str | None, Header(alias="Last-Event-ID", max_length=100)] = None,
    type: Annotated[str | None, Query(max_length=1000, description="Event types, separated by commas")] = None,
) -> StreamingResponse:
    """Follow the feed live as server-sent events, from now on or after the last event you have."""
    state = request.app.state
    caller, opened_by = await _caller(request, ticket)
    streamer: Streamer = state.streamer
    if streamer.open >= MOST_STREAMS:
        raise Unavailable("Too many streams are open here.")
    last = last_event_header or last_event_id
    position = position_named(last) if last else await _present(state.database)
    wish = Wish(caller, opened_by, position, types_named(type, EVENT_TYPES))
    headers = {**NOT_TO_BE_STORED, "X-Accel-Buffering": "no"}
    return StreamingResponse(streamer.messages(wish), media_type=STREAM_TYPE, headers=headers)


async def _caller(request: Request, written: str | None) -> tuple[Caller, Ticket | None]:
    """Who follows: told by the ticket, or by the token."""
    if written is None:
        caller = edge_of(request).caller()
        if "events:read" not in caller.scopes:
            raise Forbidden("The token lacks the scope events:read.")
        return caller, None
    try:
        ticket = Ticket.read(written)
    except ValueError:
        raise Unauthenticated("That is no ticket.") from None
    async with request.app.state.database.transaction(ticket.workspace_id, read_only=True) as session:
        caller = await queries.holder_of(session, ticket, now=clock.now())
    request.app.state.keys.check(caller)
    return caller, ticket


async def _present(db: Database) -> int:
    async with db.transaction(role="worker", read_only=True) as session:
        return await highest_position(session)
