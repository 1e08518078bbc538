import pytest
from hypothesis import given
from hypothesis import strategies as st
from lead_intake.normalising.given_names import GIVEN_NAMES
from lead_intake.normalising.names import from_parts, parse, parse_unusual

WORDS = st.sampled_from(sorted(GIVEN_NAMES)) | st.sampled_from(
    ["иванов", "ПЕТРОВА", "von", "ООО", "ип", "Иванович", "оглы"]
)


@pytest.mark.parametrize(
    ("raw", "first", "middle", "last"),
    [
        ("Иванов Иван Иванович", "Иван", "Иванович", "Иванов"),
        ("Иван Иванович Иванов", "Иван", "Иванович", "Иванов"),
        ("ИВАНОВ ПЁТР", "Пётр", None, "Иванов"),
        ("  анна  ПРИМЕРОВА ", "Анна", None, "Примерова"),
        ("Мария Ивановна", "Мария", "Ивановна", None),
        ("Алиев Али Вагиф оглы", "Али", "Вагиф оглы", "Алиев"),
        ("Ivanov Ivan Ivanovich", "Ivan", "Ivanovich", "Ivanov"),
        ("John Smith", "John", None, "Smith"),
        ("Smith, John", "John", None, "Smith"),
        ("Jean-Claude van Damme", "Jean-Claude", None, "van Damme"),
        ("Dr. Jane Sample", "Jane", None, "Sample"),
        ("Марина", "Марина", None, None),
        ("Петров", None, None, "Петров"),
        ("и.и. иванов", "И.И.", None, "Иванов"),
        ("Анна Примерова 8 (999) 000-00-01", "Анна", None, "Примерова"),
        ("Анна 🙂", "Анна", None, None),
        ("Петрова (Сидорова) Анна Ивановна", "Анна", "Ивановна", "Петрова"),
        ("Иванов Иван Иванович (папа)", "Иван", "Иванович", "Иванов"),
        ("Ольга, бухгалтер", "Ольга", None, None),
    ],
)
def test_parts_of_a_name_are_told_apart(raw: str, first: str | None, middle: str | None, last: str | None) -> None:
    name = parse(raw)
    assert (name.first, name.middle, name.last) == (first, middle, last)


@pytest.mark.parametrize(
    ("raw", "full"),
    [
        ("JANE SAMPLE", "Jane Sample"),
        ("анна-мария де лонг", "Анна-Мария де Лонг"),
        ("O'NEIL McDonald", "O'Neil McDonald"),
        ("JP Morgan", "JP Morgan"),
        ("Фёдор   Вымышлев", "Фёдор Вымышлев"),
        ("Нгуен Ван Ань", "Нгуен Ван Ань"),
        ("анна и пётр (соседи)", "Анна и Пётр (Соседи)"),
    ],
)
def test_capitals_are_repaired_and_the_order_is_kept(raw: str, full: str) -> None:
    assert parse(raw).full == full


@pytest.mark.parametrize(
    ("raw", "company", "full"),
    [
        ("ООО «Ромашка»", "ООО «Ромашка»", None),
        ("ООО «Вектор», Иван Петров", "ООО «Вектор»", "Иван Петров"),
        ("ИП Сидоров Павел", "ИП Сидоров Павел", "Сидоров Павел"),
        ("Acme LLC", "Acme LLC", None),
        ("Анна Примерова", None, "Анна Примерова"),
    ],
)
def test_companies_are_told_from_people(raw: str, company: str | None, full: str | None) -> None:
    name = parse(raw)
    assert (name.company, name.full) == (company, full)


@pytest.mark.parametrize(
    "raw", ["", "{{name}}", "(not set)", "+7 999 000-00-01", "a@b.ru", "https://spam.example", "---"]
)
def test_what_names_nobody_is_no_name(raw: str) -> None:
    assert parse(raw).full is None


def test_guessed_order_is_a_warning() -> None:
    assert parse("Небылицын Пётр").warning is None
    assert parse("Кукла Мебель").warning == "order guessed"


def test_parts_in_their_own_fields_stay_in_them() -> None:
    name = from_parts("JANE", None, "sample")
    assert (name.full, name.first, name.last) == ("Jane Sample", "Jane", "Sample")


@given(st.text() | st.lists(WORDS, max_size=5).map(" ".join))
def test_normalised_name_stays_as_it_is(raw: str) -> None:
    full = parse(raw).full
    if full is not None:
        again = parse(full)
        assert (again.full or again.company) == full


@given(st.lists(WORDS.map(str.capitalize) | WORDS | WORDS.map(str.upper), min_size=1, max_size=4).map(" ".join))
def test_usual_name_is_read_as_any_other(text: str) -> None:
    assert parse(text) == parse_unusual(text)
