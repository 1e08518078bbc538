"""A database that went away is never taken for something wrong with a request."""

import asyncpg
import pytest
from lead_intake.receiving.failures import Failure, failure_of
from leadkit.refusals import as_problem
from sqlalchemy.exc import TimeoutError as PoolTimeout


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (ConnectionRefusedError(), "away"),
        (PoolTimeout(), "away"),
        (asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"), "away"),
        (asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"), "away"),
        (asyncpg.InterfaceError("connection is closed"), "away"),
        (asyncpg.AdminShutdownError("terminating connection"), "away"),
        (asyncpg.DeadlockDetectedError("deadlock detected"), "race"),
        (asyncpg.UntranslatableCharacterError("unsupported Unicode escape sequence"), "poison"),
        (ValueError("a defect of ours"), "poison"),
    ],
)
def test_what_a_failed_commit_means(error: Exception, meaning: Failure) -> None:
    assert failure_of(error) == meaning


def test_a_connection_that_broke_while_answering_is_told_as_unavailable() -> None:
    assert as_problem(asyncpg.InternalClientError("cannot switch to state 12")).status == 503
