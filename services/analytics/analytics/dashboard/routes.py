"""`GET /`: the dashboard, its stylesheet and script, and signing in and out."""

from typing import Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from leadkit import clock
from leadkit.edge import EdgeRoute, Now, edge_of
from leadkit.problems import Forbidden, Invalid, Problem, Unauthenticated
from leadkit.tokens import Caller, KeyRing
from starlette.responses import RedirectResponse

from analytics.dashboard import files, pages, session
from analytics.dashboard.filters import read_filters
from analytics.dashboard.queries import read_dashboard
from analytics.dashboard.rules import Language, language_for
from analytics.projections.queries import WorkspaceNotKnown, freshness, workspace_setting

router = APIRouter(route_class=EdgeRoute, tags=["dashboard"], include_in_schema=False)

RIGHT: Final = "metrics:read"
LONGEST_QUERY: Final = 4000
LONGEST_FORM: Final = 20_000


@router.get("/dashboard.css")
async def dashboard_style(request: Request, v: str | None = None) -> Response:
    """The look of the page."""
    return files.answer(files.STYLE, request.headers, v)


@router.get("/dashboard.js")
async def dashboard_script(request: Request, v: str | None = None) -> Response:
    """What the page does beside being read: sorting tables, and printing them open."""
    return files.answer(files.SCRIPT, request.headers, v)


@router.get("/")
async def dashboard(request: Request, now: Now) -> Response:
    """The dashboard, or the page where one signs in. Problems are told to a person in words."""
    language = _language(request, request.query_params.get("lang"))
    asked = _kept(request.url.query)
    try:
        caller = edge_of(request).caller()
        if problem := _unfit(caller):
            return _signed_out(request, language, asked, problem, 403)
        return await _dashboard(request, caller, language, now)
    except Unauthenticated:
        if session.COOKIE in request.cookies:
            return _signed_out(request, language, asked, "ended", 200)
        return pages.sign_in_page(language, asked=asked)
    except WorkspaceNotKnown:
        return pages.message_page(language, "young", 200)
    except Invalid as problem:
        return pages.message_page(language, "asked", problem.status, problem=problem.code)
    except Problem as problem:
        return pages.message_page(language, "busy", problem.status)


async def _dashboard(request: Request, caller: Caller, language: Language, now: Now) -> Response:
    reading = await edge_of(request).session(read_only=True)
    setting = await workspace_setting(reading, caller.workspace)
    filters = read_filters(request.query_params, language, zone=setting.time_zone, now=now)
    shown = await read_dashboard(reading, caller.workspace, filters, setting, now=now)
    return pages.dashboard_page(shown, filters, setting, await freshness(reading))


@router.post("/session")
async def session_begin(request: Request) -> Response:
    """Sign in: takes the form's `token`, keeps it in a cookie, and leads to the page that was wanted."""
    sent = await _form(request)
    language = _language(request, sent.get("lang"))
    asked = _kept(sent.get("asked", ""))
    keys: KeyRing = request.app.state.keys
    token = sent.get("token", "").strip()
    try:
        session.refuse_other_sites(request)
        caller = keys.verify(token)
    except Forbidden:
        return pages.message_page(language, "refused", 403)
    except Unauthenticated:
        return pages.sign_in_page(language, asked=asked, status=401, problem="wrong_token")
    except Problem as problem:
        return pages.message_page(language, "busy", problem.status)
    if problem_named := _unfit(caller):
        return pages.sign_in_page(language, asked=asked, status=403, problem=problem_named)
    answer = RedirectResponse(f"/?{asked}" if asked else "/", 303)
    session.keep(request, answer, token, caller, now=clock.now())
    return answer


@router.post("/session/end")
async def session_end(request: Request) -> Response:
    """Sign out: the browser forgets the token."""
    sent = await _form(request)
    language = _language(request, sent.get("lang"))
    try:
        session.refuse_other_sites(request)
    except Forbidden:
        return pages.message_page(language, "refused", 403)
    answer = RedirectResponse(f"/?lang={language}", 303)
    session.forget(request, answer)
    return answer


def _unfit(caller: Caller) -> str | None:
    """Why this caller sees no dashboard, as the key of a text."""
    if caller.workspace_id is None:
        return "no_workspace"
    return None if RIGHT in caller.scopes else "no_right"


def _signed_out(request: Request, language: Language, asked: str, problem: str, status: int) -> Response:
    page = pages.sign_in_page(language, asked=asked, status=status, problem=problem)
    session.forget(request, page)
    return page


def _language(request: Request, chosen: str | None) -> Language:
    return language_for(chosen, request.headers.get("accept-language", ""))


def _kept(query: str) -> str:
    """A query that leads back to this page and nowhere else."""
    return urlencode(parse_qsl(query[:LONGEST_QUERY]))


async def _form(request: Request) -> dict[str, str]:
    body = (await request.body())[:LONGEST_FORM]
    return dict(parse_qsl(body.decode("utf-8", "replace")))
