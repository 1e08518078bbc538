"""`/v1/tags`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.tags import actions, queries
from crm_core.tags.actions import NameTaken
from crm_core.tags.schemas import TagCounts, TagCreate, TagMerge, TagOut, TagPatch, TagsMerged
from crm_core.tags.tables import Tag

router = APIRouter(prefix="/v1/tags", route_class=EdgeRoute, tags=["tags"])

Anyone = Annotated[Caller, Allow()]
Keeper = Annotated[Caller, Allow("leads:write", "contacts:write", "deals:write", roles=("platform", "admin", "head"))]
Begins = Annotated[str | None, Query(max_length=100, description="How a name begins")]


@router.get("")
async def tags_list(
    session: ReadSession, caller: Anyone, paging: Paging, request: Request, response: Response, q: Begins = None
) -> Page[TagOut]:
    """List tags, of the catalogue and in use, with on how many cards each is."""
    statement = queries.tags_counted(caller, q=q)
    name = statement.selected_columns["name"]
    rows, next_cursor, total = await fetch_page(
        session, statement, paging, sorts={"name": name}, default="name", key=name, request=request, response=response
    )
    return Page(items=[_counted(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post("", status_code=201, responses=problems(NameTaken))
async def tags_create(wanted: TagCreate, session: Session, caller: Keeper, now: Now, response: Response) -> TagOut:
    """Put a tag into the catalogue."""
    tag = await actions.create_tag(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/tags/{tag.id}"
    return await _answer(session, caller, tag, response)


@router.post("/merge")
async def tags_merge(wanted: TagMerge, session: Session, caller: Keeper, now: Now) -> TagsMerged:
    """Make one tag of several, on all cards."""
    changed = await actions.merge_tags(session, wanted, caller=caller, now=now)
    return TagsMerged(changed=TagCounts.model_validate(changed))


@router.get("/{tag_id}", responses=problems(NotFound))
async def tags_get(tag_id: UUID, session: ReadSession, caller: Anyone, response: Response) -> TagOut:
    """Get a tag of the catalogue."""
    tag = await queries.tag_by_id(session, caller.workspace, tag_id)
    return await _answer(session, caller, tag, response)


@router.patch("/{tag_id}", responses=problems(NotFound, Stale, PreconditionRequired, NameTaken))
async def tags_update(
    tag_id: UUID, wanted: TagPatch, session: Session, caller: Keeper, now: Now, if_match: IfMatch, response: Response
) -> TagOut:
    """Rename a tag, on all cards, or give it another colour."""
    tag = await actions.change_tag(session, tag_id, wanted, if_match, caller=caller, now=now)
    return await _answer(session, caller, tag, response)


@router.delete("/{tag_id}", status_code=204, responses=problems(NotFound))
async def tags_delete(tag_id: UUID, session: Session, caller: Keeper, now: Now) -> None:
    """Take a tag out of the catalogue and off all cards."""
    await actions.delete_tag(session, tag_id, caller=caller, now=now)


async def _answer(session: AsyncSession, caller: Caller, tag: Tag, response: Response) -> TagOut:
    with_etag(response, tag.version)
    statement = queries.tags_counted(caller, q=None)
    found = await session.execute(statement.where(statement.selected_columns["name"] == tag.name))
    return _counted(found.one())


def _counted(row: Any) -> TagOut:
    own = {name: getattr(row, name) for name in ("id", "version", "name", "color")}
    return TagOut(**own, counts=TagCounts.model_validate(row))
