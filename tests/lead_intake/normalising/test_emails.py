import pytest
from hypothesis import given
from hypothesis import strategies as st
from lead_intake.normalising.emails import emails_in, mended, plain


def addresses(text: str) -> list[str]:
    return [email.address for email in emails_in(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" ANNA@EXAMPLE.RU ", ["anna@example.ru"]),
        ("почта: ivan@mail.ru (личная), work@example.com.", ["ivan@mail.ru", "work@example.com"]),
        ("mailto:<a.b+c@sub.example.org>", ["a.b+c@sub.example.org"]),
        ("иван@почта.рф", ["иван@xn--80a1acny.xn--p1ai"]),
        ("a@b", []),
        ("a@@b.ru", []),
        ("@example.ru", []),
        ("a@1.2.3.4", []),
        ("нет почты", []),
    ],
)
def test_addresses_are_found_and_lowered(text: str, expected: list[str]) -> None:
    assert addresses(text) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (" Ivan @ mail.ru", ["ivan@mail.ru"]),
        ("ivan@mail,ru", ["ivan@mail.ru"]),
        ("ivan@mail. ru", ["ivan@mail.ru"]),
        ("ivan.p @mail . ru", ["ivan.p@mail.ru"]),
        ("ivan @mail.ru petrov", []),
        ("ivan petrov @ mail.ru", []),
        ("жду ответа сегодня же @ офис", []),
        ("a@b@c,ru", []),
    ],
)
def test_an_address_that_is_none_as_typed_is_mended(typed: str, expected: list[str]) -> None:
    assert [email.address for email in mended(typed)] == expected


def test_typo_is_suggested_and_not_changed() -> None:
    [email] = emails_in("ivan@gmial.com")
    assert email.address == "ivan@gmial.com"
    assert email.warning == "did the person mean gmail.com?"


@given(st.text() | st.emails())
def test_normalised_address_stays_as_it_is(text: str) -> None:
    for address in addresses(text):
        assert addresses(address) == [address]


@given(st.emails())
def test_ordinary_address_is_found(address: str) -> None:
    if not any(mark in address for mark in "!`'*{}|?/"):
        assert len(addresses(address)) == 1


@given(st.emails() | st.from_regex(r" ?[a-zA-Z0-9._%+-]{1,9}@[a-zA-Z0-9.-]{1,9}\.?[a-z]{1,3} ?", fullmatch=True))
def test_address_that_is_told_at_a_glance_is_the_one_that_a_search_finds(text: str) -> None:
    assert plain(text) in ((), emails_in(text))
