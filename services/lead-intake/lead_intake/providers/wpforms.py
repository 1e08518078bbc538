"""WPForms (WordPress), Webhooks add-on: keys as the owner chose them, JSON or form, no signature."""

from typing import ClassVar

from lead_intake.providers import bodies
from lead_intake.providers.base import Found, SourceView, WireRequest
from lead_intake.providers.forms import FormReader
from lead_intake.providers.wordpress import WordPressForms, without


class WPForms(WordPressForms):
    """Entries of WPForms."""

    slug: ClassVar[str] = "wpforms"
    title: ClassVar[str] = "WPForms (WordPress)"
    hint: ClassVar[str] = (
        "Form, Settings, Webhooks: the address, POST, JSON; the secret as request header X-Webhook-Key."
    )

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One entry; its number tells repeats when the owner sends it."""
        fields = bodies.record_of(request)
        reader = FormReader(request, source)
        reader.walk(without(fields, "user_ip", "user_agent", "ip"))
        return [reader.found()]
