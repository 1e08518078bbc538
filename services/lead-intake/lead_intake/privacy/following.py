"""crm-core tells whom it has erased: the same person is erased here, in the transaction that takes the event in."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import structlog
from leadkit import clock
from leadkit.cloudevents import CloudEvent
from leadkit.contracts.events import PersonErased
from leadkit.db import Database, driver_of
from leadkit.persons import fingerprint, workspace_key
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.delivery.rules import PERSON_GONE
from lead_intake.privacy.erasing import erase_submissions, submissions_of

PERSON_ERASED = "person.erased"

AT_ONCE = 500

log = structlog.get_logger()

_REFUSED = text(
    "SELECT delivery.workspace_id, refused.id FROM delivery CROSS JOIN LATERAL ("
    "SELECT submission.id FROM submission WHERE submission.workspace_id = delivery.workspace_id"
    " AND submission.status = 'parked' AND submission.reason = :reason LIMIT :most) AS refused"
)


async def erase_persons(session: AsyncSession, events: Sequence[CloudEvent], data_key: SecretStr) -> None:
    """Handles the `person.erased` events among `events` (role worker)."""
    for event in events:
        if event.type != PERSON_ERASED:
            continue
        workspace_id, person = event.workspaceid, PersonErased.model_validate(event.data)
        if fingerprint(workspace_key(data_key, workspace_id)) != person.key_id:
            log.error("erasure_key_differs", workspace_id=str(workspace_id), erasure_id=str(person.id))
        connection = await driver_of(session)
        ids = await submissions_of(connection, workspace_id, person.hashes, person.inquiry_ids)
        count = await erase_submissions(session, workspace_id, ids, data_key, now=clock.now())
        log.info("person_erased", workspace_id=str(workspace_id), erasure_id=str(person.id), submissions=count)


async def erase_refused(db: Database, data_key: SecretStr) -> None:
    """Erases what was on its way to crm-core, or came late, when the person was erased."""
    async with db.transaction(role="worker", read_only=True) as session:
        rows = (await session.execute(_REFUSED, {"reason": PERSON_GONE, "most": AT_ONCE})).all()
    refused = defaultdict[UUID, list[UUID]](list)
    for workspace_id, submission_id in rows:
        refused[workspace_id].append(submission_id)
    for workspace_id, ids in refused.items():
        async with db.transaction(workspace_id) as session:
            await erase_submissions(session, workspace_id, ids, data_key, now=clock.now())
