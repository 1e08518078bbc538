"""Made-up people who inquire, in Russian and English. Their numbers and addresses belong to nobody."""

from dataclasses import dataclass
from random import Random
from typing import Literal

Language = Literal["ru", "en"]

_RU_NAMES = {
    "f": ("Анна", "Мария", "Елена", "Ольга", "Наталья", "Ирина", "Светлана", "Татьяна", "Юлия", "Дарья"),
    "m": ("Иван", "Алексей", "Дмитрий", "Сергей", "Андрей", "Михаил", "Павел", "Николай", "Артём", "Максим"),
}
_RU_SURNAMES = (
    "Смирнов", "Иванов", "Кузнецов", "Соколов", "Попов", "Лебедев", "Козлов", "Новиков", "Морозов", "Петров",
    "Волков", "Соловьёв", "Васильев", "Зайцев", "Павлов", "Семёнов", "Голубев", "Виноградов", "Богданов", "Воробьёв",
)  # fmt: skip
_EN_NAMES = ("Emma", "Olivia", "Amelia", "Grace", "Sophie", "James", "Oliver", "Harry", "Thomas", "William")
_EN_SURNAMES = ("Smith", "Jones", "Taylor", "Brown", "Williams", "Wilson", "Evans", "Walker", "Wright", "Hughes")
_CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_LATIN = [
    "a",
    "b",
    "v",
    "g",
    "d",
    "e",
    "e",
    "zh",
    "z",
    "i",
    "y",
    "k",
    "l",
    "m",
    "n",
    "o",
    "p",
    "r",
    "s",
    "t",
    "u",
    "f",
    "kh",
    "ts",
    "ch",
    "sh",
    "sch",
    "",
    "y",
    "",
    "e",
    "yu",
    "ya",
]
_RU_WISHES = (
    "Сколько стоит установка под ключ?",
    "Нужен расчёт для офиса на 40 человек.",
    "Перезвоните, пожалуйста, после обеда.",
    "Интересует договор на обслуживание.",
    "Можно ли приехать на замер в субботу?",
    "Хотим заменить старую систему, нужна консультация.",
    "Пришлите, пожалуйста, коммерческое предложение.",
)
_EN_WISHES = (
    "Could you send me a quote for a small office?",
    "How soon could you install it?",
    "We are comparing suppliers, please get in touch.",
    "Do you offer a yearly service contract?",
    "I would like to book a visit next week.",
)


@dataclass(frozen=True)
class Person:
    """Somebody who inquires: `phone` in E.164."""

    name: str
    phone: str
    email: str
    language: Language

    def wish(self, random: Random) -> str:
        """What they write, in their language."""
        return random.choice(_RU_WISHES if self.language == "ru" else _EN_WISHES)

    def phone_as_typed(self, random: Random) -> str:
        """The phone in one of the ways people type it."""
        if self.language == "en":
            return random.choice((self.phone, f"{self.phone[:3]} {self.phone[3:7]} {self.phone[7:]}"))
        area, first, second, third = self.phone[2:5], self.phone[5:8], self.phone[8:10], self.phone[10:]
        return random.choice(
            (
                self.phone,
                f"8 ({area}) {first}-{second}-{third}",
                f"+7 {area} {first} {second} {third}",
                f"8{area}{first}{second}{third}",
            )
        )


def population(random: Random, size: int) -> list[Person]:
    """So many different people, a fifth of them writing in English."""
    numbers = random.sample(range(1_000_000), size)
    return [_person(random, number) for number in numbers]


def _person(random: Random, number: int) -> Person:
    if random.random() < 0.2:
        name = f"{random.choice(_EN_NAMES)} {random.choice(_EN_SURNAMES)}"
        return Person(name, f"+447700{number % 1_000_000:06d}", _address(name, number), "en")
    sex = random.choice("fm")
    name = f"{random.choice(_RU_NAMES[sex])} {random.choice(_RU_SURNAMES)}{'а' if sex == 'f' else ''}"
    return Person(name, f"+7900{number:07d}", _address(name, number), "ru")


def _address(name: str, number: int) -> str:
    latin = dict(zip(_CYRILLIC, _LATIN, strict=True))
    local_part = "".join(latin.get(letter, letter) for letter in name.lower()).replace(" ", ".")
    return f"{local_part}{number}@example.com"
