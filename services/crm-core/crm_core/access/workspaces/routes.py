"""`/v1/workspaces`: for the platform, which stands above them all."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import Allow, Now, PlatformRoute, ReadSession, Session
from leadkit.etags import IfMatch, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from crm_core.access.workspaces import actions, queries
from crm_core.access.workspaces.schemas import WorkspaceCreate, WorkspaceOut, WorkspacePatch
from crm_core.access.workspaces.tables import Workspace

router = APIRouter(prefix="/v1", route_class=PlatformRoute, tags=["workspaces"])

PLATFORM = Allow("admin", roles=("platform",), workspace=False)
Platform = Annotated[Caller, PLATFORM]
SORTS = {"created_at": Workspace.created_at, "name": Workspace.name}


@router.post("/workspaces", status_code=201)
async def workspaces_create(
    body: WorkspaceCreate, caller: Platform, session: Session, now: Now, response: Response
) -> WorkspaceOut:
    """Create a workspace with a default pipeline and loss reasons."""
    workspace = await actions.create_workspace(session, body.model_dump(), by=caller.subject, now=now)
    with_etag(response, workspace.version)
    response.headers["Location"] = f"/v1/workspaces/{workspace.id}"
    return WorkspaceOut.model_validate(workspace)


@router.get("/workspaces", dependencies=[PLATFORM])
async def workspaces_list(
    session: ReadSession, paging: Paging, request: Request, response: Response
) -> Page[WorkspaceOut]:
    """List all workspaces."""
    found, next_cursor, total = await fetch_page(
        session, queries.every_workspace(), paging,
        sorts=SORTS, default="-created_at", key=Workspace.id, request=request, response=response,
    )  # fmt: skip
    items = [WorkspaceOut.model_validate(workspace) for workspace in found]
    return Page(items=items, next_cursor=next_cursor, total=total)


@router.get("/workspaces/{workspace_id}", dependencies=[PLATFORM], responses=problems(NotFound))
async def workspaces_get(workspace_id: UUID, session: ReadSession, response: Response) -> WorkspaceOut:
    """Get one workspace."""
    workspace = await queries.existing_workspace(session, workspace_id)
    with_etag(response, workspace.version)
    return WorkspaceOut.model_validate(workspace)


@router.patch("/workspaces/{workspace_id}", responses=problems(NotFound, Stale, PreconditionRequired))
async def workspaces_update(
    workspace_id: UUID,
    body: WorkspacePatch,
    caller: Platform,
    session: Session,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> WorkspaceOut:
    """Change a workspace by merge patch."""
    workspace = await actions.update_workspace(
        session, workspace_id, body.model_dump(exclude_unset=True), if_match=if_match, by=caller.subject, now=now
    )
    with_etag(response, workspace.version)
    return WorkspaceOut.model_validate(workspace)
