"""Holding a step of a deal against the rules, and saying no in a way that a client can act on."""

from leadkit.contracts.events import DealStatus
from leadkit.problems import Conflict, FieldError, Invalid

from crm_core.deals.rules import ALLOWED, Action, DealFacts, StageFacts, refusals, required_fields_are_filled
from crm_core.deals.tables import Deal
from crm_core.pipelines.queries import StageInfo


class DealActionNotAllowed(Conflict):
    """The deal's status forbids the action; `allowed` names those that it permits."""

    code = "transition-not-allowed"
    title = "The deal's status does not allow this"


def check_allowed(deal: Deal, action: Action) -> None:
    """Raises `DealActionNotAllowed` unless the deal's status permits the action."""
    allowed = ALLOWED[deal.status]
    if action not in allowed:
        raise DealActionNotAllowed(f"A deal that is {deal.status} cannot be asked to {action}.", allowed=list(allowed))


def check_entry(
    deal: Deal,
    left: StageInfo | None,
    entered: StageInfo,
    *,
    outcome: DealStatus = "open",
    loss_reason_key: str | None = None,
) -> None:
    """Raises `Invalid` with all that the stage rules hold against the step; `deal` is as it would be after it."""
    facts = facts_of(deal, loss_reason_key=loss_reason_key)
    against = refusals(facts, _facts(left, "open") if left else None, _facts(entered, outcome))
    if against:
        raise Invalid(
            "The deal lacks what this step needs.",
            errors=[
                FieldError(pointer=pointer, detail=refusal.detail)
                for refusal in against
                for pointer in refusal.pointers
            ],
        )


def facts_of(deal: Deal, *, loss_reason_key: str | None = None) -> DealFacts:
    """The deal as rules see it now."""
    return DealFacts(
        amount=deal.amount,
        contact_id=deal.contact_id,
        company_id=deal.company_id,
        expected_close=deal.expected_close,
        owner_id=deal.owner_id,
        custom=deal.custom,
        lines=deal.lines,
        loss_reason_id=deal.loss_reason_id,
        loss_reason_key=loss_reason_key,
        loss_note=deal.loss_note,
    )


def check_kept(deal: Deal, before: DealFacts, stage: StageInfo | None) -> None:
    """Raises `Invalid` for what a change emptied and the stage of an open deal asks for."""
    if stage is None or deal.status != "open":
        return
    asks = _facts(stage, "open")
    lacked, lacks = (required_fields_are_filled(one, None, asks) for one in (before, facts_of(deal)))
    emptied = [each for each in (lacks.pointers if lacks else ()) if not (lacked and each in lacked.pointers)]
    if emptied:
        raise Invalid(errors=[FieldError(pointer=each, detail="is needed in this stage") for each in emptied])


def _facts(stage: StageInfo, outcome: DealStatus) -> StageFacts:
    required = tuple(stage.required_fields) if outcome == "open" else ()
    return StageFacts(
        id=stage.id, pipeline_id=stage.pipeline_id, position=stage.position, probability=stage.probability,
        archived=stage.archived, may_skip=stage.may_skip, may_go_back=stage.may_go_back,
        amount_needed_from=stage.amount_needed_from, outcome=outcome, required_fields=required,
    )  # fmt: skip
