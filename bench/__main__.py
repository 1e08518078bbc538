"""Runs all benches on one stack, one after the other, and prints the table."""

import sys
from pathlib import Path

from bench import accepting, flowing, importing, resting, writing
from bench.load import require_wrk
from bench.report import Report
from bench.stack import running_stack


def main() -> None:
    """`python -m bench [file.json]`."""
    require_wrk()
    report = Report()
    with running_stack() as stack:
        resting.memory(stack, report)
        writing.floor(stack, report)
        flowing.freshness(stack, report)
        with stack.frozen("analytics.worker"):
            writing.inquiries(stack, report)
        flowing.projecting(stack, report)
        accepting.measure(stack, report)
        flowing.drain(stack, report)
        importing.measure(stack, report)
    report.show()
    if len(sys.argv) > 1:
        report.save(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
