"""What counts for each measure, said in SQL over the facts: for questions that no family of cells answers, and for
counting facts in bulk. The definitions are those of `cells.py`; a test holds the two equal for every measure, basis and
dimension.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from analytics.projections.measures import LOG_OF_BUCKET, LONGEST_DIMENSION, STEPS, Basis, Subject
from analytics.projections.slices import CUT


class Event(NamedTuple):
    """A fact counts `n` times at `moment` (a key of its place's `moments`) if `when` holds and the moment is known.

    `start` is the moment from which a length of time is measured. `present`: it describes now, so its owner is the one
    of now.
    """

    moment: str
    when: str = "true"
    amount: str = "0"
    n: str = "1"
    start: str | None = None
    present: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a subject's facts lie, as SQL: `f` is the fact itself, `touch` the table that has its source dimensions.

    `moments` are its times, `born` that of its cohort; `own` its dimensions under other names; `apart` those that are
    others for what counts at a moment; `key` the column by which facts are counted in chunks; `owned`: it has owners.
    """

    tables: str
    moments: dict[str, str]
    events: dict[str, Event]
    own: dict[str, str] = field(default_factory=dict)
    apart: dict[str, dict[str, str]] = field(default_factory=dict)
    touch: str = "f"
    key: str = "id"
    owned: bool = True

    def column(self, dimension: str, moment: str | None = None) -> str:
        """A dimension of the fact (not of its time or owner) as text, '' where absent and cut as cells have it."""
        own = self.apart.get(moment or "", {}).get(dimension) or self.own.get(dimension)
        written = f"coalesce(({own or f'{self.touch}.{dimension}'})::text, '')"
        return f"left({written}, {LONGEST_DIMENSION})" if dimension in CUT else written

    def holds(self, event: Event) -> str:
        """Whether the fact counts for the event."""
        known = [f"({self.moments[moment]}) IS NOT NULL" for moment in (event.moment, event.start) if moment]
        return " AND ".join((*([] if event.when == "true" else [f"({event.when})"]), *known))


def bucket(start: str, end: str) -> str:
    """The bucket of the time from `start` to `end`."""
    seconds = f"greatest(0, trunc(extract(epoch FROM ({end}) - ({start}))))"
    return f"CASE WHEN {seconds} > 1 THEN ceil(ln({seconds}::float8) / {LOG_OF_BUCKET!r}) ELSE 0 END"


def owner(key: str, basis: Basis, at: str, present: str = "false", *, fact: str = "f") -> str:
    """The owner (or team) of now; with basis period the one at the moment: the last not after it, else the first."""
    now = f"coalesce({fact}.{key}_id::text, '')"
    if basis == "cohort":
        return now
    return f"""CASE WHEN {present} OR jsonb_array_length({fact}.owners) = 0 THEN {now}
        WHEN jsonb_array_length({fact}.owners) = 1 THEN coalesce({fact}.owners -> 0 ->> '{key}_id', '') ELSE coalesce((
        SELECT coalesce(o.entry ->> '{key}_id', '')
        FROM jsonb_array_elements({fact}.owners) WITH ORDINALITY o(entry, place)
        WHERE (o.entry ->> 'at')::timestamptz <= {at} OR o.place = 1 ORDER BY o.place DESC LIMIT 1), '') END"""


_SOLD: Final = """LEFT JOIN LATERAL (
    SELECT min(d.won_at) FILTER (WHERE d.status = 'won') AS at, bool_and(d.status = 'lost') AS all_lost,
           max(coalesce(d.lost_at, d.updated_at)) AS lost_at,
           (array_agg(d.loss_reason_id ORDER BY coalesce(d.lost_at, d.updated_at) DESC, d.id DESC))[1] AS reason
    FROM fact_deal d WHERE d.workspace_id = f.workspace_id AND d.case_id = f.id
    AND (f.converted_at IS NOT NULL OR f.status = 'converted')) sold ON true"""

_FURTHEST: Final = {
    "leads": ("born", "f.contacted_at IS NULL"),
    "contacted": ("contacted", "f.contacted_at IS NOT NULL AND f.qualified_at IS NULL"),
    "qualified": ("qualified", "f.qualified_at IS NOT NULL AND f.converted_at IS NULL"),
    "converted": ("converted", "f.converted_at IS NOT NULL AND sold.at IS NULL"),
}
assert set(_FURTHEST) == set(STEPS[:-1]), "the steps of the funnel and of the facts are the same"

_LOST: Final = (
    "CASE WHEN f.status = 'disqualified' THEN f.disqualified_at "
    "WHEN f.status = 'converted' AND sold.all_lost THEN sold.lost_at END"
)
_LEAD_MOMENTS: Final = {
    "born": "f.occurred_at",
    "assigned": "f.assigned_at",
    "contacted": "f.contacted_at",
    "qualified": "f.qualified_at",
    "converted": "f.converted_at",
    "sold": "CASE WHEN f.converted_at IS NOT NULL THEN sold.at END",
    "refused": "coalesce(f.disqualified_at, f.occurred_at)",
    "postponed": "coalesce(f.postponed_at, f.occurred_at)",
    "lost": _LOST,
    "answered": "f.first_response_at",
    "due": "f.respond_by",
}
_LEAD_EVENTS: Final = {
    "leads": Event("born", amount="f.completeness"),
    "repeat": Event("born", "f.repeat"),
    "assigned": Event("assigned"),
    "contacted": Event("contacted"),
    "qualified": Event("qualified"),
    "converted": Event("converted"),
    "customers": Event("sold"),
    "repeat_customers": Event("sold", "f.repeat"),
    "open": Event("born", "f.status IN ('new', 'assigned', 'in_progress', 'qualified')", present=True),
    "postponed": Event("postponed", "f.status = 'postponed'"),
    "disqualified": Event("refused", "f.status = 'disqualified'"),
    "with_deadline": Event("due"),
    "answered_in_time": Event("due", "f.first_response_at <= f.respond_by"),
    "first_response": Event("answered", start="born"),
    "time_leads": Event("contacted", start="born"),
    "time_contacted": Event("qualified", start="contacted"),
    "time_qualified": Event("converted", start="qualified"),
    "time_converted": Event("sold", start="converted"),
    **{f"lost_{step}": Event("lost", last) for step, (_, last) in _FURTHEST.items()},
    **{
        f"here_{step}": Event(at, f"{last} AND ({_LOST}) IS NULL", present=True)
        for step, (at, last) in _FURTHEST.items()
    },
}


def _unmerged(event: Event) -> Event:
    return event._replace(when="f.status <> 'merged'" + ("" if event.when == "true" else f" AND {event.when}"))


_AMOUNT: Final = "CASE WHEN f.currency = :currency THEN coalesce(f.amount, 0) ELSE 0 END"
DEAL_AMOUNTS: Final = {
    **dict.fromkeys(("deals", "won", "lost", "deals_open"), "f.amount"),
    "forecast": "f.amount * f.probability",
}
"""What a deal adds to each measure with an amount, in its own currency."""
_DEAL_MOMENTS: Final = {
    "born": "coalesce(l.occurred_at, f.created_at)",
    "made": "f.created_at",
    "won": "coalesce(f.won_at, f.updated_at)",
    "lost": "coalesce(f.lost_at, f.updated_at)",
}
_DEAL_EVENTS: Final = {
    "deals": Event("made", amount=_AMOUNT),
    "won": Event("won", "f.status = 'won'", amount=_AMOUNT),
    "lost": Event("lost", "f.status = 'lost'", amount=_AMOUNT),
    "deals_open": Event("made", "f.status = 'open'", amount=_AMOUNT, present=True),
    "forecast": Event("made", "f.status = 'open'", amount=f"{_AMOUNT} * f.probability", present=True),
    "unconverted": Event("made", "f.amount IS NOT NULL AND f.currency <> :currency"),
    "sales_cycle": Event("won", "f.status = 'won'", start="born"),
}
_WITH_LEAD: Final = "LEFT JOIN fact_lead l ON l.workspace_id = f.workspace_id AND l.id = f.lead_id"
_OF_DEAL: Final = {"pipeline": "f.pipeline_id", "stage": "f.stage_id", "loss_reason": "f.loss_reason_id"}


def _submissions(*statuses: str) -> Event:
    return Event("born", f"f.status IN ({', '.join(repr(status) for status in statuses)})")


PLACES: Final[dict[Subject, Place]] = {
    "submission": Place(
        tables="fact_submission f",
        moments={"born": "f.occurred_at"},
        owned=False,
        events={
            "submissions": Event("born"),
            "delivered": _submissions("delivered"),
            "interests": _submissions("interest"),
            "spam": _submissions("spam"),
            "duplicates": _submissions("duplicate"),
            "ignored": _submissions("ignored"),
            "unreadable": _submissions("unreadable"),
            "parked": _submissions("parked"),
            "waiting": _submissions("pending", "ready"),
        },
    ),
    "inquiry": Place(
        tables="fact_inquiry f",
        moments={"born": "f.occurred_at"},
        owned=False,
        events={
            "inquiries": Event("born"),
            "inquiries_created": Event("born", "f.result = 'created'"),
            "inquiries_attached": Event("born", "f.result = 'attached'"),
            "inquiries_reopened": Event("born", "f.result = 'reopened'"),
            "direct": Event("born", "f.direct"),
        },
    ),
    "lead": Place(
        tables=f"fact_lead f {_SOLD}",
        moments=_LEAD_MOMENTS,
        own={"status": "f.status", "pipeline": "''", "stage": "f.status", "loss_reason": "f.loss_reason_id"},
        apart={"lost": {"loss_reason": "CASE WHEN f.status = 'converted' THEN sold.reason ELSE f.loss_reason_id END"}},
        events={
            "merged": Event("born", "f.status = 'merged'"),
            **{key: _unmerged(event) for key, event in _LEAD_EVENTS.items()},
        },
    ),
    "deal": Place(
        tables=f"fact_deal f {_WITH_LEAD}",
        moments=_DEAL_MOMENTS,
        own=_OF_DEAL,
        events=_DEAL_EVENTS,
        touch="l",
        key="case_id",
    ),
    "passage": Place(
        tables=f"""fact_deal f CROSS JOIN LATERAL (SELECT * FROM (
            SELECT r.key AS stage, r.value::timestamptz AS at, coalesce((f.passages ->> r.key)::bigint, 1) AS times,
                   min(r.value::timestamptz) OVER (ORDER BY r.value::timestamptz
                       GROUPS BETWEEN 1 FOLLOWING AND 1 FOLLOWING) AS following
            FROM jsonb_each_text(f.reached) r) reached WHERE stage NOT IN ('won', 'lost')) p {_WITH_LEAD}""",
        moments={"born": "coalesce(l.occurred_at, f.created_at)", "reached": "p.at", "left": "p.following"},
        own=_OF_DEAL | {"stage": "p.stage", "now": "f.stage_id", "outcome": "f.status"},
        events={
            "stage_reached": Event("reached"),
            "stage_passages": Event("reached", n="p.times"),
            "time_in_stage": Event("left", start="reached"),
        },
        touch="l",
        key="case_id",
    ),
}
