"""`/odata/`: described by its own `$metadata`, so it is not in the OpenAPI document."""

from collections.abc import Callable, Coroutine, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response
from leadkit import refusals
from leadkit.edge import Allow, EdgeRoute, ReadSession
from leadkit.problems import Forbidden, Malformed, NotFound, Problem
from leadkit.settings import ServiceSettings
from leadkit.tokens import Caller

from analytics.exports.sets import SET_BY_NAME, FlatSet
from analytics.odata import queries
from analytics.odata.asking import Asked, read_options
from analytics.odata.metadata import csdl, service_document

VERSION: Final = {"OData-Version": "4.0"}


class ODataRoute(EdgeRoute):
    """The edge, with refusals in the shape that OData clients read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The edge's handler; whatever it raises is answered here."""
        handle = super().get_route_handler()

        async def spoken(request: Request) -> Response:
            try:
                response = await handle(request)
            except Exception as error:
                response = _refused(refusals.as_problem(error))
            response.headers.update(VERSION)
            return response

        return spoken


router = APIRouter(prefix="/odata", route_class=ODataRoute, include_in_schema=False)

Reader = Annotated[Caller, Allow()]


@router.get("", dependencies=[Allow("metrics:read")])
@router.get("/", dependencies=[Allow("metrics:read")])
async def odata_service(request: Request) -> Response:
    """The service document."""
    return _json(request, service_document(_root(request)))


@router.get("/$metadata", dependencies=[Allow("metrics:read")])
async def odata_metadata() -> Response:
    """The model in CSDL."""
    return Response(csdl(), media_type="application/xml")


@router.get("/{name}/$count")
async def odata_count(name: str, request: Request, session: ReadSession, caller: Reader) -> Response:
    """The number of entities that the filter keeps."""
    params = dict(request.query_params) | {"$count": "true", "$top": "0"}
    asked = read_options(_set(name, caller), params, "")
    return Response(str(await queries.count_of(session, caller.workspace, asked)), media_type="text/plain")


@router.get("/{name}({key})")
async def odata_entity(name: str, key: str, request: Request, session: ReadSession, caller: Reader) -> Response:
    """One entity by its id."""
    wanted = _set(name, caller)
    try:
        id = UUID(key.removeprefix("id="))
    except ValueError:
        raise Malformed("The key of an entity is its id.") from None
    if "id" not in wanted.order:
        raise NotFound(f"{name} is asked by $filter, not by key.")
    found = await queries.entity(session, caller.workspace, wanted, id)
    return _json(request, {"@odata.context": f"{_root(request)}$metadata#{name}/$entity", **found})


@router.get("/{name}")
async def odata_set(name: str, request: Request, session: ReadSession, caller: Reader) -> Response:
    """A page of a set, with the address of the next."""
    wanted, prefer = _set(name, caller), request.headers.get("prefer", "")
    asked = read_options(wanted, request.query_params, prefer)
    page = await queries.page_of(session, caller.workspace, asked)
    chosen = f"({','.join(asked.select)})" if len(asked.select) < len(wanted.columns) else ""
    body: dict[str, Any] = {"@odata.context": f"{_root(request)}$metadata#{name}{chosen}"}
    if page.count is not None:
        body["@odata.count"] = page.count
    body["value"] = page.rows
    if page.next is not None:
        body["@odata.nextLink"] = _next(request, asked, page)
    response = _json(request, body)
    if "maxpagesize" in prefer:
        response.headers["Preference-Applied"] = f"odata.maxpagesize={asked.page}"
    return response


def _set(name: str, caller: Caller) -> FlatSet:
    wanted = SET_BY_NAME.get(name)
    if wanted is None:
        raise NotFound(f"There is no entity set '{name[:60]}'.")
    if wanted.scope not in caller.scopes:
        raise Forbidden(f"The token lacks the scope {wanted.scope}.")
    if caller.workspace_id is None:
        raise Malformed("A platform token names its workspace in the header Leadflow-Workspace.")
    return wanted


def _root(request: Request) -> str:
    settings: ServiceSettings = request.app.state.settings
    base = settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/odata/"


def _next(request: Request, asked: Asked, page: queries.Page) -> str:
    """The same question from the next row on; what was skipped stays skipped, and of `$top` the rest is left."""
    params = {name: value for name, value in request.query_params.items() if name.lstrip("$") not in ("skip", "top")}
    params |= {"$skiptoken": page.next or ""} | ({} if page.left is None else {"$top": str(page.left)})
    written = "&".join(f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in params.items())
    return f"{_root(request)}{asked.wanted.name}?{written}"


def _json(request: Request, body: Mapping[str, Any]) -> Response:
    """Minimal metadata; decimals and large numbers as texts where the client asks so (IEEE754Compatible)."""
    accept = request.headers.get("accept", "") + request.query_params.get("$format", "")
    as_text = "ieee754compatible=true" in accept.lower()
    content: Mapping[str, Any] = body
    if as_text and "value" in body:
        content = {**body, "value": [{key: _as_text(value) for key, value in row.items()} for row in body["value"]]}
    if "odata.metadata=none" in accept.lower():
        content = {key: value for key, value in content.items() if key != "@odata.context"}
    level = "none" if "@odata.context" not in content else "minimal"
    media = f"application/json;odata.metadata={level}" + (";IEEE754Compatible=true" if as_text else "")
    written = orjson.dumps(content, default=_plain, option=orjson.OPT_UTC_Z)
    return Response(written, media_type=f"{media};charset=utf-8", headers={"Cache-Control": "private, no-cache"})


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | int) and not isinstance(value, bool) else value


def _refused(problem: Problem) -> Response:
    error: dict[str, Any] = {"code": problem.code, "message": problem.detail}
    if problem.errors:
        error["details"] = [
            {"code": problem.code, "target": each.pointer, "message": each.detail} for each in problem.errors
        ]
    headers = dict(problem.headers)
    if problem.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="leadflow", charset="UTF-8"'  # what these clients can answer
    return Response(
        orjson.dumps({"error": error}), problem.status, headers, media_type="application/json;odata.metadata=minimal"
    )
