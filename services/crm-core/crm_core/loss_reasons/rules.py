"""The reasons a new workspace begins with, and the key of a reason that came without one."""

import re
from typing import NamedTuple


class DefaultReason(NamedTuple):
    """A reason by its stable key, with its name in each language."""

    key: str
    en: str
    ru: str


DEFAULT_REASONS = (
    DefaultReason("no_contact", "Could not be reached", "Не удалось связаться"),
    DefaultReason("not_interested", "No longer interested", "Передумал"),
    DefaultReason("too_expensive", "Too expensive", "Дорого"),
    DefaultReason("competitor", "Chose a competitor", "Выбрал конкурента"),
    DefaultReason("no_budget", "No budget", "Нет бюджета"),
    DefaultReason("bad_timing", "Not now", "Не сейчас"),
    DefaultReason("not_a_fit", "We do not offer this", "Не наш профиль"),
    DefaultReason("wrong_contact", "Wrong contact data", "Неверные контакты"),
    DefaultReason("spam", "Spam or joke", "Спам или шутка"),
    DefaultReason("other", "Other", "Другое"),
)


def name_of(reason: DefaultReason, language: str) -> str:
    """The name in the workspace's language (BCP 47); English where we have no other."""
    return reason.ru if language.split("-")[0] == "ru" else reason.en


def key_from(name: str, *, otherwise: str) -> str:
    """A key from an English name (`Too far away` gives `too_far_away`); `otherwise` where no Latin letter is left."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:50] or otherwise
