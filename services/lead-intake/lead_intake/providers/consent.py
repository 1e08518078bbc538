"""Consent as evidence: what was agreed to, in which wording, when, and from where."""

from collections.abc import Mapping

from lead_intake.normalising import times
from lead_intake.providers.base import ConsentDraft, SourceView

_NO = frozenset({"", "0", "no", "false", "off", "нет", "none", "null", "f", "n", "не согласен"})
_WORDING = 20
"""A value longer than this is the wording itself, not a tick."""


def told_by(fields: Mapping[str, str], source: SourceView, address: str | None) -> ConsentDraft | None:
    """The consent in a form's fields (`consent`, `consent_text`, `consent_version`, ...); None when it tells nothing.

    Text, version and purpose that the form leaves out are those of the source's setting, unless it names a version
    that is no longer set: then the wording it showed is not known.
    """
    if not fields:
        return None
    given = fields.get("consent", "yes" if "consent_at" in fields else "").strip().casefold() not in _NO
    text, wording = fields.get("consent_text"), fields.get("consent", "")
    if text is None and len(wording) > _WORDING:
        text = wording
    version, purpose = fields.get("consent_version"), fields.get("consent_purpose")
    asked = source.settings.consent
    if asked is not None:
        purpose = purpose or asked.purpose
        if text is None and version in (None, asked.version):
            text, version = asked.text, asked.version
    at = times.parse(fields.get("consent_at", ""), source.time_zone)
    return ConsentDraft(given, purpose, text, version, at, source.hashed(address) if address else None)
