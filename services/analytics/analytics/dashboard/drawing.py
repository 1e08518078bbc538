"""From numbers to what the templates put on the page: every text written, every shape measured."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from analytics.dashboard.filters import Filters
from analytics.dashboard.queries import Shown, Trend
from analytics.dashboard.rules import MINUS, Line, Written, funnel_widths, labels, line, nice_end, shares, trapezoid
from analytics.metrics.funnel import NO_REASON
from analytics.metrics.schemas import FunnelAnswer, StepOut
from analytics.metrics.statistics import FEW
from analytics.reconciliation.schemas import ReconciliationOut
from analytics.spend.rules import UNATTRIBUTED

Texts = Mapping[str, str]
Row = Mapping[str, Any]

FIGURES: Final = (
    ("leads", "leads", None),
    ("qualified", "qualified_in_full", None),
    ("won", "won", None),
    ("revenue", "revenue", None),
    ("spend", "spend", None),
    ("cost_per_lead", "cost_per_lead", "less"),
    ("romi", "romi", None),
)
"""Metric, its text, and whether less of it is better."""
FEW_TONE: Final = "few"
EARLY: Final = ("visits", "submissions", "inquiries")
"""Steps before there is a lead."""


class Figure(NamedTuple):
    """A key figure; `change` beside the period before, `good` whether that is welcome, `mark` what it suffers from."""

    name: str
    value: str
    change: str | None
    good: bool | None
    mark: str | None


class Step(NamedTuple):
    """A step of the funnel; `shape` is its drawing, `early` says that there is no lead yet."""

    name: str
    shape: str
    entered: str
    of_previous: str | None
    of_first: str | None
    interval: str | None
    mark: str | None
    lost: str
    still: str
    to_next: str
    leak: str | None
    early: bool


class Cell(NamedTuple):
    """A cell of a table: what it says, what it is sorted by, and its bar from 0 to 100."""

    text: str
    order: float | str
    bar: float | None = None
    tone: str = ""
    wide: bool = False
    of: str | None = None


class Table(NamedTuple):
    """Columns as (text, only on wide screens), rows of cells, and the totals."""

    columns: list[tuple[str, bool]]
    rows: list[list[Cell]]
    total: list[Cell] | None = None


class Series(NamedTuple):
    """A line with what it is of; the first is drawn with its area."""

    name: str
    line: Line


class Point(NamedTuple):
    """What is said of one day or week."""

    name: str
    values: list[str]


class Chart(NamedTuple):
    """A trend: its lines, what its axes say, its points in words, one sentence for who cannot see it, and whether some
    of it may change yet."""

    series: list[Series]
    points: list[Point]
    axis: list[str]
    ends: list[str]
    summary: str
    open: bool


class Page:
    """All parts of the page in one language."""

    def __init__(self, shown: Shown, filters: Filters, texts: Texts, currency: str) -> None:
        self._shown = shown
        self._filters = filters
        self._texts = texts
        self._currency = currency
        self.written = Written(filters.language)

    def figures(self) -> list[Figure]:
        """The key figures with their change."""
        return [self._figure(key, text, better == "less") for key, text, better in FIGURES]

    def _figure(self, key: str, text: str, less_is_better: bool) -> Figure:
        now, before = _plain(self._shown.figures.totals[key]), _plain(self._shown.before[key])
        if key in ("leads", "qualified", "won"):
            value = self.written.number(now)
        elif key == "romi":
            value = self.written.percent(now)
        else:
            value = self.written.money(now, self._currency, short=True)
        young = key in self._shown.figures.immature
        # Of a ratio that can be negative a change in per cent says nothing; a young cohort is no worse than an old one.
        change = None if key == "romi" or young else self.written.change(now, before)
        moved = None if change is None or now == before else (now or 0) > (before or 0)
        good = None if moved is None or key == "spend" else moved is not less_is_better
        return Figure(self._texts[text], value, change, good, self._texts["immature"] if young else None)

    def compared(self) -> str:
        """With which days the key figures are compared; nothing where none can be."""
        if not any(figure.change for figure in self.figures()):
            return ""
        before = self._filters.before
        last = before.end - timedelta(days=1)
        days = f"{self.written.day(before.start, year=True)} – {self.written.day(last, year=True)}"
        return self._texts["compared"].format(days=days)

    def funnel(self) -> list[Step]:
        """The steps; the one where most are lost says why. None where nobody entered any."""
        steps = self._shown.funnel.steps
        if not any(step.entered for step in steps):
            return []
        widths = funnel_widths([(step.key, step.entered) for step in steps])
        leak = leaking(self._shown.funnel)
        return [
            self._step(step, trapezoid(widths[place], (widths + widths[-1:])[place + 1]), first=not place,
                       leak=step is leak)
            for place, step in enumerate(steps)
        ]  # fmt: skip

    def _step(self, step: StepOut, shape: str, *, first: bool, leak: bool) -> Step:
        percent, number = self.written.percent, self.written.number
        mark = "immature" if step.immature else "few" if step.few else None
        reason = next(iter(step.lost_by_reason or {}), None)
        name = str(getattr(step.names, self._filters.language))
        why = f" ({self._texts['no_reason'] if reason == NO_REASON else reason})" if reason else ""
        return Step(
            name=name,
            shape=shape,
            entered=number(step.entered),
            of_previous=None if first else percent(step.from_previous),
            of_first=None if first else percent(step.from_first),
            interval=" – ".join(percent(bound) for bound in step.interval) if step.interval and not first else None,
            mark=self._texts["out_of_scale"]
            if step.key == "visits"
            else self._texts[mark]
            if mark and not first
            else None,
            lost=number(step.lost_here),
            still=number(step.still_here),
            to_next=self.written.duration(step.median_s_to_next),
            leak=f"{self._texts['leak']}: {name} {MINUS}{number(step.lost_here)}{why}" if leak else None,
            early=step.key in EARLY,
        )

    def sources(self) -> Table:
        """What each source costs and brings back, the dearest first."""
        texts, rows = self._texts, self._shown.sources.rows
        columns = [
            (texts["source"], False), (texts["leads"], False), (texts["qualified"], True), (texts["won"], True),
            (texts["spend"], False), (texts["cpl"], False), (texts["cpq"], True), (texts["revenue"], True),
            (texts["romi"], False),
        ]  # fmt: skip
        leads, spend = shares([row["leads"] for row in rows]), shares([_number(row["spend"]) for row in rows])
        cells = [
            [Cell(self._source(row["source"]), self._source(row["source"])),
             *self._cost(row, leads[place] * 100, spend[place] * 100)]
            for place, row in enumerate(rows)
        ]  # fmt: skip
        total = [Cell(texts["total"], ""), *self._cost(self._shown.sources.totals, None, None)]
        return Table(columns, cells, total if rows else None)

    def _cost(self, row: Row, leads: float | None, spend: float | None) -> list[Cell]:
        """Of leads without spend nothing is known of what they cost: that is no cost of nothing."""
        romi, paid = row["romi"], _number(row["spend"])
        return [
            Cell(self.written.number(row["leads"]), row["leads"], leads),
            Cell(self.written.number(row["qualified"]), row["qualified"], wide=True),
            Cell(self.written.number(row["won"]), row["won"], wide=True),
            Cell(self._money(row["spend"]), _number(row["spend"]), spend),
            Cell(self._money(row["cost_per_lead"] if paid else None), _number(row["cost_per_lead"])),
            Cell(
                self._money(row["cost_per_qualified"] if paid else None), _number(row["cost_per_qualified"]), wide=True
            ),
            Cell(self._money(row["revenue"]), _number(row["revenue"]), wide=True),
            Cell(self.written.percent(romi), _number(romi), tone=self._tone(romi)),
        ]

    def _tone(self, romi: Any) -> str:
        """Neither good nor bad while sales are still to come."""
        if romi is None or "romi" in self._shown.sources.immature:
            return ""
        return "bad" if romi < 0 else "good"

    def coverage(self) -> str:
        """How far the costs can be trusted."""
        answer, texts = self._shown.sources, self._texts
        said = []
        if answer.coverage.leads is not None:
            said.append(texts["coverage"].format(leads=self.written.percent(answer.coverage.leads)))
        if answer.unattributed.amount:
            said.append(texts["unattributed"].format(amount=self._money(answer.unattributed)))
        return "; ".join(said)

    def young(self) -> str:
        """From which day on leads are too young to be judged by their sales; nothing where none are."""
        since = self._shown.sources.immature_from.get("won")
        return self._texts["young_since"].format(day=self.written.day(since, year=True)) if since else ""

    def managers(self) -> Table:
        """What each manager was given and made of it, the most leads first."""
        texts = self._texts
        columns = [
            (texts["manager"], False), (texts["leads"], False), (texts["contacted"], True), (texts["qualified"], True),
            (texts["conversion"], False), (texts["revenue"], True), (texts["response"], False),
            (texts["in_time"], True),
        ]  # fmt: skip
        busy = (row for row in self._shown.managers.rows if row["leads"] or _number(row["revenue"]))
        rows = sorted(busy, key=lambda row: (-row["leads"], -_number(row["revenue"])))
        bars = shares([row["leads"] for row in rows])
        return Table(columns, [self._manager(row, bar * 100) for row, bar in zip(rows, bars, strict=True)])

    def _manager(self, row: Row, bar: float) -> list[Cell]:
        name = row["owner_name"] or row["owner"] or self._texts["nobody"]
        few = FEW_TONE if row["leads"] < FEW else ""
        return [
            Cell(name, name),
            Cell(self.written.number(row["leads"]), row["leads"], bar),
            self._rate(row["leads_to_contacted"], few, wide=True),
            self._rate(row["leads_to_qualified"], few, wide=True),
            self._rate(row["leads_to_won"], few),
            Cell(self._money(row["revenue"]), _number(row["revenue"]), wide=True),
            Cell(self.written.duration(row["first_response"]), _number(row["first_response"])),
            self._rate(row["answered_in_time_share"], few, wide=True),
        ]

    def _rate(self, rate: Any, tone: str, *, wide: bool = False) -> Cell:
        return Cell(self.written.percent(rate), _number(rate), tone=tone, wide=wide)

    def few(self) -> str:
        """What pale rates of managers mean; nothing where there are none."""
        rows = self._shown.managers.rows
        return self._texts["few_leads"].format(number=FEW) if any(0 < row["leads"] < FEW for row in rows) else ""

    def reasons(self) -> Table:
        """Why leads were refused and deals lost, the most frequent first."""
        texts, rows = self._texts, self._shown.reasons.rows
        bars = shares([row["disqualified"] + row["lost"] for row in rows])
        columns = [(texts["reason"].capitalize(), False), (texts["leads_refused"], False), (texts["lost_deals"], False)]
        cells = []
        for row, bar in zip(rows, bars, strict=True):
            name = row["loss_reason_name"] or row["loss_reason"] or texts["no_reason"]
            numbers = [Cell(self.written.number(row[key]), row[key]) for key in ("disqualified", "lost")]
            cells.append([Cell(name, name, bar * 100), *numbers])
        return Table(columns, cells)

    def leads(self) -> Chart | None:
        """Leads and qualified leads over time."""
        return self._chart(("leads", "qualified"), None)

    def money(self) -> Chart | None:
        """Revenue and spend over time."""
        return self._chart(("revenue", "spend"), self._currency)

    def _chart(self, keys: Sequence[str], currency: str | None) -> Chart | None:
        trend = self._shown.trend
        values = {key: [_number(row.get(key)) for row in trend.rows] for key in keys}
        if not any(map(any, values.values())):
            return None
        end = nice_end(max(max(each, default=0) for each in values.values()))
        names = [self._texts[key] for key in keys]
        points = [
            Point(self._grain(trend, place), [self._short(values[key][place], currency) for key in keys])
            for place in range(len(trend.days))
        ]
        sums = ", ".join(
            f"{name}: {self._short(sum(values[key]), currency)}" for name, key in zip(names, keys, strict=True)
        )
        return Chart(
            series=[
                Series(name, line(values[key], end, trend.final[key])) for name, key in zip(names, keys, strict=True)
            ],
            points=points,
            axis=[self.written.short(part * end, currency) for part in (1, 0.5, 0)],
            ends=[self.written.day(day) for day in labels(trend.days)],
            summary=sums,
            open=any(trend.final[key] < len(trend.days) for key in keys),
        )

    def _grain(self, trend: Trend, place: int) -> str:
        return f"{self._texts[trend.grain]} {self.written.day(trend.days[place], year=True)}"

    def _short(self, value: float, currency: str | None) -> str:
        return self.written.money(Decimal(value), currency) if currency else self.written.number(value)

    def reconciliation(self) -> list[tuple[str, str]]:
        """What became of everything received; parts that nothing is in are left out."""
        return [(self._texts[part], self.written.number(number)) for part, number in _parts(self._shown.reconciliation)]

    def _money(self, money: Any) -> str:
        return self.written.money(None if money is None else money.amount, self._currency)

    def _source(self, source: Any) -> str:
        if source is None:
            return self._texts["no_source"]
        return self._texts["not_given"] if source == UNATTRIBUTED else str(source)


PARTS: Final = (
    "created", "attached", "reopened", "interest", "spam", "duplicate", "ignored", "waiting", "parked", "unreadable",
    "missing", "unexplained",
)  # fmt: skip


def _parts(told: ReconciliationOut) -> list[tuple[str, int]]:
    return [(part, number) for part in PARTS if (number := getattr(told, part))]


def leaking(funnel: FunnelAnswer) -> StepOut | None:
    """The step where most leads are lost; what is lost before there is a lead is spam and the like."""
    leads = [step for step in funnel.steps if step.key not in EARLY]
    most = max(leads, key=lambda step: step.lost_here, default=None)
    return most if most is not None and most.lost_here else None


def _plain(value: Any) -> Decimal | None:
    """A metric's value as a number, whatever its unit."""
    if value is None:
        return None
    return Decimal(value.amount if hasattr(value, "amount") else value)


def _number(value: Any) -> float:
    return float(_plain(value) or 0)
