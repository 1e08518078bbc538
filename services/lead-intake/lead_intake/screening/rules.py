"""Points for suspicious signs. A filled honeypot alone makes spam; other signs only add points."""

from dataclasses import dataclass, field

from lead_intake.normalising.pipeline import Normalised
from lead_intake.providers.base import Found, SourceView, WireRequest


@dataclass(slots=True)
class Screening:
    """The score, why, and whether it reaches the source's threshold."""

    score: int = 0
    reasons: list[str] = field(default_factory=list)
    spam: bool = False


def screen(request: WireRequest, found: Found, normalised: Normalised, source: SourceView) -> Screening:
    """How suspicious an inquiry is."""
    return Screening()


def content_key(normalised: Normalised, source: SourceView) -> str:
    """A hash of site, contacts and message: recognises a repeat that carries no id of its own."""
    return ""
