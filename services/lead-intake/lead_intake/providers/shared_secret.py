"""Providers that do not sign: a secret of ours stands in the query, a header or the body, or in a field of theirs."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar
from uuid import UUID

from lead_intake.providers import bodies, credentials
from lead_intake.providers.base import Provider, SourceView, Unreadable, WireAnswer, WireRequest


class SharedSecret(Provider):
    """A provider whose requests carry the source's secret. `secret_fields`: where in the body it may stand."""

    secret_fields: ClassVar[frozenset[str]] = credentials.BODY_FIELDS
    accepted: ClassVar[WireAnswer] = WireAnswer(200)

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """A source with a secret wants it; one without takes every request."""
        if not source.secrets.get("secret"):
            return True
        return credentials.carries_secret(request, source, self._secrets_in_body(request))

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """Overwrites the source's secrets, the provider's own field for one, and credentials in headers and query."""
        return credentials.masked(request, [*source.secrets.values(), *self._unknown_secrets(request)])

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """The same to everything that is authentic."""
        return self.accepted

    def _unknown_secrets(self, request: WireRequest) -> list[str]:
        """What stands where this provider sends a secret, also when the source knows none."""
        own = self.secret_fields - credentials.BODY_FIELDS
        return list(self._secrets_in_body(request, own)) if any(name.encode() in request.body for name in own) else []

    def _secrets_in_body(self, request: WireRequest, names: frozenset[str] | None = None) -> Iterator[str]:
        try:
            body: Any = bodies.parsed(request)
        except Unreadable:
            return
        if isinstance(body, dict):
            for name in names or self.secret_fields:
                if isinstance(body.get(name), str | int):
                    yield str(body[name])
