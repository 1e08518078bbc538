"""The first workspace, made through the public APIs: nothing here that a client could not do. May be repeated."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from deploy.local.api import Api
from deploy.local.folder import write_private
from deploy.local.report import Access, SourceAccess, read_access
from deploy.local.settings import SERVICES, LocalSettings

WORKSPACE = "Leadflow"
TEAM = "Отдел продаж"
HEAD = ("Анна Соколова", "anna.sokolova@leadflow.example")
MANAGERS = (
    ("Борис Орлов", "boris.orlov@leadflow.example"),
    ("Вера Лебедева", "vera.lebedeva@leadflow.example"),
    ("Глеб Зайцев", "gleb.zaytsev@leadflow.example"),
)
SOURCES = {
    "form": {"name": "Форма на сайте", "channel": "form", "provider": "generic"},
    "call": {"name": "Телефон (MANGO OFFICE)", "channel": "call", "provider": "mango_office"},
    "email": {"name": "Почта", "channel": "email", "provider": "email"},
}


def first_workspace(settings: LocalSettings, path: Path, mint: Callable[[], str]) -> Access:
    """Make what is missing of the first workspace, and write how to use it to `path`. `mint` makes a platform token."""
    known = read_access(path)
    urls = {service.key: settings.url(service) for service in SERVICES}
    with httpx.Client(timeout=10) as client:
        platform = _platform(client, urls["core"], known, mint)
        workspace_id = _workspace_id(platform, known)
        admin_token = _admin_token(platform.within(workspace_id), known)
        sources = _sources(Api(client, urls["intake"], admin_token), known.get("sources", {}))
    access = Access(
        intake_url=urls["intake"],
        core_url=urls["core"],
        analytics_url=urls["analytics"],
        platform_token=platform.token,
        workspace_id=workspace_id,
        admin_token=admin_token,
        sources=sources,
    )
    write_private(path, dict(access))
    return access


def _platform(client: httpx.Client, address: str, known: dict[str, Any], mint: Callable[[], str]) -> Api:
    """The platform token of the last run while it is accepted (the database may have been changed), else a new one."""
    if (kept := known.get("platform_token")) and (api := Api(client, address, kept)).accepts("/v1/workspaces"):
        return api
    return Api(client, address, mint())


def _workspace_id(platform: Api, known: dict[str, Any]) -> str:
    """The workspace of the last run, whatever it is called by now, else that of this name, staffed."""
    kept = known.get("workspace_id")
    if kept and platform.accepts(f"/v1/workspaces/{kept}"):
        return str(kept)
    settings = {"time_zone": machine_time_zone(), "currency": "RUB", "default_region": "RU", "language": "ru"}
    workspace_id = str(platform.ensure("/v1/workspaces", {"name": WORKSPACE, **settings}, by="name")["id"])
    _staff(platform.within(workspace_id))
    return workspace_id


def machine_time_zone() -> str:
    """The IANA name of the machine's time zone, from `TZ`, `/etc/timezone` or `/etc/localtime`; else UTC."""
    link = Path("/etc/localtime").resolve().as_posix().partition("/zoneinfo/")[2]
    file = Path("/etc/timezone")
    for name in (os.environ.get("TZ", "").lstrip(":"), file.read_text().strip() if file.exists() else "", link):
        try:
            return ZoneInfo(name).key
        except (KeyError, ValueError, OSError):
            continue
    return "UTC"


def _staff(core: Api) -> None:
    """A head and three managers in one team, all always available."""
    team = core.ensure("/v1/teams", {"name": TEAM}, by="name")
    people = [(*HEAD, "head"), *((*manager, "manager") for manager in MANAGERS)]
    for name, email, role in people:
        core.ensure("/v1/users", {"name": name, "email": email, "role": role, "team_id": team["id"]}, by="email")


def _admin_token(core: Api, known: dict[str, Any]) -> str:
    kept = known.get("admin_token")
    if kept and Api(core.client, core.address, kept).accepts("/v1/me"):
        return str(kept)
    return str(core.post("/v1/tokens", {"name": "make run", "role": "admin"})["token"])


def _sources(intake: Api, known: dict[str, SourceAccess]) -> dict[str, SourceAccess]:
    """A form, a telephony and an e-mail source; those of the last run, whatever they are called by now."""
    found: dict[str, SourceAccess] = {}
    for kind, body in SOURCES.items():
        path = f"/v1/sources/{known.get(kind, {}).get('id')}"
        still_there = kind in known and intake.accepts(path)
        source = intake.get(path) if still_there else intake.ensure("/v1/sources", body, by="name")
        found[kind] = SourceAccess(id=source["id"], key=source["key"], inbound_url=source["inbound_url"])
    found["call"]["secrets"] = _telephony_secrets(intake, found["call"]["id"], known.get("call", {}))
    return found


def _telephony_secrets(intake: Api, source_id: str, known: SourceAccess) -> dict[str, str]:
    """What MANGO's calls are signed with. Secrets are never shown again, so a lost `leadflow.json` means new ones."""
    if known.get("id") == source_id and (kept := known.get("secrets")):
        return kept
    fresh = {"vpbx_api_key": secrets.token_hex(16), "vpbx_api_salt": secrets.token_hex(16)}
    intake.patch(f"/v1/sources/{source_id}", {"secrets": fresh})
    return fresh
