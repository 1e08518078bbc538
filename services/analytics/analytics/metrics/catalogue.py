"""The catalogue of metrics, one explicit tuple: what each is in words, and from which measures it is made.

Query, catalogue endpoint, funnel and cost answers read it. A metric is one entry; a new kind of fact also needs a
measure in `projections/measures.py`. Rates `<a>_to_<b>` follow from `STEPS` by one rule.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

from analytics.metrics.dimensions import DIMENSIONS, Dimension, Names
from analytics.metrics.kinds import (
    Amount,
    Average,
    Count,
    Difference,
    Metric,
    Quantile,
    Ratio,
    Spent,
    Step,
    Together,
    WorkedOut,
)

STEPS: Final[tuple[Step, ...]] = (
    Step("visits", Names("Visits", "Визиты"), "visits"),
    Step("submissions", Names("Submissions", "Заявки"), "submissions"),
    Step("inquiries", Names("Inquiries", "Обращения"), "inquiries"),
    Step("leads", Names("Leads", "Лиды"), "leads"),
    Step("contacted", Names("Contacted", "Взяты в работу"), "contacted"),
    Step("qualified", Names("Qualified", "Квалифицированы"), "qualified"),
    Step("converted", Names("Converted", "Сконвертированы"), "converted"),
    Step("won", Names("Won", "Продажи"), "customers"),
    Step("repeat", Names("Repeat", "Повторные продажи"), "repeat_customers"),
)
"""`won` counts leads with a won deal, so it is a part of the leads before it (the metric `won` counts deals); `repeat`
those of them whose person was already known."""

_BASE: Final[tuple[Metric, ...]] = (
    Metric(
        "visits", Names("Visits", "Визиты"), "count",
        "Visits told to `/v1/traffic`, by their own day and keys on either basis.", Count("visits", "visit"),
    ),
    Metric(
        "submissions", Names("Submissions", "Заявки"), "count",
        "Submissions received by lead-intake, whatever became of them.", Count("submissions", "submission"),
    ),
    Metric(
        "interests", Names("Interests", "Интересы"), "count",
        "Submissions that leave no way to contact the person.", Count("interests", "submission"),
    ),
    Metric("spam", Names("Spam", "Спам"), "count", "Submissions held as spam.", Count("spam", "submission")),
    Metric(
        "duplicates", Names("Duplicates", "Повторы"), "count",
        "Submissions that were sent again.", Count("duplicates", "submission"),
    ),
    Metric(
        "inquiries", Names("Inquiries", "Обращения"), "count",
        "Inquiries recorded on a lead or a deal, with and without lead-intake.", Count("inquiries", "inquiry"),
    ),
    Metric(
        "leads", Names("Leads", "Лиды"), "count",
        "Leads by the day of their first inquiry; those merged into another are left out.", Count("leads", "lead"),
    ),
    Metric(
        "repeat", Names("Repeat leads", "Повторные лиды"), "count",
        "Leads of a person who was already known.", Count("repeat", "lead"),
    ),
    Metric(
        "contacted", Names("Contacted", "Взяты в работу"), "count",
        "Leads that reached in_progress or a later step.", Count("contacted", "lead"),
    ),
    Metric(
        "qualified", Names("Qualified", "Квалифицированы"), "count",
        "Leads that reached qualified or a later step.", Count("qualified", "lead"),
    ),
    Metric(
        "converted", Names("Converted", "Сконвертированы"), "count",
        "Leads that were converted.", Count("converted", "lead"),
    ),
    Metric(
        "customers", Names("Customers", "Клиенты"), "count",
        "Leads with at least one won deal.", Count("customers", "lead"),
    ),
    Metric(
        "open", Names("Open leads", "Лиды в работе"), "count",
        "Leads that are new, assigned, in progress or qualified now.", Count("open", "lead"),
    ),
    Metric(
        "postponed", Names("Postponed", "Отложены"), "count", "Leads postponed now.", Count("postponed", "lead")
    ),
    Metric(
        "disqualified", Names("Disqualified", "Отказы"), "count",
        "Leads that stand refused now.", Count("disqualified", "lead"),
    ),
    Metric("deals", Names("Deals", "Сделки"), "count", "Deals, whatever their state.", Count("deals", "deal")),
    Metric("won", Names("Won deals", "Выигранные сделки"), "count", "Deals that stand won.", Count("won", "deal")),
    Metric("lost", Names("Lost deals", "Проигранные сделки"), "count", "Deals that stand lost.", Count("lost", "deal")),
    Metric("revenue", Names("Revenue", "Выручка"), "money", "Amounts of won deals.", Amount("won", "deal")),
    Metric(
        "pipeline", Names("Pipeline", "Сделки в работе"), "money",
        "Amounts of deals open now.", Amount("deals_open", "deal"),
    ),
    Metric(
        "forecast", Names("Forecast", "Прогноз"), "money",
        "Amounts of deals open now, weighted by their probability.", Amount("forecast", "deal"),
    ),
    Metric(
        "spend", Names("Spend", "Расходы"), "money",
        "Money spent on marketing, under its own keys; for a dimension that it lacks it is shared over the leads of "
        "the same keys, the rest is unattributed.", Spent(),
    ),
    Metric(
        "profit", Names("Marketing profit", "Прибыль маркетинга"), "money",
        "Revenue less spend.", Difference("revenue", "spend"),
    ),
    Metric(
        "average_deal", Names("Average deal", "Средний чек"), "money",
        "Revenue divided by won deals.", Ratio("revenue", "won"),
    ),
    Metric(
        "cost_per_lead", Names("Cost per lead", "Стоимость лида"), "money",
        "Spend divided by leads.", Ratio("spend", "leads"),
    ),
    Metric(
        "cost_per_qualified", Names("Cost per qualified lead", "Стоимость квалифицированного лида"), "money",
        "Spend divided by qualified leads.", Ratio("spend", "qualified"),
    ),
    Metric(
        "cost_per_deal", Names("Cost per deal", "Стоимость сделки"), "money",
        "Spend divided by deals.", Ratio("spend", "deals"),
    ),
    Metric(
        "cost_per_won", Names("Cost per won deal", "Стоимость продажи"), "money",
        "Spend divided by won deals.", Ratio("spend", "won"),
    ),
    Metric(
        "cac", Names("Customer acquisition cost", "Стоимость клиента"), "money",
        "Spend divided by the leads that became customers.", Ratio("spend", "customers"),
    ),
    Metric(
        "romi", Names("ROMI", "ROMI"), "ratio",
        "Revenue less spend, divided by spend; 0 is break-even, below it money was lost.", Ratio("profit", "spend"),
    ),
    Metric(
        "first_response", Names("First response", "Первый ответ"), "seconds",
        "Median time from the lead to the first response.", Quantile("first_response", "lead", 0.5),
    ),
    Metric(
        "first_response_p90", Names("First response, p90", "Первый ответ, p90"), "seconds",
        "Time within which nine of ten answered leads were answered.", Quantile("first_response", "lead", 0.9),
    ),
    Metric(
        "sales_cycle", Names("Sales cycle", "Цикл сделки"), "seconds",
        "Median time from the lead to its won deal.", Quantile("sales_cycle", "deal", 0.5),
    ),
    Metric(
        "sales_cycle_p90", Names("Sales cycle, p90", "Цикл сделки, p90"), "seconds",
        "Time within which nine of ten won deals were won.", Quantile("sales_cycle", "deal", 0.9),
    ),
    Metric(
        "with_deadline", Names("With deadline", "Со сроком ответа"), "count",
        "Leads with a deadline for the first response.", Count("with_deadline", "lead"),
    ),
    Metric(
        "answered_in_time", Names("Answered in time", "Отвечены в срок"), "count",
        "Leads answered not after their deadline.", Count("answered_in_time", "lead"),
    ),
    Metric(
        "answered_in_time_share", Names("Share answered in time", "Доля отвеченных в срок"), "rate",
        "Leads answered in time, of those with a deadline.", Ratio("answered_in_time", "with_deadline"),
    ),
    Metric(
        "delivered", Names("Delivered", "Переданы в CRM"), "count",
        "Submissions handed to crm-core.", Count("delivered", "submission"),
    ),
    Metric(
        "waiting", Names("Waiting", "Ожидают"), "count",
        "Submissions pending or ready.", Count("waiting", "submission"),
    ),
    Metric(
        "ignored", Names("Ignored", "Не обращения"), "count",
        "Submissions that are no inquiry: bounces, outbound calls, pings.", Count("ignored", "submission"),
    ),
    Metric(
        "unreadable", Names("Unreadable", "Не разобраны"), "count",
        "Submissions stored raw because they cannot be read.", Count("unreadable", "submission"),
    ),
    Metric(
        "parked", Names("Parked", "Отложены сервисом"), "count",
        "Submissions that crm-core refused.", Count("parked", "submission"),
    ),
    Metric(
        "inquiries_created", Names("Inquiries: new lead", "Обращения: новый лид"), "count",
        "Inquiries that made a lead.", Count("inquiries_created", "inquiry"),
    ),
    Metric(
        "inquiries_attached", Names("Inquiries: attached", "Обращения: к открытому"), "count",
        "Inquiries put on an open lead or deal.", Count("inquiries_attached", "inquiry"),
    ),
    Metric(
        "inquiries_reopened", Names("Inquiries: reopened", "Обращения: лид возобновлён"), "count",
        "Inquiries that reopened a lead.", Count("inquiries_reopened", "inquiry"),
    ),
    Metric(
        "direct", Names("Direct inquiries", "Прямые обращения"), "count",
        "Inquiries that came without lead-intake.", Count("direct", "inquiry"),
    ),
    Metric(
        "merged", Names("Merged leads", "Объединённые лиды"), "count",
        "Leads merged into another; they count nowhere else.", Count("merged", "lead"),
    ),
    Metric(
        "assigned", Names("Assigned", "Назначены"), "count",
        "Leads that ever had an owner.", Count("assigned", "lead"),
    ),
    Metric(
        "repeat_customers", Names("Repeat customers", "Повторные клиенты"), "count",
        "Customers whose person was already known.", Count("repeat_customers", "lead"),
    ),
    Metric(
        "deals_open", Names("Open deals", "Открытые сделки"), "count",
        "Deals open now.", Count("deals_open", "deal"),
    ),
    Metric(
        "unconverted", Names("Deals without an exchange rate", "Сделки без курса валюты"), "count",
        "Deals in a currency that no exchange rate is known for; their amounts are in no metric.",
        Count("unconverted", "deal"),
    ),
    Metric(
        "stage_reached", Names("Deals that reached the stage", "Сделки, дошедшие до этапа"), "count",
        "Deals that ever were in the stage, each once.", Count("stage_reached", "passage"),
    ),
    Metric(
        "stage_passages", Names("Entries into the stage", "Входы в этап"), "count",
        "Entries of deals into the stage, every time.", Count("stage_passages", "passage"),
    ),
    Metric(
        "workload", Names("Workload", "Нагрузка"), "count",
        "Open leads and open deals.", Together("open", "deals_open"),
    ),
    Metric(
        "completeness", Names("Card completeness", "Заполненность карточек"), "rate",
        "How much of what a lead's card may hold is filled in, on average.", Average("leads", "lead"),
    ),
    Metric(
        "leads_to_disqualified", Names("Share refused", "Доля отказов"), "rate",
        "Leads that stand refused now, of all leads.", Ratio("disqualified", "leads"),
    ),
    Metric(
        "deals_to_lost", Names("Deals → lost", "Сделки → проиграны"), "rate",
        "Deals that stand lost, of all deals.", Ratio("lost", "deals"),
    ),
    Metric(
        "revenue_per_lead", Names("Revenue per lead", "Выручка на лид"), "money",
        "Revenue divided by leads.", Ratio("revenue", "leads"),
    ),
    Metric(
        "time_to_contacted", Names("Time to contacted", "Время до взятия в работу"), "seconds",
        "Median time from the lead to contacted.", Quantile("time_leads", "lead", 0.5),
    ),
    Metric(
        "time_to_contacted_p90", Names("Time to contacted, p90", "Время до взятия в работу, p90"), "seconds",
        "Time within which nine of ten went from the lead to contacted.", Quantile("time_leads", "lead", 0.9),
    ),
    Metric(
        "time_to_qualified", Names("Time to qualified", "Время до квалификации"), "seconds",
        "Median time from contacted to qualified.", Quantile("time_contacted", "lead", 0.5),
    ),
    Metric(
        "time_to_qualified_p90", Names("Time to qualified, p90", "Время до квалификации, p90"), "seconds",
        "Time within which nine of ten went from contacted to qualified.", Quantile("time_contacted", "lead", 0.9),
    ),
    Metric(
        "time_to_converted", Names("Time to converted", "Время до конверсии"), "seconds",
        "Median time from qualified to converted.", Quantile("time_qualified", "lead", 0.5),
    ),
    Metric(
        "time_to_converted_p90", Names("Time to converted, p90", "Время до конверсии, p90"), "seconds",
        "Time within which nine of ten went from qualified to converted.", Quantile("time_qualified", "lead", 0.9),
    ),
    Metric(
        "time_to_won", Names("Time to won", "Время до продажи"), "seconds",
        "Median time from converted to won.", Quantile("time_converted", "lead", 0.5),
    ),
    Metric(
        "time_to_won_p90", Names("Time to won, p90", "Время до продажи, p90"), "seconds",
        "Time within which nine of ten went from converted to won.", Quantile("time_converted", "lead", 0.9),
    ),
    Metric(
        "time_in_stage", Names("Time in stage", "Время на этапе"), "seconds",
        "Median time from the stage to the next one, to won or lost.", Quantile("time_in_stage", "passage", 0.5),
    ),
    Metric(
        "time_in_stage_p90", Names("Time in stage, p90", "Время на этапе, p90"), "seconds",
        "Time within which nine of ten deals left the stage.", Quantile("time_in_stage", "passage", 0.9),
    ),
    Metric(
        "deals_to_won", Names("Deals → won", "Сделки → продажи"), "rate",
        "Deals that stand won, of all deals.", Ratio("won", "deals"),
    ),
)  # fmt: skip


def _rates() -> Iterator[Metric]:
    """Each step to each later one: the share of those in the first that are in the second."""
    for index, first in enumerate(STEPS):
        for later in STEPS[index + 1 :]:
            yield Metric(
                f"{first.key}_to_{later.key}",
                Names(f"{first.name.en} → {later.name.en.lower()}", f"{first.name.ru} → {later.name.ru.lower()}"),
                "rate",
                f"{later.name.en} ({later.counted_by}) divided by {first.name.en.lower()} ({first.counted_by}).",
                Ratio(later.counted_by, first.counted_by),
            )


METRICS: Final[tuple[Metric, ...]] = (*_BASE, *_rates())
METRIC_BY_KEY: Final = {metric.key: metric for metric in METRICS}


@cache
def ingredients(metric: Metric) -> tuple[Metric, ...]:
    """The metrics that are read, not computed, which this one is made of (itself, when it is one of them)."""
    match metric.source:
        case Ratio(left, right) | Difference(left, right) | Together(left, right):
            return (*ingredients(METRIC_BY_KEY[left]), *ingredients(METRIC_BY_KEY[right]))
        case _:
            return (metric,)


@cache
def allowed_dimensions(metric: Metric) -> tuple[Dimension, ...]:
    """The dimensions that every subject of the metric has."""
    subjects = {part.source.subject for part in ingredients(metric) if not isinstance(part.source, WorkedOut)}
    return tuple(dimension for dimension in DIMENSIONS if subjects <= dimension.subjects)
