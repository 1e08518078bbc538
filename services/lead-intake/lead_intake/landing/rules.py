"""What a form says and asks, in the visitor's language. Pure."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from lead_intake.providers.base import SourceView
from lead_intake.providers.settings import ConsentSettings, FormField

Language = Literal["ru", "en"]

LONGEST_REFERRER = 2048
_WEB = ("http://", "https://")

TEXTS: Mapping[Language, Mapping[str, str]] = {
    "ru": {
        "title": "Оставьте заявку", "button": "Отправить", "optional": "необязательно", "policy": "Подробнее",
        "thanks": "Спасибо! Мы получили заявку и скоро ответим.", "thanks_title": "Заявка отправлена",
        "not_found_title": "Такой формы нет", "not_found": "Проверьте адрес страницы: возможно, в нём опечатка.",
        "gone_title": "Форма закрыта", "gone": "Заявки здесь больше не принимают.",
        "name": "Имя", "phone": "Телефон", "email": "E-mail", "company": "Компания", "product": "Что вас интересует",
        "region": "Город", "message": "Сообщение",
    },
    "en": {
        "title": "Leave a request", "button": "Send", "optional": "optional", "policy": "Details",
        "thanks": "Thank you! We have your request and will answer soon.", "thanks_title": "Your request is sent",
        "not_found_title": "There is no such form", "not_found": "Please check the address: it may have a typo.",
        "gone_title": "This form is closed", "gone": "Requests are no longer taken here.",
        "name": "Name", "phone": "Phone", "email": "E-mail", "company": "Company", "product": "What is it about",
        "region": "City", "message": "Message",
    },
}  # fmt: skip


class Field(NamedTuple):
    """A field as it is drawn."""

    name: str
    label: str
    required: bool
    options: Sequence[str]


class Consent(NamedTuple):
    """What is agreed to, and where it can be read up."""

    text: str
    version: str
    required: bool
    policy_url: str | None
    policy: str


class Form(NamedTuple):
    """A form, every text resolved. `honeypot` is the field that nobody fills; `proof_of_work` the zeros to be found."""

    language: Language
    title: str
    intro: str | None
    button: str
    thanks: str
    fields: Sequence[Field]
    consent: Consent | None
    honeypot: str | None
    proof_of_work: int | None
    redirect_url: str | None
    optional: str


def language_for(source: SourceView | None, preferred: str) -> Language:
    """The form's own language, else the first that the visitor prefers (`Accept-Language`), else the source's."""
    if source is not None and source.settings.form.language:
        return source.settings.form.language
    ours: dict[str, Language] = {"ru": "ru", "en": "en"}
    wishes = []
    for place, part in enumerate(preferred.split(",")[:20]):
        tag, _, quality = part.strip().partition(";q=")
        primary = tag.strip().lower().partition("-")[0]
        if primary in ours:
            wishes.append((-_number(quality), place, ours[primary]))
    if wishes:
        return min(wishes)[2]
    return ours.get((source.defaults.language or "")[:2].lower() if source else "", "en")


def form_of(source: SourceView, language: Language) -> Form:
    """The source's form; texts that it does not set are ours."""
    form, texts, spam = source.settings.form, TEXTS[language], source.spam
    asked = source.settings.consent
    return Form(
        language=language,
        title=form.title or texts["title"],
        intro=form.intro,
        button=form.button or texts["button"],
        thanks=form.thanks or texts["thanks"],
        fields=[_field(one, texts) for one in form.fields],
        consent=_consent(asked, texts) if asked else None,
        honeypot=spam.honeypot_fields[0] if spam.enabled and spam.honeypot_fields else None,
        proof_of_work=spam.proof_of_work if spam.enabled else None,
        redirect_url=source.redirect_url,
        optional=texts["optional"],
    )


def referrer_told(referrer: str, host: str) -> str:
    """The page before, unless it was one of ours, or is no page."""
    if len(referrer) > LONGEST_REFERRER or not referrer.startswith(_WEB):
        return ""
    return "" if referrer.partition("://")[2].partition("/")[0] == host else referrer


def _field(field: FormField, texts: Mapping[str, str]) -> Field:
    return Field(field.name, field.label or texts[field.name], field.required, field.options)


def _consent(asked: ConsentSettings, texts: Mapping[str, str]) -> Consent:
    return Consent(asked.text, asked.version, asked.required, asked.policy_url, texts["policy"])


def _number(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0
