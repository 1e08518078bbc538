"""The default pipeline, and where a stage comes to stand when it is added or moved."""

from typing import NamedTuple, TypeVar

T = TypeVar("T")

REQUIRABLE = ("amount", "contact_id", "company_id", "expected_close", "owner_id", "lines")
"""Fields of a deal that a stage may ask for; `custom.<key>` names a custom field."""


class DefaultStage(NamedTuple):
    """A stage of the default pipeline, in the workspace's language."""

    key: str
    names: dict[str, str]
    probability: float
    rots_after_days: int
    meanings: dict[str, str]


DEFAULT_PIPELINE_NAMES = {"en": "Sales", "ru": "Продажи"}

DEFAULT_STAGES = (
    DefaultStage(
        "initiation", {"en": "Initiation", "ru": "Инициация"}, 0.1, 7,
        {"en": "We know that they want something", "ru": "Известно, что клиенту что-то нужно"},
    ),
    DefaultStage(
        "qualification", {"en": "Qualification", "ru": "Квалификация"}, 0.2, 14,
        {"en": "We find out what, by when and for how much", "ru": "Выясняем, что, к какому сроку и за сколько"},
    ),
    DefaultStage(
        "proposal", {"en": "Proposal", "ru": "Предложение"}, 0.4, 14,
        {"en": "They have our offer", "ru": "Наше предложение у клиента"},
    ),
    DefaultStage(
        "negotiation", {"en": "Negotiation", "ru": "Переговоры"}, 0.6, 21,
        {"en": "Price and terms are talked over", "ru": "Обсуждаем цену и условия"},
    ),
    DefaultStage(
        "closing", {"en": "Closing", "ru": "Закрытие"}, 0.8, 14,
        {"en": "Agreed; contract and payment are missing", "ru": "Договорились, осталось подписать и оплатить"},
    ),
)  # fmt: skip


def name_in(language: str, names: dict[str, str]) -> str:
    """The name in a BCP 47 language such as `ru-RU`; English where there is no other."""
    return names.get(language.split("-")[0].lower(), names["en"])


def placed(stages: list[T], stage: T, position: int | None) -> list[T]:
    """The stages with `stage` at `position` counted from 0 (at the end without one, or past it)."""
    others = [other for other in stages if other is not stage]
    at = len(others) if position is None else min(position, len(others))
    return [*others[:at], stage, *others[at:]]


def unknown_fields(fields: list[str]) -> list[str]:
    """Which of the required fields no deal has."""
    return [field for field in fields if field not in REQUIRABLE and not field.startswith("custom.")]
