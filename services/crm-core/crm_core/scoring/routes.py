"""`/v1/scoring`, `/v1/scoring-rules`, `/v1/qualification-questions` and `GET /v1/leads/{id}/score`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import ANY_VERSION, IfMatch, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from crm_core.leads.points import score_out
from crm_core.leads.queries import lead_by_id
from crm_core.scoring import actions, queries
from crm_core.scoring.actions import QuestionKeyTaken
from crm_core.scoring.schemas import (
    QuestionCreate,
    QuestionOut,
    QuestionPatch,
    ScoreOut,
    ScoringOut,
    ScoringPatch,
    ScoringRuleCreate,
    ScoringRuleOut,
    ScoringRulePatch,
)
from crm_core.scoring.tables import QualificationQuestion, ScoringRule

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["scoring"])

Admin = Annotated[Caller, Allow("admin")]
Reader = Annotated[Caller, Allow("leads:read")]
CHANGED = problems(NotFound, Stale, PreconditionRequired)


@router.get("/leads/{lead_id}/score", responses=problems(NotFound))
async def leads_score(lead_id: UUID, session: ReadSession, caller: Reader, now: Now) -> ScoreOut:
    """Explain a lead's score: each rule and answer with its points and why."""
    lead = await lead_by_id(session, caller, lead_id)
    return score_out(lead, await queries.model_of(session, caller.workspace), now=now)


@router.get("/scoring")
async def scoring_get(session: Session, caller: Reader, now: Now, response: Response) -> ScoringOut:
    """Show from which score on leads are warm or hot, and how far they follow the latest change."""
    setting = await actions.setting_of(session, caller.workspace, now=now)
    with_etag(response, setting.version)
    return ScoringOut.model_validate(setting, from_attributes=True)


@router.patch("/scoring", responses=problems(Stale, PreconditionRequired))
async def scoring_update(
    wanted: ScoringPatch, session: Session, caller: Admin, now: Now, if_match: IfMatch, response: Response
) -> ScoringOut:
    """Change the thresholds of temperature by merge patch."""
    setting = await actions.change_setting(session, wanted, if_match, caller=caller, now=now)
    with_etag(response, setting.version)
    return ScoringOut.model_validate(setting, from_attributes=True)


@router.get("/scoring-rules")
async def scoring_rules_list(
    session: Session, caller: Reader, paging: Paging, now: Now, request: Request, response: Response
) -> Page[ScoringRuleOut]:
    """List the rules by which leads get points, in their order."""
    await actions.setting_of(session, caller.workspace, now=now)
    found, next_cursor, total = await fetch_page(
        session, queries.rules_of(caller.workspace), paging,
        sorts={"position": ScoringRule.position}, default="position", key=ScoringRule.id, request=request,
        response=response,
    )  # fmt: skip
    items = [ScoringRuleOut.model_validate(row, from_attributes=True) for row in found]
    return Page(items=items, next_cursor=next_cursor, total=total)


@router.post("/scoring-rules", status_code=201)
async def scoring_rules_create(
    wanted: ScoringRuleCreate, session: Session, caller: Admin, now: Now, response: Response
) -> ScoringRuleOut:
    """Create a scoring rule; open leads are scored anew in the background."""
    rule = await actions.create_rule(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/scoring-rules/{rule.id}"
    return _rule(rule, response)


@router.get("/scoring-rules/{rule_id}", responses=problems(NotFound))
async def scoring_rules_get(rule_id: UUID, session: ReadSession, caller: Reader, response: Response) -> ScoringRuleOut:
    """Get a scoring rule."""
    return _rule(await queries.rule_by_id(session, caller.workspace, rule_id), response)


@router.patch("/scoring-rules/{rule_id}", responses=CHANGED)
async def scoring_rules_update(
    rule_id: UUID,
    wanted: ScoringRulePatch,
    session: Session,
    caller: Admin,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> ScoringRuleOut:
    """Change a scoring rule by merge patch."""
    return _rule(await actions.change_rule(session, rule_id, wanted, if_match, caller=caller, now=now), response)


@router.delete("/scoring-rules/{rule_id}", status_code=204, responses=problems(NotFound))
async def scoring_rules_delete(rule_id: UUID, session: Session, caller: Admin, now: Now) -> None:
    """Stop giving points by a rule."""
    off = ScoringRulePatch(active=False)
    await actions.change_rule(session, rule_id, off, ANY_VERSION, caller=caller, now=now)


@router.get("/qualification-questions")
async def qualification_questions_list(
    session: ReadSession, caller: Reader, paging: Paging, request: Request, response: Response
) -> Page[QuestionOut]:
    """List the workspace's own questions of qualification, in their order."""
    found, next_cursor, total = await fetch_page(
        session, queries.questions_of(caller.workspace), paging,
        sorts={"position": QualificationQuestion.position}, default="position", key=QualificationQuestion.id,
        request=request, response=response,
    )  # fmt: skip
    items = [QuestionOut.model_validate(row, from_attributes=True) for row in found]
    return Page(items=items, next_cursor=next_cursor, total=total)


@router.post("/qualification-questions", status_code=201, responses=problems(QuestionKeyTaken))
async def qualification_questions_create(
    wanted: QuestionCreate, session: Session, caller: Admin, now: Now, response: Response
) -> QuestionOut:
    """Create a question of qualification, with the points of its answers."""
    question = await actions.create_question(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/qualification-questions/{question.id}"
    return _question(question, response)


@router.get("/qualification-questions/{question_id}", responses=problems(NotFound))
async def qualification_questions_get(
    question_id: UUID, session: ReadSession, caller: Reader, response: Response
) -> QuestionOut:
    """Get a question of qualification."""
    return _question(await queries.question_by_id(session, caller.workspace, question_id), response)


@router.patch("/qualification-questions/{question_id}", responses=CHANGED)
async def qualification_questions_update(
    question_id: UUID,
    wanted: QuestionPatch,
    session: Session,
    caller: Admin,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> QuestionOut:
    """Change a question of qualification by merge patch."""
    question = await actions.change_question(session, question_id, wanted, if_match, caller=caller, now=now)
    return _question(question, response)


@router.delete("/qualification-questions/{question_id}", status_code=204, responses=problems(NotFound))
async def qualification_questions_delete(question_id: UUID, session: Session, caller: Admin, now: Now) -> None:
    """Stop asking a question; what was answered stays on the leads."""
    off = QuestionPatch(active=False)
    await actions.change_question(session, question_id, off, ANY_VERSION, caller=caller, now=now)


def _rule(rule: ScoringRule, response: Response) -> ScoringRuleOut:
    with_etag(response, rule.version)
    return ScoringRuleOut.model_validate(rule, from_attributes=True)


def _question(question: QualificationQuestion, response: Response) -> QuestionOut:
    with_etag(response, question.version)
    return QuestionOut.model_validate(question, from_attributes=True)
