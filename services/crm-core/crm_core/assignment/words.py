"""Why a lead has its owner, in sentences (English, Russian). Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

Names = Mapping[str, str]
"""What users and rules are called, by the id or key that explanations hold."""

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "not_met": "Rule “{rule}” does not apply: its condition is not met.",
        "by_hand": "{winner} was named by hand.",
        "late_head": "Nobody answered in time: it went to the head, {winner}.",
        "late_pool": "Nobody answered in time: it went back to the team.",
        "won": "Rule “{rule}”: {count} of {pool} could take the lead; {strategy} it went to {winner}{before}.",
        "nobody": "Rule “{rule}”: nobody of {pool} could take the lead.",
        "waits": "Nobody could take the lead: it waits in the queue.",
        "before": " (given {before} before, {after} with this one)",
        "nameless": "somebody who is not known any more",
        "ruleless": "a rule that is not there any more",
        "head_of": "{rule}: heads",
        "round_robin": "by turn",
        "weighted": "by turn and weight",
        "least_open": "having the fewest open leads ({points})",
        "best_fit": "fitting best ({points} points)",
        "sticky": "as the previous owner's, else by turn,",
        "named_team": "the team that was named",
        "previous_owner_team": "the team of the previous owner",
        "default_team": "the default team",
        "inactive": "not active",
        "already_offered": "had the lead already",
        "level": "not experienced enough",
        "skill": "without a skill that is needed",
        "product": "not for this product",
        "language": "not in this language",
        "region": "not for this region",
        "outside_hours": "outside working hours",
        "break": "on a break",
        "day_off": "on a day off",
        "holiday": "on a holiday",
        "paused": "paused",
        "daily_cap": "has had the leads of the day",
        "open_cap": "has as many open leads as allowed",
    },
    "ru": {
        "not_met": "Правило «{rule}» не подходит: условие не выполнено.",
        "by_hand": "Ответственного выбрали вручную: {winner}.",
        "late_head": "Вовремя никто не ответил: лид передан руководителю — {winner}.",
        "late_pool": "Вовремя никто не ответил: лид вернулся в команду.",
        "won": "Правило «{rule}»: взять лид могли {count} из {pool}; {strategy} он достался: {winner}{before}.",
        "nobody": "Правило «{rule}»: взять лид не мог никто из {pool}.",
        "waits": "Взять лид не мог никто: он ждёт в очереди.",
        "before": " (до этого выдано {before}, с этим {after})",
        "nameless": "сотрудник, которого больше нет",
        "ruleless": "правило, которого больше нет",
        "head_of": "{rule}: руководители",
        "round_robin": "по очереди",
        "weighted": "по очереди с учётом доли",
        "least_open": "как тому, у кого меньше всего открытых лидов ({points}),",
        "best_fit": "как самому подходящему (баллов: {points})",
        "sticky": "прежнему ответственному или по очереди",
        "named_team": "указанная команда",
        "previous_owner_team": "команда прежнего ответственного",
        "default_team": "команда по умолчанию",
        "inactive": "не работает",
        "already_offered": "лид уже предлагали",
        "level": "мало опыта",
        "skill": "нет нужного навыка",
        "product": "не занимается этим продуктом",
        "language": "не говорит на этом языке",
        "region": "не занимается этим регионом",
        "outside_hours": "нерабочее время",
        "break": "перерыв",
        "day_off": "выходной",
        "holiday": "праздник",
        "paused": "на паузе",
        "daily_cap": "исчерпан дневной лимит",
        "open_cap": "слишком много открытых лидов",
    },
}


UNRULED = ("by_hand", "late_head", "late_pool")
"""What explanations name where no rule was asked."""


def told(tried: Sequence[Mapping[str, Any]], names: Names, language: str) -> list[str]:
    """One sentence or two a rule that was tried, in order; English where the language is not known."""
    code = language.split("-")[0].lower()
    words = WORDS.get(code, WORDS["en"])
    said = [sentence for entry in tried for sentence in _entry(entry, names, words)]
    return said if any(entry.get("winner") for entry in tried) else [*said, words["waits"]]


def _entry(entry: Mapping[str, Any], names: Names, words: Mapping[str, str]) -> list[str]:
    if entry["rule"] in UNRULED:
        return [words[entry["rule"]].format(winner=_name(entry["winner"], names, words))]
    rule = _rule(entry["rule"], names, words)
    if not entry.get("met", True):
        return [words["not_met"].format(rule=rule)]
    skipped: Mapping[str, list[str]] = entry.get("skipped", {})
    pool = len(entry["candidates"]) + sum(map(len, skipped.values()))
    sentence = words["won" if entry["winner"] else "nobody"].format(
        rule=rule, pool=pool, count=len(entry["candidates"]), strategy=_strategy(entry, words),
        winner=_name(entry["winner"], names, words), before=_before(entry, words),
    )  # fmt: skip
    passed = "; ".join(
        f"{', '.join(_name(user, names, words) for user in users)} — {words[why]}" for why, users in skipped.items()
    )
    return [sentence, f"{passed}."] if passed else [sentence]


def _strategy(entry: Mapping[str, Any], words: Mapping[str, str]) -> str:
    points = entry["points"][entry["candidates"].index(entry["winner"])] if entry.get("points") else ""
    return words[entry["strategy"]].format(points=points)


def _before(entry: Mapping[str, Any], words: Mapping[str, str]) -> str:
    given = entry.get("given")
    if not given or not entry["winner"]:
        return ""
    before = given[entry["candidates"].index(entry["winner"])]
    return words["before"].format(before=before, after=before + 1)


def _name(user: str | None, names: Names, words: Mapping[str, str]) -> str:
    return names.get(user or "", words["nameless"])


def _rule(key: str, names: Names, words: Mapping[str, str]) -> str:
    rule, _, head = key.partition(":")
    name = words.get(rule) or names.get(rule, words["ruleless"])
    return words["head_of"].format(rule=name) if head else name
