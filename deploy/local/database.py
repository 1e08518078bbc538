"""The databases of the three services: embedded ones for this data folder, or those whose addresses are given."""

from pathlib import Path

from leadkit.embedded import Cluster

from deploy.local.folder import Secrets
from deploy.local.settings import SERVICES, LocalSettings, Service, ServiceKey

# A login may enter its service's four roles and has no rights of its own; the owner role owns the database.
ROLES_AND_DATABASE = """
SELECT format('CREATE ROLE %I NOLOGIN', :'login' || '_' || role)
FROM unnest(ARRAY['app', 'worker', 'owner', 'search']) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'login' || '_' || role) \\gexec
SELECT format('CREATE ROLE %I LOGIN', :'login') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'login') \\gexec
ALTER ROLE :"login" PASSWORD :'password';
SELECT format('GRANT %I TO %I WITH INHERIT FALSE, SET TRUE', :'login' || '_' || role, :'login')
FROM unnest(ARRAY['app', 'worker', 'owner', 'search']) AS role \\gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'login', :'login' || '_owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'login') \\gexec
REVOKE CONNECT ON DATABASE :"login" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"login" TO :"login";
"""


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
    cluster.run_sql(ROLES_AND_DATABASE, login=login, password=password)
    return cluster.url(login, login, password)
