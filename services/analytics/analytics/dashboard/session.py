"""Who looks at the dashboard: a token, kept by the browser in a cookie that no script can read.

A cookie with `HttpOnly` and not `sessionStorage`, since what a script can read, a script that should not be there can
send away. The token lies in it sealed, so that a cookie that ends up in somebody's log opens no API. It is honoured for
reading only: no other site can make a browser change anything with it, nor read what it answers.
"""

from datetime import datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from typing import Final

from fastapi import Request, Response
from leadkit.problems import Forbidden
from leadkit.sealing import SealBroken, Sealer
from leadkit.tokens import Caller
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE: Final = "leadflow_session"
LONGEST: Final = timedelta(hours=12)
"""After that one signs in anew, whatever the token allows."""

READING: Final = ("GET", "HEAD")
SAME_SITE: Final = ("same-origin", "none")
"""What browsers say of a request by our own page, or by the person. Old ones say nothing."""


class SignedIn:
    """ASGI middleware: reads that bear the cookie and no token are the token's; links to data open by that."""

    def __init__(self, app: ASGIApp, data_key: SecretStr) -> None:
        self._app = app
        self._sealer = sealer_of(data_key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Puts the token where the application looks for it."""
        if scope["type"] == "http" and scope["method"] in READING:
            headers = dict(scope["headers"])
            if b"cookie" in headers and b"authorization" not in headers:
                token = self._token(headers[b"cookie"])
                if token is not None:
                    scope = {**scope, "headers": [*scope["headers"], (b"authorization", b"Bearer " + token)]}
        await self._app(scope, receive, send)

    def _token(self, cookies: bytes) -> bytes | None:
        try:
            kept = SimpleCookie(cookies.decode("latin-1")).get(COOKIE)
            return self._sealer.open(kept.value.encode()) if kept else None
        except (CookieError, SealBroken, UnicodeError):
            return None


def sealer_of(data_key: SecretStr) -> Sealer:
    """What seals the tokens in cookies."""
    return Sealer(data_key, purpose="dashboard session")


def keep(request: Request, response: Response, token: str, caller: Caller, *, now: datetime) -> None:
    """Makes the browser keep the token until it ends, twelve hours at most."""
    sealed = sealer_of(request.app.state.settings.data_key).seal(token.encode()).decode()
    left = min(int(LONGEST.total_seconds()), caller.expires_at - int(now.timestamp()))
    response.set_cookie(COOKIE, sealed, max_age=max(0, left), httponly=True, samesite="lax", secure=_encrypted(request))


def forget(request: Request, response: Response) -> None:
    """Makes the browser forget it."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=_encrypted(request))


def refuse_other_sites(request: Request) -> None:
    """Raises `Forbidden` where another site's page posts: it would sign a person in as somebody else, or out."""
    if request.headers.get("sec-fetch-site", "none") not in SAME_SITE:
        raise Forbidden("Other sites do not sign anybody in here.")


def _encrypted(request: Request) -> bool:
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))
