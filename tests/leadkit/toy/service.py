"""A very small service on leadkit, by which leadkit itself is tested: notes with a text and a version."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import leadkit.db
from fastapi import APIRouter, FastAPI, Request, Response
from leadkit.app import create_app
from leadkit.bulk import BulkAnswer, BulkRequest, answer_each
from leadkit.contracts.common import Shape
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, check_version, with_etag
from leadkit.feed import feed_router
from leadkit.ids import new_id
from leadkit.outbox import NewEvent, publish
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import Conflict, NotFound, problems
from leadkit.settings import ServiceSettings
from leadkit.tokens import Caller
from pydantic import BaseModel, Field
from sqlalchemy import Column, DateTime, Integer, String, Table, Uuid, insert, select, text, update

FOLDER = Path(__file__).parent
metadata = leadkit.db.metadata()

note = Table(
    "note",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("text", String(100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)


class NoteIn(BaseModel):
    text: str = Field(min_length=1, max_length=20, examples=["Call back"])


class NoteOut(BaseModel):
    id: UUID
    text: str
    version: int


class NoteState(Shape):
    id: UUID
    version: int


class Refused(Conflict):
    code = "refused"
    title = "This text is refused"


router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["notes"])


async def _add(session: Any, caller: Caller, text_: str, now: Any) -> UUID:
    made = new_id()
    values = {"workspace_id": caller.workspace, "id": made, "text": text_, "version": 1, "created_at": now}
    await session.execute(insert(note).values(values))
    await publish(session, [NewEvent("note.created", caller.workspace, made, NoteState(id=made, version=1))])
    if text_ == "refuse":
        raise Refused
    return made


@router.post("/notes", status_code=201, responses=problems(Refused))
async def notes_create(
    body: NoteIn, session: Session, caller: Annotated[Caller, Allow("leads:write")], now: Now
) -> NoteOut:
    """Add a note."""
    return NoteOut(id=await _add(session, caller, body.text, now), text=body.text, version=1)


@router.post("/notes/bulk")
async def notes_bulk(
    body: BulkRequest, session: Session, caller: Annotated[Caller, Allow("leads:write")], now: Now
) -> BulkAnswer:
    """Add many notes."""
    return await answer_each(session, body.items, NoteIn, lambda each: _add(session, caller, each.text, now))


@router.get("/notes")
async def notes_list(
    paging: Paging,
    request: Request,
    response: Response,
    session: ReadSession,
    caller: Annotated[Caller, Allow("leads:read")],
) -> Page[NoteOut]:
    """List notes."""
    rows, cursor, total = await fetch_page(
        session,
        select(note.c.id, note.c.text, note.c.version).where(note.c.workspace_id == caller.workspace),
        paging,
        sorts={"created_at": note.c.created_at, "text": note.c.text},
        default="-created_at",
        key=note.c.id,
        request=request,
        response=response,
    )
    return Page(
        items=[NoteOut(id=row.id, text=row.text, version=row.version) for row in rows], next_cursor=cursor, total=total
    )


@router.patch("/notes/{note_id}", responses=problems(NotFound))
async def notes_update(
    note_id: UUID,
    body: NoteIn,
    if_match: IfMatch,
    response: Response,
    session: Session,
    caller: Annotated[Caller, Allow("leads:write")],
) -> NoteOut:
    """Change a note."""
    mine = (note.c.workspace_id == caller.workspace) & (note.c.id == note_id)
    row = (await session.execute(select(note).where(mine).with_for_update())).one_or_none()
    if row is None:
        raise NotFound("There is no such note.")
    check_version(if_match, row.version)
    await session.execute(update(note).where(mine).values(text=body.text, version=row.version + 1))
    with_etag(response, row.version + 1)
    return NoteOut(id=note_id, text=body.text, version=row.version + 1)


@router.post("/breakdown")
async def breakdown(session: Session, caller: Annotated[Caller, Allow("leads:write")]) -> NoteOut:
    """Fail in a way nobody foresaw."""
    raise RuntimeError("a secret that no client may read")


@router.post("/late-failure")
async def late_failure(session: Session, caller: Annotated[Caller, Allow("leads:write")], now: Now) -> NoteOut:
    """Answer well, and fail when the transaction is committed."""
    made = await _add(session, caller, "late", now)
    driver = (await (await session.connection()).get_raw_connection()).driver_connection
    assert driver is not None
    driver.terminate()
    return NoteOut(id=made, text="late", version=1)


races = {"left": 0}


@router.post("/race")
async def race(session: Session, caller: Annotated[Caller, Allow("leads:write")], now: Now) -> NoteOut:
    """Lose a race as often as `races` says, then win."""
    made = await _add(session, caller, "race", now)
    if races["left"]:
        races["left"] -= 1
        await session.execute(text("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$"))
    return NoteOut(id=made, text="race", version=1)


@router.post("/write-in-read-session")
async def write_in_read_session(session: ReadSession, caller: Annotated[Caller, Allow("leads:read")], now: Now) -> None:
    """Try to write where only reading is meant."""
    await _add(session, caller, "never", now)


def create(settings: ServiceSettings) -> FastAPI:
    return create_app(
        title="toy",
        service="core",
        settings=settings,
        folder=FOLDER,
        routers=[router, feed_router(("note.created",))],
    )
