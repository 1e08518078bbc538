"""What is derived from the code and committed is what the code says now: `make generate` mends a difference."""

from deploy.develop.generate import ROOT, derived_files


def test_committed_files_are_what_the_code_generates() -> None:
    outdated = [
        str(path.relative_to(ROOT))
        for path, content in derived_files()
        if not path.exists() or path.read_text() != content
    ]
    assert outdated == []
