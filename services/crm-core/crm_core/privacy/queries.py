"""Whether an address is of somebody who was erased."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from leadkit.persons import person_hash, workspace_key
from leadkit.problems import Problem
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.contacts.points import Point
from crm_core.privacy.tables import ErasedAddress


class PersonIsErased(Problem):
    """An inquiry that was received before its person was erased."""

    status = 410
    code = "person-erased"
    title = "The person was erased after this was received"


async def erased_among(
    session: AsyncSession, workspace_id: UUID, data_key: SecretStr, points: Iterable[Point]
) -> dict[Point, datetime]:
    """Those of the addresses whose person was erased, with when. Nearly always one look that finds nothing."""
    wanted = set(points)
    if not wanted:
        return {}
    anyone = select(ErasedAddress.hash).where(ErasedAddress.workspace_id == workspace_id).limit(1)
    if await session.scalar(anyone) is None:
        return {}
    key = workspace_key(data_key, workspace_id)
    named = {person_hash(key, point.kind, point.value): point for point in wanted}
    rows = await session.execute(
        select(ErasedAddress.hash, ErasedAddress.erased_at).where(
            ErasedAddress.workspace_id == workspace_id, ErasedAddress.hash.in_(named)
        )
    )
    return {named[hashed]: erased_at for hashed, erased_at in rows}
