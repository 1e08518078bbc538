"""The same words from several people: noticed in memory, added up by the database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from lead_intake.providers.base import SourceView
from lead_intake.providers.settings import SpamSettings
from lead_intake.screening.memory import MOST_TEXTS, WITHIN, Memory

AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
SOURCE = SourceView(UUID(int=1), UUID(int=2), "form", "generic", spam=SpamSettings(repeated_text=3))
TEXT = "Купите наши ссылки, недорого и надолго"


def test_one_person_may_repeat_themselves_and_others_are_noticed() -> None:
    memory = Memory()
    assert memory.note(SOURCE, TEXT, "+79990000001", now=AT) is None
    assert memory.note(SOURCE, TEXT, "+79990000001", now=AT) is None
    second = memory.note(SOURCE, TEXT, "+79990000002", now=AT)
    assert second is not None
    assert (len(second.people), second.enough) == (2, False)
    assert "+79990000001" not in second.people
    third = memory.note(SOURCE, TEXT, "+79990000003", now=AT)
    assert third is not None
    assert third.enough
    many = [memory.note(SOURCE, TEXT, f"+7999{number}", now=AT) for number in range(100)]
    assert {len(one.people) for one in many if one} == {3}


def test_other_words_another_source_short_texts_and_yesterday_do_not_count() -> None:
    memory = Memory()
    memory.note(SOURCE, TEXT, "a", now=AT)
    assert memory.note(SOURCE, TEXT + "!", "b", now=AT) is None
    assert memory.note(replace(SOURCE, id=UUID(int=9)), TEXT, "b", now=AT) is None
    assert [memory.note(SOURCE, "Сколько стоит?", person, now=AT) for person in "ab"] == [None, None]
    off = replace(SOURCE, id=UUID(int=8), spam=SpamSettings(repeated_text=None))
    assert [memory.note(off, TEXT, person, now=AT) for person in "ab"] == [None, None]
    assert memory.note(SOURCE, TEXT, "b", now=AT + WITHIN + timedelta(seconds=1)) is None


def test_the_memory_has_an_end() -> None:
    memory = Memory()
    for number in range(MOST_TEXTS + 10):
        memory.note(SOURCE, f"{TEXT} {number}", "a", now=AT)
    assert memory.note(SOURCE, f"{TEXT} 0", "b", now=AT) is None
    assert memory.note(SOURCE, f"{TEXT} {MOST_TEXTS}", "b", now=AT) is not None
