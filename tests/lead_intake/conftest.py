"""What the tests of lead-intake share."""

from collections.abc import AsyncIterator

import pytest_asyncio
from leadkit.ids import new_id
from leadkit.testing.services import RunningService

from tests.lead_intake.workspace import Workspace


@pytest_asyncio.fixture
async def workspace(intake: RunningService) -> AsyncIterator[Workspace]:
    async with intake.client_as("admin", workspace_id := new_id()) as client:
        yield Workspace(intake, workspace_id, client)
