"""What is new in a message: quotes of earlier messages and the signature are cut off."""

import re

_WROTE = re.compile(
    r"(?:(?:wrote|writes|schrieb|a écrit|написал[аи]?|пишет|отправил[аи]?|\(а\))\s{0,3}:?|"
    r"<[^<>\s]{3,254}>\s{0,3}:|@[\w.-]{3,200}>?:)\s{0,5}$",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"^(?:on\b|am\b|le\b|в\b|пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|сред|четверг|пятниц|суббот|воскресень|"
    r"\d{1,2}[ ./-]|\d{4}-)",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(
    r"^[\s>]{0,5}(?:-{2,}|_{2,}|—{2,}|\*{2,})\s{0,3}(?:original message|исходное сообщение|"
    r"original appointment|reply message)",
    re.IGNORECASE,
)
_OUTLOOK_FROM = re.compile(r"^\*?(?:from|от|von|de)\*?\s{0,3}:", re.IGNORECASE)
_OUTLOOK_MORE = re.compile(r"^\*?(?:sent|to|date|subject|кому|отправлено|дата|тема|копия|cc)\*?\s{0,3}:", re.IGNORECASE)
_SIGNATURE = re.compile(
    r"^\s{0,5}(?:с уважением|с наилучшими пожеланиями|всего доброго|best regards|kind regards|warm regards|regards\b|"
    r"sincerely|yours\b|отправлено (?:из|с)|sent from (?:my|mail|yahoo|outlook)|get outlook for)",
    re.IGNORECASE,
)
MAX_LINES = 5000


def split(text: str) -> tuple[str, str]:
    """The new text and the signature below it; quotes belong to neither."""
    lines = _without_quotes(text.split("\n")[:MAX_LINES])
    for number, line in enumerate(lines):
        if line in ("-- ", "--", "—") or (number > 0 and _SIGNATURE.match(line)):
            return "\n".join(lines[:number]).strip(), "\n".join(lines[number:]).strip()
    return "\n".join(lines).strip(), ""


def _without_quotes(lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        if _begins_quote(lines, number, line):
            return lines[:number] if any(line.strip() for line in lines[:number]) else _below_quote(lines, number)
    return lines


def _begins_quote(lines: list[str], number: int, line: str) -> bool:
    if line.startswith(">") or _SEPARATORS.match(line):
        return True
    if len(line) <= 400 and _DATED.match(line):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if _WROTE.search(line) or (_WROTE.search(following[:400]) and following[:1] != ">" and "@" in line + following):
            return True
    return bool(_OUTLOOK_FROM.match(line)) and any(_OUTLOOK_MORE.match(one) for one in lines[number + 1 : number + 4])


def _below_quote(lines: list[str], number: int) -> list[str]:
    """The answer of someone who writes below the quote. Nothing new at all: empty."""
    last = max((index for index, line in enumerate(lines) if line.startswith(">")), default=None)
    return [] if last is None else lines[max(last, number) + 1 :]
