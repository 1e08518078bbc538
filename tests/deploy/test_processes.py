"""The supervisor's children, tried with small real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local import processes
from deploy.local.forking import load_common_modules
from deploy.local.processes import Family, Program
from deploy.local.settings import LocalError
from tests.waiting import alive, wait_until

PATIENT = """
import os, signal, threading, time
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
def watch():
    while os.read(int(os.environ["LEADFLOW_PARENT_FD"]), 1):
        pass
    os._exit(0)
threading.Thread(target=watch, daemon=True).start()
print("up", flush=True)
time.sleep(600)
"""
STUBBORN = (
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(600)\n"
)
BRIEF = "import sys\nprint('a token')\n"
FAILING = "import sys\nsys.exit('the database cannot be reached')\n"


# The test runner has threads; the supervisor has none when it forks.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    family = Family(tmp_path)
    yield family
    family.stop(0)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Program]:
    """Makes a program of a few lines that `python -m` can run."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, source: str) -> Program:
        (tmp_path / f"{name}.py").write_text(source)
        return Program(name, (name,), {})

    return write


def test_programs_that_end_give_what_they_printed(family: Family, program: Callable[[str, str], Program]) -> None:
    assert family.run([program("brief", BRIEF), program("brief_too", BRIEF)]) == ["a token", "a token"]


def test_program_gets_its_arguments_and_environment_and_is_shown_as_its_command(
    family: Family, program: Callable[[str, str], Program]
) -> None:
    source = "import os, sys\nprint(sys.argv[1:], os.environ['COLOUR'])\n"
    source += "print(open('/proc/self/cmdline').read().strip('\\0'))\n"
    told = replace(program("curious", source), arguments=("curious", "--loud"), environment={"COLOUR": "green"})
    assert family.run([told]) == ["['--loud'] green\npython -m curious --loud"]


def test_a_program_is_as_nice_as_it_is_told(family: Family, program: Callable[[str, str], Program]) -> None:
    told = replace(program("kind", "import os\nprint(os.nice(0))\n"), niceness=3)
    assert family.run([told]) == [str(min(19, os.nice(0) + 3))]


def test_forked_programs_never_make_the_same_ids_or_random_numbers(
    family: Family, program: Callable[[str, str], Program]
) -> None:
    load_common_modules()
    source = "import random, secrets\nfrom leadkit.ids import new_id\n"
    source += "print(str(new_id())[14:], random.random(), secrets.token_hex(8))\n"
    told = [line.split() for line in family.run([program(f"dice{number}", source) for number in range(8)])]
    for column in zip(*told, strict=True):
        assert len(set(column)) == 8


def test_failure_of_a_program_is_told_in_its_own_words(family: Family, program: Callable[[str, str], Program]) -> None:
    with pytest.raises(LocalError, match="failing failed: the database cannot be reached"):
        family.run([program("failing", FAILING)])


def test_killed_child_is_told_of_and_started_again(
    family: Family, program: Callable[[str, str], Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "FIRST_PAUSE_S", 0.01)
    family.start(program("patient", PATIENT))
    first = family.pids()["patient"]
    os.kill(first, signal.SIGKILL)
    news: list[str] = []

    def told_and_restarted() -> bool:
        news.extend(family.tend())
        return family.pids()["patient"] != first

    wait_until(told_and_restarted)
    assert [words.partition(" and starts")[0] for words in news] == ["patient was killed by SIGKILL"]


def test_pause_before_a_restart_doubles_with_each_failure(
    family: Family, program: Callable[[str, str], Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "FIRST_PAUSE_S", 0.01)
    family.start(program("failing", FAILING))
    news: list[str] = []

    def died_three_times() -> bool:
        news.extend(family.tend())
        return len(news) >= 3

    wait_until(died_three_times)
    assert [words.partition(" again in ")[2].split(" s:")[0] for words in news[:3]] == ["0.01", "0.02", "0.04"]


def test_last_words_of_a_dead_child_are_known(family: Family, program: Callable[[str, str], Program]) -> None:
    family.start(program("failing", FAILING))
    wait_until(family.deceased)
    assert family.deceased() == "failing ended with code 1: the database cannot be reached"


def test_stopping_ends_even_a_child_that_does_not_listen(
    tmp_path: Path, program: Callable[[str, str], Program]
) -> None:
    family = Family(tmp_path)
    family.start(program("stubborn", STUBBORN))
    pid = family.pids()["stubborn"]
    wait_until(lambda: (tmp_path / "logs" / "stubborn.log").read_text())
    began = time.monotonic()
    family.stop(0.2)
    assert not alive(pid)
    assert time.monotonic() - began < 2


SUPERVISOR = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from deploy.local.processes import Family, Program
family = Family(Path(sys.argv[1]))
family.start(Program("patient", ("patient",), {}))
print(family.pids()["patient"], flush=True)
time.sleep(600)
"""


def test_children_end_when_their_supervisor_is_killed(tmp_path: Path, program: Callable[[str, str], Program]) -> None:
    program("patient", PATIENT)
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path)]
    supervisor = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    child = int(supervisor.stdout.readline())
    wait_until(lambda: (tmp_path / "logs" / "patient.log").read_text())
    supervisor.kill()
    supervisor.communicate()
    wait_until(lambda: not alive(child))
