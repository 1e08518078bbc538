"""Wire formats, one file each. Adding one: write it, add it to PROVIDERS, put samples beside the others."""

from lead_intake.providers.amocrm import AmoCrm
from lead_intake.providers.asterisk import Asterisk
from lead_intake.providers.avito import Avito
from lead_intake.providers.base import Provider
from lead_intake.providers.bitrix24 import Bitrix24
from lead_intake.providers.callrail import CallRail
from lead_intake.providers.calltouch import Calltouch
from lead_intake.providers.cf7 import ContactForm7
from lead_intake.providers.elementor import Elementor
from lead_intake.providers.generic import Generic
from lead_intake.providers.google_ads import GoogleAds
from lead_intake.providers.gravityforms import GravityForms
from lead_intake.providers.hubspot import HubSpot
from lead_intake.providers.jivo import Jivo
from lead_intake.providers.jotform import Jotform
from lead_intake.providers.mail.provider import Email
from lead_intake.providers.mailgun import Mailgun
from lead_intake.providers.mango_office import MangoOffice
from lead_intake.providers.meta import Meta
from lead_intake.providers.postmark import Postmark
from lead_intake.providers.sendgrid import SendGrid
from lead_intake.providers.ses_sns import SesSns
from lead_intake.providers.tilda import Tilda
from lead_intake.providers.twilio import Twilio
from lead_intake.providers.typeform import Typeform
from lead_intake.providers.uis import Uis
from lead_intake.providers.vk import Vk
from lead_intake.providers.webflow import Webflow
from lead_intake.providers.wpforms import WPForms

PROVIDERS: tuple[Provider, ...] = (
    Generic(),
    Tilda(),
    Typeform(),
    Jotform(),
    GravityForms(),
    ContactForm7(),
    WPForms(),
    Elementor(),
    HubSpot(),
    Webflow(),
    Bitrix24(),
    AmoCrm(),
    MangoOffice(),
    Uis(),
    Calltouch(),
    CallRail(),
    Twilio(),
    Asterisk(),
    Jivo(),
    Avito(),
    GoogleAds(),
    Meta(),
    Vk(),
    Email(),
    Mailgun(),
    SendGrid(),
    Postmark(),
    SesSns(),
)

ASKING = tuple([provider.slug for provider in PROVIDERS if provider.asks])
"""Providers whose API is asked to complete a submission."""

_BY_SLUG = {provider.slug: provider for provider in PROVIDERS}


def provider_named(slug: str) -> Provider:
    """The provider of a source. KeyError when there is none (a source is only made with a known one)."""
    return _BY_SLUG[slug]
