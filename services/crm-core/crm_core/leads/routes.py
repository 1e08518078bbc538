"""`/v1/leads`: parse, call one function, answer."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from leadkit.bulk import BulkAnswer, BulkRequest, BulkResult, answer_all, refused, validated
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import ANY_VERSION, IfMatch, with_etag
from leadkit.paging import Page, Paging
from leadkit.problems import NotFound, PreconditionRequired, Problem, Stale, problems
from leadkit.tokens import Caller

from crm_core.access.workspaces.queries import existing_workspace
from crm_core.assignment.queries import explanations_of, names_in
from crm_core.assignment.schemas import AssignmentOut, ExplanationOut, Language
from crm_core.conditions.parameters import documented
from crm_core.deadlines.queries import deadlines_of
from crm_core.deadlines.schemas import DeadlineOut, LeadDeadlines
from crm_core.finding.listing import Asked
from crm_core.finding.pages import asked_of, find_page
from crm_core.leads import actions, conversion, queries, rules, transitions
from crm_core.leads.lifecycle import TransitionNotAllowed
from crm_core.leads.listing import LEADS
from crm_core.leads.schemas import (
    LeadAssign,
    LeadChange,
    LeadConvert,
    LeadCreate,
    LeadDisqualify,
    LeadOut,
    LeadPatch,
    LeadPostpone,
    LeadQualify,
    LeadReopen,
    LeadStart,
    LeadStep,
    Stepping,
)
from crm_core.leads.tables import Lead
from crm_core.merged import AlreadyMerged, MergedAway, check_not_merged

router = APIRouter(prefix="/v1/leads", route_class=EdgeRoute, tags=["leads"])

Reader = Annotated[Caller, Allow("leads:read")]
Writer = Annotated[Caller, Allow("leads:write")]


Filter = Annotated[Asked, Depends(asked_of(LEADS.fields))]


def _step(name: str, summary: str) -> dict[str, Any]:
    """What OpenAPI says of a step: the table of transitions in words."""
    said = f"{summary}\n{rules.described(rules.transition(name))}"
    return {"responses": problems(NotFound, TransitionNotAllowed), "description": said}


@router.get("", openapi_extra=documented(LEADS.fields))
async def leads_list(
    session: ReadSession, caller: Reader, asked: Filter, paging: Paging, now: Now, request: Request, response: Response
) -> Page[LeadOut]:
    """List leads."""
    found = await find_page(session, LEADS, caller, asked, paging, now=now, request=request, response=response)
    items = [LeadOut.of(row) for row in found.rows]
    return Page(items=items, next_cursor=found.next_cursor, total=found.total)


@router.post("", status_code=201)
async def leads_create(wanted: LeadCreate, session: Session, caller: Writer, now: Now, response: Response) -> LeadOut:
    """Add a lead by hand."""
    [made] = await actions.create_leads(session, [wanted], caller=caller, now=now)
    if isinstance(made, Problem):
        raise made
    response.headers["Location"] = f"/v1/leads/{made.id}"
    return _answer(made, response)


@router.post("/bulk")
async def leads_bulk(batch: BulkRequest, session: Session, caller: Writer, now: Now) -> BulkAnswer:
    """Add up to 1,000 leads, answered one by one."""
    read: dict[int, LeadCreate] = {}
    wrong: dict[int, Problem] = {}
    for index, item in enumerate(batch.items):
        try:
            read[index] = validated(item, LeadCreate)
        except Problem as problem:
            wrong[index] = problem
    made = await actions.create_leads(session, list(read.values()), caller=caller, now=now)
    made_at: dict[int, Lead | Problem] = {**wrong, **dict(zip(read, made, strict=True))}
    return BulkAnswer(results=[_result(index, made_at[index]) for index in range(len(batch.items))])


@router.patch("/bulk")
async def leads_bulk_update(batch: BulkRequest, session: Session, caller: Writer, now: Now) -> BulkAnswer:
    """Change up to 1,000 leads, each by a merge patch with its `id`, answered one by one.
    With `version` an item is refused (412) when the lead has another one by now."""

    async def act(items: list[LeadChange]) -> list[UUID | Problem]:
        patches = [actions.Patching(one.id, one.patch(), one.version or ANY_VERSION) for one in items]
        return _outcomes(await actions.change_leads(session, patches, caller=caller, now=now))

    return await answer_all(batch.items, LeadChange, act, status=200)


def _bulk_step(name: str) -> Callable[..., Awaitable[BulkAnswer]]:
    async def step(batch: BulkRequest, session: Session, caller: Writer, now: Now) -> BulkAnswer:
        async def act(items: list[LeadStep]) -> list[UUID | Problem]:
            bodies = [_validated_body(one, transitions.STEPS[name].body) for one in items]
            valid = [(one.id, body) for one, body in zip(items, bodies, strict=True) if not isinstance(body, Problem)]
            taken = iter(await transitions.take_steps(session, name, valid, caller=caller, now=now))
            return _outcomes([body if isinstance(body, Problem) else next(taken) for body in bodies])

        return await answer_all(batch.items, LeadStep, act, status=200)

    return step


for _name in transitions.STEPS:
    router.add_api_route(
        f"/bulk/{_name}",
        _bulk_step(_name),
        methods=["POST"],
        name=f"leads_bulk_{_name}",
        description=f"Take up to 1,000 leads through the step {_name}, answered one by one\n"
        "Each item is the body of the single step with the lead's `id`.",
    )


@router.get("/{lead_id}", responses=problems(NotFound, MergedAway))
async def leads_get(lead_id: UUID, session: ReadSession, caller: Reader, response: Response) -> LeadOut:
    """Get a lead; the id of one that was merged leads to the survivor."""
    await check_not_merged(session, Lead, caller, lead_id, path="/v1/leads")
    return _answer(await queries.lead_by_id(session, caller, lead_id), response)


@router.patch("/{lead_id}", responses=problems(NotFound, AlreadyMerged, Stale, PreconditionRequired))
async def leads_update(
    lead_id: UUID,
    wanted: LeadPatch,
    session: Session,
    caller: Writer,
    if_match: IfMatch,
    now: Now,
    response: Response,
) -> LeadOut:
    """Change a lead's card by merge patch."""
    return _answer(await actions.change_lead(session, lead_id, wanted, if_match, caller=caller, now=now), response)


@router.get("/{lead_id}/assignment", responses=problems(NotFound))
async def leads_assignment(
    lead_id: UUID, session: ReadSession, caller: Reader, language: Language | None = None
) -> AssignmentOut:
    """Explain why the lead has its owner, in data and in words (default: the workspace's language)."""
    lead = await queries.lead_by_id(session, caller, lead_id)
    spoken = language or (await existing_workspace(session, caller.workspace)).language
    rows = await explanations_of(session, caller.workspace, lead_id)
    names = await names_in(session, caller.workspace, [row.rules for row in rows])
    history = [ExplanationOut.of(row, names, spoken) for row in rows]
    return AssignmentOut.of(lead_id, lead.owner_id, lead.team_id, history)


@router.get("/{lead_id}/deadlines", responses=problems(NotFound))
async def leads_deadlines(lead_id: UUID, session: ReadSession, caller: Reader) -> LeadDeadlines:
    """List by when who was to respond to the lead, and what became of it; the latest first."""
    lead = await queries.lead_by_id(session, caller, lead_id)
    rows = await deadlines_of(session, caller.workspace, lead_id)
    items = [DeadlineOut.model_validate(row, from_attributes=True) for row in rows]
    return LeadDeadlines(respond_by=lead.respond_by, first_response_at=lead.first_response_at, items=items)


@router.post("/{lead_id}/start", **_step("start", "Say that the first contact was made"))
async def leads_start(
    lead_id: UUID, wanted: LeadStart, session: Session, caller: Writer, now: Now, response: Response
) -> LeadOut:
    """Say that the first contact was made."""
    return _answer(await transitions.take_step(session, lead_id, "start", wanted, caller=caller, now=now), response)


@router.post("/{lead_id}/qualify", **_step("qualify", "Qualify a lead"))
async def leads_qualify(
    lead_id: UUID, wanted: LeadQualify, session: Session, caller: Writer, now: Now, response: Response
) -> LeadOut:
    """Qualify a lead."""
    return _answer(await transitions.take_step(session, lead_id, "qualify", wanted, caller=caller, now=now), response)


@router.post("/{lead_id}/assign", **_step("assign", "Give a lead to somebody, or let the rules decide"))
async def leads_assign(
    lead_id: UUID, wanted: LeadAssign, session: Session, caller: Writer, now: Now, response: Response
) -> LeadOut:
    """Give a lead to somebody, or let the rules decide."""
    return _answer(await transitions.take_step(session, lead_id, "assign", wanted, caller=caller, now=now), response)


@router.post("/{lead_id}/postpone", **_step("postpone", "Postpone a lead; it comes back by itself"))
async def leads_postpone(
    lead_id: UUID, wanted: LeadPostpone, session: Session, caller: Writer, now: Now, response: Response
) -> LeadOut:
    """Postpone a lead; it comes back by itself."""
    return _answer(await transitions.take_step(session, lead_id, "postpone", wanted, caller=caller, now=now), response)


@router.post("/{lead_id}/disqualify", **_step("disqualify", "Refuse a lead, with a reason"))
async def leads_disqualify(
    lead_id: UUID, wanted: LeadDisqualify, session: Session, caller: Writer, now: Now, response: Response
) -> LeadOut:
    """Refuse a lead, with a reason."""
    return _answer(
        await transitions.take_step(session, lead_id, "disqualify", wanted, caller=caller, now=now), response
    )


@router.post("/{lead_id}/reopen", **_step("reopen", "Bring back a disqualified or postponed lead"))
async def leads_reopen(
    lead_id: UUID, wanted: LeadReopen, session: Session, caller: Writer, now: Now, response: Response
) -> LeadOut:
    """Bring back a disqualified or postponed lead."""
    return _answer(await transitions.take_step(session, lead_id, "reopen", wanted, caller=caller, now=now), response)


@router.post("/{lead_id}/convert", **_step("convert", "Convert a lead into a contact, a company and a deal"))
async def leads_convert(
    lead_id: UUID, wanted: LeadConvert, session: Session, caller: Writer, now: Now, response: Response
) -> LeadOut:
    """Convert a lead into a contact, a company and a deal."""
    return _answer(await conversion.convert_lead(session, lead_id, wanted, caller=caller, now=now), response)


def _answer(lead: Lead, response: Response) -> LeadOut:
    with_etag(response, lead.version)
    return LeadOut.of(lead)


def _result(index: int, made: Lead | Problem) -> BulkResult:
    if isinstance(made, Problem):
        return refused(index, made)
    return BulkResult(index=index, status=201, id=made.id, problem=None)


def _outcomes(leads: Sequence[Lead | Problem]) -> list[UUID | Problem]:
    return [one if isinstance(one, Problem) else one.id for one in leads]


def _validated_body(item: LeadStep, body: type[Stepping]) -> Stepping | Problem:
    try:
        return validated(item.model_extra or {}, body)
    except Problem as problem:
        return problem
