"""The summaries of timeline entries, in the workspace's language. Pure."""

from collections.abc import Mapping
from typing import Any

EXCERPT = 140

PHRASES: dict[str, dict[str, str]] = {
    "en": {
        "inquiry": "Inquiry ({channel}): {text}",
        "call": "Call ({direction}, {result}) {text}",
        "email": "E-mail ({direction}): {text}",
        "meeting": "Meeting: {text}",
        "note": "Note: {text}",
        "task": "Task: {text}",
        "created": "Lead came in",
        "transition": "Lead: {from_status} → {to_status}",
        "assignment": "Assigned to {owner}",
        "unassigned": "Waits without an owner",
        "deadline_due_soon": "{owner} is to answer soon",
        "deadline_breached": "{owner} did not answer in time",
        "deal": "Deal “{deal}” began in stage {to}",
        "stage": "Deal “{deal}”: {left} → {to}",
        "won": "Deal “{deal}” won",
        "lost": "Deal “{deal}” lost",
        "reopened": "Deal “{deal}” reopened in stage {to}",
        "merged": "Merged with another {entity}",
        "unmerged": "Merge with another {entity} taken back",
        "change": "Changed the {entity}: {fields}",
    },
    "ru": {
        "inquiry": "Обращение ({channel}): {text}",
        "call": "Звонок ({direction}, {result}) {text}",
        "email": "Письмо ({direction}): {text}",
        "meeting": "Встреча: {text}",
        "note": "Заметка: {text}",
        "task": "Задача: {text}",
        "created": "Поступил лид",
        "transition": "Лид: {from_status} → {to_status}",
        "assignment": "Назначен ответственный: {owner}",
        "unassigned": "Ждёт ответственного",
        "deadline_due_soon": "Скоро срок ответа: {owner}",
        "deadline_breached": "Срок ответа пропущен: {owner}",
        "deal": "Сделка «{deal}» начата, этап «{to}»",
        "stage": "Сделка «{deal}»: {left} → {to}",
        "won": "Сделка «{deal}» выиграна",
        "lost": "Сделка «{deal}» проиграна",
        "reopened": "Сделка «{deal}» снова открыта, этап «{to}»",
        "merged": "Объединение: {entity}",
        "unmerged": "Объединение отменено: {entity}",
        "change": "Изменение ({entity}): {fields}",
    },
}

TERMS: dict[str, dict[str, str]] = {
    "en": {"in_progress": "in progress", "api": "API"},
    "ru": {
        "form": "форма", "email": "письмо", "call": "звонок", "chat": "чат", "ads": "реклама", "import": "импорт",
        "api": "API", "inbound": "входящий", "outbound": "исходящий", "answered": "отвечен", "missed": "пропущен",
        "voicemail": "автоответчик", "new": "новый", "assigned": "назначен", "in_progress": "в работе",
        "qualified": "квалифицирован", "converted": "конвертирован", "disqualified": "отклонён",
        "postponed": "отложен", "merged": "объединён", "lead": "лид", "contact": "контакт", "company": "компания",
        "deal": "сделка", "person": "имя", "phones": "телефоны", "emails": "почта", "messengers": "мессенджеры",
        "subject": "тема", "message": "сообщение", "product": "продукт", "region": "регион", "language": "язык",
        "budget": "бюджет", "temperature": "температура", "tags": "метки", "custom": "свои поля", "kind": "вид",
        "company_id": "компания", "contact_id": "контакт", "position": "должность", "legal": "реквизиты",
        "addresses": "адреса", "preferred": "предпочитаемый контакт", "owner_id": "ответственный", "name": "название",
        "team_id": "команда", "amount": "сумма", "lines": "товары", "probability": "вероятность",
        "expected_close": "ожидаемая дата", "lead_ids": "лиды", "qualification": "квалификация",
    },
}  # fmt: skip


def summary(language: str, phrase: str, words: Mapping[str, Any]) -> str:
    """The phrase with its words, as one line; English where the language is not known."""
    code = language.split("-")[0].lower()
    code = code if code in PHRASES else "en"
    said = {name: _said(TERMS[code], code, value) for name, value in words.items()}
    return " ".join(PHRASES[code][phrase].format_map(said).split()).removesuffix(":")


def excerpt(*texts: str | None) -> str:
    """The first text that says something, cut where it grows long."""
    text = " ".join(next((text for text in texts if text and text.strip()), "").split())
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1].rstrip() + "…"


def _said(terms: Mapping[str, str], code: str, value: Any) -> str:
    if isinstance(value, Mapping):  # a name by language
        return str(value.get(code) or next((name for name in value.values() if name), "—"))
    if isinstance(value, list):
        return ", ".join(terms.get(one, one.replace("_", " ")) for one in value)
    return "—" if value is None else terms.get(value, value)
