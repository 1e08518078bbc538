"""How alike two cards are, and why."""

import pytest
from crm_core.duplicates.finding import free_mail_domains
from crm_core.duplicates.rules import LEAST, Profile, domains, one_digit_off, score_of, signs, similarity

FREE = free_mail_domains()


def kinds(one: Profile, other: Profile, **how) -> list[str]:
    return [sign.kind for sign in signs(one, other, free=FREE, **how)]


def test_numbers_one_digit_off_are_all_of_the_same_country_and_length() -> None:
    near = one_digit_off("+79161234567")
    assert "+79161234568" in near
    assert "+79161234576" in near, "neighbours that changed places"
    assert "+79161234567" not in near
    assert {(number[:3], len(number)) for number in near} == {("+79", 12)}


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (Profile(points=[("phone", "+79161234567")]), Profile(points=[("phone", "+79161234560")]),
         ["phone_one_digit_off"]),
        (Profile(points=[("email", "a@romashka.ru")]), Profile(points=[("email", "b@romashka.ru")]), ["same_domain"]),
        (Profile(points=[("email", "a@mail.ru")]), Profile(points=[("email", "b@mail.ru")]), []),
        (Profile(name="иван петров", company="ромашка"), Profile(name="петров иван", company="ромашка"),
         ["similar_name", "similar_company"]),
        (Profile(name="иван"), Profile(name="иван"), []),
        (Profile(points=[("phone", "+71")], current=False), Profile(points=[("phone", "+71")]), []),
        (Profile(points=[("phone", "+71")]), Profile(points=[("phone", "+71")]), ["same_phone"]),
    ],
)  # fmt: skip
def test_signs_are_found_and_enough_alone(one: Profile, other: Profile, found: list[str]) -> None:
    assert kinds(one, other) == kinds(other, one) == found
    assert (score_of(signs(one, other, free=FREE)) >= LEAST) is bool(found)


def test_companies_are_alike_by_name_tax_number_and_domain() -> None:
    one = Profile(name="ооо ромашка", tax_number="7707083893", website="https://www.romashka.ru/about")
    other = Profile(name="ромашка", tax_number="7707083893", points=[("email", "info@romashka.ru")])
    assert kinds(one, other, of_companies=True) == ["tax_number", "same_domain", "similar_name"]
    assert domains(one, FREE) == {"romashka.ru"}


def test_several_signs_make_surer_and_never_certain() -> None:
    one = Profile(name="anna ivanova", points=[("email", "a@acme.com"), ("phone", "+79161234567")])
    other = Profile(name="anna ivanova", points=[("email", "i@acme.com"), ("phone", "+79161234568")])
    found = signs(one, other, free=FREE)
    assert max(sign.weight for sign in found) < score_of(found) < 1


def test_similarity_counts_trigrams_in_any_order_of_words() -> None:
    assert similarity("ivan petrov", "petrov ivan") == 1
    assert similarity("word", "two words") == pytest.approx(4 / 11)
    assert similarity("", "anna") == 0
