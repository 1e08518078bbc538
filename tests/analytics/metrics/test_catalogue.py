"""The catalogue holds together: what it names exists, and what is promised to clients is in it."""

import pytest
from analytics.metrics.catalogue import METRICS, STEPS, allowed_dimensions, ingredients
from analytics.metrics.dimensions import DIMENSIONS
from analytics.metrics.kinds import Amount, Average, Count, Metric, Quantile
from analytics.projections.cell_sums import SMALLEST_FIRST, family_for
from analytics.projections.definitions import PLACES
from analytics.projections.measures import FAMILIES, MEASURE
from analytics.projections.slices import Wanted

PROMISED = """visits visits_to_leads
submissions inquiries interests spam leads contacted qualified converted deals won lost repeat
spend revenue average_deal pipeline forecast cost_per_lead cost_per_qualified cost_per_deal cost_per_won cac romi
first_response sales_cycle leads_to_qualified contacted_to_won submissions_to_leads
completeness workload time_in_stage stage_reached merged time_to_won""".split()


@pytest.mark.parametrize("key", PROMISED)
def test_a_promised_metric_is_in_the_catalogue(key: str) -> None:
    assert key in {metric.key for metric in METRICS}


def test_keys_are_unique_and_every_metric_is_defined_in_words() -> None:
    assert len({metric.key for metric in METRICS}) == len(METRICS)
    assert all(metric.definition.endswith(".") and metric.name.en and metric.name.ru for metric in METRICS)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)
def test_a_metric_is_made_of_measures_that_cells_and_facts_have(metric: Metric) -> None:
    for part in ingredients(metric):
        if isinstance(part.source, Count | Amount | Quantile | Average) and part.source.subject != "visit":
            assert part.source.measure in MEASURE
            assert part.source.measure in PLACES[part.source.subject].events


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)
def test_every_metric_can_be_asked_by_day_and_source(metric: Metric) -> None:
    assert {"day", "week", "source", "medium"} <= {dimension.key for dimension in allowed_dimensions(metric)}


def test_there_is_a_rate_from_every_step_to_every_later_one() -> None:
    keys = {metric.key for metric in METRICS}
    assert all(f"{a.key}_to_{b.key}" in keys for i, a in enumerate(STEPS) for b in STEPS[i + 1 :])


@pytest.mark.parametrize(
    ("needed", "family"),
    [
        ((), "day"),
        (("source",), "source"),
        (("source", "campaign"), "campaign"),
        (("source", "owner"), "source_owner"),
        (("owner",), "owner"),
        (("owner", "team"), "owner"),
        (("hour_of_day",), "hour"),
        (("status", "loss_reason"), "stage"),
        (("content",), None),
        (("campaign", "owner"), None),
    ],
)
def test_a_question_reads_the_family_with_the_fewest_dimensions(needed: tuple[str, ...], family: str | None) -> None:
    assert family_for(Wanted("leads", "lead"), needed) == family


def test_every_family_of_cells_is_tried() -> None:
    assert sorted(SMALLEST_FIRST) == sorted(FAMILIES)


def test_a_lead_has_no_stage_and_a_deal_no_status() -> None:
    subjects = {dimension.key: dimension.subjects for dimension in DIMENSIONS}
    assert "lead" not in subjects["stage"]
    assert "deal" not in subjects["status"]
