"""Taking in a statement of costs."""

from datetime import datetime
from typing import Final
from uuid import UUID

from leadkit.problems import FieldError
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.spend.actions import Told, post_spend
from analytics.statements.decoding import UnreadableStatement, sheet
from analytics.statements.reading import Statement, read_statement
from analytics.statements.schemas import ImportOptions, SpendImported

MOST_SHOWN: Final = 100
SAMPLE: Final = 20


class RowsUnreadable(UnreadableStatement):
    """No row could be read, or whole days were to be replaced by a file of which some rows cannot be read."""

    code = "rows-unreadable"
    title = "Rows of the file cannot be read"


async def import_spend(
    session: AsyncSession,
    workspace_id: UUID,
    content: bytes,
    options: ImportOptions,
    *,
    currency: str,
    by: str,
    now: datetime,
) -> SpendImported:
    """Stores what a file says as the newest versions of its units; with `dry_run` it is undone before the answer.

    Rows that cannot be read are told and left out. Raises `RowsUnreadable` where that would lose money: whole days
    are not replaced by half a file.
    """
    found = sheet(content, options.encoding)
    statement = read_statement(found, options, currency=currency)
    _check_rows(statement, replace=options.replace)
    told = Told(options.origin or statement.platform.key, statement.items, replace=options.replace)
    async with session.begin_nested() as stored:
        posted = await post_spend(session, workspace_id, told, currency=currency, by=by, now=now)
        if options.dry_run:
            await stored.rollback()
    return SpendImported(
        **dict(posted),
        dry_run=options.dry_run,
        format=statement.platform.key,
        encoding=found.encoding,
        delimiter=found.delimiter,
        rows=statement.rows,
        totals_skipped=statement.totals,
        failed=len(statement.errors),
        errors=statement.errors[:MOST_SHOWN],
        assumed=statement.assumed,
        sample=statement.items[:SAMPLE],
    )


def _check_rows(statement: Statement, *, replace: bool) -> None:
    if statement.items and not (replace and statement.errors):
        return
    errors = [
        FieldError(pointer=f"/rows/{error.line}/{error.column}", detail=error.detail)
        for error in statement.errors[:MOST_SHOWN]
    ]
    if statement.errors:
        raise RowsUnreadable(f"{len(statement.errors)} of {statement.rows} rows cannot be read.", errors=errors)
    raise RowsUnreadable("The file has no row of spend.")
