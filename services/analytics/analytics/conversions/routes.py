"""`/v1/conversions`."""

from datetime import datetime, time
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession
from leadkit.problems import Invalid, problems
from leadkit.tokens import Caller

from analytics.conversions import queries
from analytics.conversions.formats import CONVERSION_FORMATS, FORMAT_NAMES, GOALS, Format, Manner, written
from analytics.metrics.asking import UnreadablePeriod, read_period
from analytics.metrics.wire import UnknownFormat
from analytics.projections.queries import WorkspaceNotKnown, workspace_setting

router = APIRouter(prefix="/v1/conversions", route_class=EdgeRoute, tags=["conversions"])
FORMATS = ", ".join(each.key for each in CONVERSION_FORMATS)


@router.get(
    "",
    response_class=Response,
    responses={
        200: {
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
            "description": "The file as the platform takes it",
        },
        **problems(UnknownFormat, UnreadablePeriod, WorkspaceNotKnown),
    },
)
async def conversions_export(
    session: ReadSession,
    caller: Annotated[Caller, Allow("leads:read", "metrics:read")],
    now: Now,
    format: Annotated[str, Query(max_length=40, description=f"One of {FORMATS}", examples=["google_ads"])],
    goal: Annotated[str, Query(pattern=f"^({'|'.join(GOALS)})$", description="How far a lead has to have come")] = (
        "qualified"
    ),
    start: Annotated[str | None, Query(alias="from", max_length=40, description="First local day of the goal")] = None,
    end: Annotated[str | None, Query(alias="to", max_length=40, description="First day that does not count")] = None,
    name: Annotated[
        str | None, Query(min_length=1, max_length=100, description="What the platform calls the conversion")
    ] = None,
    value: Annotated[
        Decimal | None, Query(ge=0, lt=10**15, description="What a lead without an amount is worth")
    ] = None,
    id_type: Annotated[str | None, Query(max_length=20, description="Of Metrika: client_id or yclid")] = None,
    consent: Annotated[
        str, Query(pattern="^(GRANTED|DENIED|)$", description="Of Google: the consent that these clients gave")
    ] = "GRANTED",
) -> Response:
    """Give conversions back to an ad platform by click and client ids, as the file that it takes."""
    wanted = _format(format)
    setting = await workspace_setting(session, caller.workspace)
    period = read_period(start, end, zone=setting.time_zone, now=now)
    told = await queries.conversions(
        session,
        caller.workspace,
        goal,
        start=datetime.combine(period.start, time.min, setting.time_zone),
        end=datetime.combine(period.end, time.min, setting.time_zone),
        currency=setting.currency,
        worth=value,
    )
    manner = Manner(name or wanted.names[goal], goal, setting.time_zone, _id_type(wanted, id_type), consent)
    return Response(
        written(wanted, told, manner),
        media_type=wanted.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{wanted.file_name}"', "Cache-Control": "private, no-store",
        },
    )  # fmt: skip


def _format(name: str) -> Format:
    if name not in FORMAT_NAMES:
        raise UnknownFormat(f"format is one of {FORMATS}.", allowed=[each.key for each in CONVERSION_FORMATS])
    return FORMAT_NAMES[name]


def _id_type(format: Format, told: str | None) -> str | None:
    if told is not None and told not in format.id_types:
        raise Invalid.at("/id_type", f"is one of {', '.join(format.id_types) or 'nothing here'}")
    return told or next(iter(format.id_types), None)
