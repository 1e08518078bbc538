"""The reason that a request gives for losing a deal or refusing a lead: by id, by key, or in words."""

from typing import NamedTuple
from uuid import UUID

from leadkit.problems import Invalid
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.loss_reasons.queries import find_loss_reason
from crm_core.loss_reasons.tables import LossReason

OTHER = "other"


class Choice(NamedTuple):
    """The reason of the catalogue, and the note that says more."""

    reason: LossReason | None
    note: str | None


async def chosen_reason(
    session: AsyncSession, workspace_id: UUID, *, loss_reason_id: UUID | None, reason: str | None, note: str | None
) -> Choice:
    """The named reason; words that are no key are the note of the reason `other`. No reason when none was given.

    Raises `Invalid` for an id that is none of the workspace's, and for a reason that is offered no more."""
    if loss_reason_id is not None:
        named = await find_loss_reason(session, workspace_id, loss_reason_id)
        if named is None:
            raise Invalid.at("/loss_reason_id", "is not a loss reason of this workspace")
        return Choice(_offered(named, "/loss_reason_id"), note)
    if reason is None:
        return Choice(None, note)
    by_key = await find_loss_reason(session, workspace_id, reason)
    if by_key is not None:
        return Choice(_offered(by_key, "/reason"), note)
    return Choice(
        await find_loss_reason(session, workspace_id, OTHER), "\n".join(part for part in (reason, note) if part)
    )


def _offered(reason: LossReason, at: str) -> LossReason:
    if not reason.active:
        raise Invalid.at(at, "is a loss reason that is offered no more")
    return reason
