"""Wire formats, one file each. Adding one: write it, add it to PROVIDERS, put samples beside the others."""

from lead_intake.providers.asterisk import Asterisk
from lead_intake.providers.base import Provider
from lead_intake.providers.callrail import CallRail
from lead_intake.providers.calltouch import Calltouch
from lead_intake.providers.generic import Generic
from lead_intake.providers.mail.provider import Email
from lead_intake.providers.mailgun import Mailgun
from lead_intake.providers.mango_office import MangoOffice
from lead_intake.providers.postmark import Postmark
from lead_intake.providers.sendgrid import SendGrid
from lead_intake.providers.ses_sns import SesSns
from lead_intake.providers.twilio import Twilio
from lead_intake.providers.uis import Uis

PROVIDERS: tuple[Provider, ...] = (
    Generic(),
    MangoOffice(),
    Uis(),
    Calltouch(),
    CallRail(),
    Twilio(),
    Asterisk(),
    Email(),
    Mailgun(),
    SendGrid(),
    Postmark(),
    SesSns(),
)

_BY_SLUG = {provider.slug: provider for provider in PROVIDERS}


def provider_named(slug: str) -> Provider:
    """The provider of a source. KeyError when there is none (a source is only made with a known one)."""
    return _BY_SLUG[slug]
