"""Settings every service has. A service adds its own in a subclass with its own prefix."""

from typing import Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SettingsT = TypeVar("SettingsT", bound="ServiceSettings")
DEVELOPMENT_DATA_KEY = "leadflow-development-key"


class InsecureSettings(Exception):
    """A default secret was found outside development; the message names the setting."""


class ServiceSettings(BaseSettings):
    """Read from the environment under the service's prefix, such as `LEADFLOW_CORE_`; shared ones under `LEADFLOW_`."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True)

    environment: Literal["development", "production"] = Field(
        "development",
        validation_alias="LEADFLOW_ENVIRONMENT",
        description="Outside development default secrets are refused",
    )
    database_url: str = Field(description="postgresql:// address of the service's own database")
    owner_url: str | None = Field(None, description="Address with the rights to migrate, if the login differs")
    worker_url: str | None = Field(None, description="Address for the worker, if the login differs")
    pool_size: int = Field(8, ge=1, le=200, description="Database connections a process may hold")
    host: str = Field("127.0.0.1", description="Address the API listens on")
    port: int = Field(description="Port the API listens on")
    public_url: str | None = Field(None, description="Address under which clients reach the API")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", validation_alias="LEADFLOW_LOG_LEVEL", description="Least severe events that are logged"
    )
    requests_per_minute: int = Field(6000, ge=1, description="Requests a token may make a minute, per process")
    core_url: str = Field(
        "http://127.0.0.1:8002", validation_alias="LEADFLOW_CORE_URL", description="Where crm-core is"
    )
    intake_url: str = Field(
        "http://127.0.0.1:8001", validation_alias="LEADFLOW_INTAKE_URL", description="Where lead-intake is"
    )
    service_token: SecretStr | None = Field(
        None, validation_alias="LEADFLOW_SERVICE_TOKEN", description="Token with which services call each other"
    )
    oidc_issuer: str | None = Field(
        None,
        validation_alias="LEADFLOW_OIDC_ISSUER",
        description="An OpenID Connect issuer whose tokens are accepted beside our own, as it names itself",
    )
    oidc_audience: str | None = Field(
        None, validation_alias="LEADFLOW_OIDC_AUDIENCE", description="The `aud` that its tokens must have"
    )
    oidc_leeway_s: int = Field(
        60, ge=0, le=600, validation_alias="LEADFLOW_OIDC_LEEWAY_S", description="How far its clock may differ"
    )
    oidc_workspace_claim: str = Field(
        "workspace",
        validation_alias="LEADFLOW_OIDC_WORKSPACE_CLAIM",
        description="The claim with a workspace's id; dots lead into objects",
    )
    oidc_role_claim: str = Field(
        "role",
        validation_alias="LEADFLOW_OIDC_ROLE_CLAIM",
        description="The claim with a role, or a list of them, such as realm_access.roles",
    )
    oidc_roles: dict[str, str] = Field(
        {},
        validation_alias="LEADFLOW_OIDC_ROLES",
        description='What its roles are here, in JSON, such as {"sales-leads": "head"}',
    )
    data_key: SecretStr = Field(
        SecretStr(DEVELOPMENT_DATA_KEY),
        validation_alias="LEADFLOW_DATA_KEY",
        description="Secret from which the keys that encrypt stored secrets are derived",
    )

    @model_validator(mode="after")
    def _no_default_secret_in_production(self) -> Self:
        if self.environment == "production" and self.data_key.get_secret_value() == DEVELOPMENT_DATA_KEY:
            raise InsecureSettings("LEADFLOW_DATA_KEY must be set outside development")
        return self

    @model_validator(mode="after")
    def _an_issuer_has_an_audience(self) -> Self:
        if self.oidc_issuer and not self.oidc_audience:
            raise InsecureSettings("LEADFLOW_OIDC_AUDIENCE must be set where LEADFLOW_OIDC_ISSUER is")
        if self.oidc_issuer and self.environment == "production" and not self.oidc_issuer.startswith("https://"):
            raise InsecureSettings("LEADFLOW_OIDC_ISSUER must begin with https:// outside development")
        return self

    @property
    def address(self) -> str:
        """Where clients reach this API, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    def service_token_value(self) -> str:
        """The service token, or an empty string when none is set (calls to peers are then refused by them)."""
        return self.service_token.get_secret_value() if self.service_token else ""


def settings_or_exit(kind: type[SettingsT]) -> SettingsT:
    """The settings from the environment; what is missing or refused ends the process with one sentence."""
    try:
        return kind()
    except ValidationError as error:
        prefix = kind.model_config.get("env_prefix", "")
        wrong = ", ".join(f"{prefix}{'_'.join(map(str, each['loc']))}".upper() for each in error.errors())
        raise SystemExit(f"These settings are missing or wrong: {wrong}") from None
    except InsecureSettings as error:
        raise SystemExit(str(error)) from None
