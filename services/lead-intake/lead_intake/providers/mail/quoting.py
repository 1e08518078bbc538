"""What is new in a message: quotes of earlier messages and the signature are cut off."""

import re

_WROTE = re.compile(
    r"(?:(?:wrote|writes|schrieb|a écrit|написал[аи]?|пишет|писал[аи]?|отправил[аи]?|\(а\))\s{0,3}:?|"
    r"<[^<>\s]{3,254}>\s{0,3}:|@[\w.-]{3,200}>?:)\s{0,5}$",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"^(?:on\b|am\b|le\b|в\b|пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|сред|четверг|пятниц|суббот|воскресень|"
    r"\d{1,2}[ ./-]|\d{4}-)",
    re.IGNORECASE,
)
_YOU_WROTE = re.compile(r"^(?:вы писали|you wrote)\b.{0,100}:\s{0,5}$", re.IGNORECASE)
_SEPARATORS = re.compile(
    r"^[\s>]{0,5}(?:-{2,}|_{2,}|—{2,}|\*{2,}|={2,})\s{0,3}(?:original message|исходное сообщение|"
    r"исходное письмо|original appointment|reply message|ответное сообщение|ursprüngliche nachricht)",
    re.IGNORECASE,
)
_OUTLOOK_FROM = re.compile(r"^\*?(?:from|от|от кого|отправитель|von|de)\*?\s{0,3}:", re.IGNORECASE)
_OUTLOOK_MORE = re.compile(
    r"^\*?(?:sent|to|date|subject|кому|отправлено|дата|тема|копия|cc|gesendet|an)\*?\s{0,3}:", re.IGNORECASE
)
_RULE = re.compile(r"^[\s>]{0,5}[_–—-]{5,}\s{0,5}$")
_SIGNATURE = re.compile(
    r"^\s{0,5}\*?(?:с уважением|с наилучшими|с искренним уважением|с почтением|всего доброго|всего хорошего|"
    r"best regards|kind regards|warm regards|with (?:best )?regards|best wishes|regards\b|sincerely|yours\b|"
    r"отправлено (?:из|с|через|при помощи)\b|"
    r"sent (?:from|via|with) (?:my|mail|yahoo|outlook|proton|the|samsung|gmail|a mobile)|"
    r"get outlook for|скачать outlook|получить outlook|загрузить outlook|пользуйтесь почтой)",
    re.IGNORECASE,
)
MAX_LINES = 5000
LONGEST_SIGN = 80
"""A longer line that begins like a signature is a sentence."""


def split(text: str) -> tuple[str, str]:
    """The new text and the signature below it; quotes belong to neither."""
    lines = _without_quotes(text.split("\n")[:MAX_LINES])
    for number, line in enumerate(lines):
        if line in ("-- ", "--", "—") or (number > 0 and len(line) <= LONGEST_SIGN and _SIGNATURE.match(line)):
            return "\n".join(lines[:number]).strip(), "\n".join(lines[number:]).strip()
    return "\n".join(lines).strip(), ""


def _without_quotes(lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        if begins_quote(lines, number):
            above = _without_rules(lines[:number])
            return above if any(line.strip() for line in above) else _below_quote(lines, number)
    return lines


def _without_rules(lines: list[str]) -> list[str]:
    """Without the line that is drawn between an answer and what it answers."""
    while lines and (not lines[-1].strip() or _RULE.match(lines[-1])):
        lines = lines[:-1]
    return lines


def begins_quote(lines: list[str], number: int) -> bool:
    """Whether an earlier message is quoted from this line on."""
    line = lines[number]
    if line.startswith(">") or _SEPARATORS.match(line):
        return True
    if len(line) <= 400 and _DATED.match(line):
        following = " ".join(lines[number + 1 : number + 3])[:400]
        if _WROTE.search(line) or (
            _WROTE.search(_first(following)) and following[:1] != ">" and "@" in line + following
        ):
            return True
    if _YOU_WROTE.match(line[:200]):
        return True
    return bool(_OUTLOOK_FROM.match(line)) and any(_OUTLOOK_MORE.match(one) for one in lines[number + 1 : number + 5])


def _first(following: str) -> str:
    """The rest of a line that the sender's program broke, up to the colon that ends it."""
    head, colon, _ = following.partition(">:")
    return head + colon if colon else following.partition(":")[0] + ":"


def _below_quote(lines: list[str], number: int) -> list[str]:
    """The answer of someone who writes below the quote. Nothing new at all: empty."""
    last = max((index for index, line in enumerate(lines) if line.startswith(">")), default=None)
    return [] if last is None else lines[max(last, number) + 1 :]
