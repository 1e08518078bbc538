"""`/v1/submissions`."""

from typing import Annotated, get_args
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from leadkit.bulk import BulkAnswer, BulkRequest
from leadkit.contracts.common import Moment
from leadkit.contracts.events import SubmissionStatus
from leadkit.contracts.inquiry import Channel
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import with_etag
from leadkit.filters import listed
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import Invalid, NotFound, problems
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.submissions import actions, counting, deciding, queries
from lead_intake.submissions.queries import Wanted
from lead_intake.submissions.schemas import SubmissionCreate, SubmissionOut, SubmissionSummary
from lead_intake.submissions.tables import Submission

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["submissions"])

Reader = Annotated[Caller, Allow("submissions:read")]
Writer = Annotated[Caller, Allow("submissions:write")]
STATUSES: tuple[str, ...] = get_args(SubmissionStatus)


async def _wanted(
    status: Annotated[str | None, Query(max_length=200, description="One or more, separated by commas")] = None,
    channel: Annotated[Channel | None, Query()] = None,
    provider: Annotated[str | None, Query(max_length=50)] = None,
    source_id: Annotated[UUID | None, Query()] = None,
    received_from: Annotated[Moment | None, Query()] = None,
    received_to: Annotated[Moment | None, Query(description="Exclusive")] = None,
    reason: Annotated[str | None, Query(max_length=255, description="Why it is spam, ignored, parked, ...")] = None,
    q: Annotated[str | None, Query(min_length=2, max_length=200, description="Name, e-mail, phone or id")] = None,
) -> Wanted:
    statuses = [one.strip() for one in (status or "").split(",") if one.strip()]
    if not set(statuses) <= set(STATUSES):
        raise Invalid.at("/status", f"is one or more of {', '.join(STATUSES)}")
    return Wanted(statuses, channel, provider, source_id, received_from, received_to, reason, q)


@router.post("/submissions", status_code=201)
async def submissions_create(
    body: SubmissionCreate, request: Request, response: Response, session: Session, caller: Writer, now: Now
) -> SubmissionOut:
    """Hand in one inquiry from another system; a repeat is answered with the first one."""
    made = await actions.hand_in(session, body, request.app.state.sealer, workspace_id=caller.workspace, now=now)
    response.headers["Location"] = f"/v1/submissions/{made}"
    return await _shown(made, response, session, caller)


@router.post("/submissions/bulk")
async def submissions_create_bulk(
    body: BulkRequest, request: Request, session: Session, caller: Writer, now: Now
) -> BulkAnswer:
    """Hand in up to 1,000 inquiries; each is answered by itself."""
    results = await actions.hand_in_each(
        session, body.items, request.app.state.sealer, workspace_id=caller.workspace, now=now
    )
    return BulkAnswer(results=results)


@router.get("/submissions")
async def submissions_list(
    request: Request,
    response: Response,
    session: ReadSession,
    caller: Reader,
    paging: Paging,
    wanted: Annotated[Wanted, Depends(_wanted)],
) -> Page[SubmissionSummary]:
    """List what was received, newest first."""
    rows, next_cursor, total = await fetch_page(
        session,
        queries.submissions_of(caller.workspace, wanted),
        paging,
        sorts={"received_at": Submission.received_at},
        default="-received_at",
        key=Submission.id,
        request=request,
        response=response,
    )
    return Page(items=[queries.summary(row) for row in rows], next_cursor=next_cursor, total=total)


@router.get("/submissions/stats")
async def submissions_stats(
    session: ReadSession,
    caller: Reader,
    now: Now,
    by: Annotated[str, Query(max_length=100, description="source, channel, provider, status, reason, day")] = "status",
    from_: Annotated[Moment | None, Query(alias="from", description="Default: a week before to")] = None,
    to: Annotated[Moment | None, Query(description="Exclusive; default: now")] = None,
) -> counting.Stats:
    """Count what was received in a period, by any of its marks."""
    names = listed("by", by, tuple(counting.DIMENSIONS)) or ("status",)
    end = to or now
    return await counting.count_by(
        session, caller.workspace, list(dict.fromkeys(names)), from_ or end - counting.USUAL, end
    )


@router.post("/submissions/release")
async def submissions_release_bulk(
    body: BulkRequest, request: Request, session: Session, caller: Writer, now: Now
) -> BulkAnswer:
    """Take up to 1,000 submissions (items are their ids) out of spam; each is answered by itself."""
    sealer = request.app.state.sealer
    return BulkAnswer(
        results=await deciding.release_each(session, body.items, sealer, workspace_id=caller.workspace, now=now)
    )


@router.post("/submissions/mark-spam")
async def submissions_mark_spam_bulk(body: BulkRequest, session: Session, caller: Writer, now: Now) -> BulkAnswer:
    """Put up to 1,000 submissions (items are their ids) into spam; each is answered by itself."""
    return BulkAnswer(results=await deciding.mark_each(session, body.items, workspace_id=caller.workspace, now=now))


@router.get("/submissions/{submission_id}", responses=problems(NotFound))
async def submissions_get(
    submission_id: UUID, response: Response, session: ReadSession, caller: Reader
) -> SubmissionOut:
    """Show a submission: raw requests, canonical inquiry, report, delivery attempts and outcome."""
    return await _shown(submission_id, response, session, caller)


@router.post(
    "/submissions/{submission_id}/replay", status_code=202, responses=problems(NotFound, actions.NotReplayable)
)
async def submissions_replay(
    submission_id: UUID, request: Request, response: Response, session: Session, caller: Writer, now: Now
) -> SubmissionOut:
    """Read a submission again from raw and deliver it; nothing is verified again."""
    await actions.replay(session, submission_id, request.app.state.sealer, workspace_id=caller.workspace, now=now)
    return await _shown(submission_id, response, session, caller)


@router.post(
    "/submissions/{submission_id}/release", responses=problems(NotFound, actions.NotSpam, actions.NotReplayable)
)
async def submissions_release(
    submission_id: UUID, request: Request, response: Response, session: Session, caller: Writer, now: Now
) -> SubmissionOut:
    """Take a submission out of spam and deliver it."""
    await actions.release(session, submission_id, request.app.state.sealer, workspace_id=caller.workspace, now=now)
    return await _shown(submission_id, response, session, caller)


@router.post("/submissions/{submission_id}/mark-spam", responses=problems(NotFound, actions.TooLateForSpam))
async def submissions_mark_spam(
    submission_id: UUID, response: Response, session: Session, caller: Writer, now: Now
) -> SubmissionOut:
    """Put a submission into spam, unless crm-core has it already."""
    await actions.mark_spam(session, submission_id, workspace_id=caller.workspace, now=now)
    return await _shown(submission_id, response, session, caller)


async def _shown(submission_id: UUID, response: Response, session: AsyncSession, caller: Caller) -> SubmissionOut:
    shown = await queries.whole_submission(session, caller.workspace, submission_id)
    with_etag(response, shown.version)
    return shown
