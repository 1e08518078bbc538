"""What browsers fetch: `/embed.js`, `/embed.css`, and under `/f/{key}` the hosted form and what the script asks for.

All of it is public; whoever asks too often is refused by their address.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response
from leadkit import clock
from leadkit.problems import Gone, Invalid, NotFound, Problem, TooManyRequests, Unavailable, problems

from lead_intake.landing import files, pages
from lead_intake.landing.rules import form_of, language_for, referrer_told
from lead_intake.landing.schemas import ChallengeOut, FormOut
from lead_intake.providers.generic import Generic
from lead_intake.receiving.door import OriginNotAllowed, SourceDisabled
from lead_intake.receiving.doors import Doors, OpenDoor
from lead_intake.screening.proof import challenge_for

PER_ADDRESS = 600
"""Requests a minute for pages and challenges: a whole office may sit behind one address."""

router = APIRouter(tags=["landing"])

Key = Annotated[str, Path(examples=["m5k2c7q3x4r8t6v9w2y5z7ab"])]
Preferred = Annotated[str, Header(alias="Accept-Language", examples=["ru,en;q=0.8"])]
Accepted = Annotated[str, Header(alias="Accept")]

_PAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {}}},
    **problems(NotFound, SourceDisabled, Invalid, TooManyRequests, Unavailable),
}
_WITH_ORIGIN = problems(NotFound, SourceDisabled, OriginNotAllowed, Invalid, TooManyRequests, Unavailable)


@router.get("/embed.js", response_class=Response, responses={200: {"content": {"text/javascript": {}}}})
async def embed_script(request: Request) -> Response:
    """The script that a landing page includes."""
    return files.answer(files.SCRIPT, request.headers)


@router.get("/embed.css", response_class=Response, responses={200: {"content": {"text/css": {}}}})
async def embed_style(request: Request) -> Response:
    """The look of drawn and hosted forms."""
    return files.answer(files.STYLE, request.headers)


@router.get("/f/{key}", response_class=Response, responses=_PAGE)
async def form_page(
    key: Key,
    request: Request,
    preferred: Preferred = "",
    accepted: Accepted = "",
    referrer: Annotated[str, Header(alias="Referer")] = "",
) -> Response:
    """The hosted form of a source.

    Browsers are told in HTML where there is none (404) or where it was switched off (410).
    """
    try:
        door = await _open(request, key)
    except (NotFound, Gone) as problem:
        return _told(problem, preferred, accepted)
    came_from = referrer_told(referrer, request.headers.get("host", ""))
    return pages.form_page(door.view, language_for(door.view, preferred), door.allowed_origins, came_from)


@router.get("/f/{key}/thanks", response_class=Response, responses=_PAGE)
async def form_thanks(key: Key, request: Request, preferred: Preferred = "", accepted: Accepted = "") -> Response:
    """The page after a form was sent, where the source has no `redirect_url`."""
    try:
        door = await _open(request, key, even_closed=True)
    except NotFound as problem:
        return _told(problem, preferred, accepted)
    return pages.thanks_page(door.view, language_for(door.view, preferred), door.allowed_origins)


@router.get("/f/{key}/form.json", responses=_WITH_ORIGIN)
async def form_settings(
    key: Key,
    request: Request,
    response: Response,
    lang: Annotated[str, Query(max_length=35, examples=["ru"])] = "",
) -> FormOut:
    """What a source's form says and asks, for the script that draws or binds one."""
    door = await _open_to_page(request, response, key)
    response.headers["Cache-Control"] = "public, max-age=60"
    return FormOut.model_validate(form_of(door.view, language_for(door.view, lang)))


@router.get("/f/{key}/challenge", responses=_WITH_ORIGIN)
async def form_challenge(key: Key, request: Request, response: Response) -> ChallengeOut:
    """A proof-of-work challenge (ALTCHA) whose solution goes into the field `altcha`, within half an hour, once.

    404 where the source asks for none.
    """
    door = await _open_to_page(request, response, key)
    response.headers["Cache-Control"] = "no-store"
    zeros = door.view.spam.proof_of_work
    if zeros is None:
        raise NotFound("This source asks for no proof of work.")
    return ChallengeOut.model_validate(challenge_for(door.view, zeros, now=clock.now()))


async def _open(request: Request, key: str, *, even_closed: bool = False) -> OpenDoor:
    """The source behind a key, if it reads our forms; raises `NotFound`, `SourceDisabled`."""
    state = request.app.state
    if request.client is not None:
        state.visitors.take(request.client.host)
    doors: Doors = state.doors
    door = (doors.remembered(key) or await doors.look_up(key)) if key.isalnum() else None
    if door is None or door.view.provider != Generic.slug:
        raise NotFound("There is no such form.")
    if not door.enabled and not even_closed:
        raise SourceDisabled
    return door


async def _open_to_page(request: Request, response: Response, key: str) -> OpenDoor:
    door = await _open(request, key)
    if not door.lets_in(request.headers):
        raise OriginNotAllowed
    response.headers["Access-Control-Allow-Origin"] = request.headers.get("origin", "*")
    response.headers["Vary"] = "Origin"
    return door


def _told(problem: Problem, preferred: str, accepted: str) -> Response:
    """A person gets a page, a program the problem."""
    if "text/html" not in accepted:
        raise problem
    return pages.absent_page(language_for(None, preferred), problem.status)
