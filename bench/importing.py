"""Files of many rows, imported while crm-core and analytics stand still: rows a second, and the worker's memory."""

import os
import tempfile
import time
from datetime import date
from typing import IO

import httpx
from openpyxl import Workbook

from bench.accepting import cpu_seconds
from bench.report import Report
from bench.stack import Stack

ROWS = int(os.environ.get("LEADFLOW_BENCH_IMPORT_ROWS", "200000"))
ROWS_OF_WORKBOOK = int(os.environ.get("LEADFLOW_BENCH_WORKBOOK_ROWS", "50000"))
LOOK_EVERY_S = 0.25
LONGEST_S = 1200
MOST_MEMORY = 300 * 1024 * 1024
NAMES = ("Анна Примерова", "Иван Петров", "СИДОРОВ ПЁТР ИВАНОВИЧ", "Ольга")


def measure(stack: Stack, report: Report) -> None:
    """`ROWS` rows as Excel on a Russian system writes them, from the upload to the last commit; then a workbook."""
    with (
        stack.client("intake") as client,
        stack.frozen("crm_core.app", "crm_core.worker", "analytics.app", "analytics.worker"),
    ):
        for name, rows, write in (("clients.csv", ROWS, _write), ("others.xlsx", ROWS_OF_WORKBOOK, _write_workbook)):
            with tempfile.TemporaryFile() as file:
                write(file)
                _import(client, stack, report, name, file, rows)


def _import(client: httpx.Client, stack: Stack, report: Report, name: str, file: IO[bytes], rows: int) -> None:
    worker = stack.process("lead_intake.worker")
    began, cpu_s = time.perf_counter(), cpu_seconds(worker)
    answer = client.post("/v1/imports", files={"file": (name, file)}, timeout=LONGEST_S)
    run, peak = answer.raise_for_status().json(), 0
    while run["status"] in ("queued", "running") and time.perf_counter() - began < LONGEST_S:
        time.sleep(LOOK_EVERY_S)
        peak = max(peak, worker.memory_info().rss)
        run = client.get(f"/v1/imports/{run['id']}").raise_for_status().json()
    rate = run["rows_done"] / (time.perf_counter() - began)
    each_us = (cpu_seconds(worker) - cpu_s) / max(1, run["rows_done"]) * 1e6
    whole = run["outcomes"] == {"ready": rows}
    kind = name.rpartition(".")[2].upper()
    report.add(
        f"import of {rows:,} rows of {kind}, upload included",
        f"{rate:,.0f} rows/s" + ("" if whole else f" ({run['status']}: {run['outcomes']})"),
        target="at least 5,000 rows/s",
        met=whole and rate >= 5000,
    )
    report.add(f"the worker's processor time for each row of {kind}", f"{each_us:.0f} µs")
    report.add(
        "the worker's memory meanwhile, at most",
        f"{peak / 1024**2:,.0f} MB",
        target="under 300 MB",
        met=peak < MOST_MEMORY,
    )


def _write_workbook(file: IO[bytes]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["Имя", "Телефон", "Почта", "Дата", "Источник", "Комментарий"])
    for n in range(ROWS_OF_WORKBOOK):
        when = date(2026, 3, n % 28 + 1)
        words = f"Сколько стоит дверь номер {n}?"
        sheet.append([NAMES[n % 4], 79_100_000_000 + n, f"other{n}@example.ru", when, "yandex", words])
    book.save(file)
    file.seek(0)


def _write(file: IO[bytes]) -> None:
    file.write("Имя;Телефон;Почта;Дата;Источник;Комментарий\r\n".encode("cp1251"))
    for n in range(ROWS):
        phone = f"8 (9{n // 10_000_000:02}) {n // 10_000 % 1000:03}-{n // 100 % 100:02}-{n % 100:02}"
        when = f"{n % 28 + 1:02}.03.2026 {n % 24:02}:15"
        line = f"{NAMES[n % 4]};{phone};user{n}@example.ru;{when};yandex;Сколько стоит окно номер {n}?\r\n"
        file.write(line.encode("cp1251"))
    file.seek(0)
