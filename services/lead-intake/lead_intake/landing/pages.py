"""Our own pages in HTML: the hosted form, thanks, and what is said where there is no form (any more)."""

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lead_intake.landing.rules import TEXTS, Language, form_of
from lead_intake.providers.base import SourceView
from lead_intake.sources.rules import ascii_origin

TYPES = {"phone": "tel", "email": "email"}
AUTOCOMPLETE = {"name": "name", "phone": "tel", "email": "email", "company": "organization"}

_SOURCE = re.compile(r"[A-Za-z0-9.:/*\[\]-]+")
"""What may stand in a policy as a source: nothing that ends the directive."""

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def form_page(source: SourceView, language: Language, allowed_origins: Sequence[str], referrer: str) -> HTMLResponse:
    """The source's form. It posts without JavaScript as well; with it, where the visitor came from goes along."""
    form = form_of(source, language)
    return _page(
        "form.html", 200, _policy(source.redirect_url, allowed_origins), language=language, title=form.title,
        root="../", key=source.key, form=form, types=TYPES, autocomplete=AUTOCOMPLETE,
        next=source.redirect_url or f"{source.key}/thanks",
        referrer=referrer,
    )  # fmt: skip


def thanks_page(source: SourceView, language: Language, allowed_origins: Sequence[str]) -> HTMLResponse:
    """After the form was sent."""
    title, text = TEXTS[language]["thanks_title"], form_of(source, language).thanks
    policy = _policy(None, allowed_origins)
    return _page("message.html", 200, policy, language=language, title=title, text=text, root="../../")


def absent_page(language: Language, status: int) -> HTMLResponse:
    """Instead of a form: 404 where there never was one, 410 where it was switched off."""
    name, texts = ("gone" if status == 410 else "not_found"), TEXTS[language]
    title, text = texts[f"{name}_title"], texts[name]
    return _page("message.html", status, _policy(None, ()), language=language, title=title, text=text, root="../")


def _page(template: str, status: int, policy: str, **values: object) -> HTMLResponse:
    return HTMLResponse(
        _TEMPLATES.get_template(template).render(values),
        status,
        headers={
            "Content-Security-Policy": policy,
            "Cache-Control": "private, no-cache",
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _policy(redirect_url: str | None, allowed_origins: Sequence[str]) -> str:
    """Nothing but our own script and stylesheet. A form's redirect counts as its target, so it is named; whoever may
    post to the source may also frame its form."""
    target = urlsplit(redirect_url) if redirect_url else None
    goes_to = f" {target.scheme}://{target.netloc}" if target and _SOURCE.fullmatch(target.netloc) else ""
    named = [one for one in map(ascii_origin, allowed_origins) if _SOURCE.fullmatch(one)]
    framed = " ".join(["'self'", *named]) if named else "*"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
        f"form-action 'self'{goes_to}; frame-ancestors {framed}"
    )
