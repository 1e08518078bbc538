"""Raw messages: who really wrote, what is new in it, and what nobody wrote."""

from datetime import UTC, datetime

import pytest
from lead_intake.providers.base import Unreadable
from lead_intake.providers.mail import headers, parts, quoting

from tests.lead_intake.providers.mails import AT, done, inquiry, mail


def test_quoted_names_comments_and_groups_are_addresses() -> None:
    told = headers.addresses(
        '"Doe, John" <j@a.ru>, k@b.ru (Kate), undisclosed-recipients:;, =?utf-8?b?0JDQvdC90LA=?= <c@d.ru>'
    )
    assert [tuple(one) for one in told] == [("Doe, John", "j@a.ru"), ("Kate", "k@b.ru"), ("Анна", "c@d.ru")]


def test_html_only_mail_is_read_without_hidden_parts() -> None:
    html = (
        "<style>p{}</style><div style='display:none'>+7 999 111-11-11"
        "</div><p>Нужно&nbsp;окно</p>Тел: 8&nbsp;999&nbsp;000-00-01"
        "<blockquote>Наш телефон +7 495 000-00-83</blockquote><script>+79991112233</script>"
    )
    read = inquiry(mail(html, "text/html; charset=utf-8"))
    assert (read.message, read.phones) == ("Нужно окно\nТел: 8 999 000-00-01", ["+79990000001"])


def test_flowed_text_is_joined_before_phones_are_looked_for() -> None:
    text = "Мой телефон 8 999 000 \r\n00 01, звоните.\r\n-- \r\nАнна"
    assert inquiry(mail(text, "text/plain; charset=utf-8; format=flowed")).phones == ["+79990000001"]
    assert parts.unflowed("раз \n два\n> ци \n> тата", joined=True) == "раздва\n> цитата"


@pytest.mark.parametrize(
    "quote",
    [
        "вт, 10 мар. 2026 г. в 11:00, Отдел продаж <leads@example.ru>:\n> текст +7 495 000-00-83",
        "On Tue, 10 Mar 2026, Sales <leads@example.ru> wrote:\n> text +7 495 000-00-83",
        "On Tue, 10 Mar 2026 at 11:00, Sales\n<leads@example.ru> wrote:\n> text +7 495 000-00-83",
        "10.03.2026, 11:00, Sales <leads@example.ru>:\ntext +7 495 000-00-83",
        "-----Original Message-----\nFrom: Sales\n+7 495 000-00-83",
        "-----Исходное сообщение-----\nОт: Отдел продаж\n+7 495 000-00-83",
        "От: Отдел продаж <leads@example.ru>\nОтправлено: 10 марта\nТема: Окна\n+7 495 000-00-83",
        "> просто цитата +7 495 000-00-83",
    ],
)
def test_quotes_are_cut_and_their_phones_with_them(quote: str) -> None:
    read = inquiry(mail(f"Да, подходит.\n\n{quote}\n"))
    assert (read.message, read.phones) == ("Да, подходит.", [])


@pytest.mark.parametrize(
    "sign", ["-- ", "С уважением,", "Best regards,", "Отправлено из мобильной Почты", "Sent from my iPhone"]
)
def test_signature_is_cut_from_the_message_and_its_phone_is_second(sign: str) -> None:
    read = inquiry(mail(f"Мой номер 8 999 000-00-01\n\n{sign}\nАнна\n+7 495 000-00-81"))
    assert read.message == "Мой номер 8 999 000-00-01"
    assert read.phones == ["+79990000001", "+74950000081"]


def test_answer_below_the_quote_is_read() -> None:
    assert quoting.split("> Когда удобно?\n> Завтра?\nЗавтра в 10") == ("Завтра в 10", "")


FORWARDS = [
    "---------- Forwarded message ---------\nFrom: Пётр Небылицын <petr@example.net>\nDate: Mon, 9 Mar 2026\n"
    "Subject: Прайс\nTo: me\n\n",
    "-------- Пересылаемое сообщение --------\n09.03.2026, 18:40, Пётр Небылицын <petr@example.net>:\n\n",
    "-------- Перенаправленное сообщение --------\nТема: Прайс\nДата: 9 марта\n"
    "От: Пётр Небылицын <petr@example.net>\nКому: me\n\n",
    "Начало переадресованного сообщения:\n\nОт: Пётр Небылицын <petr@example.net>\nТема: Прайс\n\n",
    "From: Пётр Небылицын [mailto:petr@example.net]\nSent: Monday\nTo: me\nSubject: Прайс\n\n",
]


@pytest.mark.parametrize("forward", FORWARDS)
def test_client_of_a_forwarded_mail_is_the_inner_sender(forward: str) -> None:
    raw = mail(
        f"Посмотри, пожалуйста\n\n{forward}Пришлите прайс, 8 999 000-00-01\n"
        "-------- Конец пересылаемого сообщения --------\n", From="Коллега <boss@example.ru>",
        Subject="Fwd: Прайс",
    )  # fmt: skip
    read = inquiry(raw)
    assert (read.person.full_name, read.emails) == ("Пётр Небылицын", ["petr@example.net"])
    assert (read.message, read.phones) == ("Пришлите прайс, 8 999 000-00-01", ["+79990000001"])
    assert read.extra["forwarded_by"] == "boss@example.ru"
    assert read.subject == "Прайс"


def test_client_of_an_attached_message_is_its_sender() -> None:
    inner = mail("Пришлите прайс", From="Пётр <petr@example.net>", Subject="Прайс").decode()
    raw = mail(
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nСмотри\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--b--",
        "multipart/mixed; boundary=b", From="boss@example.ru",
    )  # fmt: skip
    read = inquiry(raw)
    assert (read.emails, read.message) == (["petr@example.net"], "Пришлите прайс")


def test_forwarded_form_notification_is_read_as_a_form() -> None:
    body = f"{FORWARDS[0].replace('petr@example.net', 'wordpress@example.ru')}Имя: Анна\nТелефон: 8 999 000-00-01\n"
    read = inquiry(mail(body, From="boss@example.ru", Subject="Fwd: Новая заявка"))
    assert (read.person.full_name, read.phones, read.emails) == ("Анна", ["+79990000001"], [])


NOTIFICATIONS = [
    "Имя: Анна\nТелефон: 8 999 000-00-01\nСообщение: Нужно окно\nи дверь",
    "Ваше имя - Анна\nТел. - 8 999 000-00-01\nКомментарий - Нужно окно\nи дверь",
    "*Имя*: Анна\n*Телефон*: 8 999 000-00-01\n*Сообщение*: Нужно окно\nи дверь",
    "Name\nАнна\nPhone number\n8 999 000-00-01\nMessage\nНужно окно\nи дверь",
]


@pytest.mark.parametrize("text", NOTIFICATIONS)
def test_form_notification_is_read_as_a_form(text: str) -> None:
    read = inquiry(mail(text, From="Сайт <wordpress@example.ru>", Subject="Новая заявка с сайта"))
    assert (read.person.full_name, read.phones, read.message) == ("Анна", ["+79990000001"], "Нужно окно\nи дверь")
    assert read.emails == []


def test_form_notification_in_an_html_table_is_read_as_a_form() -> None:
    html = "<table><tr><td><b>Name</b></td><td>Jane</td></tr><tr><td>E-mail:</td><td>jane@example.net</td></tr></table>"
    read = inquiry(mail(html, "text/html", From="noreply@forms.example.net", Subject="New submission"))
    assert (read.person.full_name, read.emails) == ("Jane", ["jane@example.net"])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Auto_Submitted": "auto-replied"}, "auto_reply"),
        ({"X_Autoreply": "yes"}, "auto_reply"),
        ({"Subject": "Автоответ: в отпуске"}, "auto_reply"),
        ({"Subject": "Out of office"}, "auto_reply"),
        ({"Return_Path": "<>", "Subject": "Undelivered Mail"}, "bounce"),
        ({"From": "MAILER-DAEMON@mx.example.net", "Subject": "Mail delivery failed"}, "bounce"),
        ({"List_Unsubscribe": "<https://a.ru>"}, "mailing_list"),
        ({"Precedence": "bulk"}, "mailing_list"),
        ({"X_Spam_Flag": "YES"}, "marked_as_spam"),
        ({"From": "boss@example.ru"}, "own_message"),
        ({"Content_Type": "text/calendar"}, "calendar"),
    ],
)
def test_mails_that_are_no_inquiry_are_ignored_with_the_reason(changes: dict[str, str], reason: str) -> None:
    ignored = done(mail("Текст, 8 999 000-00-01", **changes))
    assert (ignored.status, ignored.reason) == ("ignored", reason)


def test_bulk_mark_on_a_form_notification_is_forgiven() -> None:
    assert done(mail(NOTIFICATIONS[0], Precedence="bulk", From="wordpress@example.ru")).status == "ready"


def test_robots_and_ourselves_are_never_clients() -> None:
    read = inquiry(mail("Текст", From="no-reply@example.org", Reply_To="Анна <anna@example.net>"))
    assert read.emails == ["anna@example.net"]
    assert inquiry(mail("Пишите на petr@example.net", From="noreply@shop.example.org")).emails == ["petr@example.net"]
    assert done(mail("Текст", From="noreply@shop.example.org")).status == "interest"


def test_people_with_names_like_robots_are_people() -> None:
    assert inquiry(mail("Сколько стоит окно?", From="robotova@example.org")).emails == ["robotova@example.org"]
    assert inquiry(mail("Сколько стоит окно?", From="web@studio.example.org")).emails == ["web@studio.example.org"]
    for robot in ("robot", "no_reply-17", "donotreply", "notifications+a", "bounces-3"):
        assert inquiry(mail("Текст", From=f"{robot}@shop.example.org")).emails == []
    assert inquiry(mail("", Subject="Отсутствует ручка в комплекте")).emails == ["anna@example.org"]
    assert done(mail("Текст", Subject="Автоматическое уведомление")).reason == "auto_reply"
    form = mail("Имя: Анна\nТелефон: 89990000001", Subject="Автоматическое уведомление", From="robot@shop.example.org")
    assert inquiry(form).phones == ["+79990000001"]


def test_thread_is_named_by_its_first_message() -> None:
    read = inquiry(mail("Да", References="<a@x> <b@x>", In_Reply_To="<b@x>", Subject="RE[2]: Ответ: Окна"))
    assert (read.in_reply_to, read.references, read.subject) == ("<a@x>", ["<a@x>", "<b@x>"], "Окна")
    assert inquiry(mail("Да", In_Reply_To="<b@x>")).in_reply_to == "<b@x>"


def test_attachments_are_listed_with_their_decoded_names() -> None:
    raw = mail(
        "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nСмета во вложении\r\n--b\r\n"
        "Content-Type: application/pdf\r\n"
        "Content-Disposition: attachment; filename*=UTF-8''%D0%BF%D0%BB%D0%B0%D0%BD.pdf\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\nJVBERi0x\r\n--b--",
        "multipart/mixed; boundary=b",
    )
    read = inquiry(raw)
    assert read.message == "Смета во вложении"
    assert read.extra["attachments"] == [{"name": "план.pdf", "type": "application/pdf", "size": 6}]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Tue, 10 Mar 2026 12:00:00 +0300 (MSK)", datetime(2026, 3, 10, 9, tzinfo=UTC)),
        ("Tue, 10 Mar 2026 12:00:00 MSK", datetime(2026, 3, 10, 9, tzinfo=UTC)),
        ("Tue, 10 Mar 2020 12:00:00 +0300", AT),
        ("Tue, 10 Mar 2030 12:00:00 +0300", AT),
        ("yesterday", AT),
        (None, AT),
    ],
)
def test_impossible_date_gives_way_to_the_receipt(date: str | None, expected: datetime) -> None:
    assert inquiry(mail("Текст", Date=date)).occurred_at == expected


def test_old_mail_read_late_keeps_the_time_our_server_received_it() -> None:
    received = "from a by b; Tue, 3 Feb 2026 12:00:05 +0300"
    read = inquiry(mail("Текст", Received=received, Date="Tue, 3 Feb 2026 12:00:00 +0300"))
    assert read.occurred_at == datetime(2026, 2, 3, 9, tzinfo=UTC)


def test_mail_without_an_id_gets_one_of_its_content() -> None:
    first, again = done(mail("Текст", Message_ID=None)), done(mail("Текст", Message_ID=None))
    other = done(mail("Другой текст", Message_ID=None))
    assert first.inquiry.external_id == again.inquiry.external_id
    assert first.inquiry.external_id != other.inquiry.external_id


@pytest.mark.parametrize("raw", [b"", b"\x00\xff\xfe", b'{"name": "Anna"}', b"hello\n\nworld"])
def test_what_is_no_message_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        done(raw)


QUOTED = "+7 495 000-00-83"
MORE_QUOTES = {
    "Outlook, ru": f"{'_' * 32}\nОт: Продажи <leads@example.ru>\nОтправлено: 10 марта\nКому: Анна\n\n{QUOTED}",
    "Apple, ru": f"10 марта 2026 г., в 11:00, Продажи <leads@example.ru> написал(а):\n\n> {QUOTED}",
    "Apple, en": f"On 10 Mar 2026, at 11:00, Sales <leads@example.ru> wrote:\n\n> {QUOTED}",
    "Mail.ru": f"Вторник, 10 марта 2026, 11:00 +03:00 от Продажи <leads@example.ru>:\n \n{QUOTED}",
    "Yandex": f'10.03.2026, 11:00, "Продажи" <leads@example.ru>:\n{QUOTED}',
    "Thunderbird": f"10.03.2026 11:00, Продажи пишет:\n> {QUOTED}",
    "The Bat": f"Вы писали 10 марта 2026 г., 11:00:00:\n\n> {QUOTED}",
    "Gmail, broken": f"вт, 10 мар. 2026 г. в 11:00, Очень длинное имя\n<leads@example.ru>:\n\n> {QUOTED}",
}


@pytest.mark.parametrize("style", MORE_QUOTES)
def test_quotes_of_every_mailer_are_cut(style: str) -> None:
    read = inquiry(mail(f"Да, подходит.\n\n{MORE_QUOTES[style]}"))
    assert (read.message, read.phones) == ("Да, подходит.", [])


@pytest.mark.parametrize("above", ["Нужны окна.\nИ двери.\nЖду.\n-- ", "Нужны окна.\n"])
def test_labels_in_a_signature_make_no_form(above: str) -> None:
    read = inquiry(mail(f"{above}\nИван\nТел: 8 999 000-00-01\nE-mail: anna@example.org"))
    assert read.message is not None
    assert read.message.startswith("Нужны окна.")
    assert (read.phones, read.emails) == (["+79990000001"], ["anna@example.org"])


def test_fields_without_a_known_name_are_kept_and_a_mailers_footer_is_not() -> None:
    text = (
        "Имя: Анна\nТелефон: 8 999 000-00-01\nПлощадь: 54 м2\nTelegram: @anna\nСообщение: Окно\nтак: вот\n-- \nСайт: x"
    )
    read = inquiry(mail(text, From="site@example.ru"))
    assert (read.message, read.extra["Площадь"], read.messengers[0].id) == ("Окно\nтак: вот", "54 м2", "anna")


def test_mails_of_site_builders_tell_the_page_and_questions_of_their_own() -> None:
    text = (
        "Request details:\nName: Анна\nКакая площадь?\n54 м2\nTextarea: Окно\n\nAdditional information:\n"
        "Transaction ID: 1:2\nBlock ID: rec1\nForm Name: Замер\nhttps://example.ru/okna?utm_source=ya\n-----\n"
    )
    read = inquiry(mail(text, From="noreply@tilda.ws", Subject="Новая заявка с сайта example.ru"))
    assert (read.person.full_name, read.message, read.extra["Какая площадь?"]) == ("Анна", "Окно", "54 м2")
    assert read.attribution.last is not None
    assert (read.attribution.last.source, read.extra["form"]) == ("ya", "Замер")
    text = "Имя отправителя: Анна\nE-mail отправителя: a@b.ru\nТекст сообщения: Окно"
    read = inquiry(mail(text, From="mail@ucoz.com", Subject="Почтовая форма"))
    assert (read.person.full_name, read.emails, read.message) == ("Анна", ["a@b.ru"], "Окно")


def test_what_a_client_hands_on_stands_below_their_own_words() -> None:
    read = inquiry(mail(f"Нужно так же:\n\n{FORWARDS[0]}Окно, 8 999 000-00-02\n", Subject="Fwd: Прайс"))
    assert (read.emails, read.phones) == (["anna@example.org"], [])
    assert read.message == "Нужно так же:\n\nОкно, 8 999 000-00-02"
    assert inquiry(mail("", Subject="Наберите 8 999 000-00-01")).phones == ["+79990000001"]


def test_the_default_mail_of_a_wordpress_form_is_read() -> None:
    text = "From: Анна <anna@example.net>\nSubject: Окна\n\nMessage Body:\nНужны окна\n\n-- \nThis e-mail was sent from"
    read = inquiry(mail(text, From="WordPress <wordpress@example.ru>", Subject='[Сайт] "Окна"'))
    assert (read.person.full_name, read.emails, read.message) == ("Анна", ["anna@example.net"], "Нужны окна")


def test_a_table_with_a_row_of_labels_is_read_as_a_form() -> None:
    html = "<table><tr><th>Имя</th><th>Телефон</th></tr><tr><td>Анна</td><td>8 999 000-00-01</td></tr></table>"
    read = inquiry(mail(html, "text/html; charset=utf-8", From="site@example.ru"))
    assert (read.person.full_name, read.phones) == ("Анна", ["+79990000001"])


def test_a_forward_in_html_only_is_read_though_it_stands_in_a_quote() -> None:
    html = (
        'Смотри<div class="gmail_quote"><div>---------- Forwarded message ---------<br>From: <b>Пётр</b> '
        "&lt;petr@example.net&gt;<br>Subject: Прайс</div><br>Пришлите прайс</div>"
    )
    read = inquiry(mail(html, "text/html; charset=utf-8", From="boss@example.ru", Subject="Fwd: Прайс"))
    assert (read.emails, read.message) == (["petr@example.net"], "Пришлите прайс")


def test_a_forward_of_a_forward_leads_to_the_client() -> None:
    inner = f"---------- Forwarded message ---------\nFrom: chief@example.ru\nSubject: Fwd: x\n\n{FORWARDS[0]}Прайс\n"
    assert inquiry(mail(inner, From="boss@example.ru")).emails == ["petr@example.net"]


def test_a_signature_with_a_label_in_a_forwarded_mail_makes_no_form() -> None:
    read = inquiry(mail(f"{FORWARDS[0]}Пришлите прайс\n\nПётр\nтел: 8 999 000-00-01", From="boss@example.ru"))
    assert read.message is not None
    assert read.message.startswith("Пришлите прайс")


def test_who_writes_through_a_list_or_a_group_of_ours_is_the_client() -> None:
    read = inquiry(mail("x", From="Anna via Lists <lists@lists.example.net>", Reply_To="anna@example.org"))
    assert (read.person.full_name, read.emails) == ("Anna", ["anna@example.org"])
    assert inquiry(mail("x", List_Id="<leads.example.ru>", Precedence="list")).emails == ["anna@example.org"]


def test_files_cards_and_armour_in_the_text_are_taken_out() -> None:
    read = inquiry(mail("Смета\nbegin 644 plan.txt\n#0V%T\n`\nend\nспасибо"))
    assert (read.message, read.extra["attachments"][0]["size"]) == ("Смета\n\nспасибо", 3)
    signed = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nХочу окна\n-----BEGIN PGP SIGNATURE-----\nabc"
    assert inquiry(mail(signed)).message == "Хочу окна"
    with pytest.raises(Unreadable):
        done(mail("-----BEGIN PGP MESSAGE-----\nabc"))
    card = "BEGIN:VCARD\r\nFN:Anna B\r\nitem1.TEL;TYPE=CELL:+7 999 000-00-01\r\nORG:Roga;Sales\r\nEND:VCARD"
    read = inquiry(
        mail(
            f"--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b\r\nContent-Type: text/vcard\r\n\r\n{card}\r\n--b--",
            "multipart/mixed; boundary=b", From="anna@example.org",
        )
    )  # fmt: skip
    assert (read.person.full_name, read.phones, read.person.company) == ("Anna B", ["+79990000001"], "Roga Sales")


@pytest.mark.parametrize("changes", [{"Auto_Submitted": "auto-generated"}, {"X_Auto_Response_Suppress": "All"}])
def test_marks_of_site_mailers_ignore_a_letter_but_not_a_form(changes: dict[str, str]) -> None:
    assert done(mail("Текст", **changes)).reason == "auto_reply"
    assert done(mail(NOTIFICATIONS[0], From="wordpress@example.ru", **changes)).status == "ready"


def test_an_answer_to_an_invitation_is_ignored_and_an_undeliverable_address_told() -> None:
    part = "--b\r\nContent-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\n--b--"
    assert done(mail(part, "multipart/alternative; boundary=b")).reason == "calendar"
    report = (
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        "Final-Recipient: rfc822; No@example.org\r\nAction: failed\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        "Message-ID: <ours@example.ru>\r\n\r\nx\r\n--b--"
    )
    bounce = done(mail(report, "multipart/report; report-type=delivery-status; boundary=b"))
    assert (bounce.reason, bounce.inquiry.extra["bounced_recipient"]) == ("bounce", "no@example.org")
    assert bounce.inquiry.extra["original_message_id"] == "<ours@example.ru>"


def test_a_message_with_parts_without_end_is_read_as_far_as_bounds_allow() -> None:
    part = "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nокно\r\n"
    one = done(mail(part * 6000, "multipart/mixed; boundary=b"))
    assert (one.status, one.inquiry.emails) == ("ready", ["anna@example.org"])
    assert any(line.warning and "too many parts" in line.warning for line in one.report)
