"""The pages in HTML. Nothing of another host is loaded, nothing inline is run."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analytics.dashboard import files
from analytics.dashboard.drawing import Page
from analytics.dashboard.filters import SHOWN, Filters
from analytics.dashboard.queries import FIGURES, MANAGERS, TREND, Shown
from analytics.dashboard.rules import HEIGHT, LANGUAGES, WIDTH, Language
from analytics.dashboard.texts import TEXTS
from analytics.projections.queries import Freshness, Setting

ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Cpath fill='%232f5bd3' d='M3 5h26L19 17v8l-6 3V17z'/%3E%3C/svg%3E"
)
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def dashboard_page(shown: Shown, filters: Filters, setting: Setting, fresh: Freshness) -> HTMLResponse:
    """The dashboard itself."""
    texts = TEXTS[filters.language]
    page = Page(shown, filters, texts, setting.currency)
    local = fresh.as_of.astimezone(setting.time_zone) if fresh.as_of else None
    return _page(
        "dashboard.html", 200, filters.language,
        page=page, filters=filters, shown=shown, workspace=setting.name, sizes=(WIDTH, HEIGHT),
        links=_links(filters, shown),
        presets=[(texts[each], filters.address(relative=each), each == filters.relative) for each in SHOWN],
        languages=[(each, filters.address(language=each)) for each in LANGUAGES],
        as_of=f"{page.written.day(local.date())} {local:%H:%M}" if local else None,
    )  # fmt: skip


def _links(filters: Filters, shown: Shown) -> dict[str, tuple[str, str]]:
    """Of each chart the addresses of its JSON and of its CSV."""
    days = {"from": filters.period.start.isoformat(), "to": filters.period.end.isoformat()}
    reconciliation = f"/v1/reconciliation?{urlencode(days)}"

    def both(path: str, **more: str) -> tuple[str, str]:
        return filters.data(path, **more), filters.data(path, **more, format="csv")

    return {
        "figures": both("query", metrics=",".join(FIGURES)),
        "funnel": both("funnel", reasons="true"),
        "sources": both("cost-per-lead", by="source"),
        "trend": both("query", metrics=",".join(TREND), by=shown.trend.grain),
        "managers": both("query", metrics=",".join(MANAGERS), by="owner"),
        "reasons": both("reports/loss-reasons"),
        "reconciliation": (reconciliation, f"{reconciliation}&format=csv"),
    }


def sign_in_page(language: Language, *, asked: str, status: int = 200, problem: str | None = None) -> HTMLResponse:
    """Where a token is asked for; `asked` is the query of the page that was wanted, `problem` the key of a text."""
    return _page(
        "sign_in.html", status, language, asked=asked, problem=problem, languages=_other_languages(asked),
    )  # fmt: skip


def message_page(language: Language, name: str, status: int, *, problem: str | None = None) -> HTMLResponse:
    """One sentence instead of the dashboard: `name` is young, asked, busy or refused; `problem`: the code of one."""
    texts = TEXTS[language]
    said = texts.get(problem, texts["invalid"]) if problem else texts[name]
    return _page(
        "message.html", status, language, title=TEXTS[language][f"{name}_title"], text=said,
        languages=_other_languages(""),
    )  # fmt: skip


def _other_languages(asked: str) -> list[tuple[str, str]]:
    kept = [(name, value) for name, value in parse_qsl(asked) if name != "lang"]
    return [(each, f"/?{urlencode([*kept, ('lang', each)])}") for each in LANGUAGES]


def _page(template: str, status: int, language: Language, **values: Any) -> HTMLResponse:
    return HTMLResponse(
        _TEMPLATES.get_template(template).render(
            texts=TEXTS[language],
            language=language,
            icon=ICON,
            style=files.STYLE.tag,
            script=files.SCRIPT.tag,
            **values,
        ),
        status,
        headers={
            "Content-Security-Policy": POLICY,
            "Cache-Control": "no-store",
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Content-Language": language,
        },
    )
