"""How a batch of receipts gets to disk: in a transaction of its own, over the driver's connections."""

from collections.abc import Sequence
from uuid import UUID

from leadkit import clock

from lead_intake.driver import Lines
from lead_intake.receiving.batches import Store
from lead_intake.submissions.drafts import Receipt
from lead_intake.submissions.storing import locking, store


def committing(lines: Lines) -> Store:
    """Stores a batch of one workspace in a transaction of its own."""

    async def commit(workspace_id: UUID, receipts: Sequence[Receipt]) -> None:
        async with lines.transaction(workspace_id, first=locking(receipts)) as connection:
            await store(connection, workspace_id, receipts, now=clock.now(), locked=True)

    return commit
