"""`/v1/leads/{id}/timeline`, and those of contacts and deals."""

from typing import Annotated, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, ReadSession
from leadkit.problems import Invalid, NotFound, problems
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.workspaces.queries import existing_workspace
from crm_core.timeline import queries
from crm_core.timeline.cursor import decoded, encoded
from crm_core.timeline.entries import Scope
from crm_core.timeline.schemas import Timeline, TimelineItem

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["timeline"])

Limit = Annotated[int, Query(ge=1, le=200, description="Entries a page")]
Kinds = Annotated[
    str | None, Query(max_length=200, description="Only these kinds, joined by commas", examples=["call,email"])
]
Cursor = Annotated[str | None, Query(max_length=300, description="next_cursor of the page before")]


@router.get("/leads/{lead_id}/timeline", responses=problems(NotFound))
async def leads_timeline(
    lead_id: UUID,
    session: ReadSession,
    caller: Annotated[Caller, Allow("leads:read")],
    request: Request,
    response: Response,
    limit: Limit = 50,
    cursor: Cursor = None,
    kind: Kinds = None,
) -> Timeline:
    """Show everything that happened to a lead, newest first."""
    scope = await queries.of_lead(session, caller, lead_id)
    return await _page(session, scope, Asked(limit, cursor, kind), request, response)


@router.get("/contacts/{contact_id}/timeline", responses=problems(NotFound))
async def contacts_timeline(
    contact_id: UUID,
    session: ReadSession,
    caller: Annotated[Caller, Allow("contacts:read")],
    request: Request,
    response: Response,
    limit: Limit = 50,
    cursor: Cursor = None,
    kind: Kinds = None,
) -> Timeline:
    """Show everything that happened to a contact, its leads and its deals, newest first."""
    scope = await queries.of_contact(session, caller, contact_id)
    return await _page(session, scope, Asked(limit, cursor, kind), request, response)


@router.get("/deals/{deal_id}/timeline", responses=problems(NotFound))
async def deals_timeline(
    deal_id: UUID,
    session: ReadSession,
    caller: Annotated[Caller, Allow("deals:read")],
    request: Request,
    response: Response,
    limit: Limit = 50,
    cursor: Cursor = None,
    kind: Kinds = None,
) -> Timeline:
    """Show everything that happened to a deal, newest first."""
    scope = await queries.of_deal(session, caller, deal_id)
    return await _page(session, scope, Asked(limit, cursor, kind), request, response)


class Asked(NamedTuple):
    """Which page is wanted, and of which kinds."""

    limit: int
    cursor: str | None
    kind: str | None

    def kinds(self) -> frozenset[str] | None:
        """The kinds that were named; raises `Invalid` for one that is none."""
        if self.kind is None:
            return None
        named = frozenset(self.kind.split(","))
        if not named <= frozenset(queries.KINDS):
            raise Invalid.at("/kind", f"is a list of {', '.join(queries.KINDS)}")
        return named


async def _page(session: AsyncSession, scope: Scope, asked: Asked, request: Request, response: Response) -> Timeline:
    before = decoded(asked.cursor) if asked.cursor is not None else None
    found = await queries.entries(session, scope, limit=asked.limit, before=before, kinds=asked.kinds())
    language = (await existing_workspace(session, scope.workspace_id)).language
    following = encoded(found.following) if found.following else None
    if following:
        named = {"kind": asked.kind} if asked.kind else {}
        query = urlencode({"limit": asked.limit, "cursor": following, **named})
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return Timeline(items=[TimelineItem.of(entry, language) for entry in found.items], next_cursor=following)
