"""The results that a new workspace begins with, and which of them words mean. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from crm_core.activities.rules import Kind


class DefaultResult(NamedTuple):
    """A result of one kind of activity by its stable key, with its name in each language."""

    kind: Kind
    key: str
    en: str
    ru: str


DEFAULT_RESULTS = (
    DefaultResult("call", "answered", "Answered", "Дозвонились"),
    DefaultResult("call", "no_answer", "No answer", "Не взяли трубку"),
    DefaultResult("call", "busy", "Busy", "Занято"),
    DefaultResult("call", "call_back_later", "Asked to call back later", "Просили перезвонить"),
    DefaultResult("call", "voicemail", "Voicemail", "Автоответчик"),
    DefaultResult("call", "missed", "Missed", "Пропущен"),
    DefaultResult("call", "wrong_number", "Wrong number", "Неверный номер"),
    DefaultResult("email", "sent", "Sent", "Отправлено"),
    DefaultResult("email", "replied", "Replied", "Ответили"),
    DefaultResult("email", "bounced", "Bounced", "Не доставлено"),
    DefaultResult("meeting", "held", "Held", "Состоялась"),
    DefaultResult("meeting", "rescheduled", "Put off", "Перенесена"),
    DefaultResult("meeting", "no_show", "Nobody came", "Никто не пришёл"),
    DefaultResult("meeting", "cancelled", "Cancelled", "Отменена"),
    DefaultResult("task", "done", "Done", "Сделано"),
    DefaultResult("task", "not_needed", "No longer needed", "Больше не нужно"),
)


class Offered(NamedTuple):
    """A result that is offered: its key, and its names by language."""

    key: str
    names: Mapping[str, str | None]


def meant(given: str, offered: Iterable[Offered]) -> str:
    """The key of the result that is named by its key or in any language, however written; other words stay words."""
    said = " ".join(given.split()).casefold()
    for one in offered:
        if said in {one.key.casefold(), *(name.casefold() for name in one.names.values() if name)}:
            return one.key
    return given
