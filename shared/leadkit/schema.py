"""The check at start: does the database stand at the revision this code needs?

It reads the heads of the revision files and the version row itself, so that a serving process need not load the tool
that migrates.
"""

import re
from functools import cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from leadkit.db import Database

_REVISION = re.compile(r'^revision(?:: str)? = "(\w+)"$', re.MULTILINE)
_BEFORE = re.compile(r'^down_revision(?:: [\w| ]+)? = "(\w+)"$', re.MULTILINE)


class SchemaOutdated(Exception):
    """The database lacks migrations this code needs, or is newer than this code."""


async def check_schema(db: Database, folder: Path) -> None:
    """Raises `SchemaOutdated` with one clear sentence unless the database stands at this code's newest revision.

    `folder` is the service's, with its `migrations`.
    """
    needed = newest_revision(folder)
    present = await _present_revision(db)
    if present != needed:
        raise SchemaOutdated(
            f"the database of {db.service} is at revision {present or 'none'}, this code needs {needed}: "
            "migrate it first"
        )


async def _present_revision(db: Database) -> str | None:
    try:
        async with db.transaction(role="owner", read_only=True) as session:
            found: str | None = await session.scalar(text("SELECT version_num FROM alembic_version"))
            return found
    except ProgrammingError:
        return None


@cache
def newest_revision(folder: Path) -> str:
    """The one revision that no other comes after. Read once: a process does not outlive its own code."""
    sources = [path.read_text() for path in (folder / "migrations" / "versions").glob("*.py")]
    revisions = {found[1] for source in sources if (found := _REVISION.search(source))}
    before = {found[1] for source in sources if (found := _BEFORE.search(source))}
    [head] = revisions - before
    return head
