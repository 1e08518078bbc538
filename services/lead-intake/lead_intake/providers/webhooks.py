"""What webhooks have in common: the secrets hidden before storing, one answer to all, and proof by a shared secret."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar
from uuid import UUID

from lead_intake.providers import bodies, credentials
from lead_intake.providers.base import Provider, SourceView, Unreadable, WireAnswer, WireRequest


class Webhook(Provider):
    """A provider that posts to an address and waits for one answer, `accepted`. `proof_field`: the field of the body
    in which it sends a secret by its own custom."""

    proof_field: ClassVar[str | None] = None
    accepted: ClassVar[WireAnswer] = WireAnswer(200)

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """Overwrites the source's secrets, the provider's own field for one, and credentials in headers and query."""
        values = list(source.secrets.values())
        if self.proof_field and self.proof_field.encode() in request.body:
            values += secrets_in_body(request, {self.proof_field})
        return credentials.masked(request, values)

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """The same to everything that is authentic."""
        return self.accepted


class SharedSecret(Webhook):
    """A provider that does not sign: the source's secret stands in the query, a header or the body."""

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """A source with a secret wants it; one without takes every request."""
        if not source.secrets.get("secret"):
            return True
        names = credentials.BODY_FIELDS | ({self.proof_field} if self.proof_field else set())
        return credentials.carries_secret(request, source, secrets_in_body(request, names))


def secrets_in_body(request: WireRequest, names: AbstractSet[str]) -> Iterator[str]:
    """The values of the fields in which a secret may come."""
    try:
        body: Any = bodies.parsed(request)
    except Unreadable:
        return
    if isinstance(body, dict):
        for name in names:
            if isinstance(body.get(name), str | int):
                yield str(body[name])
