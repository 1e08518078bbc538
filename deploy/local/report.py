"""What `make run` tells: lines on the terminal, and `leadflow.json` for programs."""

import json
from pathlib import Path
from typing import Any, TypedDict

ACCESS_FILE = "leadflow.json"

EXAMPLE_FORM = {"name": "Иван Петров", "phone": "+7 495 123-45-67", "message": "Сколько стоит внедрение?"}


class SourceAccess(TypedDict, total=False):
    """How to reach a source; `secrets` only for the telephony one, which signs its requests."""

    id: str
    key: str
    inbound_url: str
    secrets: dict[str, str]


class Access(TypedDict):
    """The content of `leadflow.json`: everything a newcomer or a script needs to use this installation."""

    intake_url: str
    core_url: str
    analytics_url: str
    platform_token: str
    workspace_id: str
    admin_token: str
    sources: dict[str, SourceAccess]


def read_access(path: Path) -> dict[str, Any]:
    """What an earlier run wrote; nothing when there is none or it is no JSON."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def say(words: str) -> None:
    """One line for the person at the terminal."""
    print(words, flush=True)


def announce(access: Access, folder: Path, seconds: float) -> None:
    """The addresses, a token, and commands that work when pasted."""
    form = json.dumps(EXAMPLE_FORM, ensure_ascii=False)
    say(
        f"""
Leadflow is ready after {seconds:.1f} s.

  lead-intake   {access["intake_url"]}/docs
  crm-core      {access["core_url"]}/docs
  analytics     {access["analytics_url"]}/docs
  dashboard     {access["analytics_url"]}/
  token         {access["admin_token"]}

Open the dashboard and sign in with the token. Send an inquiry, and look at the lead it becomes:

  curl -H 'Content-Type: application/json' -d '{form}' {access["sources"]["form"]["inbound_url"]}
  curl -H 'Authorization: Bearer {access["admin_token"]}' {access["core_url"]}/v1/leads

Keys and addresses for programs: {folder / ACCESS_FILE}. Logs: {folder / "logs"}. Ctrl-C stops everything.
"""
    )
