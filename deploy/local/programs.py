"""Which programs `make run` starts, and what each is told by its environment."""

from collections.abc import Mapping

from deploy.local.folder import Secrets
from deploy.local.processes import Program
from deploy.local.settings import SERVICES, LocalSettings, ServiceKey

SERVICE_SCOPES = ("inquiries:write", "events:read")
"""What the services do with each other: deliver inquiries, and read feeds with their snapshots."""


def shared_environment(settings: LocalSettings, urls: Mapping[ServiceKey, str], secrets: Secrets) -> dict[str, str]:
    """The environment of every program; those of one service are told apart by their prefix."""
    environment = {"LEADFLOW_DATA_KEY": secrets.data_key}
    for service in SERVICES:
        prefix = f"LEADFLOW_{service.key.upper()}"
        environment[f"{prefix}_DATABASE_URL"] = urls[service.key]
        environment[f"{prefix}_PORT"] = str(settings.port(service))
        environment[f"{prefix}_URL"] = settings.url(service)
    return environment


def migrations(environment: Mapping[str, str]) -> list[Program]:
    """Bring each service's database to the newest revision."""
    return [Program(f"{service.name} migration", (f"{service.module}.migrate",), environment) for service in SERVICES]


def mint(environment: Mapping[str, str], name: str, *scopes: str) -> Program:
    """Print a platform token with these scopes, or with all."""
    limits = ("--scopes", *scopes) if scopes else ()
    return Program("token", ("crm_core.mint", "--name", name, *limits), environment)


def apis(environment: Mapping[str, str]) -> list[Program]:
    """The three APIs."""
    return [Program(service.name, (f"{service.module}.app",), environment) for service in SERVICES]


WORKERS_ARE_NICE: Mapping[ServiceKey, int] = {"intake": 5, "core": 10, "analytics": 10}
"""On a busy machine requests come first, then delivery, then what follows from it: events, scores, numbers."""


def workers(environment: Mapping[str, str]) -> list[Program]:
    """The worker of each service."""
    return [
        Program(
            f"{service.name}-worker",
            (f"{service.module}.worker",),
            environment,
            niceness=WORKERS_ARE_NICE[service.key],
        )
        for service in SERVICES
    ]


def letterbox(settings: LocalSettings, environment: Mapping[str, str]) -> list[Program]:
    """The SMTP listener of lead-intake, where a port is set for it."""
    if settings.intake_smtp_port is None:
        return []
    told = {**environment, "LEADFLOW_INTAKE_SMTP_PORT": str(settings.intake_smtp_port)}
    return [Program("lead-intake-smtp", ("lead_intake.smtp",), told)]
