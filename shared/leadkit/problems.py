"""Problem details (RFC 9457): every refusal is one shape, declared beside the code that raises it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """Where in the request something is wrong (JSON pointer) and what."""

    pointer: str = Field(examples=["/phones/0"])
    detail: str = Field(examples=["is not a phone number"])


class ProblemBody(BaseModel):
    """What a client receives; a problem may add members of its own, such as `allowed`."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["/problems/not-found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such lead."])
    instance: str | None = Field(examples=["/v1/leads/0198f1d2-0000-7000-8000-000000000000"])
    errors: list[FieldError] | None = None


class Problem(Exception):
    """A refusal with its status, a stable code (the end of `type`) and a sentence for a person.

    Further keyword arguments become members of the body. Never put personal data into `detail`.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: list[FieldError] | None = None,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        self.detail = detail or f"{self.title}."
        self.errors = errors
        self.headers = dict(headers or {})
        self.members = members
        super().__init__(self.detail)

    def body(self, instance: str | None) -> dict[str, Any]:
        """The JSON body of this problem; `instance` is the path that was asked for."""
        answer: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
        }
        if self.errors is not None:
            answer["errors"] = [error.model_dump() for error in self.errors]
        return answer | self.members


class Malformed(Problem):
    """The request cannot be read."""

    status = 400
    code = "malformed"
    title = "The request cannot be read"


class Unauthenticated(Problem):
    """No token, or one that is not valid (any more)."""

    status = 401
    code = "unauthenticated"
    title = "A valid token is needed"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="leadflow"'})


class Forbidden(Problem):
    """The token is valid and does not allow this."""

    status = 403
    code = "forbidden"
    title = "The token does not allow this"


class NotFound(Problem):
    """No such thing, or it belongs to another workspace."""

    status = 404
    code = "not-found"
    title = "Not found"


class MethodNotAllowed(Problem):
    """The path exists, the method does not."""

    status = 405
    code = "method-not-allowed"
    title = "Method not allowed"


class Conflict(Problem):
    """The state of the thing forbids the request."""

    status = 409
    code = "conflict"
    title = "The present state forbids this"


class Gone(Problem):
    """It was there and is switched off."""

    status = 410
    code = "gone"
    title = "No longer available"


class Stale(Problem):
    """`If-Match` names an older version."""

    status = 412
    code = "stale"
    title = "Changed in the meantime"


class TooLarge(Problem):
    """The body exceeds the limit."""

    status = 413
    code = "too-large"
    title = "The body is too large"


class UnsupportedMedia(Problem):
    """The body is of a kind that this call does not read."""

    status = 415
    code = "unsupported-media-type"
    title = "This kind of body is not read here"


class Invalid(Problem):
    """The request can be read and is wrong; `errors` says where."""

    status = 422
    code = "invalid"
    title = "The request is not valid"

    @classmethod
    def at(cls, pointer: str, detail: str) -> "Invalid":
        """One wrong place."""
        return cls(f"{pointer}: {detail}", errors=[FieldError(pointer=pointer, detail=detail)])


class PreconditionRequired(Problem):
    """A change needs `If-Match`."""

    status = 428
    code = "precondition-required"
    title = "If-Match with the version you know is needed"


class TooManyRequests(Problem):
    """A rate limit was reached; `Retry-After` says for how long."""

    status = 429
    code = "too-many-requests"
    title = "Too many requests"

    def __init__(self, retry_after_s: int, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, retry_after_s))})


class Internal(Problem):
    """A defect of ours; the log has the rest, the client gets no inner detail."""


class Unavailable(Problem):
    """A part that is needed does not answer; the same request may be sent again."""

    status = 503
    code = "unavailable"
    title = "Temporarily not available"

    def __init__(self, detail: str | None = None, *, retry_after_s: int = 2) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_s)})


def problems(*classes: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route: each status with its problems, so that OpenAPI shows them with examples."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for problem in classes:
        entry = by_status.setdefault(
            problem.status,
            {"model": ProblemBody, "description": problem.title, "content": {MEDIA_TYPE: {"examples": {}}}},
        )
        entry["content"][MEDIA_TYPE]["examples"][problem.code] = {"value": _example(problem)}
    return by_status


def _example(problem: type[Problem]) -> dict[str, Any]:
    return {
        "type": f"/problems/{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": f"{problem.title}.",
        "instance": "/v1/...",
    }
