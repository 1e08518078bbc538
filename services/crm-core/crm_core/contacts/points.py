"""Contact points: phones, e-mails and messengers in the one form in which equal means same."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, Protocol

import phonenumbers
from leadkit.contracts.inquiry import Messenger
from leadkit.problems import FieldError, Invalid

Kind = Literal["phone", "email", "messenger"]

_PART = r"[^\s@.<>\"(),:;\[\]\\]"
_RUSSIAN = re.compile(r"\+7[349][0-9]{9}")
"""Numbers as lead-intake sends most of them: told at a glance, since reading one took a twentieth of an inquiry."""

_EMAIL = re.compile(rf"[^\s@<>\"(),:;\[\]\\]{{1,64}}@(?:{_PART}{{1,63}}\.)+(?!\d+$){_PART}{{2,63}}")


class HasValue(Protocol):
    """A point, be it read or stored."""

    @property
    def kind(self) -> str:
        """phone, email or messenger."""

    @property
    def value(self) -> str:
        """In the form in which equal means same."""


class Point(NamedTuple):
    """One way to reach somebody, normalised."""

    kind: Kind
    value: str


def phone(written: str, region: str) -> str | None:
    """The number in E.164, read as one dials it in `region`; None when it cannot be a number."""
    return written if _RUSSIAN.fullmatch(written) else _phone_read(written, region)


def _phone_read(written: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email(written: str) -> str | None:
    """The address in lower case; None when it is not one."""
    address = written.strip().lower()
    return address if len(address) <= 254 and _EMAIL.fullmatch(address) else None


def messenger(written: Messenger) -> str | None:
    """`network:id`, the network in lower case; None when either is empty."""
    network, address = written.network.strip().lower(), written.id.strip()
    return f"{network}:{address}" if network and address else None


def points_of(
    phones: Sequence[str], emails: Sequence[str], messengers: Sequence[Messenger], *, region: str
) -> list[Point]:
    """All points in order, each once; raises `Invalid` naming every place that is no phone, e-mail or messenger."""
    read: list[tuple[Kind, str, str, str | None]] = [
        *(("phone", f"/phones/{i}", "is not a phone number", phone(one, region)) for i, one in enumerate(phones)),
        *(("email", f"/emails/{i}", "is not an e-mail address", email(one)) for i, one in enumerate(emails)),
        *(
            ("messenger", f"/messengers/{i}", "needs a network and an id", messenger(one))
            for i, one in enumerate(messengers)
        ),
    ]
    wrong = [FieldError(pointer=pointer, detail=detail) for _, pointer, detail, value in read if value is None]
    if wrong:
        raise Invalid(errors=wrong)
    return list(dict.fromkeys(Point(kind, value) for kind, _, _, value in read if value is not None))


def values_of(points: Iterable[HasValue], kind: Kind) -> list[str]:
    """The values of one kind, in order."""
    return [point.value for point in points if point.kind == kind]


def messenger_from(value: str) -> Messenger:
    """The messenger that `network:id` stands for."""
    network, _, address = value.partition(":")
    return Messenger(network=network, id=address)
