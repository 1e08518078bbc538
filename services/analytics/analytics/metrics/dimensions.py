"""The dimensions that numbers can be asked by, as one tuple: query, catalogue, parameters and docs read it.

A subject is what a measure counts. Which dimensions a subject has decides which ones a metric allows.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from leadkit.contracts.events import LeadStatus, Temperature
from leadkit.contracts.inquiry import Channel

from analytics.projections import measures

Subject = measures.Subject | Literal["spend"]
Kind = Literal["text", "id", "date", "number"]


@dataclass(frozen=True, slots=True)
class Names:
    """What people call it."""

    en: str
    ru: str


@dataclass(frozen=True, slots=True, eq=False)
class Dimension:
    """`kind` is how its values are written, `name_kind` under what their names are kept, `values` all there are."""

    key: str
    name: Names
    kind: Kind
    definition: str
    subjects: frozenset[Subject]
    name_kind: str | None = None
    values: tuple[str, ...] | None = None

    @property
    def name_column(self) -> str | None:
        """The column beside it that shows the names of its ids, such as `owner_name`."""
        return f"{self.key}_name" if self.name_kind else None


EVERY: Final[frozenset[Subject]] = frozenset({"submission", "inquiry", "lead", "deal", "passage", "spend"})
VISITED: Final[frozenset[Subject]] = frozenset({*EVERY, "visit"})
OF_LEADS: Final[frozenset[Subject]] = frozenset({"lead", "deal", "passage", "spend"})
OF_DEALS: Final[frozenset[Subject]] = frozenset({"deal", "passage"})
WEEKDAYS = tuple(str(day) for day in range(1, 8))
HOURS = tuple(f"{hour:02}" for hour in range(24))

DIMENSIONS: Final[tuple[Dimension, ...]] = (
    Dimension("day", Names("Day", "День"), "date", "The local day in the workspace's time zone.", VISITED),
    Dimension("week", Names("Week", "Неделя"), "date", "The ISO week, named by its Monday.", VISITED),
    Dimension("month", Names("Month", "Месяц"), "date", "The month, named by its first day.", VISITED),
    Dimension("quarter", Names("Quarter", "Квартал"), "date", "The quarter, named by its first day.", VISITED),
    Dimension(
        "weekday", Names("Weekday", "День недели"), "number", "The local day of the week, 1 is Monday.", VISITED,
        values=WEEKDAYS,
    ),
    Dimension(
        "hour_of_day", Names("Hour of day", "Час дня"), "number", "The local hour, 0 to 23.", EVERY, values=HOURS
    ),
    Dimension("source", Names("Source", "Источник"), "text", "The UTM source of the last non-direct touch.", VISITED),
    Dimension("medium", Names("Medium", "Канал трафика"), "text", "The UTM medium of that touch.", VISITED),
    Dimension("campaign", Names("Campaign", "Кампания"), "text", "The UTM campaign of that touch.", VISITED),
    Dimension("content", Names("Content", "Объявление"), "text", "The UTM content of that touch.", VISITED),
    Dimension("term", Names("Term", "Ключевая фраза"), "text", "The UTM term of that touch.", VISITED),
    Dimension("campaign_id", Names("Campaign id", "ID кампании"), "text", "The ad platform's campaign id.", VISITED),
    Dimension("adgroup_id", Names("Ad group id", "ID группы"), "text", "The ad platform's ad group id.", VISITED),
    Dimension("ad_id", Names("Ad id", "ID объявления"), "text", "The ad platform's ad id.", VISITED),
    Dimension(
        "channel_group", Names("Channel group", "Тип трафика"), "text", "Organic, paid, social, direct and so on.",
        VISITED,
    ),
    Dimension(
        "channel", Names("Channel", "Канал обращения"), "text", "How the person turned to us.", EVERY,
        values=get_args(Channel),
    ),
    Dimension("provider", Names("Provider", "Провайдер"), "text", "Whose wire format brought it.", EVERY),
    Dimension(
        "entry_point", Names("Entry point", "Точка входа"), "id", "The configured source of lead-intake (`source_id`).",
        EVERY, name_kind="source",
    ),
    Dimension(
        "landing_page", Names("Landing page", "Посадочная страница"), "text",
        "Where the visit began, without its query.", VISITED,
    ),
    Dimension("product", Names("Product", "Продукт"), "text", "What is asked for.", OF_LEADS, name_kind="product"),
    Dimension("region", Names("Region", "Регион"), "text", "Where the person is.", OF_LEADS),
    Dimension("language", Names("Language", "Язык"), "text", "The language spoken.", OF_LEADS),
    Dimension(
        "temperature", Names("Temperature", "Температура"), "text", "How ready to buy the lead is now.", OF_LEADS,
        values=get_args(Temperature),
    ),
    Dimension(
        "owner", Names("Owner", "Ответственный"), "id",
        "The manager: of now with basis cohort, at the step with basis period.", OF_LEADS, name_kind="user",
    ),
    Dimension(
        "team", Names("Team", "Команда"), "id", "The owner's team, by the same rule.", OF_LEADS, name_kind="team"
    ),
    Dimension(
        "status", Names("Status", "Статус"), "text", "The lead's status of now.", frozenset({"lead", "spend"}),
        values=get_args(LeadStatus),
    ),
    Dimension(
        "loss_reason", Names("Loss reason", "Причина отказа"), "id", "Why the lead or the deal was lost.", OF_LEADS,
        name_kind="loss_reason",
    ),
    Dimension(
        "pipeline", Names("Pipeline", "Воронка"), "id", "The deal's pipeline of now.", OF_DEALS,
        name_kind="pipeline",
    ),
    Dimension(
        "stage", Names("Stage", "Этап"), "id", "The deal's stage of now; of passages the stage passed.", OF_DEALS,
        name_kind="stage",
    ),
)  # fmt: skip

DIMENSION_BY_KEY: Final = {dimension.key: dimension for dimension in DIMENSIONS}
