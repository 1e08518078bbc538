"""The life of a lead as one table that the API, the documentation and the tests read."""

from collections.abc import Mapping
from dataclasses import dataclass

from leadkit.contracts.events import LeadStatus

OPEN: tuple[LeadStatus, ...] = ("new", "assigned", "in_progress", "qualified")
"""In these somebody works, or should work, on the lead."""

STATUSES: tuple[LeadStatus, ...] = (*OPEN, "converted", "disqualified", "postponed", "merged")


@dataclass(frozen=True, slots=True)
class Transition:
    """A step that may be taken `sources` → `target`; a target of None is found by `target_of`.

    `event` is published when it happened, `needs` is what it asks for beside the status."""

    name: str
    sources: tuple[LeadStatus, ...]
    target: LeadStatus | None
    event: str
    meaning: str
    needs: str = ""


TRANSITIONS: tuple[Transition, ...] = (
    Transition("start", ("new", "assigned"), "in_progress", "lead.started", "the first contact was made"),
    Transition("qualify", ("assigned", "in_progress"), "qualified", "lead.qualified", "worth an offer"),
    Transition(
        "convert", ("assigned", "in_progress", "qualified"), "converted", "lead.converted", "became a deal",
        needs="a contact, found by its addresses or made",
    ),
    Transition(
        "assign", OPEN, None, "lead.assigned", "it has an owner, or another one; only a new lead changes its status",
        needs="an active user; none named: the rules of assignment decide",
    ),
    Transition(
        "postpone", OPEN, "postponed", "lead.postponed", "comes back by itself at a time, with a task for its owner",
        needs="a time later than the step",
    ),
    Transition(
        "disqualify", OPEN, "disqualified", "lead.disqualified", "refused, with a reason",
        needs="a loss reason; with `other` a note",
    ),
    Transition("reopen", ("disqualified", "postponed"), None, "lead.reopened", "brought back as far as it once was"),
    Transition(
        "merge", STATUSES[:-1], "merged", "lead.merged", "one with another of the same person, which goes on",
        needs="another lead that is not merged itself; it can be taken back",
    ),
)  # fmt: skip


def transition(name: str) -> Transition:
    """The transition of that name."""
    return next(one for one in TRANSITIONS if one.name == name)


def allowed(status: str) -> list[str]:
    """The transitions that a lead in `status` may take, in the order of the table."""
    return [one.name for one in TRANSITIONS if status in one.sources]


def described(step: Transition) -> str:
    """The step in words, for the API's documentation."""
    sources, target = ", ".join(step.sources), step.target or "where the lead belongs then"
    needs = f" Needs {step.needs}." if step.needs else ""
    return f"From {sources} to {target}: {step.meaning}.{needs} Tells `{step.event}`; any other status is a 409."


def target_of(step: Transition, status: LeadStatus, *, reached: Mapping[str, object], owned: bool) -> LeadStatus:
    """Where `step` leads: assigning moves only a new lead; a reopened one goes back as far as it once was."""
    if step.target is not None:
        return step.target
    if step.name == "assign":
        return "assigned" if status == "new" else status
    if "in_progress" in reached:
        return "in_progress"
    return "assigned" if owned else "new"
