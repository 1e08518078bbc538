"""Health and readiness for whoever runs the processes, and the metrics they scrape."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from leadkit import clock
from leadkit.cloudevents import position_of
from leadkit.consumer import feed_position, lag_s
from leadkit.db import Database
from leadkit.leases import live_holders
from leadkit.problems import Unavailable, problems
from leadkit.schema import check_schema
from leadkit.worker import HEARTBEAT


class Health(BaseModel):
    """The process runs."""

    status: str = Field(examples=["ok"])


class FeedLag(BaseModel):
    """How far the reading of a peer's feed has come, and by how many seconds it is behind."""

    feed: str = Field(examples=["crm-core"])
    position: int = Field(examples=[4711])
    lag_s: float = Field(examples=[0.0])


class Readiness(BaseModel):
    """The database answers and is migrated. Workers and lag are told, and fail nothing."""

    status: str = Field(examples=["ready"])
    workers: int = Field(examples=[1])
    keys: int = Field(examples=[1], description="Public keys known")
    feeds: list[FeedLag]


def health_router() -> APIRouter:
    """`/healthz`, `/readyz` and `/metrics`."""
    router = APIRouter(tags=["health"])
    router.add_api_route("/healthz", health, summary="Whether the process runs")
    router.add_api_route(
        "/readyz", readiness, summary="Whether requests can be answered", responses=problems(Unavailable)
    )
    router.add_api_route("/metrics", metrics, summary="Metrics in Prometheus text", response_class=Response)
    return router


async def health() -> Health:
    """Whether the process runs."""
    return Health(status="ok")


async def readiness(request: Request) -> Readiness:
    """Whether requests can be answered; 503 when the database is away or its schema is not this code's."""
    db: Database = request.app.state.database
    try:
        await check_schema(db, request.app.state.folder)
        async with db.transaction(role="worker", read_only=True) as session:
            return Readiness(
                status="ready",
                workers=await live_holders(session, HEARTBEAT),
                keys=request.app.state.keys.known,
                feeds=await _lags(session, clock.now()),
            )
    except Exception as error:
        raise Unavailable("The database does not answer, or its schema is not this code's.") from error


async def _lags(session: AsyncSession, now: datetime) -> list[FeedLag]:
    rows: Any = (await session.execute(select(feed_position))).all()
    return [FeedLag(feed=row.feed, position=position_of(row.last_event_id), lag_s=_lag_s(row, now)) for row in rows]


def _lag_s(row: Any, now: datetime) -> float:
    return round(lag_s(read_at=row.read_at, event_at=row.event_at, behind=row.behind, now=now), 3)


async def metrics() -> Response:
    """Metrics in Prometheus text."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
