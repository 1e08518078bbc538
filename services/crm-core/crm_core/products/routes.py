"""`/v1/products`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.bulk import BulkAnswer, BulkRequest, answer_all
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import ANY_VERSION, IfMatch, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, PreconditionRequired, Problem, Stale, problems
from leadkit.tokens import Caller

from crm_core.products import actions, queries
from crm_core.products.actions import SkuTaken
from crm_core.products.schemas import ProductCreate, ProductOut, ProductPatch
from crm_core.products.tables import Product

router = APIRouter(prefix="/v1/products", route_class=EdgeRoute, tags=["products"])

Anyone = Annotated[Caller, Allow()]
Writer = Annotated[Caller, Allow("deals:write", roles=("platform", "admin", "head", "integration"))]
Part = Annotated[str | None, Query(max_length=200, description="A part of a name or number")]
SORTS = {"name": Product.name, "created_at": Product.created_at}


@router.get("")
async def products_list(
    session: ReadSession,
    caller: Anyone,
    paging: Paging,
    request: Request,
    response: Response,
    active: bool | None = None,
    q: Part = None,
) -> Page[ProductOut]:
    """List products."""
    rows, next_cursor, total = await fetch_page(
        session, queries.products_of(caller.workspace, active=active, q=q), paging,
        sorts=SORTS, default="name", key=Product.id, request=request, response=response,
    )  # fmt: skip
    return Page(items=[ProductOut.of(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post("", status_code=201, responses=problems(SkuTaken))
async def products_create(
    wanted: ProductCreate, session: Session, caller: Writer, now: Now, response: Response
) -> ProductOut:
    """Add a product."""
    (made,) = await actions.create_products(session, [wanted], caller=caller, now=now)
    if isinstance(made, Problem):
        raise made
    response.headers["Location"] = f"/v1/products/{made.id}"
    with_etag(response, made.version)
    return ProductOut.of(made)


@router.post("/bulk")
async def products_bulk(wanted: BulkRequest, session: Session, caller: Writer, now: Now) -> BulkAnswer:
    """Add up to 1,000 products, answered one by one."""

    async def act(items: list[ProductCreate]) -> list[UUID | Problem]:
        made = await actions.create_products(session, items, caller=caller, now=now)
        return [one if isinstance(one, Problem) else one.id for one in made]

    return await answer_all(wanted.items, ProductCreate, act)


@router.get("/{product_id}", responses=problems(NotFound))
async def products_get(product_id: UUID, session: ReadSession, caller: Anyone, response: Response) -> ProductOut:
    """Get a product."""
    product = await queries.product_by_id(session, caller.workspace, product_id)
    with_etag(response, product.version)
    return ProductOut.of(product)


@router.patch("/{product_id}", responses=problems(NotFound, Stale, PreconditionRequired, SkuTaken))
async def products_update(
    product_id: UUID,
    wanted: ProductPatch,
    session: Session,
    caller: Writer,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> ProductOut:
    """Change a product by merge patch."""
    product = await actions.change_product(session, product_id, wanted, if_match, caller=caller, now=now)
    with_etag(response, product.version)
    return ProductOut.of(product)


@router.delete("/{product_id}", status_code=204, responses=problems(NotFound))
async def products_delete(product_id: UUID, session: Session, caller: Writer, now: Now) -> None:
    """Stop offering a product; deals keep it."""
    await actions.change_product(session, product_id, ProductPatch(active=False), ANY_VERSION, caller=caller, now=now)
