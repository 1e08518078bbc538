"""What people send, each another person: with a name, a phone, an address and words of their own."""

import hashlib
from base64 import b64encode
from urllib.parse import urlencode

import orjson

KEY, SALT = "bench-key-0123456789abcdef", "bench-salt-0123456789abcdef"
GIVEN = "Анна Иван Мария Пётр Ольга Сергей Елена Дмитрий Наталья Алексей Татьяна Андрей Ирина Максим Юлия Игорь".split()
FAMILY = "Примеров Небылицын Вымышлев Образцов Ландыш Кузнец Соболь Мороз Коваль Бондарь Гончар Ткач Рыбак".split()
NEEDS = ("замена окон", "остекление балкона", "ремонт створки", "новая дверь", "подоконник", "замер", "москитная сетка")


def name_of(number: int) -> str:
    """First and last name."""
    return f"{GIVEN[number % len(GIVEN)]} {FAMILY[number // len(GIVEN) % len(FAMILY)]}"


def words_of(number: int) -> str:
    """What the person wants to know."""
    return f"Сколько стоит {NEEDS[number % len(NEEDS)]} в квартире {number % 9973}, {number % 17 + 1} этаж?"


def phone_of(number: int) -> str:
    """A mobile number."""
    digits = f"{number % 10**9:09d}"
    return f"+7 9{digits[:2]} {digits[2:5]}-{digits[5:7]}-{digits[7:]}"


def form(number: int) -> bytes:
    """A landing page's form as JSON."""
    return (
        f'{{"name":"{name_of(number)}","phone":"{phone_of(number)}","email":"a{number}@example.org",'
        f'"message":"{words_of(number)}","website":"","page_url":"https://www.example.ru/okna?utm_source=yandex",'
        '"referrer":"https://yandex.ru/","utm_source":"yandex","utm_medium":"cpc","utm_campaign":"okna_msk"}'
    ).encode()


def page(number: int) -> bytes:
    """The same from a page builder, urlencoded."""
    return urlencode(
        {
            "Name": name_of(number), "Phone": phone_of(number), "Email": f"a{number}@example.org",
            "Textarea": words_of(number), "tranid": f"1000001:{number}", "formid": "form400000002",
            "utm_source": "yandex", "utm_medium": "cpc", "utm_campaign": "okna_msk",
        }
    ).encode()  # fmt: skip


def call(number: int) -> bytes:
    """The summary of an answered call, signed as MANGO OFFICE signs it."""
    told = orjson.dumps(
        {
            "entry_id": f"bench-{number}", "call_direction": 1, "from": {"number": f"79{number % 10**9:09d}"},
            "to": {"extension": "222", "number": "79990000199"}, "line_number": "74950000010",
            "create_time": 1773135727, "forward_time": 1773135727, "talk_time": 1773135742, "end_time": 1773135860,
            "entry_result": 1, "disconnect_reason": 1110,
        }
    ).decode()  # fmt: skip
    sign = hashlib.sha256(f"{KEY}{told}{SALT}".encode()).hexdigest()
    return urlencode({"vpbx_api_key": KEY, "sign": sign, "json": told}).encode()


def letter(number: int) -> bytes:
    """A form's notification by e-mail."""
    text = (
        f"Имя: {name_of(number)}\r\nТелефон: {phone_of(number)}\r\nE-mail: a{number}@example.org\r\n"
        f"Сообщение: {words_of(number)}\r\n\r\nutm_source: yandex\r\nutm_campaign: okna_msk\r\n"
    )
    subject = b64encode("Новая заявка с сайта".encode()).decode()
    return (
        "Date: Tue, 10 Mar 2026 14:22:12 +0300\r\nFrom: wordpress@example.ru\r\nTo: leads@example.ru\r\n"
        f"Subject: =?utf-8?b?{subject}?=\r\nMessage-ID: <bench-{number}@example.ru>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        f"{b64encode(text.encode()).decode()}\r\n"
    ).encode()
