"""The names under which sites, cookies and ad platforms hand over where a visitor came from."""

UTM = {
    "utm_source": "source", "utm_medium": "medium", "utm_campaign": "campaign", "utm_content": "content",
    "utm_term": "term", "utm_id": "campaign_id", "campaign_id": "campaign_id", "utm_campaign_id": "campaign_id",
    "adgroup_id": "adgroup_id", "adset_id": "adgroup_id", "ad_id": "ad_id", "creative_id": "ad_id",
    "form_id": "form_id", "utm_keyword": "term", "keyword": "term",
}  # fmt: skip
"""Wire name -> field of the touch."""

CLICK_IDS = {
    "gclid": "gclid", "gbraid": "gbraid", "wbraid": "wbraid", "dclid": "dclid", "srsltid": "srsltid",
    "yclid": "yclid", "ymclid": "ymclid", "ysclid": "ysclid", "fbclid": "fbclid", "msclkid": "msclkid",
    "ttclid": "ttclid", "rb_clickid": "rb_clickid", "_vkclid": "vkclid", "vkclid": "vkclid", "_gcl_aw": "gclid",
}  # fmt: skip

CLIENT_IDS = {
    "_ga": "ga", "ga": "ga", "ga_client_id": "ga", "ga_cid": "ga", "gaclientid": "ga", "google_client_id": "ga",
    "_ym_uid": "ym", "ym_uid": "ym", "ym_client_id": "ym", "ymclientid": "ym", "ya_cid": "ym", "ym": "ym",
    "metrika_client_id": "ym", "yandex_client_id": "ym",
    "_fbp": "fbp", "fbp": "fbp", "_fbc": "fbc", "fbc": "fbc", "_ttp": "ttp",
    "roistat": "roistat", "roistat_visit": "roistat", "_ct_session_id": "calltouch",
    "calltouch_session_id": "calltouch",
    "comagic_id": "comagic", "session_id": "session", "client_id": "client",
}  # fmt: skip

ADDRESSES = {
    "landing_url": "landing_url", "landing_page": "landing_url", "landing": "landing_url", "first_page": "landing_url",
    "entry_url": "landing_url", "page_url": "page_url", "page": "page_url", "url": "page_url",
    "page_location": "page_url", "form_url": "page_url", "source_url": "page_url", "страница": "page_url",
    "referrer": "referrer", "referer": "referrer", "document_referrer": "referrer", "http_referer": "referrer",
    "utm_referrer": "referrer",
}  # fmt: skip

COOKIES = frozenset({"_ga", "_ym_uid", "_fbp", "_fbc", "_gcl_aw", "_ttp", "roistat_visit", "_ct_session_id", "_vkclid"})
"""Cookies that are read and kept; any other is a secret of the site."""

PLACES = {
    **{name: ("address", field) for name, field in ADDRESSES.items()},
    **{name: ("client", field) for name, field in CLIENT_IDS.items()},
    **{name: ("click", field) for name, field in CLICK_IDS.items()},
    **{name: ("utm", field) for name, field in UTM.items()},
}
"""Wire name -> the part of the touch it goes to, and the name there."""

MARKS = frozenset(PLACES)
IN_QUERY = frozenset(CLICK_IDS) | {"roistat"}
"""What counts in an address's query, beside `utm_...`."""

PAID_CLICKS = {
    "gclid": "google", "gbraid": "google", "wbraid": "google", "dclid": "google", "yclid": "yandex",
    "ymclid": "yandex", "msclkid": "bing", "ttclid": "tiktok", "rb_clickid": "vk", "vkclid": "vk",
}  # fmt: skip
"""Click id -> the platform that was paid for the click. `fbclid`, `ysclid` and `srsltid` come with free clicks too."""

SEARCH_ENGINES = {
    "google": "google", "yandex": "yandex", "ya": "yandex", "bing": "bing", "mail": "mail.ru", "rambler": "rambler",
    "duckduckgo": "duckduckgo", "yahoo": "yahoo", "baidu": "baidu", "ecosia": "ecosia", "nigma": "nigma",
}  # fmt: skip
"""Second-level name of a search engine's host -> source."""

WEBMAIL = frozenset({"mail", "webmail", "outlook"})
"""Names of hosts, before that of a search engine or provider, where people read their mail."""
MAIL_PLACES = frozenset(
    {"e.mail.ru", "touch.mail.ru", "com.google.android.gm", "ru.mail.mailapp", "ru.yandex.mail",
     "com.microsoft.office.outlook"}
)  # fmt: skip
"""Where people read it as well: hosts of other names, and apps."""
NO_SEARCH = frozenset(
    "docs drive maps market translate disk cloud accounts calendar sites classroom groups passport taxi afisha".split()
)
"""Hosts of search engines where nobody searches the web."""

SOCIAL = {
    "vk.com": "vk", "vk.ru": "vk", "m.vk.com": "vk", "away.vk.com": "vk", "ok.ru": "ok", "facebook.com": "facebook",
    "l.facebook.com": "facebook", "lm.facebook.com": "facebook", "m.facebook.com": "facebook", "fb.com": "facebook",
    "instagram.com": "instagram", "l.instagram.com": "instagram", "twitter.com": "twitter", "x.com": "twitter",
    "t.co": "twitter", "linkedin.com": "linkedin", "lnkd.in": "linkedin", "youtube.com": "youtube",
    "tiktok.com": "tiktok",
    "pinterest.com": "pinterest", "reddit.com": "reddit", "dzen.ru": "dzen",
    "zen.yandex.ru": "dzen", "rutube.ru": "rutube",
}  # fmt: skip

MESSENGERS = {
    "t.me": "telegram", "telegram.org": "telegram", "web.telegram.org": "telegram", "telegram.me": "telegram",
    "wa.me": "whatsapp", "web.whatsapp.com": "whatsapp", "api.whatsapp.com": "whatsapp", "viber.com": "viber",
    "org.telegram.messenger": "telegram", "com.whatsapp": "whatsapp",
}  # fmt: skip

SOCIAL_SOURCES = frozenset(SOCIAL.values()) | {"fb", "ig", "meta", "vkontakte", "odnoklassniki", "mytarget", "vk_ads"}
MESSENGER_SOURCES = frozenset(MESSENGERS.values()) | {"tg", "wa", "max"}
PAYMENT_PAGES = (
    "yookassa.ru",
    "yoomoney.ru",
    "pay.tbank.ru",
    "securepayments.sberbank.ru",
    "paypal.com",
    "stripe.com",
    "robokassa.ru",
    "cloudpayments.ru",
    "securepay.tinkoff.ru",
)
PERSONAL_IN_QUERY = frozenset(
    {"email", "e-mail", "mail", "phone", "tel", "telephone", "name", "fio", "firstname", "lastname", "first_name",
     "last_name", "password", "token"}
)  # fmt: skip
