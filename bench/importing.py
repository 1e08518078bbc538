"""A file of many rows, imported while crm-core and analytics stand still: rows a second, and the worker's memory."""

import os
import tempfile
import time
from typing import IO

from bench.report import Report
from bench.stack import Stack

ROWS = int(os.environ.get("LEADFLOW_BENCH_IMPORT_ROWS", "200000"))
LOOK_EVERY_S = 0.25
LONGEST_S = 1200
MOST_MEMORY = 300 * 1024 * 1024
NAMES = ("Анна Примерова", "Иван Петров", "СИДОРОВ ПЁТР ИВАНОВИЧ", "Ольга")


def measure(stack: Stack, report: Report) -> None:
    """`ROWS` rows as Excel on a Russian system writes them, from the upload to the last commit."""
    with (
        stack.client("intake") as client,
        stack.frozen("crm_core.app", "crm_core.worker", "analytics.app", "analytics.worker"),
        tempfile.TemporaryFile() as file,
    ):
        _write(file)
        worker = stack.process("lead_intake.worker")
        began = time.perf_counter()
        answer = client.post("/v1/imports", files={"file": ("clients.csv", file, "text/csv")}, timeout=LONGEST_S)
        run, peak = answer.raise_for_status().json(), 0
        while run["status"] in ("queued", "running") and time.perf_counter() - began < LONGEST_S:
            time.sleep(LOOK_EVERY_S)
            peak = max(peak, worker.memory_info().rss)
            run = client.get(f"/v1/imports/{run['id']}").raise_for_status().json()
        took = time.perf_counter() - began
    rate = run["rows_done"] / took
    whole = run["outcomes"] == {"ready": ROWS}
    report.add(
        f"import of {ROWS:,} rows, upload included",
        f"{rate:,.0f} rows/s" + ("" if whole else f" ({run['status']}: {run['outcomes']})"),
        target="at least 5,000 rows/s",
        met=whole and rate >= 5000,
    )
    report.add(
        "the worker's memory meanwhile, at most",
        f"{peak / 1024**2:,.0f} MB",
        target="under 300 MB",
        met=peak < MOST_MEMORY,
    )


def _write(file: IO[bytes]) -> None:
    file.write("Имя;Телефон;Почта;Дата;Источник;Комментарий\r\n".encode("cp1251"))
    for n in range(ROWS):
        phone = f"8 (9{n // 10_000_000:02}) {n // 10_000 % 1000:03}-{n // 100 % 100:02}-{n % 100:02}"
        when = f"{n % 28 + 1:02}.03.2026 {n % 24:02}:15"
        line = f"{NAMES[n % 4]};{phone};user{n}@example.ru;{when};yandex;Сколько стоит окно номер {n}?\r\n"
        file.write(line.encode("cp1251"))
    file.seek(0)
