"""What a link holds, what the mail and the pages say, and when to send again. Pure."""

import random
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

Language = Literal["ru", "en"]
PURPOSE = "confirmation links"
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
MOST_A_DAY = 3
"""Mails to one address within a day: a form is not to be used to bother somebody."""

_PACKED = 16 + 16 + 8

TEXTS: dict[Language, dict[str, str]] = {
    "ru": {
        "mail_subject": "Подтвердите ваше обращение",
        "mail_body": "Здравствуйте!\n\nКто-то, вероятно вы, оставил у нас обращение и указал этот адрес. Чтобы мы "
        "его получили, откройте страницу и нажмите кнопку:\n\n{link}\n\nСсылка действует до {until} (UTC). Если это "
        "были не вы, ничего не делайте: обращение не будет передано.\n",
        "ask_title": "Подтверждение обращения",
        "ask": "Нажмите кнопку, и мы получим ваше обращение.",
        "button": "Подтвердить",
        "done_title": "Спасибо!",
        "done": "Обращение подтверждено, мы с вами свяжемся.",
        "gone_title": "Ссылка не действует",
        "gone": "Ссылка устарела или неверна. Отправьте, пожалуйста, форму ещё раз.",
    },
    "en": {
        "mail_subject": "Please confirm your inquiry",
        "mail_body": "Hello,\n\nsomebody, probably you, left us an inquiry and gave this address. For us to get it, "
        "open the page and press the button:\n\n{link}\n\nThe link works until {until} (UTC). If it was not you, do "
        "nothing: the inquiry will not be passed on.\n",
        "ask_title": "Confirm your inquiry",
        "ask": "Press the button, and we get your inquiry.",
        "button": "Confirm",
        "done_title": "Thank you!",
        "done": "Your inquiry is confirmed, we will get in touch.",
        "gone_title": "This link does not work",
        "gone": "The link is too old or wrong. Please send the form again.",
    },
}


class Link(NamedTuple):
    """What a link names."""

    workspace_id: UUID
    submission_id: UUID
    until: datetime


def packed(link: Link) -> bytes:
    """The link's content, to be sealed."""
    until = int(link.until.timestamp()).to_bytes(8, "big")
    return link.workspace_id.bytes + link.submission_id.bytes + until


def unpacked(content: bytes) -> Link | None:
    """What `packed` made; None for anything else."""
    if len(content) != _PACKED:
        return None
    until = datetime.fromtimestamp(int.from_bytes(content[32:], "big"), UTC)
    return Link(UUID(bytes=content[:16]), UUID(bytes=content[16:32]), until)


def language_of(tag: str | None) -> Language:
    """The language of our texts for an inquiry or a browser's preferences: Russian where it says so."""
    return "ru" if (tag or "").lower().startswith("ru") else "en"


def pause_after(failures: int, *, jitter: random.Random) -> timedelta:
    """Doubles with each failure, to an hour at most, less up to a half by chance."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 12)) * jitter.uniform(0.5, 1)
