"""The script and the hosted form in a real browser."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route

from tests.lead_intake.landing.conftest import Site, Visitor, picture
from tests.lead_intake.workspace import Json, Workspace

pytestmark = pytest.mark.xdist_group("browser")

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "landing-pages.md"
FORM = """
<form id="lead" method="post" action="{door}">
  <label>Имя <input name="name"></label>
  <label>Телефон <input name="phone" type="tel"></label>
  <label>E-mail <input name="email" type="email"></label>
  <button>Отправить</button>
</form>
"""
THANKS = "Спасибо! Мы получили заявку и скоро ответим."


def script(address: str, source: Json, **options: str) -> str:
    told = "".join(f' data-{name.replace("_", "-")}="{value}"' for name, value in options.items())
    return f'<script src="{address}/embed.js" data-key="{source["key"]}"{told} defer></script>'


def bound(site: Site, address: str, source: Json, *, lang: str = "ru", **more: str) -> str:
    form = FORM.format(door=f"{address}/in/{source['key']}")
    return site.page("/", form + script(address, source, form="#lead", **more), lang=lang)


async def send(page: Page, phone: str = "8 (999) 000-02-04") -> None:
    await page.fill("[name=phone]", phone)
    await page.click("button")


def heard_from(page: Page) -> list[str]:
    """What the page complains of: violations of its policy, errors, warnings."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


async def only(workspace: Workspace, **filters: Any) -> Json:
    (one,) = await workspace.submissions(**filters)
    return await workspace.submission(one["id"])


async def test_first_and_last_touch_of_several_visits_go_along(
    workspace: Workspace, site: Site, address: str, visitor: Visitor
) -> None:
    source = await workspace.source(settings={"own_domains": ["localhost"]})
    context = await visitor()
    url = bound(site, address, source)
    page = await context.new_page()
    for query in (
        "?utm_source=vk&utm_medium=social&utm_campaign=spring",
        "?utm_source=google&utm_medium=cpc&gclid=Gc-1",
    ):
        await page.goto(url + query)
    await page.evaluate("document.cookie = '_ym_uid=1773200000111111111'; document.cookie = 'session=secret'")
    await page.close()
    page = await context.new_page()
    await page.goto(url)
    await send(page)
    await page.get_by_text(THANKS).wait_for()
    submission = await only(workspace)
    touches = submission["inquiry"]["attribution"]
    assert (touches["first"]["source"], touches["first"]["campaign"]) == ("vk", "spring")
    assert (touches["last"]["source"], touches["last"]["click_ids"]) == ("google", {"gclid": "Gc-1"})
    assert touches["last"]["landing_url"].endswith("gclid=Gc-1")
    assert touches["last"]["client_ids"]["ym"] == "1773200000111111111"
    assert touches["first"]["at"] < touches["last"]["at"]
    assert "secret" not in submission["raw"][0]["body"]
    assert {cookie["name"] for cookie in await context.cookies()} == {"_ym_uid", "session"}


@pytest.mark.parametrize(
    ("lang", "contact", "phone", "email"),
    [
        ("ru", "Укажите телефон или e-mail", "Проверьте номер", "Проверьте адрес"),
        ("en", "Please leave a phone or an e-mail", "Please check the number", "Please check the address"),
    ],
)
async def test_what_is_wrong_is_told_in_the_pages_language_at_its_place(
    workspace: Workspace, site: Site, address: str, visitor: Visitor, lang: str, contact: str, phone: str, email: str
) -> None:
    source = await workspace.source()
    page = await (await visitor(locale="de-DE")).new_page()
    await page.goto(bound(site, address, source, lang=lang))
    await page.click("button")
    await page.get_by_text(contact).wait_for()
    assert await page.evaluate("document.activeElement.name") == "phone"
    await page.fill("[name=phone]", "12")
    await page.fill("[name=email]", "anna@")
    await page.click("button")
    for text in (phone, email):
        await page.get_by_text(text).wait_for()
    assert await page.get_attribute("[name=phone]", "aria-invalid") == "true"
    described = await page.get_attribute("[name=phone]", "aria-describedby")
    assert phone in await page.inner_text(f"#{described}")
    await page.fill("[name=phone]", "89990000204")
    assert await page.get_attribute("[name=phone]", "aria-invalid") is None
    await page.fill("[name=email]", "anna@example.ru")
    await page.click("button")
    await page.locator("[data-state=sent]").wait_for()
    assert (await only(workspace))["inquiry"]["language"] == lang


async def test_a_double_click_sends_once_and_the_page_is_told(
    workspace: Workspace, site: Site, address: str, visitor: Visitor
) -> None:
    source = await workspace.source()
    page = await (await visitor()).new_page()
    await page.goto(bound(site, address, source))
    await page.evaluate("addEventListener('leadflow:sent', (event) => { window.told = event.detail })")
    await page.fill("[name=phone]", "89990000204")
    await page.evaluate(
        "lead.insertAdjacentHTML('beforeend', '<input name=pin type=password value=only-for-the-page>')"
    )
    await page.dblclick("button")
    await page.get_by_text(THANKS).wait_for()
    submission = await only(workspace)
    assert "only-for-the-page" not in str(submission)
    told = await page.evaluate("window.told")
    assert told == {"key": source["key"], "submission_id": submission["id"], "later": False}
    assert await page.evaluate("localStorage['leadflow:unsent']") == "[]"
    later = await page.evaluate("leadflow.submit({email: 'anna@example.ru', product: 'Окна'})")
    assert (await workspace.submission(later["submission_id"]))["inquiry"]["product"] == "Окна"


async def test_what_is_sent_offline_arrives_once_when_the_connection_is_back(
    workspace: Workspace, site: Site, address: str, visitor: Visitor
) -> None:
    source = await workspace.source()
    context = await visitor()
    page = await context.new_page()
    await page.goto(bound(site, address, source))
    await context.set_offline(True)
    await send(page)
    await page.get_by_text("Нет связи. Заявка сохранена").wait_for()
    assert await workspace.submissions() == []
    await context.set_offline(False)
    await page.get_by_text(THANKS).wait_for()
    await only(workspace)
    await context.set_offline(True)
    await send(page, "89990000205")
    await page.get_by_text("Нет связи. Заявка сохранена").wait_for()
    await page.close()
    await context.set_offline(False)
    page = await context.new_page()
    async with page.expect_event("console", lambda message: message.text == "sent later"):
        await page.add_init_script(
            "addEventListener('leadflow:sent', (e) => e.detail.later && console.log('sent later'))"
        )
        await page.goto(bound(site, address, source))
    # An answer that a connection lost on its way back is asked for again: the server knows the repeat by its key.
    phones = [one["inquiry"]["phones"] for one in await workspace.submissions(status="ready")]
    assert sorted(phones) == [["+79990000204"], ["+79990000205"]]


async def test_an_answer_that_got_lost_is_asked_for_again_under_the_same_key(
    workspace: Workspace, site: Site, address: str, visitor: Visitor
) -> None:
    keys = []

    async def lose_the_first(route: Route) -> None:
        if route.request.method != "POST":
            await route.continue_()
            return
        keys.append(await route.request.header_value("idempotency-key"))
        await route.fetch()
        await (route.abort() if len(keys) == 1 else route.continue_())

    source = await workspace.source()
    page = await (await visitor()).new_page()
    await page.goto(bound(site, address, source))
    await page.route("**/in/**", lose_the_first)
    await send(page)
    await page.get_by_text(THANKS).wait_for()
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert {one["status"] for one in await workspace.submissions()} == {"duplicate", "ready"}


async def test_the_three_ways_of_the_guide_work_as_they_stand_there(
    workspace: Workspace, site: Site, address: str, visitor: Visitor
) -> None:
    ways = re.findall(r"```html\n(.*?)```", GUIDE.read_text(), re.S)
    assert len(ways) == 3
    source = await workspace.source()
    page = await (await visitor(locale="en-GB")).new_page()
    for number, way in enumerate(ways):
        html = way.replace("LEADFLOW", address).replace("KEY", source["key"])
        await page.goto(site.page(f"/{number}", html, lang="en"))
        contact = page.locator("[name=phone], [name=email]").first
        is_phone = await contact.get_attribute("name") == "phone"
        await contact.fill(f"8999000020{number}" if is_phone else "anna@example.ru")
        await page.get_by_role("button", name="Send").click()
        await page.get_by_text("Thank you! We have your request").wait_for()
    assert len(await workspace.submissions(status="ready")) == 3


async def test_a_form_with_a_file_goes_the_plain_way_with_its_marks(
    workspace: Workspace, site: Site, address: str, visitor: Visitor
) -> None:
    source = await workspace.source()
    form = f"<form id=lead action={address}/in/{source['key']}><input name=phone><input name=plan type=file><button>Ok"
    page = await (await visitor(locale="ru-RU")).new_page()
    url = site.page("/", form + "</button></form>" + script(address, source, form="#lead"))
    await page.goto(url + "?utm_source=vk")
    await page.set_input_files("[name=plan]", {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"3 x 4"})
    await send(page)
    await page.get_by_role("heading", name="Заявка отправлена").wait_for()
    inquiry = (await only(workspace))["inquiry"]
    assert inquiry["attribution"]["last"]["source"] == "vk"
    assert inquiry["extra"]["attachments"] == [{"name": "plan.txt", "size": 5, "type": "text/plain"}]


async def test_a_page_under_a_strict_policy_draws_proves_and_sends(
    workspace: Workspace, site: Site, address: str, visitor: Visitor
) -> None:
    consent = {"text": "Согласен на обработку персональных данных", "version": "1", "policy_url": "https://a.example/p"}
    source = await workspace.source(
        spam={"proof_of_work": 2}, settings={"consent": consent}, allowed_origins=[site.address]
    )
    policy = (
        f"default-src 'none'; script-src {address}; style-src {address}; connect-src {address}; form-action {address}; "
        "base-uri 'none'; require-trusted-types-for 'script'"
    )
    url = site.page("/strict", script(address, source, draw=""), Content_Security_Policy=policy)
    page = await (await visitor()).new_page()
    complaints = heard_from(page)
    await page.goto(url)
    await page.fill("[name=name]", "Анна Примерова")
    await page.fill("[name=phone]", "+7 999 000-02-04")
    await page.click("button")
    await page.get_by_text("Нужно ваше согласие").wait_for()
    await page.check("[name=consent]")
    await page.screenshot(path=picture("drawn"), full_page=True)
    await page.click("button")
    await page.get_by_text(THANKS).wait_for()
    assert complaints == []
    submission = await only(workspace)
    assert (submission["status"], submission["screening"]["score"]) == ("ready", 0)
    told = submission["inquiry"]["consent"]
    assert (told["given"], told["text"], told["text_version"]) == (True, consent["text"], "1")


async def test_the_hosted_form_works_without_javascript(workspace: Workspace, address: str, visitor: Visitor) -> None:
    source = await workspace.source(settings={"consent": {"text": "Согласен", "version": "7"}})
    page = await (await visitor(java_script_enabled=False, locale="en-GB")).new_page()
    await page.goto(f"{address}/f/{source['key']}?utm_source=vk&utm_medium=social")
    await page.get_by_label("Phone").fill("8 (999) 000-02-04")
    await page.get_by_label("Согласен").check()
    await page.get_by_role("button", name="Send").click()
    await page.get_by_role("heading", name="Your request is sent").wait_for()
    assert page.url == f"{address}/f/{source['key']}/thanks"
    inquiry = (await only(workspace))["inquiry"]
    assert (inquiry["language"], inquiry["attribution"]["last"]["source"]) == ("en", "vk")
    assert (inquiry["consent"]["text"], inquiry["consent"]["text_version"]) == ("Согласен", "7")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_hosted_form_is_good_on_a_phone(
    workspace: Workspace, address: str, visitor: Visitor, scheme: str
) -> None:
    fields = [
        {"name": "name"}, {"name": "phone", "required": True}, {"name": "product", "options": ["Окна", "Двери"]},
        {"name": "message"},
    ]  # fmt: skip
    form = {"title": "Рассчитаем стоимость окон", "intro": "Ответим в течение часа.", "fields": fields}
    consent = {"text": "Согласен на обработку персональных данных", "version": "1", "policy_url": "https://a.example/p"}
    source = await workspace.source(settings={"form": form, "consent": consent}, allowed_origins=["https://a.example"])
    page = await (await visitor(locale="ru-RU", color_scheme=scheme)).new_page()
    complaints = heard_from(page)
    await page.add_init_script(
        "window.shifts = []; new PerformanceObserver((list) => list.getEntries().forEach((one) => "
        "one.hadRecentInput || shifts.push(one.value))).observe({type: 'layout-shift', buffered: true})"
    )
    await page.goto(f"{address}/f/{source['key']}")
    await page.screenshot(path=picture(f"hosted-{scheme}"), full_page=True)
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.name") == "name"
    await page.get_by_role("button", name="Отправить").click()
    await page.get_by_text("Проверьте отмеченные поля").wait_for()
    await page.screenshot(path=picture(f"hosted-{scheme}-wrong"), full_page=True)
    small = await page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden],[type=checkbox]),textarea,select,button')]"
        ".filter((one) => !one.closest('.leadflow-trap') && one.offsetHeight < 44).map((one) => one.name)"
    )
    assert small == []
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert await page.evaluate("window.shifts") == []
    await page.get_by_label("Телефон").fill("8 (999) 000-02-04")
    await page.get_by_label("Что вас интересует").select_option("Окна")
    await page.get_by_label("Согласен").check()
    await page.get_by_role("button", name="Отправить").click()
    await page.get_by_role("heading", name="Заявка отправлена").wait_for()
    await page.screenshot(path=picture(f"thanks-{scheme}"))
    assert complaints == []
    assert (await only(workspace))["inquiry"]["product"] == "Окна"


async def test_before_consent_nothing_is_kept_and_no_id_goes_along(
    workspace: Workspace, site: Site, address: str, visitor: Visitor
) -> None:
    source = await workspace.source()
    context = await visitor()
    page = await context.new_page()
    await page.goto(bound(site, address, source, consent="required") + "?utm_source=vk&yclid=12345678901234567")
    await page.evaluate("document.cookie = '_ym_uid=1773200000111111111'")
    assert await page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    told = await page.evaluate("leadflow.attribution()")
    assert told["utm_source"] == "vk"
    assert told.keys().isdisjoint({"_ym_uid", "first_touch", "last_touch", "yclid", "session_id"})
    await page.evaluate("leadflow.consent(true)")
    told = await page.evaluate("leadflow.attribution()")
    assert (told["_ym_uid"], told["first_touch"]["yclid"]) == ("1773200000111111111", "12345678901234567")
