"""`/v1/sources` and `/v1/providers`."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.contracts.inquiry import Channel
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, with_etag
from leadkit.merge_patch import changes
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from lead_intake.mailboxes.queries import Standing, mailbox_states
from lead_intake.providers import PROVIDERS
from lead_intake.providers.settings import SourceDefaults, SpamSettings
from lead_intake.sources import actions, queries
from lead_intake.sources.schemas import MailboxState, ProviderList, ProviderOut, SourceCreate, SourceOut, SourcePatch
from lead_intake.sources.tables import Source
from lead_intake.sources.views import opened

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["sources"])

Reader = Annotated[Caller, Allow("sources:read")]
Writer = Annotated[Caller, Allow("sources:write")]

SORTS = {"created_at": Source.created_at, "name": Source.name}


@router.post("/sources", status_code=201)
async def sources_create(
    body: SourceCreate, request: Request, response: Response, session: Session, caller: Writer, now: Now
) -> SourceOut:
    """Add an entry point."""
    state = request.app.state
    row = await actions.create_source(
        session, body, state.sealer, workspace_id=caller.workspace, sends_mail=state.settings.sends_mail, now=now
    )
    response.headers["Location"] = f"/v1/sources/{row.id}"
    return _shown(row, request, response)


@router.get("/sources")
async def sources_list(
    request: Request,
    response: Response,
    session: ReadSession,
    caller: Reader,
    paging: Paging,
    channel: Annotated[Channel | None, Query()] = None,
    provider: Annotated[str | None, Query(max_length=50)] = None,
    enabled: Annotated[bool | None, Query()] = None,
) -> Page[SourceOut]:
    """List the entry points."""
    rows, next_cursor, total = await fetch_page(
        session,
        queries.sources_of(caller.workspace, channel=channel, provider=provider, enabled=enabled),
        paging,
        sorts=SORTS,
        default="-created_at",
        key=Source.id,
        request=request,
        response=response,
    )
    mailboxes = await mailbox_states(session, caller.workspace, [row.id for row in rows])
    items = [_out(row, request, mailboxes.get(row.id)) for row in rows]
    return Page(items=items, next_cursor=next_cursor, total=total)


@router.get("/sources/{source_id}", responses=problems(NotFound))
async def sources_get(
    source_id: UUID, request: Request, response: Response, session: ReadSession, caller: Reader
) -> SourceOut:
    """Show one entry point."""
    row = await queries.source_by_id(session, caller.workspace, source_id)
    mailboxes = await mailbox_states(session, caller.workspace, [row.id])
    return _shown(row, request, response, mailboxes.get(row.id))


@router.patch("/sources/{source_id}", responses=problems(NotFound, Stale, PreconditionRequired))
async def sources_update(
    source_id: UUID,
    body: SourcePatch,
    request: Request,
    response: Response,
    session: Session,
    caller: Writer,
    if_match: IfMatch,
    now: Now,
) -> SourceOut:
    """Change an entry point; what is on its way in the next second may still meet the former settings."""
    patch = changes(body, never_null=("name", "enabled", "allowed_origins"))
    row = await actions.change_source(
        session,
        source_id,
        patch,
        request.app.state.sealer,
        workspace_id=caller.workspace,
        if_match=if_match,
        sends_mail=request.app.state.settings.sends_mail,
        now=now,
    )
    mailboxes = await mailbox_states(session, caller.workspace, [row.id])
    return _shown(row, request, response, mailboxes.get(row.id))


@router.delete("/sources/{source_id}", status_code=204, responses=problems(NotFound, Stale))
async def sources_delete(source_id: UUID, session: Session, caller: Writer, if_match: IfMatch, now: Now) -> None:
    """Close an entry point for good; what came through it stays."""
    await actions.delete_source(session, source_id, workspace_id=caller.workspace, if_match=if_match, now=now)


@router.get("/providers")
async def providers_list(_: Reader) -> ProviderList:
    """List the wire formats that a source can have, with the JSON Schema of their settings and secrets."""
    return ProviderList(
        items=[
            ProviderOut(
                slug=provider.slug,
                title=provider.title,
                channels=list(provider.channels),
                hint=provider.hint,
                settings_schema=provider.settings_model.model_json_schema(),
                secrets_schema=provider.secrets_model.model_json_schema(),
            )
            for provider in PROVIDERS
        ]
    )


def _shown(row: Source, request: Request, response: Response, mailbox: Standing | None = None) -> SourceOut:
    with_etag(response, row.version)
    return _out(row, request, mailbox)


def _out(row: Source, request: Request, mailbox: Standing | None) -> SourceOut:
    return SourceOut(
        id=row.id,
        version=row.version,
        name=row.name,
        channel=cast(Channel, row.channel),
        provider=row.provider,
        key=row.key,
        inbound_url=f"{request.app.state.settings.address}/in/{row.key}",
        settings=row.settings,
        secrets_set=sorted(opened(row, request.app.state.sealer)),
        defaults=SourceDefaults.model_validate(row.defaults),
        allowed_origins=row.allowed_origins,
        redirect_url=row.redirect_url,
        spam=SpamSettings.model_validate(row.spam),
        enabled=row.enabled,
        mailbox=MailboxState.model_validate(mailbox, from_attributes=True) if mailbox else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
