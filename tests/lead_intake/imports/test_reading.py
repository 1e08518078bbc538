"""Files as Excel, CRMs and people write them, read without a database."""

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lead_intake.imports.plan import NotATable, plan_from
from lead_intake.imports.rejections import DIGITS_LOST, NO_CONTACT, NO_PHONE, csv_lines

from tests.lead_intake.imports.tables_of import meanings, plan_of, read, source

SAMPLE = Path(__file__).parent / "samples" / "csv_import_utf8_bom.csv"
RUSSIAN = "Имя;Телефон;Комментарий\r\nАнна Примерова;8 (999) 000-02-04;Здравствуйте\r\n"


def test_the_sample_is_read_as_its_expected_file_says() -> None:
    expected = json.loads(SAMPLE.with_suffix(".expected.json").read_text())
    config = expected["config"]
    view = source(default_region=config["default_region"], time_zone=config["timezone"])
    for row, record in zip(read(SAMPLE.read_bytes(), view), expected["records"], strict=True):
        lead, last = record["lead"], (row.get("attribution") or {}).get("last") or {}
        assert row["occurred_at"] == lead["occurred_at"]
        assert row["person"]["full_name"] == lead["name"]
        assert [row[key] for key in ("phones", "emails", "message", "extra")] == [
            lead[key] for key in ("phones", "emails", "message", "extra")
        ]
        assert last.get("source") == lead["attribution"].get("utm_source")


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("cp1251", "cp1251"), ("koi8-r", "koi8-r"), ("cp866", "cp866"),
     ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be")],
)  # fmt: skip
def test_the_encoding_is_told_by_the_bytes(encoding: str, told: str) -> None:
    content = RUSSIAN.encode(encoding)
    assert plan_of(content).layout.encoding == told
    (row,) = read(content)
    assert (row["person"]["full_name"], row["phones"]) == ("Анна Примерова", ["+79990000204"])
    assert row["message"] == "Здравствуйте"


def test_accents_are_not_taken_for_cyrillic() -> None:
    (row,) = read("name,phone\nJosé Muñoz,+34 912 345 678\n".encode("cp1252"))
    assert row["person"]["full_name"] == "José Muñoz"


def test_one_wrong_byte_far_down_does_not_change_the_encoding() -> None:
    content = RUSSIAN.encode() + "Иван;89990000205;текст\n".encode() * 50 + b"\xd0;89990000206;\n"
    assert plan_of(content).layout.encoding == "utf-8"


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_the_one_that_makes_an_even_table(delimiter: str) -> None:
    rows = [
        ["Имя", "Телефон", "Вопрос"],
        ["Анна", "89990000204", "да, нет, не знаю"],
        ["Иван", "89990000205", "когда;"],
    ]
    text = "\n".join(delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in rows)
    assert plan_of(text.encode()).layout.delimiter == delimiter
    assert [row["message"] for row in read(text.encode())] == ["да, нет, не знаю", "когда;"]


def test_a_named_separator_is_no_heading_and_line_breaks_stay_in_their_cell() -> None:
    rows = read(
        'sep=;\r\nИмя;Телефон;Текст\r\n"Анна";89990000204;"раз\r\nдва ""три"""\r\nИван;89990000205;\r\n'.encode()
    )
    assert [(row["line"], row.get("message")) for row in rows] == [(3, 'раз\nдва "три"'), (5, None)]


def test_a_quote_that_never_ends_costs_its_own_row_and_no_other() -> None:
    rows = read('Имя,Телефон\n"Анна,89990000204\n"Иван\nПётр,89990000206\n"Олег,89990000207\n'.encode())
    assert [(row["line"], row.get("phones") or row["rejected"]) for row in rows] == [
        (2, ["+79990000204"]), (3, "a quotation mark is never closed"), (4, ["+79990000206"]), (5, ["+79990000207"]),
    ]  # fmt: skip


def test_an_endless_line_is_one_rejected_row() -> None:
    rows = read(f"Имя,Телефон\n{'x' * 300_000}\nПётр,89990000206\n".encode())
    assert rows[0]["rejected"].startswith("the row is longer")
    assert rows[1]["phones"] == ["+79990000206"]


def test_titles_above_totals_below_and_headings_again_are_no_rows() -> None:
    text = "Отчёт по лидам;;\n;;\n№;ФИО;Контактный телефон\n1;Анна;89990000204\n№;ФИО;Контактный телефон\nИтого:;1;\n"
    first, totals = read(text.encode())
    assert first["phones"] == ["+79990000204"]
    assert (totals["rejected"], totals["line"]) == ("a row of totals", 6)
    assert plan_of(text.encode()).columns.header_line == 3


def test_without_headings_the_contents_tell_the_columns() -> None:
    content = "Анна Примерова,89990000204,anna@example.ru\nИван Петров,89990000205,ivan@example.ru\n".encode()
    assert list(meanings(content).values()) == ["full_name", "phone", "email"]
    assert [row["phones"] for row in read(content)] == [["+79990000204"], ["+79990000205"]]


def test_a_column_with_an_odd_heading_is_told_by_what_stands_in_it() -> None:
    content = "Кто,Как связаться,Куда писать\nАнна,9990000204,a@example.ru\nИван,9990000205,b@example.ru\n".encode()
    assert meanings(content) == {"Кто": None, "Как связаться": "phone", "Куда писать": "email"}


def test_headings_of_crm_exports_are_known() -> None:
    content = (
        "Имя контакта;Рабочий телефон;Мобильный телефон;Рабочий email;Источник;Дата создания;Бюджет;Ответственный\n"
    )
    row = "Анна;89990000204;89990000205;a@b.ru;Яндекс;03.04.2026 10:00;12 500,00;Петров\n"
    (read_row,) = read((content + row).encode())
    assert read_row["phones"] == ["+79990000204", "+79990000205"]
    assert read_row["occurred_at"] == "2026-04-03T07:00:00Z"
    assert read_row["budget"] == {"amount": "12500.00", "currency": "RUB"}
    assert read_row["attribution"]["last"]["source"] == "Яндекс"
    assert read_row["extra"] == {"Ответственный": "Петров"}


def test_ids_in_a_file_of_meta_s_leads_are_those_of_its_notices() -> None:
    (row,) = read(b"id\tad_id\tphone_number\nl:17\tag:18\tp:+79990000204\n", given={"id": "external_id"})
    assert (row["external_id"], row["attribution"]["last"]["ad_id"]) == ("17", "18")


def test_beside_surnames_a_name_is_a_first_name() -> None:
    (row,) = read("Фамилия;Имя;Отчество;Телефон\nИванов;Иван;Петрович;89990000204\n".encode())
    parts = [row["person"][part] for part in ("full_name", "first_name", "middle_name", "last_name")]
    assert parts == ["Иван Петрович Иванов", "Иван", "Петрович", "Иванов"]


def test_a_contact_amid_other_words_is_better_than_none_unless_it_is_of_the_staff() -> None:
    text = (
        "Клиент;Как найти;Менеджер\nООО Ромашка;Иван, +7 999 000-02-04, a@b.ru;Петров, 89990000209\nОлег;;89990000209\n"
    )
    found, none = read(text.encode())
    assert (found["phones"], found["emails"]) == (["+79990000204"], ["a@b.ru"])
    assert none["problem"] == NO_CONTACT


@pytest.mark.parametrize(
    ("cell", "problem"),
    [("7,999E+10", DIGITS_LOST), ("спросить у Олега", NO_PHONE), ("", NO_CONTACT)],
)
def test_a_row_that_makes_no_lead_says_why(cell: str, problem: str) -> None:
    first, row = read(f"Имя;Телефон\nИван;89990000205\nАнна;{cell}\n".encode())
    assert first["problem"] is None
    assert (row["status"], row["problem"]) == ("interest", problem)


@pytest.mark.parametrize(
    "cell", ["p:+79990000204", "'+79990000204", "7,9990000204E+10", "79990000204.0", "+7 999 000-02-04 доб. 12"]
)
def test_phones_that_spreadsheets_have_touched_are_read(cell: str) -> None:
    (row,) = read(f"Имя;Телефон\nАнна;{cell}\n".encode())
    assert row["phones"] == ["+79990000204"]


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["3/4/2026"], "2026-03-03T21:00:00Z"),
        (["3/4/2026", "13/4/2026"], "2026-04-02T21:00:00Z"),
        (["3/11/26 4:05 PM"], "2026-03-11T13:05:00Z"),
        (["46000,5"], "2025-12-09T09:00:00Z"),
        (["3 апреля 2026 г., 10:00"], "2026-04-03T07:00:00Z"),
        (["2026.04.03"], "2026-04-02T21:00:00Z"),
        (["3.4.26"], "2026-04-02T21:00:00Z"),
        (["2026-04-03T10:00:00+07:00"], "2026-04-03T03:00:00Z"),
    ],
)
def test_dates_are_read_in_local_forms(cells: list[str], first: str) -> None:
    text = "Дата;Телефон\n" + "".join(f"{cell};8999000020{place}\n" for place, cell in enumerate(cells))
    assert read(text.encode())[0]["occurred_at"] == first


def test_what_was_given_counts_before_what_is_remembered_and_that_before_the_field_map() -> None:
    content = "А;Б;В;Телефон\nодин;два;три;89990000204\n".encode()
    view = source(field_map={"А": "subject", "Б": "subject", "В": "product"})
    asked = {"given": {"А": "region"}, "remembered": lambda _: {"А": "message", "Б": "position"}}
    assert [column.meaning for column in plan_of(content, view, **asked).columns.columns] == [
        "region", "position", "product", "phone",
    ]  # fmt: skip
    assert read(content, view, **asked)[0]["region"] == "один"


def test_a_mapping_may_name_places_be_turned_round_or_keep_a_column_as_it_is() -> None:
    content = "А;Б;Имя;Телефон\nодин;два;три;89990000204\n".encode()
    assert meanings(content, given={"1": "message"})["А"] == "message"
    assert meanings(content, given={"message": "Б"})["Б"] == "message"
    (row,) = read(content, given={"Имя": None})
    assert row["extra"] == {"А": "один", "Б": "два", "Имя": "три"}
    with pytest.raises(ValueError, match="no column 'Г'"):
        plan_of(content, given={"Г": "phone"})


def test_a_row_is_known_again_in_another_file_by_what_it_says() -> None:
    one = read("№;Имя;Телефон\n1;Анна;89990000204\n2;Иван;89990000205\n".encode())
    other = read("Телефон,№,Имя\n89990000205,7,Иван\n".encode())
    assert other[0]["key"] == one[1]["key"] != one[0]["key"]


def test_only_a_sure_id_tells_rows_apart_for_good() -> None:
    sure = "ID заявки;Телефон\n17;89990000204\n".encode()
    assert read(sure)[0]["key"] == "id:17"
    unsure = read("ID;Телефон\n17;89990000204\n".encode())[0]
    assert (unsure["external_id"], unsure["key"][:4]) == ("17", "row:")
    assert read("ID;Телефон\n17;89990000204\n".encode(), given={"ID": "external_id"})[0]["key"] == "id:17"
    assert read("ID;Телефон\n1;89990000204\n2;89990000205\n".encode())[0]["external_id"] is None


def test_a_website_column_is_no_trap_for_robots() -> None:
    (row,) = read("Имя;Телефон;website\nАнна;89990000204;example.ru\n".encode())
    assert (row["status"], row["extra"]) == ("ready", {"website": "example.ru"})


def test_a_workbook_is_read_with_its_numbers_and_dates() -> None:
    content = workbook(
        [["ФИО", "Телефон", "Дата"], ["Анна", 79990000204, datetime(2026, 4, 3, 10)], [None, None], ["И"]]
    )
    anna, other = read(content)
    assert (anna["phones"], anna["occurred_at"]) == (["+79990000204"], "2026-04-03T07:00:00Z")
    assert (other["line"], other["problem"]) == (4, NO_CONTACT)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "empty"), (b"\r\n\r\n", "empty"), (b"\xd0\xcf\x11\xe0" + bytes(100), "save it as"),
     (b"%PDF-1.7", "save it as"), (bytes(range(32)) * 100, "neither"), (b"PK\x03\x04rubbish", "broken zip")],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_the_reason(content: bytes, why: str) -> None:
    with pytest.raises(NotATable, match=why):
        plan_of(content)


def test_a_zip_that_would_fill_the_memory_is_refused_unread() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (12 * 1024 * 1024))
    with pytest.raises(NotATable, match="packed more tightly"):
        plan_of(packed.getvalue())


def test_what_is_told_of_rejected_rows_is_no_formula_and_can_be_sent_again() -> None:
    assert csv_lines([["=1+1", "+79990000204", "-", "@x", "a"]]) == "'=1+1,'+79990000204,'-,'@x,a\r\n"
    again = csv_lines([["Имя", "Телефон"], ["Анна", "+79990000204"]], mark=True).encode()
    assert read(again)[0]["phones"] == ["+79990000204"]


def test_a_plan_survives_being_kept() -> None:
    plan = plan_of(RUSSIAN.encode("cp1251"))
    assert plan_from(json.loads(json.dumps(plan.as_json()))) == plan


@settings(max_examples=40)
@given(st.binary(max_size=400) | st.text(alphabet=' ;,\t\n\r"\x00абвPK1+@.', max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused_and_nothing_else(content: bytes) -> None:
    try:
        plan_of(content)
    except NotATable:
        return
    lines = [row["line"] for row in read(content)]
    assert lines == sorted(set(lines))


def workbook(rows: list[list[object]]) -> bytes:
    from openpyxl import Workbook

    book, out = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(out)
    return out.getvalue()
