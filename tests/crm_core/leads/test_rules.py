"""The lifecycle table, scoring and attribution over plain values."""

import pytest
from crm_core.leads.rules import OPEN, STATUSES, TRANSITIONS, allowed, target_of, transition
from leadkit.contracts.inquiry import Attribution, Touch
from leadkit.contracts.touches import for_events

# Written out a second time on purpose: the table in the code must say what the specification says.
EXPECTED = {
    "new": ["start", "assign", "postpone", "disqualify", "merge"],
    "assigned": ["start", "qualify", "convert", "assign", "postpone", "disqualify", "merge"],
    "in_progress": ["qualify", "convert", "assign", "postpone", "disqualify", "merge"],
    "qualified": ["convert", "assign", "postpone", "disqualify", "merge"],
    "converted": ["merge"],
    "disqualified": ["reopen", "merge"],
    "postponed": ["reopen", "merge"],
    "merged": [],
}


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_permits_its_transitions(status):
    assert allowed(status) == EXPECTED[status]


def test_every_transition_has_a_name_of_its_own_and_an_event():
    assert len({one.name for one in TRANSITIONS}) == len(TRANSITIONS)
    assert all(one.event.startswith("lead.") and one.meaning for one in TRANSITIONS)


@pytest.mark.parametrize(
    ("reached", "owned", "target"),
    [
        ({"new", "assigned", "in_progress"}, True, "in_progress"),
        ({"new", "in_progress"}, False, "in_progress"),
        ({"new", "assigned"}, True, "assigned"),
        ({"new"}, False, "new"),
    ],
)
def test_reopening_leads_back_as_far_as_the_lead_once_was(reached, owned, target):
    assert target_of(transition("reopen"), "disqualified", reached=dict.fromkeys(reached), owned=owned) == target


@pytest.mark.parametrize("status", OPEN)
def test_assigning_moves_only_a_new_lead(status):
    target = target_of(transition("assign"), status, reached={}, owned=True)
    assert target == ("assigned" if status == "new" else status)


@pytest.mark.parametrize(
    ("first", "last", "chosen"),
    [
        ({"source": "yandex"}, {"source": "google"}, "google"),
        ({"source": "yandex"}, {"source": "(direct)"}, "yandex"),
        ({"source": "yandex"}, {}, "yandex"),
        ({"source": "direct"}, {"source": "direct"}, "direct"),
        (None, {"source": "google"}, "google"),
        ({"source": "yandex"}, None, "yandex"),
    ],
)
def test_last_non_direct_touch_is_chosen(first, last, chosen):
    touches = Attribution(first=first and Touch(**first), last=last if last is None else Touch(**last))
    outgoing = for_events(touches).last_non_direct
    assert outgoing is not None
    assert outgoing.source == chosen


def test_a_click_id_is_not_direct():
    touches = Attribution(first=Touch(source="yandex"), last=Touch(click_ids={"gclid": "1"}))
    outgoing = for_events(touches).last_non_direct
    assert outgoing is not None
    assert outgoing.click_ids == {"gclid": "1"}


def test_addresses_go_out_without_query_and_fragment():
    outgoing = for_events(Attribution(last=Touch(landing_url="https://a.ru/x?phone=7#y", referrer="https://b.ru/#z?q")))
    assert outgoing.last is not None
    assert (outgoing.last.landing_url, outgoing.last.referrer) == ("https://a.ru/x", "https://b.ru/")


def test_no_touch_at_all_stays_none():
    outgoing = for_events(Attribution())
    assert (outgoing.first, outgoing.last, outgoing.last_non_direct) == (None, None, None)
