"""Certificates that some providers sign with: fetched when a request names one, and remembered by this process."""

import time
from dataclasses import replace

import httpx
import structlog
from leadkit.problems import Unavailable

from lead_intake.providers.base import Provider, SourceView, WireRequest
from lead_intake.providers.ses_sns import CERTIFICATE

WITHIN_S = 5.0
REMEMBERED_S = 24 * 3600
MOST = 100
LARGEST = 64 * 1024

log = structlog.get_logger()


class Certificates:
    """What was fetched. Which addresses may be asked is the provider's decision; redirects are not followed."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport
        self._known: dict[str, tuple[str, float]] = {}

    async def beside(self, provider: Provider, request: WireRequest, source: SourceView) -> SourceView:
        """The source to hold the request against: with the certificate, where the provider needs one.

        Raises `Unavailable` when it cannot be had now: the sender tries again.
        """
        url = provider.certificate_url(request, source)
        if url is None:
            return source
        return replace(source, secrets={**source.secrets, CERTIFICATE: await self._certificate(url)})

    async def _certificate(self, url: str) -> str:
        pem, until = self._known.get(url, ("", 0.0))
        if until > time.monotonic():
            return pem
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=WITHIN_S, trust_env=False) as client:
                answer = await client.get(url)
        except httpx.HTTPError as error:
            log.warning("certificate_not_fetched", error=type(error).__name__)
            raise Unavailable("The sender's certificate cannot be fetched now.") from error
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Unavailable("The sender's certificate cannot be fetched now.")
        if len(self._known) >= MOST:
            self._known.pop(next(iter(self._known)))
        pem = answer.text if answer.is_success and len(answer.content) <= LARGEST else ""
        self._known[url] = (pem, time.monotonic() + (REMEMBERED_S if pem else 60))
        return pem
