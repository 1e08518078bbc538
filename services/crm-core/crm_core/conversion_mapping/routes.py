"""`/v1/conversion-mapping`."""

from typing import Annotated

from fastapi import APIRouter, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, with_etag
from leadkit.problems import PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from crm_core.conversion_mapping import actions, queries
from crm_core.conversion_mapping.queries import ConversionMap
from crm_core.conversion_mapping.schemas import MappingOut, MappingPair, MappingPut

router = APIRouter(prefix="/v1/conversion-mapping", route_class=EdgeRoute, tags=["leads"])

Admin = Annotated[Caller, Allow("admin")]
Reader = Annotated[Caller, Allow("leads:read")]


@router.get("")
async def conversion_mapping_get(session: ReadSession, caller: Reader, response: Response) -> MappingOut:
    """Show what of a lead becomes what of a contact, company and deal."""
    return _shown(await queries.mapping_of(session, caller.workspace), response)


@router.put("", responses=problems(Stale, PreconditionRequired))
async def conversion_mapping_put(
    wanted: MappingPut, session: Session, caller: Admin, now: Now, if_match: IfMatch, response: Response
) -> MappingOut:
    """Set what of a lead becomes what of a contact, company and deal."""
    return _shown(await actions.put_mapping(session, wanted, if_match, caller=caller, now=now), response)


def _shown(mapping: ConversionMap, response: Response) -> MappingOut:
    with_etag(response, mapping.version)
    return MappingOut(
        version=mapping.version,
        pairs=[MappingPair.model_validate(pair) for pair in mapping.pairs],
        same_keys=mapping.same_keys,
        updated_at=mapping.updated_at,
    )
