"""The database of a service: one pool, short transactions, each in one role and (for requests) one workspace.

Row-level security decides what a transaction sees. A transaction enters its role with `SET LOCAL ROLE` and names its
workspace with `SET LOCAL app.workspace_id`, in the message that begins it; both end with it. `set_config` would not
reach the workers of a distributed engine.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal, Self, TypeVar
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import MetaData, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import AdaptedConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session as SyncSession
from sqlalchemy.util import await_only

from leadkit.settings import ServiceSettings

T = TypeVar("T")
ServiceName = Literal["intake", "core", "analytics"]
Role = Literal["app", "worker", "owner", "search"]

SERIALIZATION_FAILURE = "40001"
DEADLOCK = "40P01"
LOCK_NOT_AVAILABLE = "55P03"
ATTEMPTS = 6

# The first is asyncpg's own answer time limit; the others are PostgreSQL's, so a forgotten transaction ends by itself.
COMMAND_TIMEOUT_S = 30
# A burst waits for its turn; what waits longer than this gets 503 with Retry-After.
POOL_TIMEOUT_S = 15
SESSION_SETTINGS = {
    "timezone": "UTC",
    "citus.propagate_set_commands": "local",
    "idle_in_transaction_session_timeout": "60000",
    "statement_timeout": "60000",
}


def metadata() -> MetaData:
    """A new MetaData whose constraints get the same names everywhere."""
    return MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def role_name(service: ServiceName, role: Role) -> str:
    """The PostgreSQL role, such as `leadflow_core_app`."""
    return f"leadflow_{service}_{role}"


def driver_url(url: str) -> tuple[URL, dict[str, Any]]:
    """An address as people write it, as SQLAlchemy's address for asyncpg and asyncpg's own arguments (`ssl`)."""
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    query = dict(parsed.query)
    arguments: dict[str, Any] = {}
    if (sslmode := query.pop("sslmode", None)) is not None:
        arguments["ssl"] = sslmode
    return parsed.set(query=query), arguments


def engine_for(url: str, *, pool_size: int, **settings: str) -> AsyncEngine:
    """A pooled engine; connections are checked when taken, so a restarted server is noticed before a request fails.

    The one that was used last is taken first: it has its plans and caches, and as few as are needed grow so large.
    """
    address, arguments = driver_url(url)
    engine = create_async_engine(
        address,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        pool_recycle=1800,
        pool_use_lifo=True,
        json_deserializer=_loaded,
        connect_args={
            **arguments,
            "connection_class": _Driver,
            "timeout": 5,
            "command_timeout": COMMAND_TIMEOUT_S,
            "server_settings": {**SESSION_SETTINGS, **settings},
        },
    )
    event.listen(engine.sync_engine.pool, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: AdaptedConnection, *_: object) -> None:
    """The driver hears at once when the server closes a connection: the pool's own ping would be three round trips."""
    driver = connection.driver_connection
    if driver.is_closed():
        raise DisconnectionError
    driver.opening = ""


class _Driver(asyncpg.Connection):  # type: ignore[misc]  # the driver carries no types
    """The driver's connection, whose transactions begin with one message: `BEGIN`, and with it all that is to be set.
    Past the dialect, too: it would prepare, and keep, one statement a workspace."""

    opening = ""

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        """As the driver's own."""
        if not (self.opening and query.startswith("BEGIN")):
            return str(await super().execute(query, *args, timeout=timeout))
        opening, self.opening = self.opening, ""
        try:
            return str(await super().execute(f"{query} {opening}", timeout=timeout))
        except BaseException:
            self.terminate()  # the transaction may have begun, and nobody else knows: the pool takes another one
            raise


def _driver(session: SyncSession) -> _Driver:
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, _Driver)
    return driver


async def driver_of(session: AsyncSession) -> Any:
    """The driver's own connection under a session that was entered; what is executed on it belongs to the session's
    transaction."""
    driver = await session.run_sync(_driver)
    if not driver.is_in_transaction():
        await (await session.connection()).exec_driver_sql("SELECT")
    return driver


async def set_local(session: AsyncSession, *settings: str) -> None:
    """Sets what holds until the session's transaction ends, such as `enable_bitmapscan = off`: together with its
    beginning if no statement was run yet. No statement is prepared and kept for it."""
    driver = await session.run_sync(_driver)
    commands = "; ".join(f"SET LOCAL {setting}" for setting in settings)
    if driver.is_in_transaction():
        await driver.execute(commands)
    else:
        driver.opening = f"{driver.opening}; {commands}"


def set_local_within(session: SyncSession, *settings: str) -> None:
    """The same for a handler of the toolkit's events, once the transaction has begun."""
    await_only(_driver(session).execute("; ".join(f"SET LOCAL {setting}" for setting in settings)))


def _loaded(written: str) -> Any:
    """JSON as the database gives it, by the quick reader: a list of fifty leads has some five hundred such values. The
    patient one reads the numbers that are too large for it."""
    try:
        return orjson.loads(written)
    except orjson.JSONDecodeError:
        return json.loads(written)


class Database:
    """What a process needs of its database: transactions that name role and workspace and commit at the block's end."""

    def __init__(self, engine: AsyncEngine, service: ServiceName) -> None:
        self.engine = engine
        self.service: ServiceName = service
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)

    @classmethod
    def connect(cls, settings: ServiceSettings, *, service: ServiceName, for_worker: bool = False) -> Self:
        """Opens no connection yet; the first transaction does."""
        url = (settings.worker_url if for_worker else None) or settings.database_url
        return cls(engine_for(url, pool_size=settings.pool_size), service)

    @asynccontextmanager
    async def transaction(
        self, workspace_id: UUID | None = None, *, role: Role = "app", read_only: bool = False
    ) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end of the block, rolled back when it raises."""
        session = self._sessions()
        try:
            await self.enter(session, workspace_id, role=role, read_only=read_only)
            yield session
            await session.commit()
        except BaseException:
            await asyncio.shield(session.rollback())
            raise
        finally:
            await asyncio.shield(session.close())

    def session(self) -> AsyncSession:
        """A session that the caller enters, commits and closes: only for the edge of a request."""
        return self._sessions()

    async def enter(
        self, session: AsyncSession, workspace_id: UUID | None, *, role: Role, read_only: bool = False
    ) -> None:
        """Takes a connection for the session; its transaction begins, in its role and workspace, with its first
        statement."""
        commands = [f"SET LOCAL ROLE {role_name(self.service, role)}"]
        if workspace_id is not None:
            commands.append(f"SET LOCAL app.workspace_id = '{UUID(str(workspace_id))}'")
        if read_only:
            commands.append("SET TRANSACTION READ ONLY")
        driver = await session.run_sync(_driver)
        driver.opening = "; ".join(commands)

    async def retrying(
        self, work: Callable[[AsyncSession], Awaitable[T]], workspace_id: UUID | None = None, *, role: Role = "app"
    ) -> T:
        """`work` in a transaction, again from the start when PostgreSQL broke a deadlock or saw a conflict."""
        for attempt in range(ATTEMPTS):
            try:
                async with self.transaction(workspace_id, role=role) as session:
                    return await work(session)
            except DBAPIError as error:
                if attempt + 1 == ATTEMPTS or not lost_a_race(error):
                    raise
            await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def watching(self, role: Role) -> AsyncIterator[Any]:
        """A connection of the driver outside transactions, in its role for good: for a look that costs one round trip,
        twenty times a second, and nothing else (by the toolkit it would cost this process five times as much)."""
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.exec_driver_sql(f"SET ROLE {role_name(self.service, role)}")
            try:
                yield (await connection.get_raw_connection()).driver_connection
            finally:
                await connection.invalidate()  # its role must not come back with the pool's next borrower

    async def ping(self) -> None:
        """Raises when the database does not answer."""
        async with self.engine.connect() as connection:
            await connection.exec_driver_sql("SELECT 1")

    async def close(self) -> None:
        """Closes the pool."""
        await self.engine.dispose()


def sqlstate(error: DBAPIError) -> str | None:
    """The five characters by which PostgreSQL names an error; messages may differ between servers."""
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)


def lost_a_race(error: DBAPIError) -> bool:
    """Whether the same transaction, run again, may pass."""
    return sqlstate(error) in (SERIALIZATION_FAILURE, DEADLOCK)
