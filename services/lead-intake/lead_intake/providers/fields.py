"""What a form's field means, told by its name in English or Russian, its place and the shape of its value."""

import re
from functools import lru_cache

from lead_intake.normalising.marks import MARKS

_WORDS = {
    "phone": "phone phones tel telephone phonenumber telephonenumber mobile mobilephone mobilenumber cell cellphone "
    "callerid callernumber phonework phonemobile whatsappphone телефон телефоны тел номертелефона контактныйтелефон "
    "моб мобильный мобильныйтелефон номер контактныйномер телефондлясвязи вашномер номердлясвязи сотовый telefon nomer",
    "email": "email emails mail emailaddress mailaddress eaddress почта емейл имейл мейл емаил елпочта элпочта "
    "электроннаяпочта адресэлектроннойпочты email1 pochta",
    "full_name": "name fullname fio username contactname clientname customername personname leadname callername имя "
    "фио вашеимя имяифамилия фамилияиимя фамилияимяотчество контактноелицо каквасзовут каквамобращаться "
    "обращение имяклиента клиент imya imja",
    "first_name": "firstname fname givenname forename namefirst",
    "middle_name": "middlename patronymic secondname отчество otchestvo",
    "last_name": "lastname surname lname familyname namelast sname фамилия familiya familia",
    "company": "company companyname organization organisation organizationname firm firmname org компания организация "
    "названиекомпании фирма названиеорганизации companytitle",
    "position": "position jobtitle job post должность",
    "message": "message msg text comment comments question questions body description details note notes inquiry "
    "enquiry сообщение комментарий комментарии вопрос вопросы текст текстсообщения вашвопрос ваштекст пожелания "
    "описание примечание текстзаявки textarea whatdoyouneed howcanwehelp "
    "soobshenie soobschenie soobshchenie kommentariy kommentarij vopros",
    "subject": "subject theme topic тема темасообщения темаобращения",
    "product": "product productname service servicename goods tariff model offer товар услуга продукт тариф "
    "названиетовара интересующаяуслуга",
    "region": "region city town regionname cityname locality регион город населенныйпункт населённыйпункт вашгород "
    "gorod",
    "language": "lang language locale язык",
    "budget": "budget бюджет бюджетпроекта",
    "budget_currency": "budgetcurrency",
    "occurred_at": "occurredat submittedat submissiontime submitteddate createdat creationtime timestamp datetime "
    "sentat senttime submissiondate createddate leadtime времяотправки датаотправки датаивремя датазаявки created",
    "external_id": "eventid externalid submissionid leadid requestid entryid responseid tranid transactionid messageid "
    "applicationid номерзаявки idзаявки",
    "id": "id uuid guid",
    "consent": "consent agree agreed agreement accept acceptance accepted privacy privacypolicy personaldata gdpr "
    "gdprconsent consentgiven personaldataconsent dataconsent policyagree terms согласие согласен согласна политика "
    "согласиенаобработкуперсональныхданных согласиенаобработку персональныеданные given",
    "consent_text": "consenttext agreementtext consentwording текстсогласия",
    "consent_purpose": "consentpurpose purpose",
    "consent_at": "consentat consenttime",
    "consent_version": "consentversion consenttextversion",
    "proof": "altcha",
    "fill_ms": "fillms filltimems formfillms elapsedms",
    "fill_seconds": "fillseconds filltime elapsed timetofill",
    "messenger:telegram": "telegram tg telegramid telegramusername telegramnick телеграм телеграмм тг никвтелеграм "
    "tgid tgusername tgnick telegramlogin telegramchatid tgchatid",
    "messenger:instagram": "instagram instagramusername инстаграм инстаграмм",
    "messenger:whatsapp": "whatsapp wa whatsappnumber ватсап вотсап вацап",
    "messenger:viber": "viber вайбер",
    "messenger:vk": "vk vkid vkontakte вконтакте вк",
    "messenger:max": "max maxid",
    "messenger:skype": "skype skypeid скайп",
    "ignore": "apikey integrationkey secret password passwd parol пароль csrf csrftoken csrfmiddlewaretoken token "
    "authenticitytoken requestverificationtoken grecaptcharesponse recaptcha recaptcharesponse recaptchatoken captcha "
    "hcaptcharesponse smarttoken cfturnstileresponse wpcf7 wpcf7version wpcf7locale wpcf7unittag "
    "wpcf7containerpost",
}
_BY_NAME = {word: meaning for meaning, words in _WORDS.items() for word in words.split()}
_TOUCH_SHORT = {
    "source": "utm_source", "medium": "utm_medium", "campaign": "utm_campaign", "content": "utm_content",
    "term": "utm_term", "keyword": "utm_term", "id": "utm_id", "landing": "landing_url", "page": "page_url",
    "at": "at", "time": "at", "date": "at", "timestamp": "at", "ym": "_ym_uid", "ga": "_ga",
}  # fmt: skip
_MARKS = {re.sub(r"[\W_]", "", name): name for name in sorted(MARKS, reverse=True)}
_PREFIXES = frozenset(
    "your user client contact customer lead person visitor billing form field fields input text wpforms cf f fld frm "
    "my primary main ваш ваша ваше контактный контактная основной".split()
)
_LAST_TOKENS = {
    "phone": "phone", "tel": "phone", "telephone": "phone", "mobile": "phone", "телефон": "phone", "email": "email",
    "mail": "email", "почта": "email", "message": "message", "comment": "message", "комментарий": "message",
}  # fmt: skip
_NEGATIONS = frozenset("is has no need send by via show hide confirm old company office manager operator our".split())
_WORD = re.compile(r"[^\W_]+")
_TOKEN = re.compile(r"[A-ZА-ЯЁ]?[a-zа-яё]+|[A-ZА-ЯЁ]+(?![a-zа-яё])|\d+")

_PLACES = {
    **dict.fromkeys("firsttouch first firstvisit initial firsttouchattribution".split(), "first"),
    **dict.fromkeys(
        "lasttouch last utm utms utmtags cookies cookie attribution marketing tracking analytics marks touch clickids "
        "clientids traffic clicks tracker".split(), "touch",
    ),
    **dict.fromkeys("company organization organisation".split(), "company"),
    **dict.fromkeys("product service goods".split(), "product"),
    **dict.fromkeys("form".split(), "form"),
    **dict.fromkeys("page".split(), "page"),
    **dict.fromkeys("consent agreement".split(), "consent"),
    **dict.fromkeys("messenger messengers".split(), "messenger"),
    **dict.fromkeys(
        "manager operator responsible agent employee seller assigned owner recipient office shop store branch dealer "
        "site server device browser items products goods cart order".split(), "elsewhere",
    ),
}  # fmt: skip
_IN_PLACE = {
    ("company", "name"): "company", ("company", "title"): "company", ("company", "position"): "position",
    ("product", "name"): "product", ("product", "title"): "product", ("form", "id"): "mark:form_id",
    ("page", "url"): "mark:page_url", ("page", "referrer"): "mark:referrer", ("page", "referer"): "mark:referrer",
    ("consent", "text"): "consent_text", ("consent", "at"): "consent_at", ("consent", "time"): "consent_at",
    ("consent", "value"): "consent",
}  # fmt: skip


@lru_cache(maxsize=8192)
def place(key: str, inside: str) -> str:
    """What a nested object is about: `first` and `touch` hold marks, `elsewhere` is others, empty is the client."""
    named = _PLACES.get(_folded(key))
    return inside if named is None or inside in ("elsewhere", "first") else named


@lru_cache(maxsize=8192)
def meaning(key: str, inside: str = "") -> str | None:
    """The meaning of a field: a draft's value (`phone`), `mark:utm_source`, `first:utm_source`, `messenger:telegram`,
    `ignore`; None when the name tells nothing."""
    folded = _folded(key)
    if inside in ("touch", "first"):
        mark = _TOUCH_SHORT.get(folded) or _MARKS.get(folded)
        return f"{'first' if inside == 'first' else 'mark'}:{mark}" if mark else None
    if inside == "elsewhere":
        return None
    if inside:
        special = _IN_PLACE.get((inside, folded))
        if special or inside in ("product", "page") or folded in ("id", "name", "title"):
            return special
    return _by_name(key, folded)


def _folded(key: str) -> str:
    return "".join([letter for letter in key[:100].casefold() if letter.isalnum()])


def _by_name(key: str, folded: str) -> str | None:
    direct = _BY_NAME.get(folded)
    if direct:
        return direct
    if folded in _MARKS:
        return f"mark:{_MARKS[folded]}"
    tokens = [token.casefold() for token in _TOKEN.findall(key[:100])]
    while tokens and tokens[-1].isdigit():
        tokens.pop()
    while len(tokens) > 1 and tokens[0] in _PREFIXES:
        tokens.pop(0)
    if not tokens:
        return None
    again = _BY_NAME.get("".join(tokens))
    if again and again not in ("id", "ignore"):
        return again
    return _LAST_TOKENS.get(tokens[-1]) if tokens[0] not in _NEGATIONS else None


_IDS = frozenset("id ids uid uuid guid ip key hash token code sku article index inn кпп инн огрн индекс".split())


@lru_cache(maxsize=4096)
def is_id(key: str) -> bool:
    """Whether a field holds an id or a code by its name: digits in it are no telephone number."""
    tokens = [token.casefold() for token in _TOKEN.findall(key[:255])]
    return bool(tokens) and tokens[-1] in _IDS


_CODES = frozenset(
    "countrycode phonecode dialcode phonecountrycode callingcode phoneprefix countryphonecode кодстраны".split()
)


@lru_cache(maxsize=4096)
def is_country_code(key: str) -> bool:
    """Whether a field holds the code of a telephone number's country."""
    return _folded(key) in _CODES


_STAFF = re.compile(
    r"ответственн|менеджер|оператор|сотрудник|создал|кем |manager|owner|operator|assigned|responsible|agent|created by",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def is_of_staff(name: str) -> bool:
    """Whether a field or column tells of our own people: their phones are nobody's lead."""
    return _STAFF.search(name) is not None


_CONTACTS = frozenset(
    {"full_name", "first_name", "middle_name", "last_name", "phone", "email", "company", "position", "message"}
)
_ASKING = frozenset(
    "what is s whats which are your you please enter type write leave give provide tell us the a an we may i how "
    "should call reach best us for to укажите введите напишите оставьте какой какая какое как ваш ваша ваше вас "
    "вам с вами нам для связи свой свою свое пожалуйста".split()
)


@lru_cache(maxsize=4096)
def contact_asked_for(question: str) -> str | None:
    """What a question asks for, when that is a contact or the message itself: `What is your name?` asks `full_name`."""
    known = meaning(question)
    if known is None:
        words = [word for word in _WORD.findall(question[:100].casefold()) if word not in _ASKING]
        known = meaning(" ".join(words)) if words and len(words) <= 3 else None
    return known if known in _CONTACTS or (known or "").startswith("messenger:") else None


_MAPPED = {"name": "full_name", "comment": "message", "city": "region"}
TARGETS = frozenset(_WORDS) - {"id"}


@lru_cache(maxsize=4096)
def mapped(target: str) -> str:
    """The meaning that an operator's `field_map` gives a field; an unknown target names a key of `extra`."""
    if target in TARGETS:
        return target
    folded = _folded(target)
    if target in _MAPPED or folded in _BY_NAME:
        return _MAPPED.get(target) or _BY_NAME[folded]
    if folded in _MARKS:
        return f"mark:{_MARKS[folded]}"
    return f"extra:{target}"


_PHONE_MARKS = re.compile(r"^[\s\d()+.\-‑–—\xa0]{10,24}$")


def shape(value: str) -> str | None:
    """`email` or `phone` where the value can be nothing else; a bare number may be anything, so it is neither."""
    if not value.isprintable():
        return None
    if "@" in value and len(value) <= 254:
        local, _, domain = value.strip().partition("@")
        return "email" if local and "." in domain and " " not in domain + local and "@" not in domain else None
    if len(value) <= 24 and _PHONE_MARKS.match(value):
        digits = sum(letter.isdigit() for letter in value)
        written = value.strip()
        if 10 <= digits <= 15 and (written[0] == "+" or (written[0] in "78(9" and not written.isdigit())):
            return "phone"
        return "phone" if digits == 11 and written.isdigit() and written[:2] in ("79", "89", "84", "88") else None
    return None
