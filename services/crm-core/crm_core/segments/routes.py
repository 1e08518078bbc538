"""`/v1/segments`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import Forbidden, NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from crm_core.companies.schemas import CompanyOut
from crm_core.contacts.schemas import ContactOut
from crm_core.deals.schemas import DealOut
from crm_core.exports.entities import exported
from crm_core.finding.listing import Asked
from crm_core.finding.pages import SearchedFor, find_page
from crm_core.leads.schemas import LeadOut
from crm_core.segments import actions, queries
from crm_core.segments.actions import NameTaken
from crm_core.segments.schemas import Entity, SegmentCreate, SegmentOut, SegmentPatch
from crm_core.segments.tables import Segment

router = APIRouter(prefix="/v1/segments", route_class=EdgeRoute, tags=["segments"])

Reader = Annotated[Caller, Allow("contacts:read")]
Writer = Annotated[Caller, Allow("contacts:write")]
Counts = Annotated[bool, Query(description="Count the members of each segment too")]
SORTS = {"name": Segment.name, "created_at": Segment.created_at}


@router.get("")
async def segments_list(
    session: ReadSession,
    caller: Reader,
    paging: Paging,
    now: Now,
    request: Request,
    response: Response,
    entity: Entity | None = None,
    counts: Counts = False,
) -> Page[SegmentOut]:
    """List segments."""
    rows, next_cursor, total = await fetch_page(
        session, queries.segments_of(caller.workspace, entity=entity), paging,
        sorts=SORTS, default="name", key=Segment.id, request=request, response=response,
    )  # fmt: skip
    sizes = [await queries.size_of(session, caller, row, now=now) if counts else None for row in rows]
    items = [_shown(row, size) for row, size in zip(rows, sizes, strict=True)]
    return Page(items=items, next_cursor=next_cursor, total=total)


@router.post("", status_code=201, responses=problems(NameTaken))
async def segments_create(
    wanted: SegmentCreate, session: Session, caller: Writer, now: Now, response: Response
) -> SegmentOut:
    """Save a segment."""
    segment = await actions.save_segment(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/segments/{segment.id}"
    with_etag(response, segment.version)
    return _shown(segment, await queries.size_of(session, caller, segment, now=now))


@router.get("/{segment_id}", responses=problems(NotFound))
async def segments_get(
    segment_id: UUID, session: ReadSession, caller: Reader, now: Now, response: Response
) -> SegmentOut:
    """Get a segment with its size at this moment."""
    segment = await queries.segment_by_id(session, caller.workspace, segment_id)
    with_etag(response, segment.version)
    return _shown(segment, await queries.size_of(session, caller, segment, now=now))


@router.get("/{segment_id}/members", responses=problems(NotFound, Forbidden))
async def segments_members(
    segment_id: UUID,
    session: ReadSession,
    caller: Reader,
    paging: Paging,
    now: Now,
    request: Request,
    response: Response,
    q: SearchedFor = None,
) -> Page[LeadOut | ContactOut | CompanyOut | DealOut]:
    """List who belongs to a segment at this moment."""
    segment = await queries.segment_by_id(session, caller.workspace, segment_id)
    what = exported(segment.entity)
    if what.scope not in caller.scopes:
        raise Forbidden(f"The token lacks the scope {what.scope}.")
    listing, condition = await queries.asked_by(session, segment)
    asked = Asked(condition, q)
    found = await find_page(session, listing, caller, asked, paging, now=now, request=request, response=response)
    items: list[Any] = list(await what.shown(session, caller, found.rows, now))
    return Page(items=items, next_cursor=found.next_cursor, total=found.total)


@router.patch("/{segment_id}", responses=problems(NotFound, Forbidden, Stale, PreconditionRequired, NameTaken))
async def segments_update(
    segment_id: UUID,
    wanted: SegmentPatch,
    session: Session,
    caller: Writer,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> SegmentOut:
    """Change a segment by merge patch."""
    segment = await actions.change_segment(session, segment_id, wanted, if_match, caller=caller, now=now)
    with_etag(response, segment.version)
    return _shown(segment, await queries.size_of(session, caller, segment, now=now))


@router.delete("/{segment_id}", status_code=204, responses=problems(NotFound, Forbidden))
async def segments_delete(segment_id: UUID, session: Session, caller: Writer, now: Now) -> None:
    """Delete a segment; the cards in it stay."""
    await actions.delete_segment(session, segment_id, caller=caller, now=now)


def _shown(segment: Segment, size: int | None) -> SegmentOut:
    own = {name: getattr(segment, name) for name in SegmentOut.model_fields if name not in ("filter", "count")}
    return SegmentOut(**own, filter=segment.condition, count=size)
