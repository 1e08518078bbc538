"""`python -m analytics.rebuild [--facts] [--workspace ID]`: counts everything anew while the service goes on answering.

Each workspace's cells are filled beside the ones being read; with `--facts` the facts are read anew first, from the
snapshots of crm-core and lead-intake. A rebuild that is cut off here is finished by the worker.
"""

import argparse
from collections.abc import Sequence
from functools import partial
from uuid import UUID

import structlog
from leadkit import clock
from leadkit.client import ServiceClient
from leadkit.db import Database
from leadkit.schema import check_schema
from leadkit.serve import run

from analytics.projections.actions import request_rebuild
from analytics.projections.queries import known_workspaces
from analytics.projections.rebuilding import Rebuilding
from analytics.settings import FOLDER, settings

log = structlog.get_logger()


async def main(workspaces: Sequence[UUID], *, with_facts: bool) -> None:
    """Rebuilds these workspaces, or all that are known, one after the other."""
    db = Database.connect(settings(), service="analytics", for_worker=True)
    token = settings().service_token_value()
    core = ServiceClient("crm-core", settings().core_url, token)
    intake = ServiceClient("lead-intake", settings().intake_url, token)
    rebuilding = Rebuilding(db, core=core, intake=intake)
    try:
        await check_schema(db, FOLDER)
        async with db.transaction(role="worker", read_only=True) as session:
            chosen = workspaces or await known_workspaces(session)
        for workspace_id in chosen:
            async with db.transaction(role="worker") as session:
                rebuild = await request_rebuild(session, workspace_id, with_facts=with_facts, now=clock.now())
            log.info("rebuild_started", workspace_id=str(workspace_id), facts=with_facts)
            status = await rebuilding.perform(workspace_id, rebuild.id)
            log.info("rebuild_ended", workspace_id=str(workspace_id), status=status)
    finally:
        await core.close()
        await intake.close()
        await db.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m analytics.rebuild", description="Count everything anew")
    parser.add_argument("--facts", action="store_true", help="read the facts anew too, from the services' snapshots")
    parser.add_argument("--workspace", type=UUID, action="append", default=[], help="only this workspace (repeatable)")
    return parser.parse_args()


if __name__ == "__main__":
    arguments = _arguments()
    run(partial(main, arguments.workspace, with_facts=arguments.facts), settings(), service="analytics-rebuild")
