"""The settings of lead-intake, from the environment under `LEADFLOW_INTAKE_`."""

from functools import cache
from pathlib import Path
from typing import Literal

from leadkit.settings import ServiceSettings, settings_or_exit
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from lead_intake.delivery.pacing import RUSH

FOLDER = Path(__file__).resolve().parent.parent
"""Where `alembic.ini` and the committed `openapi.json` of this service lie."""


class IntakeSettings(ServiceSettings):
    """Everything that may differ between installations of lead-intake."""

    model_config = SettingsConfigDict(env_prefix="LEADFLOW_INTAKE_")

    port: int = Field(8001, description="Port the API listens on")
    mail_host: str | None = Field(None, description="SMTP server for mail out (double opt-in); unset: none is sent")
    mail_port: int = Field(587, ge=1, le=65535, description="Its port")
    mail_tls: Literal["starttls", "implicit", "off"] = Field("starttls", description="How mail out is encrypted")
    mail_user: str | None = Field(None, description="User of the server for mail out")
    mail_password: SecretStr | None = Field(None, description="The user's password")
    mail_from: str | None = Field(None, description="Sender of mail out, as Sales <sales@example.ru>")
    smtp_port: int | None = Field(
        None, ge=1, le=65535, description="Port of the SMTP listener (python -m lead_intake.smtp); unset: there is none"
    )
    smtp_host: str = Field("127.0.0.1", description="Address the SMTP listener listens on")
    smtp_domains: str = Field("", description="Domains, by commas, that mail may come to; empty: any")
    smtp_name: str | None = Field(None, description="Host name the SMTP listener gives; unset: the first domain")
    smtp_max_bytes: int = Field(
        25 * 1024 * 1024, ge=65536, le=100 * 1024 * 1024, description="Largest message that SMTP takes"
    )
    smtp_connections: int = Field(200, ge=1, description="SMTP connections at once")
    smtp_certificate: str | None = Field(None, description="File with the certificate chain (PEM); set: STARTTLS")
    smtp_key: str | None = Field(None, description="File with the certificate's key, if it is another one")
    raw_requests_days: int | None = Field(
        None, ge=1, description="Days raw requests are kept where the workspace says nothing; unset: without limit"
    )
    import_bytes: int = Field(512 * 1024 * 1024, ge=1024, description="Largest file that can be imported, in bytes")
    import_files_days: int = Field(
        7, ge=0, description="Days an import's file and rejected rows are kept after its end"
    )
    rush: int = Field(
        RUSH,
        ge=1,
        description="Forms a second, in one workspace, that leave delivery a tenth of its time; it steps back from a"
        " third of them on. More where the door and its database have more than two cores",
    )
    meta_graph_url: str = Field(
        "https://graph.facebook.com/v23.0",
        pattern=r"^https?://[!-~]+$",
        description="Base address of Meta's Graph API with its version, asked for the leads that Meta announces",
    )

    @property
    def sends_mail(self) -> bool:
        """Whether mail can go out."""
        return self.mail_host is not None and self.mail_from is not None


@cache
def settings() -> IntakeSettings:
    """The settings of this process, read once; what is missing or refused ends the process with one sentence."""
    return settings_or_exit(IntakeSettings)
