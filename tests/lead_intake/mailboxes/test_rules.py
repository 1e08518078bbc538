"""Decisions about mailboxes."""

import pytest
from lead_intake.mailboxes.rules import Waiting, batches, folder_name, place, rest_s


def test_messages_are_fetched_in_order_and_in_bounded_batches() -> None:
    small = [Waiting(uid, 1000) for uid in range(120, 0, -1)]
    assert [len(batch) for batch in batches(small, 10_000)] == [50, 50, 20]
    large = [Waiting(1, 5_000_000), Waiting(2, 5_000_000), Waiting(3, 900_000_000), Waiting(4, 10)]
    assert [[one.uid for one in batch] for batch in batches(large, 6_000_000)] == [[1], [2], [3, 4]]


@pytest.mark.parametrize(
    ("name", "written"),
    [("INBOX", "INBOX"), ("A & B", "A &- B"), ("Заявки", "&BBcEMARPBDIEOgQ4-"), ("日本x", "&ZeVnLA-x")],
)
def test_folder_names_are_written_as_imap_wants_them(name: str, written: str) -> None:
    assert folder_name(name) == written


def test_a_refused_login_rests_longer_each_time_and_never_for_ever() -> None:
    assert [rest_s("login_refused", failures) for failures in (1, 2, 3, 50)] == [60, 120, 240, 3600]
    assert rest_s("unreachable", 1) == 5


def test_another_folder_is_another_place() -> None:
    assert place("Mail.ru", 993, "a", "INBOX") == place("mail.ru", 993, "a", "INBOX")
    assert place("mail.ru", 993, "a", "INBOX") != place("mail.ru", 993, "a", "Leads")
