"""Contact Form 7 (WordPress) with the plugin that posts to a webhook: JSON or a query of form tags, no id."""

from typing import ClassVar

from lead_intake.providers import bodies
from lead_intake.providers.base import Found, SourceView, WireRequest
from lead_intake.providers.forms import FormReader
from lead_intake.providers.wordpress import WordPressForms, told_time, without

_SPECIAL = ("_remote_ip", "_user_agent", "_date", "_time", "_url", "_post_url", "_post_title", "_post_id", "_post_name")


class ContactForm7(WordPressForms):
    """Forms of Contact Form 7."""

    slug: ClassVar[str] = "cf7"
    title: ClassVar[str] = "Contact Form 7 (WordPress)"
    hint: ClassVar[str] = "Contact form, tab Webhook of the plugin CF7 to Webhook: the address with ?key=secret."

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One form; `_url` and the other special mail tags are there when the owner added them."""
        fields = bodies.record_of(request)
        reader = FormReader(request, source)
        reader.walk(without(fields, *_SPECIAL))
        reader.mark("page_url", fields.get("_url") or fields.get("_post_url"))
        reader.keep("page_title", fields.get("_post_title") or "")
        told_time(reader, fields.get("_date"), fields.get("_time"), source)
        return [reader.found()]
