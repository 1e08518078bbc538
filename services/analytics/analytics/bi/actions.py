"""Making, renewing and revoking logins of the database, in the transaction of the row that binds them."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from leadkit.db import role_name
from leadkit.ids import new_id
from leadkit.problems import Conflict
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.bi.queries import bi_login
from analytics.bi.rules import login_of, scram_verifier
from analytics.bi.tables import BiAccess
from analytics.bi.views import READER

CONNECTIONS = 5
STATEMENT_TIMEOUT = "30s"
IDLE_TIMEOUT = "60s"


class LoginsNotPossible(Conflict):
    """The service's own login has not been given the right to make others, or its database has no schema `bi`."""

    code = "bi-logins-not-possible"
    title = "This installation cannot make logins"


async def make_bi_login(
    session: AsyncSession, workspace_id: UUID, name: str, *, by: str, now: datetime
) -> tuple[BiAccess, str]:
    """A login and its password, which is kept nowhere; raises `LoginsNotPossible`."""
    id, password = new_id(), secrets.token_urlsafe(24)
    access = BiAccess(
        workspace_id=workspace_id, id=id, login=login_of(id), name=name, created_by=by, created_at=now,
        rotated_at=None, revoked_at=None,
    )  # fmt: skip
    async with _as_login(session):
        await _run(
            session,
            f"CREATE ROLE {access.login} LOGIN PASSWORD '{_verifier(password)}' CONNECTION LIMIT {CONNECTIONS}",
            f"GRANT {READER} TO {access.login} WITH INHERIT TRUE, SET FALSE",
            f"ALTER ROLE {access.login} SET default_transaction_read_only = on",
            f"ALTER ROLE {access.login} SET statement_timeout = '{STATEMENT_TIMEOUT}'",
            f"ALTER ROLE {access.login} SET idle_in_transaction_session_timeout = '{IDLE_TIMEOUT}'",
            f"ALTER ROLE {access.login} SET search_path = bi",
        )
    session.add(access)
    await session.flush()
    return access, password


async def renew_bi_login(
    session: AsyncSession, workspace_id: UUID, login_id: UUID, *, now: datetime
) -> tuple[BiAccess, str]:
    """The login with a new password; the old one opens no further connection. Raises `NotFound`."""
    access, password = await bi_login(session, workspace_id, login_id), secrets.token_urlsafe(24)
    async with _as_login(session):
        await _run(session, f"ALTER ROLE {access.login} PASSWORD '{_verifier(password)}'")
    access.rotated_at = now
    await session.flush()
    return access, password


async def revoke_bi_login(session: AsyncSession, workspace_id: UUID, login_id: UUID, *, now: datetime) -> None:
    """Removes the login; connections that are open see no row any more. Raises `NotFound`."""
    access = await bi_login(session, workspace_id, login_id)
    async with _as_login(session):
        await _run(session, f"ALTER ROLE {access.login} NOLOGIN PASSWORD NULL", f"REVOKE {READER} FROM {access.login}")
        try:
            async with session.begin_nested():
                await _run(session, f"DROP ROLE {access.login}")
        except DBAPIError:
            # An open connection has a temporary table: what is left of the login can neither sign in nor read.
            pass
    access.revoked_at = now
    await session.flush()


def _verifier(password: str) -> str:
    return scram_verifier(password, secrets.token_bytes(16))


async def _run(session: AsyncSession, *statements: str) -> None:
    connection = await session.connection()
    for statement in statements:
        await connection.exec_driver_sql(statement)


@asynccontextmanager
async def _as_login(session: AsyncSession) -> AsyncIterator[None]:
    """As the service's own login, which made the reader role and may give it; raises `LoginsNotPossible`."""
    await session.execute(text("SET LOCAL ROLE NONE"))
    possible = await session.scalar(
        text(
            "SELECT (own.rolcreaterole OR own.rolsuper) AND pg_has_role(reader.oid, 'MEMBER WITH ADMIN OPTION')"
            " FROM pg_roles own, pg_roles reader WHERE own.rolname = current_user AND reader.rolname = :reader"
        ),
        {"reader": READER},
    )
    if not possible:
        raise LoginsNotPossible(
            f"The service's database login needs CREATEROLE and {READER} WITH ADMIN OPTION; then migrate once more."
        )
    yield
    await session.execute(text(f"SET LOCAL ROLE {role_name('analytics', 'app')}"))
