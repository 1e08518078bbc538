"""Mail domains that are handed out for minutes. The list is a file beside this module, with its source and date."""

from pathlib import Path


def _listed(text: str) -> frozenset[str]:
    return frozenset([line for line in text.splitlines() if line and not line.startswith("#")])


DISPOSABLE = _listed((Path(__file__).parent / "disposable_domains.txt").read_text("utf-8"))
