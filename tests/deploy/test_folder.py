"""The data folder keeps secrets to itself and serves one run at a time."""

from pathlib import Path

import pytest

from deploy.local.folder import held, log_file, secrets_of, write_private
from deploy.local.report import read_access
from deploy.local.settings import LocalError


def test_secrets_are_made_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    first = secrets_of(tmp_path)
    assert secrets_of(tmp_path) == first
    assert len(set(first.database_passwords.values())) == 3
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_second_run_on_a_folder_is_refused_and_a_later_one_is_not(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(LocalError, match="already runs on the data folder"), held(tmp_path):
        pass
    with held(tmp_path):
        pass


def test_writing_replaces_the_whole_file_and_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "leadflow.json"
    write_private(path, {"a": "очень длинное содержание"})
    write_private(path, {"b": 1})
    assert read_access(path) == {"b": 1}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["leadflow.json"]


def test_missing_or_broken_access_file_counts_as_none(tmp_path: Path) -> None:
    assert read_access(tmp_path / "none.json") == {}
    (tmp_path / "broken.json").write_text("{")
    assert read_access(tmp_path / "broken.json") == {}


def test_large_log_starts_anew_and_is_kept_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.local.folder.LARGEST_LOG", 3)
    log_file(tmp_path, "api").write_text("long")
    assert not log_file(tmp_path, "api").exists()
    assert (tmp_path / "logs" / "api.log.1").read_text() == "long"
