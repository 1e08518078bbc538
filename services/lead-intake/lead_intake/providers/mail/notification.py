"""Mails of a site's form: labels and values are read like a form's fields."""

import re

from lead_intake.providers import fields as form_fields

_SUBJECT = re.compile(
    r"новая заявка|новая запись|новый заказ|новое сообщение с|новый лид|заявка с|заявка на|заявка №|сообщение с сайта|"
    r"письмо с сайта|заказ с сайта|заказ звонка|заполнена форма|обратная связь|обратный звонок|почтовая форма|"
    r"new (?:form )?(?:submission|lead|entry|enquiry|inquiry|request)|form submission|contact form|new message from|"
    r"website (?:enquiry|inquiry|form)|\[[^\]]{1,60}\]\s{0,3}[\"«]",
    re.IGNORECASE,
)
_LABELS = {
    "full_name": "имя|ваше имя|ваше имя и фамилия|фио|контактное лицо|клиент|name|your name|full name|contact|"
    "contact name|имя клиента|имя и фамилия|как вас зовут|представьтесь|от кого",
    "first_name": "first name", "last_name": "last name|фамилия|surname", "middle_name": "отчество",
    "phone": "телефон|тел|ваш телефон|номер|номер телефона|контактный телефон|телефон для связи|phone|"
    "phone number|tel|telephone|mobile|your phone|моб|мобильный|whatsapp|ваш номер|моб. телефон|mobile phone|"
    "contact number|phone no",
    "email": "e-mail|email|почта|эл. почта|электронная почта|ваш e-mail|ваш email|your email|email address|"
    "e-mail address|mail|ваша почта|адрес электронной почты|your e-mail",
    "message": "сообщение|комментарий|комментарии|вопрос|текст|текст сообщения|ваше сообщение|ваш вопрос|message|"
    "comments|comment|your message|question|описание|пожелания|enquiry|inquiry|details|комментарий к заказу|"
    "message body|текст заявки|comment or message",
    "sender": "from|от|отправитель|sender",
    "mark:page_url": "страница|url|page|источник|page url|адрес страницы|ссылка|referer url|form url|страница отправки|"
    "отправлено со страницы|source url",
    "mark:referrer": "referrer|referer|реферер|переход с",
    "occurred_at": "дата|время|date|time|дата и время|дата заявки|date/time|submitted|submitted on|отправлено|"
    "дата отправки|время отправки|submitted at|submission date",
    "company": "компания|организация|company|название компании|company name", "region": "город|регион|city|region",
    "product": "товар|услуга|продукт|product|service", "subject": "тема|subject|form|форма|название формы|form name",
    "ignore": "ip|ip address|ip адрес|ip-адрес|user agent|user-agent|браузер|remote ip|powered by|кому|to|"
    "transaction id|block id|form id|id транзакции|id блока|id формы|request details|данные запроса|"
    "additional information|дополнительная информация",
    "mark:yclid": "yclid", "mark:gclid": "gclid", "mark:fbclid": "fbclid",
    "mark:_ym_uid": "ym_uid|clientid|metrika client id",
    "mark:_ga": "ga_client_id|_ga", "consent": "согласие|consent",
}  # fmt: skip
_WHOSE = frozenset(
    "отправителя клиента заказчика посетителя пользователя покупателя заявителя ваш ваша ваше свой your client "
    "customer visitor user sender".split()
)
"""Words of a label that say nothing of what it asks for."""
_BY_LABEL = {label: meaning for meaning, labels in _LABELS.items() for label in labels.split("|")}
_INLINE = re.compile(r"^\s{0,8}[*•\-]{0,2}\s{0,3}([^:\t]{1,60}?)\*{0,2}\s{0,3}(?::|\t|\s[-–—]\s)\s{0,8}(.*)$")
_OTHER_LABEL = re.compile(
    r"^\s{0,8}\*{0,2}([A-Za-zА-Яа-яЁё][^:\t\n.!?]{1,39})\*{0,2}\s{0,3}(?::(?!//)|\t)\s{0,8}(\S.{0,1000})$"
)
_ADDRESS = re.compile(r"https?://\S{3,2000}")
_LONGEST_QUESTION = 150
_ROBOTS = frozenset(
    "wordpress noreply no-reply robot site web www www-data form forms info-form tilda mailer webmaster website".split()
)
_FROM_FORMS = ("phone", "email", "name", "message", "company", "position", "region", "product", "budget", "messenger")
_OF_A_FORM = frozenset({"full_name", "first_name", "last_name", "message"})
_HEAD_LINES = 2

Field = tuple[str, str, str]


def fields(text: str, subject: str, *, robot: bool) -> list[Field]:
    """Meaning, label and value of each line of a form notification; empty when the text is none. Meaning is empty for
    labels that say nothing to us, `sender` for an address with a name.

    One known label is enough from a robot or under a form's subject. Elsewhere they begin the text and tell name or
    message beside a contact: a person's signature has labels too. What a person wrote above them is a message.
    """
    found, lead = _read(text)
    meanings = {meaning for meaning, _, _ in found} - {""}
    contact = not meanings.isdisjoint({"phone", "email", "sender"} if robot else {"phone", "email"})
    named = bool(_SUBJECT.search(subject))
    if robot:
        return found if contact or (meanings and named) else []
    if not contact or not (named or (len(lead) <= _HEAD_LINES and not meanings.isdisjoint(_OF_A_FORM))):
        return []
    return [("message", "", "\n".join(lead)), *found] if lead and "message" not in meanings else found


def is_robot(local: str) -> bool:
    """Whether an address's local part is that of a site's mailer."""
    return local.lower().split("+")[0] in _ROBOTS


def meaning_of(label: str) -> str | None:
    """A label's meaning: case, stars and numbering are forgiven."""
    folded = " ".join(label.lower().replace("*", " ").strip(" .:•\"'«»()").split())
    if folded.startswith("utm_") and folded.replace("_", "").isalnum():
        return f"mark:{folded}"
    bare = " ".join([word for word in folded.split() if word not in _WHOSE])
    return _BY_LABEL.get(folded) or _BY_LABEL.get(folded.partition(" (")[0]) or _BY_LABEL.get(bare)


def _read(text: str) -> tuple[list[Field], list[str]]:
    """The fields, and the lines that stand before the first one."""
    lines, found = text.split("\n")[:2000], list[Field]()
    awaiting: tuple[str, str] | None = None
    header: list[str] | None = None
    lead, ended = list[str](), False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        row = _header_row(line, following)
        label, value = _label_and_value(line) if row is None else (None, "")
        if row is not None:
            header = row
        elif header is not None:
            found += _of_row(header, line)
            header = None
        elif label is not None:
            awaiting = None if value else (meaning_of(label) or "", label)
            found += [(_meaning(label), label, value)] if value else []
        elif awaiting and line.strip():
            found.append((*awaiting, line.strip()))
            awaiting = None
        elif not found:
            lead += [line.strip()] if line.strip() else []
        elif line.startswith("--"):
            ended = True
        elif line.strip() or found[-1][0] == "message":
            awaiting = _goes_on(found, line, ended)
    return found, lead


def _goes_on(found: list[Field], line: str, ended: bool) -> tuple[str, str] | None:
    """A line without a known label: more of the message, else a field of its own name; the label whose value is to
    follow. An address by itself is the page's. What is below a line of dashes was written by the site's mailer."""
    if found[-1][0] == "message":
        if not ended:
            found[-1] = ("message", found[-1][1], f"{found[-1][2]}\n{line.rstrip()}".rstrip())
        return None
    told, other = line.strip(), _OTHER_LABEL.match(line[:1100])
    if _ADDRESS.fullmatch(told):
        found.append(("mark:page_url", "", told))
    elif other and not ended:
        found.append((_meaning(other[1]), other[1].strip(" *"), other[2].replace("\t", " ").strip()))
    elif told.endswith((":", "?")) and len(told) <= _LONGEST_QUESTION and not ended:
        label = told.rstrip(":").strip(" *")
        return _meaning(label), label
    return None


def _meaning(label: str) -> str:
    """What forms on pages call their fields is understood here too."""
    known = meaning_of(label)
    if known:
        return known
    told = form_fields.meaning(label) or ""
    return told if any(word in told for word in _FROM_FORMS) or told.startswith("mark:") else ""


def _header_row(line: str, following: str) -> list[str] | None:
    """A table's first row, when each cell of it is a label and the next row holds values."""
    cells = [cell.strip() for cell in line.split("\t")] if "\t" in line and "\t" in following else []
    if len(cells) < 2 or not all(len(cell) <= 40 and meaning_of(cell) for cell in cells):
        return None
    return cells if _label_and_value(following)[0] is None else None


def _of_row(header: list[str], line: str) -> list[Field]:
    return [
        (meaning_of(label) or "", label, cell.strip())
        for label, cell in zip(header, line.split("\t"), strict=False)
        if cell.strip()
    ]


def _label_and_value(line: str) -> tuple[str | None, str]:
    """A line is a label only when the label is known: `Вопрос:` is, `Итак, так:` inside a message is not."""
    if len(line) > 4000:
        return None, ""
    found = _INLINE.match(line)
    if found and meaning_of(found[1]):
        return found[1].strip(), found[2].replace("\t", " ").strip()
    whole = line.strip()
    return (whole, "") if whole and len(whole) <= 40 and meaning_of(whole) else (None, "")
