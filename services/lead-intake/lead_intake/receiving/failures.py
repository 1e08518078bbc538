"""What a failed commit means for the requests in it."""

from typing import Literal

import asyncpg
from leadkit.db import DEADLOCK, SERIALIZATION_FAILURE, sqlstate
from leadkit.refusals import AWAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

Failure = Literal["away", "race", "poison"]

# Beside the classes that say so: cancelled by a time limit, and a server that only reads (a failover is going on).
_ALSO_AWAY = ("57014", "25006", "55P03")


def failure_of(error: BaseException) -> Failure:
    """`away`: the database does not answer now; `race`: the same again may pass; `poison`: something in the batch."""
    if isinstance(error, OSError | TimeoutError | PoolTimeout):
        return "away"
    if isinstance(error, DBAPIError):
        state = sqlstate(error)
        driver_error = True
    else:
        state = getattr(error, "sqlstate", None)
        # The second is what the driver says when the connection broke while an answer was being read.
        driver_error = isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError)
    if state in (SERIALIZATION_FAILURE, DEADLOCK):
        return "race"
    if state is None:
        return "away" if driver_error else "poison"
    return "away" if state.startswith(AWAY) or state in _ALSO_AWAY else "poison"
