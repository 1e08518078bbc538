"""Whether the ports are free before the services start, and whether the services are ready afterwards."""

import socket

import httpx

from deploy.local.settings import SERVICES, LocalError, LocalSettings


def refuse_busy_ports(settings: LocalSettings) -> None:
    """`LocalError` that names the first port somebody else listens on."""
    for service in SERVICES:
        port = settings.port(service)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                variable = f"LEADFLOW_{service.key.upper()}_PORT"
                raise LocalError(
                    f"Port {port} for {service.name} is taken: stop what uses it, or set {variable}."
                ) from error


def answers(client: httpx.Client, address: str) -> bool:
    """Whether the API of a service has started."""
    try:
        return client.get(f"{address}/healthz").is_success
    except httpx.TransportError:
        return False


def is_ready(client: httpx.Client, address: str) -> bool:
    """Whether a service can do its whole work: the database answers, a worker lives, tokens can be verified."""
    try:
        answer = client.get(f"{address}/readyz")
    except httpx.TransportError:
        return False
    if answer.status_code != httpx.codes.OK:
        return False
    told = answer.json()
    return bool(told["workers"] and told["keys"])
