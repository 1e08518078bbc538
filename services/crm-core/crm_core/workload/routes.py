"""`/v1/users/{id}/workload`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession
from leadkit.problems import NotFound, problems
from leadkit.tokens import Caller

from crm_core.workload.queries import workload_of
from crm_core.workload.schemas import WorkloadOut

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["users"])

Reader = Annotated[Caller, Allow("leads:read")]


@router.get("/users/{user_id}/workload", responses=problems(NotFound))
async def users_workload(user_id: UUID, caller: Reader, session: ReadSession, now: Now) -> WorkloadOut:
    """Tell how much a user has to do, and how many more leads they may get."""
    return await workload_of(session, caller.workspace, user_id, now=now)
