"""A small client of Leadflow's own APIs, for seeding and the demo: it speaks as any client would."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import httpx

from deploy.local.settings import LocalError

Body = dict[str, Any]


class Conflict(LocalError):
    """The state of a thing forbids what was asked."""


@dataclass(frozen=True)
class Api:
    """One service, spoken to with one token."""

    client: httpx.Client
    address: str
    token: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def within(self, workspace_id: str) -> Self:
        """The same with a platform token that acts in a workspace."""
        return replace(self, headers={"Leadflow-Workspace": workspace_id})

    def accepts(self, path: str) -> bool:
        """Whether the token may read `path`."""
        return self._send("GET", path).is_success

    def get(self, path: str, **query: str) -> Body:
        """One JSON answer."""
        return self._answer(self._send("GET", path, params=query))

    def post(self, path: str, body: Body) -> Body:
        """What was created or done."""
        return self._answer(self._send("POST", path, json=body))

    def patch(self, path: str, body: Body) -> Body:
        """Change a row, whatever its version is now."""
        version = self._send("GET", path).headers["ETag"]
        return self._answer(self._send("PATCH", path, json=body, extra={"If-Match": version}))

    def every(self, path: str, **query: str) -> Iterator[Body]:
        """All items of a list, page by page."""
        page = self.get(path, limit="200", **query)
        yield from page["items"]
        while page["next_cursor"]:
            page = self.get(path, limit="200", cursor=page["next_cursor"], **query)
            yield from page["items"]

    def ensure(self, path: str, body: Body, *, by: str) -> Body:
        """The item of the list whose `by` is that of `body`; created from `body` when there is none."""
        present = (item for item in self.every(path) if item[by] == body[by])
        return next(present, None) or self.post(path, body)

    def _send(
        self, method: str, path: str, *, extra: Mapping[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **self.headers, **(extra or {})}
        try:
            while True:
                response = self.client.request(method, self.address + path, headers=headers, **options)
                if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                    return response
                time.sleep(float(response.headers["Retry-After"]))
        except httpx.TransportError as error:
            raise LocalError(f"{self.address} does not answer; is `make run` up?") from error

    def _answer(self, response: httpx.Response) -> Body:
        if response.is_success:
            return dict(response.json())
        request = response.request
        refused = Conflict if response.status_code == httpx.codes.CONFLICT else LocalError
        raise refused(f"{request.method} {request.url.path} was answered with {response.status_code}: {response.text}")
