"""Where the made-up inquiries come from, how often, how good they are, and what each campaign costs a day."""

from dataclasses import dataclass
from random import Random

from deploy.local.demo.people import Language


@dataclass(frozen=True)
class Campaign:
    """A traffic source: its `share` of the inquiries, how much likelier they buy (`quality`), its cost before noise."""

    source: str | None
    medium: str | None
    name: str | None
    language: Language | None
    share: float
    quality: float
    roubles_a_day: int
    click_id: str | None = None


CAMPAIGNS = (
    Campaign("yandex", "cpc", "brand_ru", "ru", 0.16, 1.3, 900, "yclid"),
    Campaign("yandex", "cpc", "install_msk", "ru", 0.24, 0.9, 2600, "yclid"),
    Campaign("google", "cpc", "office_ru", "ru", 0.12, 1.0, 1400, "gclid"),
    Campaign("google", "cpc", "office_en", "en", 0.14, 1.1, 1500, "gclid"),
    Campaign("vk", "social", "retarget", "ru", 0.12, 0.5, 800),
    Campaign("telegram", "social", "channel_post", "ru", 0.07, 0.7, 500),
    Campaign("yandex", "organic", None, None, 0.09, 1.2, 0),
    Campaign(None, None, None, None, 0.06, 1.4, 0),
)


def campaign_for(random: Random, language: Language) -> Campaign:
    """One that speaks the person's language, by share."""
    fitting = [campaign for campaign in CAMPAIGNS if campaign.language in (language, None)]
    return random.choices(fitting, [campaign.share for campaign in fitting])[0]


def landing_url(random: Random, campaign: Campaign) -> str:
    """The address a visitor landed on, marked as the campaign marks it."""
    page = "https://shop.example/" + ("en/" if campaign.language == "en" else "")
    if campaign.name is None:
        return page
    marks = f"utm_source={campaign.source}&utm_medium={campaign.medium}&utm_campaign={campaign.name}"
    return f"{page}?{marks}" + (f"&{campaign.click_id}=demo-{random.getrandbits(48):x}" if campaign.click_id else "")


def referrer(campaign: Campaign) -> str:
    """Where the browser says it came from; empty for a typed address."""
    known = {
        "yandex": "https://yandex.ru/",
        "google": "https://www.google.com/",
        "vk": "https://vk.com/",
        "telegram": "https://t.me/",
    }
    return known.get(campaign.source or "", "")
