"""Mail out: the message that asks for confirmation, handed to the SMTP server of the settings."""

import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Protocol

import aiosmtplib
from leadkit import clock

from lead_intake.confirmations.rules import TEXTS, Language, Link
from lead_intake.settings import IntakeSettings

WITHIN_S = 20


class NotSent(Exception):
    """The message was not taken. `final`: the address itself was refused, so trying again is of no use."""

    def __init__(self, kind: str, *, final: bool) -> None:
        super().__init__(kind)
        self.kind = kind
        self.final = final


class MailOut(Protocol):
    """Whoever takes messages."""

    async def send(self, message: EmailMessage) -> None:
        """Hands the message over; raises `NotSent`."""


class SmtpOut:
    """The SMTP server of the settings; a connection a message, since there are few."""

    def __init__(self, own: IntakeSettings, tls: ssl.SSLContext | None = None) -> None:
        assert own.mail_host is not None
        encrypted = own.mail_tls
        self._arguments: dict[str, Any] = {
            "hostname": own.mail_host, "port": own.mail_port, "timeout": WITHIN_S, "tls_context": tls,
            "username": own.mail_user, "password": own.mail_password.get_secret_value() if own.mail_password else None,
            "use_tls": encrypted == "implicit", "start_tls": encrypted == "starttls",
        }  # fmt: skip

    async def send(self, message: EmailMessage) -> None:
        """Hands the message over; raises `NotSent`."""
        try:
            await aiosmtplib.send(message, **self._arguments)
        except aiosmtplib.SMTPRecipientsRefused as error:
            final = all(one.code >= 500 for one in error.recipients)
            raise NotSent("address_refused", final=final) from error
        except aiosmtplib.SMTPAuthenticationError as error:
            raise NotSent("login_refused", final=False) from error
        except aiosmtplib.SMTPResponseException as error:
            raise NotSent(f"answered_{error.code}", final=False) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotSent("unreachable", final=False) from error


def mail_out(own: IntakeSettings) -> SmtpOut | None:
    """Where mail goes; None when nothing is configured."""
    return SmtpOut(own) if own.sends_mail else None


def composed(sender: str, recipient: str, address: str, link: Link, token: str, language: Language) -> EmailMessage:
    """The message with its link. Its id is always the same for an inquiry, so a repeat can be told."""
    texts, message = TEXTS[language], EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, recipient, texts["mail_subject"]
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<confirm-{link.submission_id}@{sender.rpartition('@')[2].strip('> ') or 'leadflow'}>"
    message["Auto-Submitted"] = "auto-generated"
    until = f"{link.until:%d.%m.%Y %H:%M}"
    body = texts["mail_body"].format(link=f"{address}/confirm/{token}", until=until)
    message.set_content(body, charset="utf-8")
    return message
