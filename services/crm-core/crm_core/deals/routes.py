"""`/v1/deals`: parse, call one function, answer."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from leadkit.bulk import BulkAnswer, BulkRequest, answer_all, change_each
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, check_version, with_etag
from leadkit.paging import Page, Paging
from leadkit.problems import NotFound, PreconditionRequired, Problem, Stale, problems
from leadkit.tokens import Caller
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.conditions.parameters import documented
from crm_core.deals import actions, forecasting, history, queries, steps
from crm_core.deals.listing import DEALS
from crm_core.deals.refusals import DealActionNotAllowed
from crm_core.deals.schemas import (
    DealAssign,
    DealCreate,
    DealHistory,
    DealLines,
    DealLose,
    DealMove,
    DealOut,
    DealPatch,
    DealReopen,
    DealWin,
    Forecast,
)
from crm_core.deals.tables import Deal
from crm_core.finding.listing import Asked
from crm_core.finding.pages import asked_of, find_page
from crm_core.pipelines.queries import stages_by_id

router = APIRouter(prefix="/v1/deals", route_class=EdgeRoute, tags=["deals"])

Reader = Annotated[Caller, Allow("deals:read")]
Writer = Annotated[Caller, Allow("deals:write")]

STEP = problems(NotFound, DealActionNotAllowed)


Filter = Annotated[Asked, Depends(asked_of(DEALS.fields))]


@router.get("", openapi_extra=documented(DEALS.fields))
async def deals_list(
    session: ReadSession, caller: Reader, asked: Filter, paging: Paging, now: Now, request: Request, response: Response
) -> Page[DealOut]:
    """List deals."""
    found = await find_page(session, DEALS, caller, asked, paging, now=now, request=request, response=response)
    items = await _shown(session, caller, found.rows, now)
    return Page(items=items, next_cursor=found.next_cursor, total=found.total)


@router.post("", status_code=201)
async def deals_create(wanted: DealCreate, session: Session, caller: Writer, now: Now, response: Response) -> DealOut:
    """Add a deal."""
    deal = await actions.add_deal(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/deals/{deal.id}"
    return await _answer(session, caller, deal, now, response)


@router.post("/bulk")
async def deals_bulk(wanted: BulkRequest, session: Session, caller: Writer, now: Now) -> BulkAnswer:
    """Add up to 1,000 deals, answered one by one."""

    async def act(items: list[DealCreate]) -> list[UUID | Problem]:
        made = await actions.add_deals(session, items, caller=caller, now=now)
        return [one if isinstance(one, Problem) else one.id for one in made]

    return await answer_all(wanted.items, DealCreate, act)


@router.patch("/bulk")
async def deals_bulk_update(wanted: BulkRequest, session: Session, caller: Writer, now: Now) -> BulkAnswer:
    """Change up to 1,000 deals, each by a merge patch with its `id`, answered one by one.
    With `version` an item is refused (412) when the deal has another one by now."""
    find = partial(queries.deal_by_id, session, caller, lock=True)
    return await change_each(
        session, wanted.items, DealPatch, find, partial(actions.change_deal, session, caller=caller, now=now)
    )


def _bulk_step(body: type[BaseModel], take: Callable[..., Awaitable[Deal]]) -> Callable[..., Awaitable[BulkAnswer]]:
    async def step(wanted: BulkRequest, session: Session, caller: Writer, now: Now) -> BulkAnswer:
        find = partial(queries.deal_by_id, session, caller, lock=True)
        return await change_each(session, wanted.items, body, find, partial(take, session, caller=caller, now=now))

    return step


for _name, _body, _take in (
    ("move", DealMove, steps.move_deal),
    ("win", DealWin, steps.win_deal),
    ("lose", DealLose, steps.lose_deal),
    ("reopen", DealReopen, steps.reopen_deal),
    ("assign", DealAssign, actions.assign_deal),
):
    router.add_api_route(
        f"/bulk/{_name}",
        _bulk_step(_body, _take),
        methods=["POST"],
        name=f"deals_bulk_{_name}",
        description=f"Take up to 1,000 deals through the step {_name}, answered one by one\n"
        "Each item is the body of the single step with the deal's `id`, and the `version` it must still have.",
    )


@router.get("/forecast")
async def deals_forecast(
    session: ReadSession, caller: Reader, now: Now, pipeline_id: UUID | None = None, owner_id: UUID | None = None
) -> Forecast:
    """Forecast what open deals may bring, by month of expected close: by their probability, and by what became of deals
    that were in the same stage before."""
    return await forecasting.forecast(session, caller, pipeline_id=pipeline_id, owner_id=owner_id, now=now)


@router.get("/{deal_id}", responses=problems(NotFound))
async def deals_get(deal_id: UUID, session: ReadSession, caller: Reader, now: Now, response: Response) -> DealOut:
    """Show a deal."""
    return await _answer(session, caller, await queries.deal_by_id(session, caller, deal_id), now, response)


@router.get("/{deal_id}/history", responses=problems(NotFound))
async def deals_history(deal_id: UUID, session: ReadSession, caller: Reader, now: Now) -> DealHistory:
    """Show a deal's way through its stages, with the time in each."""
    return await history.history_of(session, await queries.deal_by_id(session, caller, deal_id), now=now)


@router.patch("/{deal_id}", responses=problems(NotFound, Stale, PreconditionRequired))
async def deals_update(
    deal_id: UUID,
    wanted: DealPatch,
    session: Session,
    caller: Writer,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> DealOut:
    """Change a deal by JSON Merge Patch."""
    deal = await queries.deal_by_id(session, caller, deal_id, lock=True)
    check_version(if_match, deal.version)
    await actions.change_deal(session, deal, wanted, caller=caller, now=now)
    return await _answer(session, caller, deal, now, response)


@router.put("/{deal_id}/lines", responses=problems(NotFound, Stale, PreconditionRequired))
async def deals_put_lines(
    deal_id: UUID,
    wanted: DealLines,
    session: Session,
    caller: Writer,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> DealOut:
    """Replace what a deal is about: products, quantities, prices and discounts; their sum is its amount."""
    deal = await queries.deal_by_id(session, caller, deal_id, lock=True)
    check_version(if_match, deal.version)
    await actions.put_lines(session, deal, wanted, caller=caller, now=now)
    return await _answer(session, caller, deal, now, response)


@router.post("/{deal_id}/move", responses=STEP)
async def deals_move(
    deal_id: UUID, wanted: DealMove, session: Session, caller: Writer, now: Now, response: Response
) -> DealOut:
    """Move a deal into another stage."""
    deal = await queries.deal_by_id(session, caller, deal_id, lock=True)
    await steps.move_deal(session, deal, wanted, caller=caller, now=now)
    return await _answer(session, caller, deal, now, response)


@router.post("/{deal_id}/win", responses=STEP)
async def deals_win(
    deal_id: UUID, wanted: DealWin, session: Session, caller: Writer, now: Now, response: Response
) -> DealOut:
    """Win a deal; it needs an amount."""
    deal = await queries.deal_by_id(session, caller, deal_id, lock=True)
    await steps.win_deal(session, deal, wanted, caller=caller, now=now)
    return await _answer(session, caller, deal, now, response)


@router.post("/{deal_id}/lose", responses=STEP)
async def deals_lose(
    deal_id: UUID, wanted: DealLose, session: Session, caller: Writer, now: Now, response: Response
) -> DealOut:
    """Lose a deal, for a reason."""
    deal = await queries.deal_by_id(session, caller, deal_id, lock=True)
    await steps.lose_deal(session, deal, wanted, caller=caller, now=now)
    return await _answer(session, caller, deal, now, response)


@router.post("/{deal_id}/reopen", responses=STEP)
async def deals_reopen(
    deal_id: UUID, wanted: DealReopen, session: Session, caller: Writer, now: Now, response: Response
) -> DealOut:
    """Reopen a won or lost deal; its history stays."""
    deal = await queries.deal_by_id(session, caller, deal_id, lock=True)
    await steps.reopen_deal(session, deal, wanted, caller=caller, now=now)
    return await _answer(session, caller, deal, now, response)


@router.post("/{deal_id}/assign", responses=problems(NotFound))
async def deals_assign(
    deal_id: UUID, wanted: DealAssign, session: Session, caller: Writer, now: Now, response: Response
) -> DealOut:
    """Give a deal another owner."""
    deal = await queries.deal_by_id(session, caller, deal_id, lock=True)
    await actions.assign_deal(session, deal, wanted, caller=caller, now=now)
    return await _answer(session, caller, deal, now, response)


async def _answer(session: AsyncSession, caller: Caller, deal: Deal, now: datetime, response: Response) -> DealOut:
    with_etag(response, deal.version)
    return (await _shown(session, caller, [deal], now))[0]


async def _shown(session: AsyncSession, caller: Caller, deals: Sequence[Deal], now: datetime) -> list[DealOut]:
    stages = await stages_by_id(session, caller.workspace, [deal.stage_id for deal in deals])
    return [DealOut.of(deal, stages[deal.stage_id], now=now) for deal in deals]
