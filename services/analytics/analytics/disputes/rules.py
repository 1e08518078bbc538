"""What may be written beside a lead: where evidence lies, and nothing that names a person. Pure."""

import re
from typing import Final

_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PHONE: Final = re.compile(r"(?<![\w-])\+?\d(?:[\s().-]{0,2}\d){9,14}(?![\w-])")


def names_somebody(text: str) -> bool:
    """Whether the text holds an e-mail address or what looks like a phone number."""
    return holds_email(text) or _PHONE.search(text) is not None


def holds_email(text: str) -> bool:
    """Whether the text holds an e-mail address; long numbers in it may be ids of recordings."""
    return _EMAIL.search(text) is not None
