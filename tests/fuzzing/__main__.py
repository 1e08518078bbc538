"""`python -m tests.fuzzing [seconds=10] [target ...] [file]`: each target for so many seconds in a process of its own,
or one input again. A target is a provider, or `normaliser`.

What a target reaches is kept in `.data/fuzz/` and is where the next run starts. An input fails that raises, whose
result the contract does not allow, or that takes more than a second of a processor or 200 MB.
"""

import contextlib
import io
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import atheris
import structlog

with (
    contextlib.redirect_stderr(io.StringIO()),  # each module would be announced
    atheris.instrument_imports(include=["lead_intake"], enable_loader_override=False),
):
    from lead_intake.normalising import pipeline
    from lead_intake.providers import PROVIDERS, provider_named
    from lead_intake.submissions import reading

    from tests.fuzzing import inputs
    from tests.lead_intake.providers import test_any_input

FOLDER = Path(os.environ.get("LEADFLOW_DATA_DIR", ".data")) / "fuzz"
MOST_SECONDS = 1.0
MOST_BYTES = 200 * 1024**2
HANGS_AFTER_S = 60
LONGEST_INPUT = 65_536
COUNTED = re.compile(r"#\d+\s")

Target = Callable[[bytes], None]


def main() -> None:
    """Fails when an input did; then says where it lies."""
    words = sys.argv[1:]
    seconds = next((int(word.removeprefix("seconds=")) for word in words if word.startswith("seconds=")), 10)
    file = next((word for word in words if Path(word).is_file()), None)
    names = [word for word in words if word != file and not word.startswith("seconds=")]
    known = [provider.slug for provider in PROVIDERS] + ["normaliser"]
    if unknown := set(names) - set(known):
        raise SystemExit(f"No such target: {', '.join(sorted(unknown))}. There are {', '.join(known)}.")
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    failed = [name for name in names or known if not _passes(name, seconds, file)]
    if failed:
        raise SystemExit(f"Inputs failed: {', '.join(failed)}")


def _passes(name: str, seconds: int, file: str | None) -> bool:
    """Runs the target in a copy of this process: what is instrumented once serves all of them."""
    folder = FOLDER / name
    (folder / "reached").mkdir(parents=True, exist_ok=True)
    log = folder / "log"
    child = os.fork()
    if child == 0:
        with log.open("wb") as written:
            os.dup2(written.fileno(), 1)
            os.dup2(written.fileno(), 2)
        _fuzz(name, folder, seconds, file)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    lines = log.read_text(errors="replace").splitlines()
    done = next((line for line in reversed(lines) if COUNTED.match(line)), "not one input")
    print(f"{name:14} {'passed' if code == 0 else 'FAILED'}  {done.replace(chr(9), ' ')}", flush=True)
    if code:
        print("\n".join(line for line in lines[-60:] if not COUNTED.match(line)), flush=True)
    return code == 0


def _fuzz(name: str, folder: Path, seconds: int, file: str | None) -> None:
    """Never returns."""
    seeds = folder / "seeds"
    seeds.mkdir(exist_ok=True)
    target = _normalised if name == "normaliser" else _read_by(name, seeds)
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={HANGS_AFTER_S}",
        f"-max_len={LONGEST_INPUT}",
        f"-artifact_prefix={folder}/",
        "-rss_limit_mb=0",
    ]
    places = [file] if file else [str(folder / "reached"), str(seeds)]
    atheris.Setup(["fuzz", *options, *places], target)
    atheris.Fuzz()


def _read_by(name: str, seeds: Path) -> Target:
    provider = provider_named(name)
    sources = inputs.sources_of(provider)
    for number, seed in enumerate(inputs.seeds_of(provider)):
        (seeds / str(number)).write_bytes(seed)

    def read(data: bytes) -> None:
        request = inputs.request_in(data)
        source = sources[len(data) % len(sources)]
        with _bounded():
            receipt = reading.read_receipt(request, source, provider, request_id=None)
        test_any_input.try_reader(provider, request, source)
        assert not [draft for draft in receipt.drafts if draft.reason == "reader_failed"]

    return read


def _normalised(data: bytes) -> None:
    found, source = inputs.found_in(data), inputs.sources_of(PROVIDERS[0])[0]
    with _bounded():
        result = pipeline.normalise(found, source, submission_id=UUID(int=3), revision=1, received_at=inputs.AT)
    test_any_input.assert_storable(result)


@contextlib.contextmanager
def _bounded() -> Iterator[None]:
    began, before = time.process_time(), _peak_bytes()
    yield
    took, grown = time.process_time() - began, _peak_bytes() - before
    assert took < MOST_SECONDS, f"the input took {took:.2f} s"
    assert grown < MOST_BYTES, f"the input took {grown / 1024**2:.0f} MB"


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
