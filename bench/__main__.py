"""Runs the benches on one stack, one after the other, and prints the table: all of them, or those that are named."""

import sys
from collections.abc import Callable
from pathlib import Path

from leadkit.telemetry import configure_logging

from bench import accepting, assigning, beside, draining, finding, flowing, importing, reporting, resting, writing
from bench.load import require_wrk
from bench.report import Report
from bench.stack import Stack, running_stack

PARTS: tuple[tuple[str, Callable[[Stack, Report], None]], ...] = (
    ("memory", resting.memory),
    ("floor", writing.floor),
    ("freshness", flowing.freshness),
    ("inquiries", writing.inquiries),
    ("assigning", assigning.measure),
    ("projecting", flowing.projecting),
    ("accepting", accepting.measure),
    *beside.PARTS,
    ("drain", draining.measure),
    ("importing", importing.measure),
    ("finding", finding.measure),
    ("reporting", reporting.measure),
)
"""In the order they run: what one leaves behind, the next may measure (`drain` also delivers what `accepting` took)."""


def main() -> None:
    """`python -m bench [part ...] [file.json]`."""
    files = [Path(each) for each in sys.argv[1:] if each.endswith(".json")]
    named = [each for each in sys.argv[1:] if not each.endswith(".json")]
    if unknown := set(named) - {name for name, _ in PARTS}:
        raise SystemExit(f"No such part: {', '.join(sorted(unknown))}. There are {', '.join(n for n, _ in PARTS)}.")
    require_wrk()
    configure_logging("error", service="bench")  # of what runs in this process
    report = Report()
    with running_stack() as stack:
        for name, part in PARTS:
            if not named or name in named:
                part(stack, report)
    report.show()
    for file in files:
        report.save(file)


if __name__ == "__main__":
    main()
