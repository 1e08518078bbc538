"""What `make run` is told by the environment: ports, the data folder, and databases that replace the embedded one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

ServiceKey = Literal["intake", "core", "analytics"]


class LocalError(RuntimeError):
    """Leadflow cannot run here; the message is one sentence for whoever typed the command."""


@dataclass(frozen=True)
class Service:
    """One of the three services: `key` as in `LEADFLOW_<KEY>_PORT`, `module` as in `python -m <module>.app`."""

    key: ServiceKey
    name: str
    module: str


SERVICES = (
    Service("core", "crm-core", "crm_core"),
    Service("intake", "lead-intake", "lead_intake"),
    Service("analytics", "analytics", "analytics"),
)


class LocalSettings(BaseSettings):
    """Read from the environment under `LEADFLOW_`."""

    model_config = SettingsConfigDict(env_prefix="LEADFLOW_", extra="ignore", env_ignore_empty=True)

    intake_port: int = Field(8001, ge=1, le=65535, description="Port of lead-intake")
    core_port: int = Field(8002, ge=1, le=65535, description="Port of crm-core")
    analytics_port: int = Field(8003, ge=1, le=65535, description="Port of analytics")
    intake_smtp_port: int | None = Field(
        None, ge=1, le=65535, description="Port of lead-intake's SMTP listener; unset: it is not started"
    )
    data_dir: Path = Field(Path(".data"), description="Database, logs, secrets and leadflow.json of this machine")
    intake_database_url: str | None = Field(None, description="Replaces the embedded database of lead-intake")
    core_database_url: str | None = Field(None, description="Replaces the embedded database of crm-core")
    analytics_database_url: str | None = Field(None, description="Replaces the embedded database of analytics")

    @classmethod
    def read(cls) -> "LocalSettings":
        """The settings, or a `LocalError` that names the variable at fault."""
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            variable = f"LEADFLOW_{str(first['loc'][0]).upper()}"
            raise LocalError(f"{variable} is not usable: {first['msg']}.") from error

    def port(self, service: Service) -> int:
        """The port of a service."""
        return int(getattr(self, f"{service.key}_port"))

    def url(self, service: Service) -> str:
        """Where a service answers on this machine."""
        return f"http://127.0.0.1:{self.port(service)}"

    def given_database(self, service: Service) -> str | None:
        """The address that replaces the embedded database of a service."""
        given: str | None = getattr(self, f"{service.key}_database_url")
        return given
