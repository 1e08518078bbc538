"""Logs as events with fields, request ids that travel through every hop, and Prometheus metrics.

Logs carry ids, never names, phones, addresses, bodies or query strings.
"""

import logging
import re
import sys
import time
from contextvars import ContextVar

import orjson
import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadkit.ids import new_id

REQUEST_ID = "X-Request-Id"
_WELL_FORMED_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_WELL_FORMED_TRACE = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
QUIET_PATHS = ("/healthz", "/readyz", "/metrics")

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)

log = structlog.get_logger()

requests_total = Counter("leadflow_http_requests_total", "Requests answered", ["method", "route", "status"])
request_seconds = Histogram("leadflow_http_request_seconds", "Time to answer", ["method", "route"])


def configure_logging(level: str, *, service: str) -> None:
    """One JSON object a line on standard output, with time, level, service and what is bound to the request."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _type_of_exception,
            structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event, default=str).decode()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(service=service)


def _type_of_exception(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Where an exception came from, without its text: that may quote a client's data."""
    if not (caught := event.pop("exc_info", None)):
        return event
    error = sys.exc_info()[1] if caught is True else caught
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        frames = []
        trace = error.__traceback__
        while trace is not None:
            frames.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}:{trace.tb_frame.f_code.co_name}")
            trace = trace.tb_next
        event["frames"] = frames[-12:]
    return event


class RequestTelemetry:
    """ASGI middleware: gives each request its id, answers with it, counts and logs it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes other kinds of scope through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get(REQUEST_ID, "")
        this_id = given if _WELL_FORMED_ID.fullmatch(given) else str(new_id())
        trace = headers.get("traceparent", "")
        request_id.set(this_id)
        traceparent.set(trace if _WELL_FORMED_TRACE.fullmatch(trace) else None)
        structlog.contextvars.bind_contextvars(request_id=this_id)
        await self._timed(scope, receive, send, this_id)

    async def _timed(self, scope: Scope, receive: Receive, send: Send, this_id: str) -> None:
        began, status = time.perf_counter(), 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = this_id
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            _account(scope, status, time.perf_counter() - began)
            structlog.contextvars.unbind_contextvars("request_id", "workspace_id", "subject")


def _account(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "unmatched")
    requests_total.labels(scope["method"], route, str(status)).inc()
    request_seconds.labels(scope["method"], route).observe(seconds)
    if route not in QUIET_PATHS:
        log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))


def outgoing_headers() -> dict[str, str]:
    """The headers by which a request to a peer continues the present one."""
    headers = {REQUEST_ID: request_id.get() or str(new_id())}
    if trace := traceparent.get():
        headers["traceparent"] = trace
    return headers
