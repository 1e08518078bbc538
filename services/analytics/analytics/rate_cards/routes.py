"""`/v1/rate-cards`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.contracts.common import Money
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import Invalid, NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from analytics.rate_cards import actions, queries
from analytics.rate_cards.schemas import RateCardCreate, RateCardOut, RateCardPatch, RateRules
from analytics.rate_cards.tables import RateCard

router = APIRouter(prefix="/v1/rate-cards", route_class=EdgeRoute, tags=["spend"])
Reader = Annotated[Caller, Allow("spend:read")]
Writer = Annotated[Caller, Allow("spend:write")]


@router.post("", status_code=201, responses=problems(Invalid))
async def rate_cards_create(
    wanted: RateCardCreate, session: Session, caller: Writer, now: Now, response: Response
) -> RateCardOut:
    """Agree a price for each lead or action of a supplier; it costs from then on, also for leads that came before."""
    card = await actions.make_card(session, caller.workspace, wanted, by=caller.subject, now=now)
    response.headers["Location"] = f"/v1/rate-cards/{card.id}"
    with_etag(response, card.version)
    return _shown(card)


@router.get("")
async def rate_cards_list(
    session: ReadSession,
    caller: Reader,
    paging: Paging,
    request: Request,
    response: Response,
    supplier: Annotated[
        str | None, Query(max_length=255, pattern=r"^[^\x00]*$", description="Only of this one")
    ] = None,
) -> Page[RateCardOut]:
    """List rate cards, the youngest first."""
    rows, next_cursor, total = await fetch_page(
        session,
        queries.cards(caller.workspace, supplier=supplier),
        paging,
        sorts={"valid_from": RateCard.valid_from, "supplier": RateCard.supplier, "created_at": RateCard.created_at},
        default="-valid_from",
        key=RateCard.id,
        request=request,
        response=response,
    )
    return Page(items=[_shown(row) for row in rows], next_cursor=next_cursor, total=total)


@router.get("/{card_id}", responses=problems(NotFound))
async def rate_cards_get(card_id: UUID, session: ReadSession, caller: Reader, response: Response) -> RateCardOut:
    """Show a rate card."""
    card = await queries.card_by_id(session, caller.workspace, card_id)
    with_etag(response, card.version)
    return _shown(card)


@router.patch("/{card_id}", responses=problems(NotFound, Stale, PreconditionRequired, Invalid))
async def rate_cards_update(
    card_id: UUID,
    wanted: RateCardPatch,
    session: Session,
    caller: Writer,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> RateCardOut:
    """Change a rate card by merge patch; what it makes owed changes for all its days."""
    card = await actions.change_card(session, caller.workspace, card_id, wanted, if_match, by=caller.subject, now=now)
    with_etag(response, card.version)
    return _shown(card)


def _shown(card: RateCard) -> RateCardOut:
    kept = {name: getattr(card, name) for name in RateCardOut.model_fields if name not in ("price", "rules")}
    price = Money(amount=card.amount, currency=card.currency)
    return RateCardOut(**kept, price=price, rules=RateRules.model_validate(card))
