"""The SMTP listener of lead-intake: `python -m lead_intake.smtp`. Off unless `LEADFLOW_INTAKE_SMTP_PORT` is set."""

import asyncio
import logging
import signal
import ssl

import structlog
from leadkit.db import Database
from leadkit.parent import end_with_parent
from leadkit.schema import check_schema
from leadkit.sealing import Sealer
from leadkit.serve import run

from lead_intake.driver import Lines
from lead_intake.receiving.batches import GroupCommit
from lead_intake.receiving.committing import committing
from lead_intake.receiving.doors import Doors
from lead_intake.receiving.letterbox import Letterbox, Post
from lead_intake.settings import FOLDER, IntakeSettings, settings
from lead_intake.sources.views import SECRETS_PURPOSE

log = structlog.get_logger()


def letterbox(own: IntakeSettings, db: Database, lines: Lines) -> Letterbox:
    """The door for letters, as the settings have it."""
    doors = Doors(db, Sealer(own.data_key, purpose=SECRETS_PURPOSE))
    return Letterbox(doors, GroupCommit(committing(lines)), _post(own))


async def main() -> None:
    """Listens until the process is asked to stop; messages being handed over are finished."""
    own = settings()
    if own.smtp_port is None:
        raise SystemExit("LEADFLOW_INTAKE_SMTP_PORT is not set: there is nothing to listen on.")
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # the library logs addresses
    db = Database.connect(own, service="intake")
    lines = Lines(db)
    try:
        await check_schema(db, FOLDER)
        box = letterbox(own, db, lines)
        try:
            server = await asyncio.get_running_loop().create_server(box.connection, own.smtp_host, own.smtp_port)
        except OSError as error:
            raise SystemExit(f"Cannot listen on port {own.smtp_port} of {own.smtp_host}: {error.strerror}.") from None
        log.info("smtp_listening", port=own.smtp_port, tls=box.post.tls is not None)
        await _asked_to_stop()
        server.close()
        await box.close()
        log.info("smtp_stopped")
    finally:
        await lines.close()
        await db.close()


async def _asked_to_stop() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    end_with_parent()
    await stop.wait()


def _post(own: IntakeSettings) -> Post:
    domains = tuple(domain.strip().lower() for domain in own.smtp_domains.split(",") if domain.strip())
    return Post(
        name=own.smtp_name or (domains[0] if domains else "leadflow"),
        domains=domains,
        largest=own.smtp_max_bytes,
        most_connections=own.smtp_connections,
        tls=_tls(own),
    )


def _tls(own: IntakeSettings) -> ssl.SSLContext | None:
    """STARTTLS is offered when there is a certificate; one that cannot be read ends the process with a sentence."""
    if own.smtp_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(own.smtp_certificate, own.smtp_key)
    except (OSError, ssl.SSLError) as error:
        raise SystemExit(f"The certificate {own.smtp_certificate} cannot be used: {error}.") from None
    return context


if __name__ == "__main__":
    run(main, settings(), service="lead-intake-smtp")
