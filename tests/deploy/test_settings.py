"""What `make run` reads from the environment, and what it refuses before anything starts."""

import socket
from pathlib import Path

import pytest

from deploy.local.readiness import refuse_busy_ports
from deploy.local.seed import machine_time_zone
from deploy.local.settings import SERVICES, LocalError, LocalSettings


def test_ports_and_folder_have_the_documented_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("INTAKE_PORT", "CORE_PORT", "ANALYTICS_PORT", "DATA_DIR"):
        monkeypatch.delenv(f"LEADFLOW_{name}", raising=False)
    settings = LocalSettings.read()
    assert {service.name: settings.port(service) for service in SERVICES} == {
        "lead-intake": 8001,
        "crm-core": 8002,
        "analytics": 8003,
    }
    assert settings.data_dir == Path(".data")


def test_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADFLOW_CORE_DATABASE_URL", "")
    assert LocalSettings.read().core_database_url is None


def test_unusable_port_is_refused_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADFLOW_CORE_PORT", "eight")
    with pytest.raises(LocalError, match=r"^LEADFLOW_CORE_PORT is not usable: "):
        LocalSettings.read()


def test_busy_port_is_refused_with_the_variable_that_moves_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = LocalSettings(core_port=taken.getsockname()[1])
        with pytest.raises(LocalError, match=r"for crm-core is taken: .* LEADFLOW_CORE_PORT"):
            refuse_busy_ports(settings)


def test_time_zone_of_the_machine_follows_tz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ":Asia/Novosibirsk")
    assert machine_time_zone() == "Asia/Novosibirsk"
