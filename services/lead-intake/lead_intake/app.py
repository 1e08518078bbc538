"""The API of lead-intake: `python -m lead_intake.app` serves it."""

from collections.abc import AsyncIterator

from fastapi import FastAPI
from leadkit.app import create_app
from leadkit.db import Database
from leadkit.feed import feed_router
from leadkit.limits import RateLimiter
from leadkit.sealing import Sealer
from leadkit.serve import serve
from leadkit.snapshot import snapshot_router

from lead_intake.confirmations import routes as confirmations
from lead_intake.confirmations.rules import PURPOSE as LINKS
from lead_intake.delivery.telling import waiting_counted
from lead_intake.driver import Lines
from lead_intake.imports import routes as import_routes
from lead_intake.landing import routes as landing
from lead_intake.numbers import routes as number_routes
from lead_intake.privacy import routes as privacy
from lead_intake.receiving import refusing
from lead_intake.receiving import routes as receiving
from lead_intake.receiving.batches import GroupCommit
from lead_intake.receiving.certificates import Certificates
from lead_intake.receiving.committing import committing
from lead_intake.receiving.describing import describe_door
from lead_intake.receiving.door import Door, DoorFirst
from lead_intake.receiving.doors import Doors
from lead_intake.receiving.protocol import protocol_at
from lead_intake.replays import routes as replay_routes
from lead_intake.settings import FOLDER, IntakeSettings, settings
from lead_intake.sources import queries as sources
from lead_intake.sources import routes as source_routes
from lead_intake.sources.views import SECRETS_PURPOSE
from lead_intake.submissions import queries as submissions
from lead_intake.submissions import routes as submission_routes
from lead_intake.submissions.events import SUBMISSION_RECORDED

CONFIRMATIONS_PER_ADDRESS = 60
EVENT_TYPES = (SUBMISSION_RECORDED, sources.SOURCE_CHANGED)


def create(own: IntakeSettings) -> FastAPI:
    """The application, with the door in front of everything else."""
    app = create_app(
        title="lead-intake",
        service="intake",
        settings=own,
        folder=FOLDER,
        routers=(
            source_routes.router,
            number_routes.router,
            replay_routes.router,
            submission_routes.router,
            import_routes.files,
            import_routes.router,
            receiving.router,
            landing.router,
            confirmations.router,
            privacy.router,
            feed_router(EVENT_TYPES),
            snapshot_router((submissions.SNAPSHOT, sources.SNAPSHOT)),
        ),
        parts=(_lines_closed, waiting_counted),
        larger_bodies={"/v1/imports": own.import_bytes},
    )
    db: Database = app.state.database
    app.state.lines = Lines(db)
    app.state.sealer = Sealer(own.data_key, purpose=SECRETS_PURPOSE)
    app.state.refused_sealer = Sealer(own.data_key, purpose=refusing.PURPOSE)
    app.state.certificates = Certificates()
    app.state.doors = Doors(db, app.state.sealer)
    app.state.visitors = RateLimiter(landing.PER_ADDRESS)
    app.state.links = Sealer(own.data_key, purpose=LINKS)
    app.state.confirming = RateLimiter(CONFIRMATIONS_PER_ADDRESS)
    door = Door(
        db,
        app.state.doors,
        GroupCommit(committing(app.state.lines)),
        app.state.refused_sealer,
        app.state.certificates,
    )
    app.state.front = DoorFirst(app, door)
    app.state.protocol = protocol_at(door)
    describe_door(app)
    return app


async def _lines_closed(app: FastAPI) -> AsyncIterator[None]:
    yield
    await app.state.lines.close()


if __name__ == "__main__":
    serve(create(settings()), settings(), service="lead-intake")
