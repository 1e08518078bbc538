"""Mails in whatever charset and encoding, told wrongly or not at all, are read as they were written."""

import base64
from email.header import Header

import pytest
from lead_intake.providers.mail import headers

from tests.lead_intake.providers.mails import inquiry, mail


@pytest.mark.parametrize("charset", ["koi8-r", "windows-1251", "utf-8"])
def test_raw_eight_bit_headers_and_bodies_without_a_charset_are_read(charset: str) -> None:
    subject = "Требуется доставка воды".encode(charset).decode("utf-8", "surrogateescape")
    read = inquiry(mail("Добрый день, хочу заказать".encode(charset), "text/plain", Subject=subject))
    assert (read.subject, read.message) == ("Требуется доставка воды", "Добрый день, хочу заказать")


def test_encoded_word_cut_inside_a_character_is_joined() -> None:
    assert headers.text("=?utf-8?b?0JfQsNC80LXQvdCwINC+0LrQvtC50A==?= =?utf-8?b?vQ==?= x") == "Замена окойн x"
    assert headers.text(Header("Замена окон", "koi8-r").encode()) == "Замена окон"


@pytest.mark.parametrize("stray", ["!", "=", "é", "-_", "\x00\r\n", "A"])
def test_body_in_base64_with_stray_characters_is_read_as_far_as_it_can_be(stray: str) -> None:
    written = base64.b64encode(b"Good day, I want to order water").decode()
    body = written[:12] + stray + written[12:] if stray != "A" else written.rstrip("=") + stray * 3
    read = inquiry(mail(body, Content_Transfer_Encoding="base64"))
    assert (read.message or "").startswith("Good day, I want to order wat")


@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
def test_charset_that_is_no_name_does_not_hide_what_is_written(encoding: str) -> None:
    content = "Хочу заказать воду".encode()
    body = base64.b64encode(content) + "é".encode() if encoding == "base64" else content
    read = inquiry(mail(body, "text/plain; charset=a\x00b", Content_Transfer_Encoding=encoding))
    assert read.message == "Хочу заказать воду"


@pytest.mark.parametrize("charset", ["koi8-r", "windows-1251", "utf-8"])
@pytest.mark.parametrize("label", ["koi8-r", "windows-1251", "utf-8", "iso-8859-1", "us-ascii", "no-such-charset"])
def test_a_wrong_charset_label_does_not_spoil_the_text(charset: str, label: str) -> None:
    text = "Добрый день, хочу заказать окна"
    assert inquiry(mail(text.encode(charset), f"text/plain; charset={label}")).message == text


@pytest.mark.parametrize("text", ["Où êtes-vous allé à l'école déjà été", "Straße über größe Äpfel"])
def test_western_text_stays_western(text: str) -> None:
    assert inquiry(mail(text.encode("latin-1"), "text/plain; charset=iso-8859-1")).message == text


def test_encoded_words_with_mistakes_are_read_as_far_as_they_go() -> None:
    assert headers.text("=?utf-8?Q?=D0=97a b?= x") == "Зa b x"
    assert headers.text("=?utf-8?B?0JfQsNC80LXQvdCw") == "Замена"
