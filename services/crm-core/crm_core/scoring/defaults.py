"""The rules that a new workspace begins with."""

from typing import Any, NamedTuple

from crm_core.conditions.tree import read
from crm_core.scoring.facts import FIELDS
from crm_core.scoring.rules import Model, Rule


class DefaultRule(NamedTuple):
    """A rule by its stable key, with its name in each language."""

    key: str
    en: str
    ru: str
    points: int
    condition: dict[str, Any] | None
    per: str | None = None
    beyond: int = 0
    at_most: int | None = None


def _is(field: str) -> dict[str, Any]:
    return {"field": field, "op": "eq", "value": True}


def _channel(name: str) -> dict[str, Any]:
    return {"field": "channel", "op": "eq", "value": name}


def _quiet_for(days: int) -> dict[str, Any]:
    return {"field": "last_activity_at", "op": "lt", "value": f"now-{days}d"}


DEFAULT_RULES = (
    DefaultRule("phone", "can be called", "можно позвонить", 10, _is("has_phone")),
    DefaultRule("email", "has an e-mail address", "есть почта", 5, _is("has_email")),
    DefaultRule("messenger", "has a messenger", "есть мессенджер", 5, _is("has_messenger")),
    DefaultRule("name", "gave a name", "назвал имя", 5, _is("has_name")),
    DefaultRule("company", "named a company", "назвал компанию", 10, _is("has_company")),
    DefaultRule("interest", "said what they want", "сказал, что нужно", 10, _is("has_interest")),
    DefaultRule("message", "wrote a message", "написал сообщение", 5, _is("has_message")),
    DefaultRule("budget", "named a budget", "назвал бюджет", 15, _is("has_budget")),
    DefaultRule("call", "called", "позвонил", 15, _channel("call")),
    DefaultRule("chat", "wrote in a chat", "написал в чат", 10, _channel("chat")),
    DefaultRule("source", "came from a known source", "пришёл из известного источника", 5, _is("known_source")),
    DefaultRule("repeat", "asked before", "обращался раньше", 15, _is("repeat")),
    DefaultRule(
        "inquiries", "asked more than once", "обратился не один раз", 10, None, per="inquiry_count", beyond=1,
        at_most=20,
    ),
    DefaultRule(
        "qualification", "answered questions of qualification", "ответил на вопросы квалификации", 10, None,
        per="answered", at_most=40,
    ),
    DefaultRule("talks", "spoke with us", "говорил с нами", 5, None, per="calls_answered", at_most=15),
    DefaultRule("replies", "answered us", "ответил нам", 5, None, per="replies", at_most=15),
    DefaultRule("quiet_14", "quiet for two weeks", "молчит две недели", -10, _quiet_for(14)),
    DefaultRule("quiet_30", "quiet for a month", "молчит месяц", -15, _quiet_for(30)),
)  # fmt: skip


def name_of(rule: DefaultRule, language: str) -> str:
    """The name in the workspace's language (BCP 47); English where we have no other."""
    return rule.ru if language.split("-")[0] == "ru" else rule.en


DEFAULT_MODEL = Model(
    [
        Rule(None, one.en, read(one.condition, FIELDS), one.points, one.per, one.beyond, one.at_most)
        for one in DEFAULT_RULES
    ],
    [],
)
"""How leads are scored where nothing was set yet."""
