"""What browsers fetch, without a browser: the script, the hosted form, and what the script asks for."""

import gzip
import re
from dataclasses import replace
from uuid import UUID

import pytest
from lead_intake.landing import files
from lead_intake.landing.rules import TEXTS, form_of, language_for, referrer_told
from lead_intake.providers.base import SourceView
from lead_intake.providers.settings import FormField, FormSettings, SourceDefaults, SourceSettings

from tests.lead_intake.workspace import Workspace

SOURCE = SourceView(UUID(int=1), UUID(int=2), "form", "generic", key="k")
LIMIT = 10 * 1024


def test_the_script_is_small_and_asks_for_nothing_a_strict_policy_refuses() -> None:
    assert len(files.SCRIPT.zipped) < LIMIT
    text = files.SCRIPT.plain.decode()
    assert gzip.decompress(files.SCRIPT.zipped).decode() == text
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)
    for refused in (
        "eval",
        "new Function",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "cssText",
    ):
        assert refused not in code
    assert re.findall(r"setAttribute\('style|document\.cookie\s*=[^=]", code) == []


async def test_the_script_is_sent_once_and_then_only_looked_after(workspace: Workspace) -> None:
    async with workspace.intake.client() as client:
        for path, kind in (("/embed.js", "text/javascript"), ("/embed.css", "text/css")):
            first = await client.get(path)
            assert (first.status_code, first.headers["content-encoding"]) == (200, "gzip")
            assert first.headers["content-type"].startswith(kind)
            assert "stale-while-revalidate" in first.headers["cache-control"]
            again = await client.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
            assert (again.status_code, again.content) == (304, b"")
            plain = await client.get(path, headers={"Accept-Encoding": "identity"})
            assert "content-encoding" not in plain.headers
            assert plain.text == first.text
            assert plain.headers["etag"] != first.headers["etag"]


async def test_the_hosted_form_says_what_its_source_is_set_to_and_escapes_it(workspace: Workspace) -> None:
    form = {"title": "<b>Окна</b>", "button": "Позвоните мне", "fields": [{"name": "phone", "required": True}]}
    consent = {"text": "Согласен & рад", "version": "3"}
    source = await workspace.source(
        settings={"form": form, "consent": consent}, allowed_origins=["https://www.example.ru", "*.пример.рф", "a; b"],
        redirect_url="https://www.example.ru/thanks",
    )  # fmt: skip
    async with workspace.intake.client() as client:
        page = await client.get(f"/f/{source['key']}", headers={"Accept-Language": "de,ru;q=0.8,en;q=0.5"})
    assert '<html lang="ru">' in page.text
    assert "<b>" not in page.text
    for shown in ("&lt;b&gt;Окна", "Позвоните мне", "Согласен &amp; рад", 'name="website"', 'value="3"'):
        assert shown in page.text
    assert page.text.count('class="leadflow-field"') == 1
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "form-action 'self' https://www.example.ru;" in policy
    assert policy.endswith("frame-ancestors 'self' https://www.example.ru *.xn--e1afmkfd.xn--p1ai")
    assert "style=" not in page.text
    assert re.findall(r"<script(?! src)", page.text) == []


async def test_where_there_is_no_form_a_person_gets_a_page_and_a_program_a_problem(workspace: Workspace) -> None:
    closed = await workspace.source(enabled=False)
    calls = await workspace.source("mango_office", "call")
    async with workspace.intake.client() as client:
        for key, status, text in (
            ("nobody", 404, "Такой формы нет"), ("a%00b", 404, "Такой формы нет"), ("k" * 3000, 404, "Такой формы нет"),
            (calls["key"], 404, "Такой формы нет"),
            (closed["key"], 410, "Форма закрыта"),
        ):  # fmt: skip
            page = await client.get(f"/f/{key}", headers={"Accept": "text/html", "Accept-Language": "ru"})
            assert (page.status_code, text in page.text) == (status, True)
            assert "embed.css" in page.text
            problem = await client.get(f"/f/{key}/form.json")
            assert (problem.status_code, problem.headers["content-type"]) == (status, "application/problem+json")
        thanks = await client.get(f"/f/{closed['key']}/thanks", headers={"Accept-Language": "en"})
        assert "Your request is sent" in thanks.text


async def test_only_pages_of_allowed_origins_get_a_challenge(workspace: Workspace) -> None:
    source = await workspace.source(spam={"proof_of_work": 3}, allowed_origins=["https://a.example"])
    without = await workspace.source()
    async with workspace.intake.client() as client:
        path = f"/f/{source['key']}/challenge"
        given = await client.get(path, headers={"Origin": "https://a.example", "Sec-Fetch-Site": "cross-site"})
        assert given.json()["parameters"]["keyPrefix"] == "000"
        assert given.headers["access-control-allow-origin"] == "https://a.example"
        assert given.headers["cache-control"] == "no-store"
        assert (await client.get(path, headers={"Origin": "https://b.example"})).status_code == 403
        assert (await client.get(f"/f/{without['key']}/challenge")).status_code == 404
        told = (await client.get(f"/f/{source['key']}/form.json", params={"lang": "ru-RU"})).json()
    assert (told["proof_of_work"], told["honeypot"], told["fields"][1]["label"]) == (3, "website", "Телефон")


async def test_a_form_without_javascript_comes_back_to_our_thanks(workspace: Workspace) -> None:
    source = await workspace.source()
    for rest, location in (("", "../f/{}/thanks"), ("/a/b", "../../../f/{}/thanks")):
        answer = await workspace.door(source, rest, data={"phone": "89990000204"}, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers["location"]) == (303, location.format(source["key"]))


@pytest.mark.parametrize(
    ("preferred", "language"),
    [
        ("", "en"), ("ru", "ru"), ("de-DE,de;q=0.9", "en"), ("en;q=0.3,ru-RU;q=0.9", "ru"),
        ("de,en;q=0.5,ru;q=0.4", "en"),        ("ru;q=x,en", "en"), (",;q=,", "en"),
    ],
)  # fmt: skip
def test_a_visitor_reads_the_language_they_prefer(preferred: str, language: str) -> None:
    assert language_for(SOURCE, preferred) == language_for(None, preferred) == language


def test_only_a_page_of_somebody_else_is_where_a_visitor_came_from() -> None:
    assert referrer_told("https://a.example/x", "forms.example") == "https://a.example/x"
    assert referrer_told("https://forms.example/f/k", "forms.example") == ""
    assert referrer_told("http://[x", "forms.example") == "http://[x"
    assert referrer_told("javascript:alert(1)", "") == referrer_told("https://a/" + "x" * 3000, "") == ""


def test_a_source_may_set_its_language_and_is_asked_where_the_visitor_has_no_wish() -> None:
    fixed = replace(SOURCE, settings=SourceSettings(form=FormSettings(language="en")))
    assert language_for(fixed, "ru") == "en"
    assert language_for(replace(SOURCE, defaults=SourceDefaults(language="ru-RU")), "de") == "ru"


def test_every_text_is_there_in_both_languages() -> None:
    assert TEXTS["ru"].keys() == TEXTS["en"].keys()
    every = [FormField(name=name) for name in ("name", "phone", "email", "company", "product", "region", "message")]
    form = form_of(replace(SOURCE, settings=SourceSettings(form=FormSettings(fields=every))), "ru")
    assert all(field.label for field in form.fields)
