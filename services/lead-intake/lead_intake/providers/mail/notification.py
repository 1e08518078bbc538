"""Mails of a site's form: labels and values are read like a form's fields."""

import re

_SUBJECT = re.compile(
    r"новая заявка|новая запись|заявка с|заявка на|сообщение с сайта|заказ звонка|обратная связь|обратный звонок|"
    r"new submission|new lead|new entry|form submission|contact form|new message from|\[[^\]]{1,60}\]\s{0,3}\"",
    re.IGNORECASE,
)
_LABELS = {
    "full_name": "имя|ваше имя|ваше имя и фамилия|фио|контактное лицо|клиент|name|your name|full name|contact|"
    "contact name",
    "first_name": "first name|имя клиента", "last_name": "last name|фамилия|surname", "middle_name": "отчество",
    "phone": "телефон|тел|ваш телефон|номер|номер телефона|контактный телефон|phone|phone number|tel|telephone|mobile|"
    "your phone|моб|мобильный|whatsapp|ваш номер",
    "email": "e-mail|email|почта|эл. почта|электронная почта|ваш e-mail|ваш email|your email|email address|"
    "e-mail address|mail",
    "message": "сообщение|комментарий|комментарии|вопрос|текст|текст сообщения|ваше сообщение|ваш вопрос|message|"
    "comments|comment|your message|question|описание|пожелания",
    "mark:page_url": "страница|url|page|источник|page url|адрес страницы|ссылка|referer url|form url|страница отправки",
    "mark:referrer": "referrer|referer|реферер|переход с",
    "occurred_at": "дата|время|date|time|дата и время|дата заявки|date/time|submitted|submitted on|отправлено",
    "company": "компания|организация|company|название компании", "region": "город|регион|city|region",
    "product": "товар|услуга|продукт|product|service", "subject": "тема|subject|form|форма|название формы",
    "ignore": "ip|ip address|ip адрес|ip-адрес|user agent|user-agent|браузер|remote ip|powered by",
    "mark:yclid": "yclid", "mark:gclid": "gclid", "mark:fbclid": "fbclid",
    "mark:_ym_uid": "ym_uid|clientid|metrika client id",
    "mark:_ga": "ga_client_id|_ga", "consent": "согласие|consent",
}  # fmt: skip
_BY_LABEL = {label: meaning for meaning, labels in _LABELS.items() for label in labels.split("|")}
_INLINE = re.compile(r"^\s{0,8}[*•\-]{0,2}\s{0,3}([^:\t]{1,60}?)\*{0,2}\s{0,3}(?::|\t|\s[-–—]\s)\s{0,8}(.*)$")
_ROBOTS = frozenset("wordpress noreply no-reply robot site web www www-data form forms info-form tilda mailer".split())

Field = tuple[str, str, str]


def fields(text: str, subject: str, *, robot: bool) -> list[Field]:
    """Meaning, label and value of each line of a form notification; empty when the text is none. One known label is
    enough from a robot or under a form's subject, two elsewhere, of which one must be a contact."""
    found = _lines(text)
    meanings = {meaning for meaning, _, _ in found}
    contact = not meanings.isdisjoint({"phone", "email"})
    if contact and (len(meanings) >= 2 or robot or _SUBJECT.search(subject)):
        return found
    return found if robot and meanings and _SUBJECT.search(subject) else []


def is_robot(local: str) -> bool:
    """Whether an address's local part is that of a site's mailer."""
    return local.lower().split("+")[0] in _ROBOTS


def meaning_of(label: str) -> str | None:
    """A label's meaning: case, stars and numbering are forgiven."""
    folded = " ".join(label.lower().replace("*", " ").strip(" .:•\"'«»()").split())
    if folded.startswith("utm_") and folded.replace("_", "").isalnum():
        return f"mark:{folded}"
    return _BY_LABEL.get(folded) or _BY_LABEL.get(folded.partition(" (")[0])


def _lines(text: str) -> list[Field]:
    found: list[Field] = []
    lines = text.split("\n")[:2000]
    awaiting: tuple[str, str] | None = None
    for line in lines:
        label, value = _label_and_value(line)
        if label is not None:
            awaiting = None
            if value:
                found.append((meaning_of(label) or "", label, value))
            else:
                awaiting = (meaning_of(label) or "", label)
        elif awaiting and line.strip():
            found.append((*awaiting, line.strip()))
            awaiting = None
        elif found and found[-1][0] == "message" and not line.startswith("--"):
            found[-1] = ("message", found[-1][1], f"{found[-1][2]}\n{line.rstrip()}".rstrip())
    return found


def _label_and_value(line: str) -> tuple[str | None, str]:
    """A line is a label only when the label is known: `Вопрос:` is, `Итак, так:` inside a message is not."""
    if len(line) > 4000:
        return None, ""
    found = _INLINE.match(line)
    if found and meaning_of(found[1]):
        return found[1].strip(), found[2].replace("\t", " ").strip()
    whole = line.strip()
    return (whole, "") if whole and len(whole) <= 40 and meaning_of(whole) else (None, "")
