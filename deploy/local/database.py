"""The databases of the three services: embedded ones for this data folder, or those whose addresses are given."""

from pathlib import Path

from leadkit.embedded import Cluster

from deploy.local.folder import Secrets
from deploy.local.settings import SERVICES, LocalSettings, Service, ServiceKey

LOGIN_ROLES_AND_DATABASE = Path(__file__).resolve().parents[1] / "database.sql"


def embedded_cluster(settings: LocalSettings, folder: Path) -> Cluster | None:
    """The embedded server, unless every service has been given a database of its own. Not started yet."""
    if all(settings.given_database(service) for service in SERVICES):
        return None
    return Cluster.at(folder)


def database_urls(settings: LocalSettings, cluster: Cluster | None, secrets: Secrets) -> dict[ServiceKey, str]:
    """The address of each service's database; those in the embedded server are made if they are missing."""
    urls: dict[ServiceKey, str] = {}
    for service in SERVICES:
        given = settings.given_database(service)
        if given is None and cluster is not None:
            given = _own_database(cluster, service, secrets.database_passwords[service.key])
        assert given is not None
        urls[service.key] = given
    return urls


def _own_database(cluster: Cluster, service: Service, password: str) -> str:
    login = f"leadflow_{service.key}"
    cluster.run_sql(LOGIN_ROLES_AND_DATABASE.read_text(), login=login, password=password)
    return cluster.url(login, login, password)
