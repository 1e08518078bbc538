"""`/confirm/{token}`: the page behind the link in a mail. To look at it confirms nothing: mail scanners do that."""

import base64
import hashlib
import html
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import HTMLResponse
from leadkit.edge import Now
from leadkit.problems import Gone, Invalid, NotFound, TooManyRequests, Unavailable, problems
from leadkit.sealing import SealBroken

from lead_intake.confirmations import actions
from lead_intake.confirmations.rules import TEXTS, Language, Link, language_of, unpacked
from lead_intake.providers.base import WireRequest

router = APIRouter(prefix="/confirm", tags=["confirmation"])

Token = Annotated[str, Path(max_length=500, examples=["gAAAAABp"])]
Preferred = Annotated[str, Header(alias="Accept-Language", max_length=500, examples=["ru,en;q=0.8"])]

Accepted = Annotated[str, Header(alias="Accept", max_length=500)]


class LinkGone(Gone):
    """The link is too old, or was never made by us."""

    code = "link-gone"
    title = "This link does not work (any more)"


_PAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {}}},
    **problems(LinkGone, Invalid, TooManyRequests, Unavailable),
}
_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}"
    "button{font:inherit;padding:.6em 1.4em;border:0;border-radius:.4em;background:#1a56db;color:#fff;cursor:pointer}"
)
_STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


@router.get("/{token}", response_class=Response, responses=_PAGE)
async def confirmation_page(
    token: Token, request: Request, now: Now, preferred: Preferred = "", accepted: Accepted = ""
) -> Response:
    """Show the page whose button confirms an inquiry. Browsers are told in HTML when the link does not work."""
    request.app.state.confirming.take(request.client.host if request.client else None)
    language = language_of(preferred)
    link = _link(request, token)
    return _gone(language, accepted) if link is None or link.until < now else _page(language, "ask", 200)


@router.post("/{token}", response_class=Response, responses=_PAGE)
async def confirmation_give(
    token: Token, request: Request, now: Now, preferred: Preferred = "", accepted: Accepted = ""
) -> Response:
    """Confirm an inquiry: it goes on its way. Once more changes nothing."""
    state, address = request.app.state, request.client.host if request.client else None
    state.confirming.take(address)
    language, link = language_of(preferred), _link(request, token)
    if link is None or link.until < now:
        return _gone(language, accepted)
    headers = {"user-agent": request.headers.get("user-agent", "")[:500]}
    pressed = WireRequest("POST", "", "", headers, b"", now, address)
    async with state.database.transaction(link.workspace_id) as session:
        try:
            confirmed = await actions.confirm(
                session, link.submission_id, pressed, state.sealer, workspace_id=link.workspace_id, now=now
            )
        except NotFound:
            confirmed = False
    return _page(language, "done", 200) if confirmed else _gone(language, accepted)


def _link(request: Request, token: str) -> Link | None:
    try:
        return unpacked(request.app.state.links.open(token.encode("utf-8", "replace")))
    except SealBroken:
        return None


def _gone(language: Language, accepted: str) -> Response:
    """A person gets a page, a program the problem."""
    if "text/html" not in accepted:
        raise LinkGone
    return _page(language, "gone", 410)


def _page(language: Language, name: str, status: int) -> HTMLResponse:
    """A page without script; its form posts to its own address."""
    texts = {key: html.escape(text) for key, text in TEXTS[language].items()}
    button = f'<form method="post"><button>{texts["button"]}</button></form>' if name == "ask" else ""
    return HTMLResponse(
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{texts[f'{name}_title']}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{texts[f'{name}_title']}</h1><p>{texts[name]}</p>{button}</main></body></html>",
        status,
        headers={
            "Content-Security-Policy": f"default-src 'none'; style-src '{_STYLE_HASH}'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
    )
