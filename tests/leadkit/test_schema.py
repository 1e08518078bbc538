"""A service starts only on the schema its code was written for."""

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from leadkit.migrations import migration_config
from leadkit.schema import SchemaOutdated, check_schema, newest_revision
from leadkit.testing.services import RunningService

SERVICES = Path(__file__).parents[2] / "services"


@pytest.mark.parametrize("service", ["crm-core", "lead-intake", "analytics"])
def test_the_newest_revision_is_the_one_that_alembic_finds(service: str) -> None:
    folder = SERVICES / service
    assert newest_revision(folder) == ScriptDirectory.from_config(migration_config(folder)).get_current_head()


async def test_an_old_schema_is_named_in_one_sentence(toy: RunningService, tmp_path: Path) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "0009_later.py").write_text('revision = "0009"\ndown_revision = None\n')
    with pytest.raises(SchemaOutdated, match="at revision 0001, this code needs 0009: migrate it first"):
        await check_schema(toy.db, tmp_path)
