"""A provider's API: one GET with a short patience, no redirects, and no answer larger than is sensible."""

import ssl
from functools import cache

import httpx

from lead_intake.providers.questions import Question

LARGEST_ANSWER = 1024 * 1024
PATIENCE = httpx.Timeout(10, connect=3)


class NoAnswer(Exception):
    """The provider did not answer, or with more than is read."""


class ProviderApi:
    """The API of one provider, below its base address. Questions are few, so each has a connection of its own."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")

    async def ask(self, question: Question) -> tuple[int, bytes]:
        """Status and body of the answer, whatever the status; raises `NoAnswer`."""
        address, parts, size = self._base_url + question.path, [], 0
        try:
            async with (
                httpx.AsyncClient(timeout=PATIENCE, verify=_trusted(), trust_env=False) as http,
                http.stream("GET", address, params=dict(question.query), headers=dict(question.headers)) as answer,
            ):
                async for chunk in answer.aiter_bytes():
                    parts.append(chunk)
                    size += len(chunk)
                    if size > LARGEST_ANSWER:
                        raise NoAnswer("too_large")
                return answer.status_code, b"".join(parts)
        except httpx.HTTPError as error:
            raise NoAnswer(type(error).__name__) from error


@cache
def _trusted() -> ssl.SSLContext:
    """Read once: it takes longer than the question."""
    return httpx.create_ssl_context()
