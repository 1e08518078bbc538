"""What a lead's score and completeness come from, read off its card. Pure."""

from datetime import datetime
from typing import Any

from leadkit.contracts.inquiry import Attribution
from leadkit.contracts.touches import is_direct, last_non_direct

from crm_core.custom_fields.rules import facts_of as custom_facts
from crm_core.leads.tables import Lead
from crm_core.scoring.rules import Model, score_of
from crm_core.scoring.schemas import ScoreLine, ScoreOut

EXPECTED = ("name", "contact", "interest", "company")
"""What a card is expected to tell; completeness is the share of it that is filled."""

ASKED = ("authority", "need", "timeframe")


def facts_of(lead: Lead, attribution: Attribution) -> dict[str, Any]:
    """The card as scoring rules ask about it."""
    person, qualification, behaviour = lead.person, lead.qualification, lead.behaviour
    touch = last_non_direct(attribution.first, attribution.last)
    asked = {name: _answered(qualification.get(name)) for name in ASKED}
    answers = qualification.get("answers", {})
    return {
        "has_name": bool(person.get("full_name") or person.get("first_name") or person.get("last_name")),
        "has_phone": bool(lead.phones),
        "has_email": bool(lead.emails),
        "has_messenger": bool(lead.messengers),
        "has_company": bool(person.get("company")),
        "has_interest": bool(lead.product or lead.subject or lead.message),
        "has_message": bool(lead.message),
        "has_budget": lead.budget_amount is not None,
        "budget": lead.budget_amount,
        **asked,
        "answered": sum(asked.values()) + sum(map(_answered, answers.values())),
        "channel": lead.channel,
        "provider": lead.provider,
        "source_id": lead.source_id,
        "known_source": not (touch is None or is_direct(touch)),
        "source": touch and touch.source,
        "medium": touch and touch.medium,
        "campaign": touch and touch.campaign,
        "product": lead.product,
        "region": lead.region,
        "language": lead.language,
        "tags": lead.tags,
        "repeat": lead.repeat,
        "inquiry_count": lead.inquiry_count,
        "calls_answered": behaviour.get("calls_answered", 0),
        "replies": behaviour.get("replies", 0),
        "last_activity_at": lead.last_activity_at,
        "occurred_at": lead.occurred_at,
    }


def asked_facts(lead: Lead) -> dict[str, Any]:
    """The card as rules of assignment ask about it."""
    attribution = Attribution.model_validate(lead.attribution)
    touch = last_non_direct(attribution.first, attribution.last)
    return {
        **facts_of(lead, attribution),
        "temperature": lead.temperature,
        "score": lead.score,
        "subject": lead.subject,
        "message": lead.message,
        "company": lead.person.get("company"),
        "landing_url": touch and touch.landing_url,
    }


def missing_on(lead: Lead) -> list[str]:
    """What the card is expected to tell and does not."""
    person = lead.person
    filled = {
        "name": person.get("full_name") or person.get("first_name") or person.get("last_name"),
        "contact": lead.phones or lead.emails or lead.messengers,
        "interest": lead.product or lead.subject or lead.message,
        "company": person.get("company"),
    }
    return [name for name in EXPECTED if not filled[name]]


def completeness_of(missing: list[str]) -> float:
    """The share of what is expected that is there."""
    return 1 - len(missing) / len(EXPECTED)


def scored_facts(lead: Lead, model: Model, attribution: Attribution) -> dict[str, Any]:
    """The card as the workspace's scoring rules ask about it, with those of its own fields that they name."""
    facts = facts_of(lead, attribution)
    return {**facts, **custom_facts(model.custom, lead.custom)} if model.custom else facts


def score_out(lead: Lead, model: Model, *, now: datetime) -> ScoreOut:
    """The score as it comes about at this moment."""
    facts = scored_facts(lead, model, Attribution.model_validate(lead.attribution))
    lines = model.lines(facts, lead.qualification.get("answers", {}), now=now)
    score, missing = score_of(lines), missing_on(lead)
    by_score = model.temperature_of(score)
    shown = [
        ScoreLine(points=one.points, reason=one.reason, rule_id=one.rule_id, question_id=one.question_id)
        for one in lines
    ]
    return ScoreOut.model_validate({
        "lead_id": lead.id, "score": score, "sum": sum(line.points for line in lines),
        "temperature": lead.temperature if lead.temperature_set else by_score, "temperature_set": lead.temperature_set,
        "by_score": by_score, "warm_from": model.warm_from, "hot_from": model.hot_from, "lines": shown,
        "completeness": completeness_of(missing), "missing": missing,
    })  # fmt: skip


def _answered(answer: Any) -> bool:
    return answer not in (None, "", False)
