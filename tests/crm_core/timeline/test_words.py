"""The summaries of timeline entries."""

import pytest
from crm_core.contacts.schemas import ContactPatch
from crm_core.deals.schemas import DealPatch
from crm_core.leads.schemas import LeadPatch
from crm_core.timeline.words import PHRASES, TERMS, excerpt, summary
from pydantic import BaseModel


def test_every_phrase_is_there_in_both_languages() -> None:
    assert PHRASES["en"].keys() == PHRASES["ru"].keys()


@pytest.mark.parametrize(
    ("language", "said"),
    [("ru-RU", "Лид: новый → в работе"), ("en", "Lead: new → in progress"), ("de", "Lead: new → in progress")],
)
def test_a_summary_speaks_the_workspaces_language(language: str, said: str) -> None:
    assert summary(language, "transition", {"from_status": "new", "to_status": "in_progress"}) == said


@pytest.mark.parametrize("card", [LeadPatch, ContactPatch, DealPatch])
def test_every_field_that_people_change_has_a_name_in_russian(card: type[BaseModel]) -> None:
    assert card.model_fields.keys() <= TERMS["ru"].keys()


def test_words_that_are_missing_leave_no_hole() -> None:
    assert summary("en", "task", {"text": ""}) == "Task"
    assert summary("en", "call", {"direction": "inbound", "result": None, "text": ""}) == "Call (inbound, —)"


def test_braces_in_what_people_write_are_words_like_others() -> None:
    assert summary("en", "note", {"text": "{owner} {0}"}) == "Note: {owner} {0}"


def test_an_excerpt_is_one_line_of_the_first_text_that_says_something() -> None:
    assert excerpt(None, "  ", "two\n lines ", "never") == "two lines"
    assert excerpt(None) == ""
    assert len(excerpt("long " * 100)) <= 140
