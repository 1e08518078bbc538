"""`/v1/assignment-rules`, `POST /v1/assignment/preview` and `GET /v1/assignment/queue`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from crm_core.access.workspaces.queries import existing_workspace
from crm_core.assignment import previewing, queries, ruling
from crm_core.assignment.preview_schemas import PreviewIn, PreviewOut
from crm_core.assignment.queue_schemas import WaitingLead
from crm_core.assignment.rule_schemas import AssignmentRuleCreate, AssignmentRuleOut, AssignmentRulePatch, RuleOrder
from crm_core.assignment.schemas import Language
from crm_core.assignment.tables import AssignmentRule
from crm_core.assignment.words import told
from crm_core.leads.waiting import BEST_FIRST, LONGEST_FIRST, waiting_for

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["assignment"])

Admin = Annotated[Caller, Allow("admin")]
Reader = Annotated[Caller, Allow("leads:read")]


@router.get("/assignment-rules")
async def assignment_rules_list(
    session: ReadSession, caller: Reader, paging: Paging, request: Request, response: Response
) -> Page[AssignmentRuleOut]:
    """List the rules of assignment in the order in which they are tried."""
    found, next_cursor, total = await fetch_page(
        session, queries.rules_of(caller.workspace), paging,
        sorts={"position": AssignmentRule.position}, default="position", key=AssignmentRule.id, request=request,
        response=response,
    )  # fmt: skip
    return Page(items=[AssignmentRuleOut.model_validate(row) for row in found], next_cursor=next_cursor, total=total)


@router.post("/assignment-rules", status_code=201)
async def assignment_rules_create(
    wanted: AssignmentRuleCreate, session: Session, caller: Admin, now: Now, response: Response
) -> AssignmentRuleOut:
    """Create a rule of assignment; it holds from the next lead on."""
    rule = await ruling.create_rule(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/assignment-rules/{rule.id}"
    return _shown(rule, response)


@router.put("/assignment-rules/order")
async def assignment_rules_order(
    wanted: RuleOrder, session: Session, caller: Admin, now: Now
) -> Page[AssignmentRuleOut]:
    """Set the order in which rules are tried."""
    rows = await ruling.order_rules(session, wanted.ids, caller=caller, now=now)
    return Page(items=[AssignmentRuleOut.model_validate(row) for row in rows], next_cursor=None)


@router.get("/assignment-rules/{assignment_rule_id}", responses=problems(NotFound))
async def assignment_rules_get(
    assignment_rule_id: UUID, session: ReadSession, caller: Reader, response: Response
) -> AssignmentRuleOut:
    """Get a rule of assignment."""
    return _shown(await queries.rule_by_id(session, caller.workspace, assignment_rule_id), response)


@router.patch("/assignment-rules/{assignment_rule_id}", responses=problems(NotFound, Stale, PreconditionRequired))
async def assignment_rules_update(
    assignment_rule_id: UUID,
    wanted: AssignmentRulePatch,
    session: Session,
    caller: Admin,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> AssignmentRuleOut:
    """Change a rule of assignment by merge patch."""
    rule = await ruling.change_rule(session, assignment_rule_id, wanted, if_match, caller=caller, now=now)
    return _shown(rule, response)


@router.delete("/assignment-rules/{assignment_rule_id}", status_code=204, responses=problems(NotFound))
async def assignment_rules_delete(assignment_rule_id: UUID, session: Session, caller: Admin, now: Now) -> None:
    """Delete a rule of assignment; what it decided stays explained."""
    await ruling.delete_rule(session, assignment_rule_id, caller=caller, now=now)


@router.post("/assignment/preview")
async def assignment_preview(wanted: PreviewIn, session: ReadSession, caller: Reader, now: Now) -> PreviewOut:
    """Try rules on made-up or past leads: who would get which, and why. Changes nothing."""
    return await previewing.preview(session, wanted, caller=caller, now=now)


@router.get("/assignment/queue")
async def assignment_queue(
    session: ReadSession,
    caller: Reader,
    paging: Paging,
    request: Request,
    response: Response,
    language: Language | None = None,
) -> Page[WaitingLead]:
    """List the leads that wait for somebody who can take them, in the order in which they will be given out."""
    leads, next_cursor, total = await fetch_page(
        session, waiting_for(caller), paging,
        sorts={"best": BEST_FIRST}, default="best", key=LONGEST_FIRST, request=request, response=response,
    )  # fmt: skip
    tried = await queries.last_explanations_of(session, caller.workspace, [lead.id for lead in leads])
    names = await queries.names_in(session, caller.workspace, [row.rules for row in tried.values()])
    spoken = language or (await existing_workspace(session, caller.workspace)).language
    items = [
        WaitingLead.of(lead, told(row.rules, names, spoken), row.at)
        if (row := tried.get(lead.id))
        else WaitingLead.of(lead, [], None)
        for lead in leads
    ]
    return Page(items=items, next_cursor=next_cursor, total=total)


def _shown(rule: AssignmentRule, response: Response) -> AssignmentRuleOut:
    with_etag(response, rule.version)
    return AssignmentRuleOut.model_validate(rule)
