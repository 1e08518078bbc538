"""`/v1/numbers`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.bulk import BulkAnswer, BulkRequest, answer_all
from leadkit.contracts.common import Moment
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, with_etag
from leadkit.merge_patch import changes
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, PreconditionRequired, Problem, Stale, problems
from leadkit.tokens import Caller

from lead_intake.normalising.phones import line_number
from lead_intake.numbers import actions, queries
from lead_intake.numbers.book import Kind
from lead_intake.numbers.schemas import NumberCreate, NumberOut, NumberPatch
from lead_intake.numbers.tables import Number
from lead_intake.sources.queries import region_of

router = APIRouter(prefix="/v1/numbers", route_class=EdgeRoute, tags=["numbers"])

Reader = Annotated[Caller, Allow("sources:read")]
Writer = Annotated[Caller, Allow("sources:write")]

SORTS = {"created_at": Number.created_at, "number": Number.number}


@router.post("", status_code=201, responses=problems(actions.NumberTaken))
async def numbers_create(
    body: NumberCreate, response: Response, session: Session, caller: Writer, now: Now
) -> NumberOut:
    """Say what a called number stands for: calls to it get its campaign and its name."""
    row = await actions.create_number(session, body, workspace_id=caller.workspace, now=now)
    response.headers["Location"] = f"/v1/numbers/{row.id}"
    return _shown(row, response)


@router.post("/bulk")
async def numbers_bulk(body: BulkRequest, session: Session, caller: Writer, now: Now) -> BulkAnswer:
    """Name up to 1,000 numbers, answered one by one."""

    async def act(items: list[NumberCreate]) -> list[UUID | Problem]:
        made = await actions.create_numbers(session, items, workspace_id=caller.workspace, now=now)
        return [one if isinstance(one, Problem) else one.id for one in made]

    return await answer_all(body.items, NumberCreate, act)


@router.get("")
async def numbers_list(
    request: Request,
    response: Response,
    session: ReadSession,
    caller: Reader,
    paging: Paging,
    number: Annotated[str | None, Query(max_length=255)] = None,
    source_id: Annotated[UUID | None, Query()] = None,
    kind: Annotated[Kind | None, Query()] = None,
    at: Annotated[Moment | None, Query(description="Only what counts at that time")] = None,
) -> Page[NumberOut]:
    """List the called numbers."""
    if number is not None:
        number = line_number(number.strip(), await region_of(session, caller.workspace))
    rows, next_cursor, total = await fetch_page(
        session,
        queries.numbers_of(caller.workspace, number=number, source_id=source_id, kind=kind, at=at),
        paging,
        sorts=SORTS,
        default="-created_at",
        key=Number.id,
        request=request,
        response=response,
    )
    return Page(items=[NumberOut.model_validate(row) for row in rows], next_cursor=next_cursor, total=total)


@router.get("/{number_id}", responses=problems(NotFound))
async def numbers_get(number_id: UUID, response: Response, session: ReadSession, caller: Reader) -> NumberOut:
    """Show what a number stands for."""
    return _shown(await queries.number_by_id(session, caller.workspace, number_id), response)


@router.patch("/{number_id}", responses=problems(NotFound, Stale, PreconditionRequired, actions.NumberTaken))
async def numbers_update(
    number_id: UUID,
    body: NumberPatch,
    response: Response,
    session: Session,
    caller: Writer,
    if_match: IfMatch,
    now: Now,
) -> NumberOut:
    """Change what a number stands for; calls that were read keep what they got until they are replayed."""
    patch = changes(body, never_null=("kind",))
    row = await actions.change_number(
        session, number_id, patch, workspace_id=caller.workspace, if_match=if_match, now=now
    )
    return _shown(row, response)


@router.delete("/{number_id}", status_code=204, responses=problems(NotFound, Stale))
async def numbers_delete(number_id: UUID, session: Session, caller: Writer, if_match: IfMatch) -> None:
    """Forget what a number stood for; to move it to another campaign, end it (`valid_to`) and name it again."""
    await actions.delete_number(session, number_id, workspace_id=caller.workspace, if_match=if_match)


def _shown(row: Number, response: Response) -> NumberOut:
    with_etag(response, row.version)
    return NumberOut.model_validate(row)
