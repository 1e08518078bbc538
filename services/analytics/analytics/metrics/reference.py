"""The catalogues as a page for people, `docs/reference/metrics.md`; `make generate` writes it, CI compares it."""

from collections.abc import Iterable, Iterator

from analytics.metrics.asking import common_dimensions
from analytics.metrics.catalogue import METRICS, STEPS, allowed_dimensions, ingredients
from analytics.metrics.dimensions import DIMENSIONS, Dimension
from analytics.metrics.kinds import Difference, Metric, Ratio, Together, WorkedOut

UNITS = {
    "count": "a whole number",
    "money": "money, in the workspace's currency",
    "rate": "a share from 0 to 1",
    "ratio": "any number",
    "seconds": "seconds, right within 2 %",
}

SUBJECTS = {
    "submission": "submissions",
    "inquiry": "inquiries",
    "lead": "leads",
    "deal": "deals",
    "passage": "deals in their stages",
    "spend": "money spent",
}

HEAD = """# What each metric means

Generated from the catalogue by `make generate`; `GET /v1/metrics` and `GET /v1/dimensions` tell the same. A month that
was worked out by hand with these metrics: [worked-month.md](worked-month.md).

`basis=cohort` (the default) follows the leads that came in the period, wherever they went later; `basis=period` counts
what happened in the period. Never mix the two. What is divided by nothing is `null`.
"""


def reference() -> str:
    """The page in Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield HEAD
    yield from ("## Units", "")
    yield from (f"- `{unit}`: {words}" for unit, words in UNITS.items())
    yield from ("", "## Metrics", "")
    steps = {f"{one.key}_to_{other.key}" for one in STEPS for other in STEPS}
    groups = _by_dimensions(metric for metric in METRICS if metric.key not in steps)
    for dimensions, metrics in groups.items():
        yield from (f"### Of {_subjects(metrics)}", "", f"By {_listed(dimensions)}.", "")
        yield "| key | English | Русский | unit | definition | made of |"
        yield "| --- | --- | --- | --- | --- | --- |"
        yield from (_row(metric) for metric in metrics)
        yield ""
    yield from ("## Rates from step to step", "", _rates(), "")
    yield "| step | English | Русский | counted by |"
    yield "| --- | --- | --- | --- |"
    yield from (f"| `{each.key}` | {each.name.en} | {each.name.ru} | `{each.counted_by}` |" for each in STEPS)
    yield from ("", "## Dimensions", "", "| key | English | Русский | values | definition |")
    yield "| --- | --- | --- | --- | --- |"
    yield from (_dimension(each) for each in DIMENSIONS)


def _by_dimensions(metrics: Iterable[Metric]) -> dict[tuple[Dimension, ...], list[Metric]]:
    """Metrics that can be asked by the same stand together: the list of dimensions is then told once."""
    groups: dict[tuple[Dimension, ...], list[Metric]] = {}
    for metric in metrics:
        groups.setdefault(allowed_dimensions(metric), []).append(metric)
    return groups


def _subjects(metrics: Iterable[Metric]) -> str:
    parts = (part.source for metric in metrics for part in ingredients(metric))
    found = {part.subject for part in parts if not isinstance(part, WorkedOut)}
    return ", ".join(words for subject, words in SUBJECTS.items() if subject in found)


def _listed(dimensions: Iterable[Dimension]) -> str:
    return ", ".join(f"`{each.key}`" for each in dimensions)


def _row(metric: Metric) -> str:
    match metric.source:
        case Ratio(left, right):
            made = f"`{left}` / `{right}`"
        case Difference(left, right):
            made = f"`{left}` − `{right}`"
        case Together(left, right):
            made = f"`{left}` + `{right}`"
        case _:
            made = ""
    name = metric.name
    return f"| `{metric.key}` | {name.en} | {name.ru} | {metric.unit} | {metric.definition} | {made} |"


def _rates() -> str:
    every = common_dimensions(metric for metric in METRICS if "_to_" in metric.key and "submissions" in metric.key)
    return (
        "`<a>_to_<b>` for each step and each later one, such as `leads_to_won`: how many of those in the first are in "
        f"the second. Those that begin with submissions are asked by {_listed(every)}; the others also by what the "
        "later step has."
    )


def _dimension(dimension: Dimension) -> str:
    values = ", ".join(f"`{each}`" for each in dimension.values or ()) or dimension.kind
    name = dimension.name
    return f"| `{dimension.key}` | {name.en} | {name.ru} | {values} | {dimension.definition} |"
