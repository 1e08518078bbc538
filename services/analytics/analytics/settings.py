"""The settings of analytics, from the environment under `LEADFLOW_ANALYTICS_`."""

from functools import cache
from pathlib import Path

from leadkit.settings import ServiceSettings, settings_or_exit
from pydantic import Field
from pydantic_settings import SettingsConfigDict

FOLDER = Path(__file__).resolve().parent.parent
"""Where `alembic.ini` and the committed `openapi.json` of this service lie."""


class AnalyticsSettings(ServiceSettings):
    """Everything that may differ between installations of analytics."""

    model_config = SettingsConfigDict(env_prefix="LEADFLOW_ANALYTICS_")

    port: int = Field(8003, description="Port the API listens on")
    webhooks_to_private_addresses: bool = Field(
        False, description="Whether reports may be sent to private addresses and without TLS"
    )


@cache
def settings() -> AnalyticsSettings:
    """The settings of this process, read once; what is missing or refused ends the process with one sentence."""
    return settings_or_exit(AnalyticsSettings)
