"""One Leadflow of real processes for all tests of this folder; they run in one process of the test runner."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.stack import Stack
from tests.system.workspace import Workspace, new_workspace

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # the test runner looks at the groups right after
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what lies in this folder, so that one test process runs all of it."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.system)
            item.add_marker(pytest.mark.timeout(300))
            item.add_marker(pytest.mark.xdist_group("system"))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("leadflow") / "data")
    stack.start()
    yield stack
    stack.let_go()
    assert stack.process is not None
    assert stack.process.wait(timeout=10) == 0, "it should have ended with whoever started it"


@pytest.fixture
def workspace(stack: Stack) -> Iterator[Workspace]:
    with new_workspace(stack) as workspace:
        yield workspace
