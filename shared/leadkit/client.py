"""Calls to a peer service: one named client, short timeouts, retries of reads only, ids passed on."""

from typing import Any

import httpx
import orjson
import stamina

from leadkit.telemetry import outgoing_headers


class PeerUnavailable(Exception):
    """The peer did not answer, or answered that it cannot now (401, 403, 404, 408, 429, 5xx): try again later."""


class PeerRefused(Exception):
    """The peer understood and refused (400, 409, 413, 422); `status` and `problem` say how."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('type', '')}")
        self.status = status
        self.problem = problem


WORTH_RETRYING = frozenset({401, 403, 404, 408, 425, 429})


class ServiceClient:
    """A peer. `transport` is for tests: the real app in this process."""

    def __init__(
        self, name: str, base_url: str, token: str, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.name = name
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(10, connect=2),
            transport=transport,
            trust_env=False,
        )

    async def get(self, path: str, *, params: dict[str, Any] | None = None, timeout_s: float = 10) -> Any:
        """The JSON answer; a broken connection is tried thrice."""
        return self._read(await self._got(path, params, timeout_s))

    async def get_page(
        self, path: str, *, params: dict[str, Any] | None = None, timeout_s: float = 10
    ) -> tuple[Any, httpx.URL | None]:
        """As `get`, and where the answer says that it goes on (`Link` with `rel="next"`)."""
        response = await self._got(path, params, timeout_s)
        following = response.links.get("next", {}).get("url")
        return self._read(response), httpx.URL(following) if following else None

    async def _got(self, path: str, params: dict[str, Any] | None, timeout_s: float) -> httpx.Response:
        async for attempt in stamina.retry_context(
            on=httpx.TransportError, attempts=3, wait_max=1.0, timeout=timeout_s
        ):
            with attempt:
                try:
                    return await self._http.get(path, params=params, timeout=timeout_s, headers=outgoing_headers())
                except httpx.TransportError as error:
                    if attempt.num < 3:
                        raise
                    raise PeerUnavailable(f"{self.name} does not answer") from error
        raise AssertionError("unreachable")

    async def post(
        self, path: str, body: bytes, *, headers: dict[str, str] | None = None, timeout_s: float = 10
    ) -> Any:
        """Sends JSON once and gives the JSON answer; whoever calls decides about a repeat."""
        sent = outgoing_headers() | {"Content-Type": "application/json"} | (headers or {})
        try:
            response = await self._http.post(path, content=body, headers=sent, timeout=timeout_s)
        except httpx.TransportError as error:
            raise PeerUnavailable(f"{self.name} does not answer") from error
        return self._read(response)

    def _read(self, response: httpx.Response) -> Any:
        if response.is_success:
            return orjson.loads(response.content)
        if response.status_code in WORTH_RETRYING or response.status_code >= 500:
            raise PeerUnavailable(f"{self.name} answered {response.status_code}")
        raise PeerRefused(response.status_code, _problem(response))

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {"status": response.status_code}
