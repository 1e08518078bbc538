"""`/v1/teams`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from crm_core.access.teams import actions, queries
from crm_core.access.teams.actions import DefaultTeamStays, TeamNameTaken
from crm_core.access.teams.schemas import TeamCreate, TeamOut, TeamPatch
from crm_core.access.teams.tables import Team

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["teams"])

Anyone = Annotated[Caller, Allow()]
Admin = Annotated[Caller, Allow("admin")]
SORTS = {"created_at": Team.created_at, "name": Team.name}


@router.post("/teams", status_code=201, responses=problems(TeamNameTaken))
async def teams_create(body: TeamCreate, caller: Admin, session: Session, now: Now, response: Response) -> TeamOut:
    """Create a team."""
    team = await actions.create_team(
        session, caller.workspace, name=body.name, is_default=body.is_default, by=caller.subject, now=now
    )
    with_etag(response, team.version)
    response.headers["Location"] = f"/v1/teams/{team.id}"
    return TeamOut.model_validate(team)


@router.get("/teams")
async def teams_list(
    caller: Anyone,
    session: ReadSession,
    paging: Paging,
    request: Request,
    response: Response,
    active: bool | None = None,
) -> Page[TeamOut]:
    """List the teams."""
    found, next_cursor, total = await fetch_page(
        session, queries.teams_of(caller.workspace, active=active), paging,
        sorts=SORTS, default="created_at", key=Team.id, request=request, response=response,
    )  # fmt: skip
    return Page(items=[TeamOut.model_validate(team) for team in found], next_cursor=next_cursor, total=total)


@router.get("/teams/{team_id}", responses=problems(NotFound))
async def teams_get(team_id: UUID, caller: Anyone, session: ReadSession, response: Response) -> TeamOut:
    """Get one team."""
    team = await queries.team_by_id(session, caller.workspace, team_id)
    if team is None:
        raise NotFound("There is no such team.")
    with_etag(response, team.version)
    return TeamOut.model_validate(team)


@router.patch(
    "/teams/{team_id}", responses=problems(NotFound, Stale, PreconditionRequired, TeamNameTaken, DefaultTeamStays)
)
async def teams_update(
    team_id: UUID,
    body: TeamPatch,
    caller: Admin,
    session: Session,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> TeamOut:
    """Change a team by merge patch."""
    changes = body.model_dump(exclude_unset=True)
    team = await actions.update_team(
        session, caller.workspace, team_id, changes, if_match=if_match, by=caller.subject, now=now
    )
    with_etag(response, team.version)
    return TeamOut.model_validate(team)
