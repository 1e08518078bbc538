"""Workbooks as different programs write them show what openpyxl sees in them."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from lead_intake.imports import xlsx_file
from lead_intake.imports.xlsx_file import NoWorkbook, records, text_of, told_rows
from openpyxl import Workbook, load_workbook

SHEET = "xl/worksheets/sheet2.xml"
ROWS: list[list[object]] = [
    ["Имя", "Телефон", "Дата", "Сумма"],
    ["Анна <&> \"я\"", 79990000204, datetime(2026, 4, 3, 10, 15), 1.5],
    [None, "  ", date(2026, 4, 3), 1e21],
    [],
    ["Пётр", None, time(10, 5), timedelta(hours=30)],
    [True, False, -0.0, 2.0, None, None, "далеко"],
    ["#N/A", "=1+1", "\n\t", 12345678901234567890],
]  # fmt: skip


def written(*, shared: bool = True) -> bytes:
    """With texts shared as Excel does, or in the cells and without dimensions."""
    book, out = Workbook(write_only=not shared), io.BytesIO()
    for each in book.worksheets:
        book.remove(each)
    book.create_sheet("Empty")
    sheet = book.create_sheet("Rows")
    for row in ROWS:
        sheet.append(row)
    book.save(out)
    return with_shared_texts(out.getvalue()) if shared else out.getvalue()


def with_shared_texts(content: bytes) -> bytes:
    texts: list[str] = []

    def share(found: re.Match[str]) -> str:
        texts.append(found[1])
        return f't="s"><v>{len(texts) - 1}</v>'

    file = changed(content, SHEET, r't="inlineStr"><is>((?s:.*?))</is>', share)
    table = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    table += "".join(f"<si>{text}<rPh sb='0' eb='1'><t>spoken</t></rPh></si>" for text in texts) + "</sst>"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    told = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    out = changed(file.getvalue(), "[Content_Types].xml", "</Types>", told)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", table)
    return out.getvalue()


def changed(content: bytes, part: str, pattern: str, into: str | Callable[[re.Match[str]], str]) -> io.BytesIO:
    """The workbook with a part rewritten."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, re.sub(pattern, into, text.decode()).encode() if name == part else text)
    return out


def seen_by_openpyxl(content: bytes) -> list[list[str]]:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    return [[text_of(cell) for cell in row] for row in book["Rows"].iter_rows(values_only=True)]


def cells(file: io.BytesIO) -> list[list[str]]:
    return [record.cells for record in records(file)]


@pytest.mark.parametrize("shared", [True, False])
def test_cells_of_every_kind_show_what_openpyxl_sees(shared: bool) -> None:
    content = written(shared=shared)
    expected = seen_by_openpyxl(content)
    for cells in expected:
        while cells and not cells[-1]:
            cells.pop()
    found = {record.line: record.cells for record in records(io.BytesIO(content))}
    assert found == {line: cells for line, cells in enumerate(expected, 1) if cells}
    assert found[2] == ['Анна <&> "я"', "79990000204", "2026-04-03 10:15:00", "1.5"]


def test_workbook_without_places_or_with_a_prefix_is_read_all_the_same() -> None:
    content = written()
    whole = cells(io.BytesIO(content))
    assert cells(changed(content, SHEET, r"<(/?)(row|c|v|sheetData)\b", r"<\1x:\2"))[1] == whole[1]
    assert cells(changed(content, SHEET, r'<(row|c) r="\w+"', r"<\1"))[0] == whole[0]


def test_hidden_sheet_is_passed_over_and_the_number_of_rows_is_what_the_first_visible_one_tells() -> None:
    content = written()
    shown = changed(content, "xl/workbook.xml", r'(name="Empty" sheetId="\d+") state="visible"', r'\1 state="hidden"')
    assert cells(shown) == cells(io.BytesIO(content))
    assert told_rows(shown) == len(ROWS) - 1
    assert told_rows(io.BytesIO(written(shared=False))) is None


@pytest.mark.parametrize(
    ("part", "pattern", "into"),
    [
        (SHEET, "^.*?<worksheet", '<!DOCTYPE a [<!ENTITY b "c">]><worksheet'),
        ("xl/sharedStrings.xml", "^.*?<sst", '<!DOCTYPE a [<!ENTITY b "c">]><sst'),
        (SHEET, "</worksheet>", ""),
        (SHEET, ' t="s"><v>1', ' t="s"><v>999999'),
        (SHEET, 'r="B2"', 'r="?2"'),
    ],
)
def test_broken_or_hostile_workbook_is_refused(part: str, pattern: str, into: str) -> None:
    file = changed(written(), part, pattern, into)
    xlsx_file.check(file)
    with pytest.raises(NoWorkbook, match="broken"):
        list(records(file))


def test_number_that_is_no_date_stands_for_itself() -> None:
    content = written()
    file = changed(content, SHEET, r'(r="C2" s="\d+" t="n")><v>[^<]+', r"\1><v>99999999999")
    assert cells(file)[1][2] == "99999999999"


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [("str", "текст", "текст"), ("e", "#REF!", "#REF!"), ("d", "2026-04-03T10:15:00", "2026-04-03 10:15:00"),
     ("d", "someday", "someday"), ("b", "1", "true"), ("n", "9" * 5000, "9" * 5000), ("n", "1e999", "inf")],
)  # fmt: skip
def test_value_of_a_formula_or_of_a_rare_type_is_shown(kind: str, value: str, shown: str) -> None:
    file = changed(written(), SHEET, r'<c r="D2"[^>]*><v>[^<]+', f'<c r="D2" t="{kind}"><f>A1</f><v>{value}')
    assert cells(file)[1][3] == shown
