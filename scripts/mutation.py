"""How many small mistakes in a package its tests would notice: the mutation score, with each
mistake that went unnoticed.

python3 scripts/mutation.py --package checks --mutants 60
python3 scripts/mutation.py --package runs --mutants 200 --seed 10 --minutes 60

A sample of the package's mutants, chosen by the seed, is put one by one into a copy of the tree;
the tests that ran the changed statement when nothing was changed are run against each, the quickest
first, until one fails. Left out are the tests of the whole (tests/e2e: seconds each, and
unmeasured) and those of belief (hundreds of plans each): a mutant that only they would notice
counts as unnoticed.

Written here, since mutmut skips decorated code, which every value and every cmdlet of lyncops is,
and cosmic-ray writes its mutants into the tree itself.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import bootstrap
from mutants import Mutant, mutants

BELIEF: Final = ("tests/checks", "tests/deployment", "tests/procedures")
PACKAGES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "checks": ("lyncops/checks", BELIEF),
    "conditions": ("lyncops/plan/conditions", ("tests/plan", "tests/procedures", "tests/runs")),
    "deployment": (
        "lyncops/deployment",
        (*BELIEF, "tests/doctor", "tests/plan", "tests/test_client.py"),
    ),
    "procedures": ("lyncops/procedures", (*BELIEF, "tests/plan", "tests/runs")),
    "remoting": (
        "lyncops/remoting",
        ("tests/remoting", "tests/wire", "tests/independent", "tests/kerberos"),
    ),
    "runs": ("lyncops/runs", ("tests/runs", "tests/test_client.py")),
}
"""Each package's folder, and where the tests are that say what it must do."""
NOT_COPIED: Final = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".*_cache", ".hypothesis"
)
HEAVY: Final = (
    "attrs",
    "cattrs",
    "click",
    "cryptography.x509",
    "pypsrp.client",
    "pytest",
    "rich.console",
    "sqlalchemy",
)
"""Imported once, before the processes of the trials part from this one."""
PLAIN: Final = (
    "-o",
    "addopts=",
    "-o",
    "timeout=600",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)
FIRST: Final = 25  # tests tried before the rest: most mutants fall by them
PATIENCE: Final = 90.0  # seconds of tests, as they ran unchanged, that one mutant gets
SLOWER: Final = 4  # how many times more of the processor its tests may take than they took seconds
# Seconds in which a process must have ended: one that waits for ever takes none of the processor
STUCK: Final = 1200.0
TIMED_OUT: Final = -1


class Reach(NamedTuple):
    """What ran when nothing was changed."""

    seconds: dict[str, float]
    """Of each test that passed."""
    lines: dict[str, dict[int, list[str]]]
    """The tests that ran each line of each module; none for a line that ran at import alone."""

    def tests(self, mutant: Mutant) -> list[str]:
        """The tests that can notice, the quickest first; for what runs at import, all that use the
        module.
        """
        of_file = self.lines.get(str(mutant.path), {})
        found = {test for line in mutant.lines for test in of_file.get(line, ())}
        if not found and any(line in of_file for line in mutant.lines):
            found = {test for tests in of_file.values() for test in tests}
        return sorted(
            (test for test in found if test in self.seconds),
            key=lambda test: (self.seconds[test], test),
        )


class Trial(NamedTuple):
    """A mutant and what came of it."""

    mutant: Mutant
    code: int
    """How pytest ended: 0 where all tests passed."""
    tried: int
    reaching: int

    @property
    def noticed(self) -> bool:
        """Whether a test failed, or ran on and on."""
        return self.code != 0

    def __str__(self) -> str:
        if self.noticed:
            return f"{'timed out' if self.code == TIMED_OUT else 'noticed':<10} {self.mutant}"
        of = (
            "no test reaches it"
            if not self.reaching
            else f"{self.tried} of {self.reaching} tests tried"
        )
        return f"UNNOTICED  {self.mutant}  ({of})"


def main() -> int:
    """Print the score of the packages asked for, and each mutant that no test noticed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--package",
        action="append",
        choices=sorted(PACKAGES),
        help="one of them; several times for several",
    )
    parser.add_argument("--mutants", type=int, default=60, help="how many of each package")
    parser.add_argument(
        "--minutes",
        type=float,
        default=60.0,
        help="the longest time for each package, with the map of its tests",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        help="a folder for the copies and their maps of tests: used again when they are there",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=9,
        help="which ones: the same seed chooses the same of the same code",
    )
    options = parser.parse_args()
    bootstrap.run_inside(__file__, "test")
    for name in options.package or sorted(PACKAGES):
        folder, tests = PACKAGES[name]
        end = time.monotonic() + options.minutes * 60
        kept = options.keep and options.keep / name
        with Copy.of(bootstrap.ROOT, options.seed, kept) as copy:
            report(name, list(tried(copy, folder, tests, options.mutants, end)))
    return 0


def report(name: str, trials: Sequence[Trial]) -> None:
    """The score and what went unnoticed."""
    noticed = sum(trial.noticed for trial in trials)
    share = f"{100 * noticed / len(trials):.0f} %" if trials else "nothing was tried"
    print(f"\n{name}: {noticed} of {len(trials)} noticed, {share}")
    for trial in trials:
        if not trial.noticed:
            print(f"  {trial}", flush=True)


def tried(copy: Copy, folder: str, tests: Sequence[str], count: int, end: float) -> Iterator[Trial]:
    """Try a sample of the mutants of a folder, one by one, until it is done or the time is over."""
    for module in HEAVY:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    reach = copy.reached(folder, tests)
    found = [
        mutant
        for path in sorted((copy.tree / folder).rglob("*.py"))
        for mutant in copy.mutants(path)
    ]
    chosen = random.Random(copy.seed).sample(found, min(count, len(found)))  # noqa: S311 - a sample, no secret
    print(
        f"{folder}: {len(chosen)} of {len(found)} mutants, {len(reach.seconds)} tests", flush=True
    )
    for mutant in chosen:
        if time.monotonic() > end:
            return
        trial = copy.attempt(mutant, reach)
        print(trial, flush=True)
        yield trial


class Copy(NamedTuple):
    """A copy of the tree, in which code may be changed, and the seed of all that is left to
    chance.
    """

    tree: Path
    seed: int

    @classmethod
    @contextlib.contextmanager
    def of(cls, tree: Path, seed: int, kept: Path | None = None) -> Generator[Copy]:
        """A copy for as long as the block lasts, or one that is kept, with the map of its tests."""
        if kept is not None:
            copy = cls(kept.resolve() / "tree", seed)
            if not copy.tree.exists():
                shutil.copytree(tree, copy.tree, ignore=NOT_COPIED)
            yield copy
            return
        with tempfile.TemporaryDirectory(
            prefix="lyncops-mutation-", ignore_cleanup_errors=True
        ) as folder:
            copy = cls(Path(folder).resolve() / "tree", seed)
            shutil.copytree(tree, copy.tree, ignore=NOT_COPIED)
            yield copy

    def mutants(self, path: Path) -> list[Mutant]:
        """Every change of a module."""
        return mutants(path.relative_to(self.tree), path.read_text(encoding="utf-8"))

    def reached(self, folder: str, tests: Sequence[str]) -> Reach:
        """Run the tests once, unchanged, and note which lines of the folder each of them runs.

        Raises:
            SystemExit: they could not be run at all.
        """
        log, data = self.tree.with_name("durations.json"), self.tree.with_name("coverage")
        code = (
            0
            if log.exists()
            else self.run(
                [*tests, f"--cov={folder}", "--cov-context=test", "--cov-report="],
                7200.0,
                log,
                data,
            )
        )
        if not log.exists():
            sys.exit(
                f"The tests could not be run at all (pytest ended with {code}): {', '.join(tests)}"
            )
        seconds: dict[str, float] = json.loads(log.read_text(encoding="utf-8"))
        return Reach(seconds, self._contexts(data))

    def _contexts(self, data: Path) -> dict[str, dict[int, list[str]]]:
        import coverage

        known = coverage.CoverageData(str(data))
        known.read()
        return {
            str(Path(file).relative_to(self.tree)): {
                line: sorted({context.rpartition("|")[0] for context in contexts if context})
                for line, contexts in known.contexts_by_lineno(file).items()
            }
            for file in known.measured_files()
        }

    def attempt(self, mutant: Mutant, reach: Reach) -> Trial:
        """Put one mutant into the copy, run its tests, and take it out again."""
        reaching = reach.tests(mutant)
        affordable: list[str] = []
        spent = 0.0
        for test in reaching:
            spent += reach.seconds[test]
            if affordable and spent > PATIENCE:
                break
            affordable.append(test)
        code = 0
        with changed(self.tree / mutant.path, mutant):
            for part in (affordable[:FIRST], affordable[FIRST:]):
                if part and not code:
                    allowed = 30.0 + SLOWER * sum(reach.seconds[test] for test in part)
                    code = self.run([*part, "-x"], allowed)
        return Trial(mutant, code, len(affordable), len(reaching))

    def run(
        self,
        arguments: Sequence[str],
        seconds: float,
        log: Path | None = None,
        data: Path | None = None,
    ) -> int:
        """Run pytest in a process parted from this one, where the heavy libraries are imported;
        what it says is dropped.

        Returns its exit code. One that takes more than these seconds of the processor, or waits for
        ever, is ended with all that it began: TIMED_OUT.
        """
        process = ForkProcess(target=_pytest, args=(self, arguments, log, data, seconds))
        process.start()
        process.join(STUCK if data is None else None)
        ended = TIMED_OUT if process.exitcode == -signal.SIGXCPU else process.exitcode
        if process.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                # What it left running, and itself if it is not done
                os.killpg(process.pid, signal.SIGKILL)
        process.join()
        return TIMED_OUT if ended is None else ended


@contextlib.contextmanager
def changed(file: Path, mutant: Mutant) -> Generator[None]:
    """The file with the change in it; afterwards it is as it was, with its time, so that what was
    compiled of it holds.
    """
    kept = file.with_suffix(".kept")
    compiled = list(file.parent.glob(f"__pycache__/{file.stem}.*.pyc"))
    shutil.copy2(file, kept)
    try:
        for each in compiled:
            each.rename(each.with_suffix(".kept"))
        file.write_text(mutant.put_into(file.read_text(encoding="utf-8")), encoding="utf-8")
        yield
    finally:
        kept.replace(file)
        for each in file.parent.glob(f"__pycache__/{file.stem}.*.pyc"):
            each.unlink()  # compiled of the mutant
        for each in compiled:
            each.with_suffix(".kept").replace(each)


def _pytest(
    copy: Copy, arguments: Sequence[str], log: Path | None, data: Path | None, seconds: float
) -> None:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 10))
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    for name in [
        name for name in os.environ if name.startswith(("COV_CORE", "COVERAGE", "PYTEST", "PYTHON"))
    ]:
        del os.environ[name]
    os.environ["PYTHONPATH"] = str(copy.tree)
    if data is not None:
        os.environ["COVERAGE_FILE"] = str(data)
    else:
        arguments = [*arguments, "-p", "no:cov"]
    sys.dont_write_bytecode = False
    os.chdir(copy.tree)
    sys.path.insert(0, str(copy.tree))
    import pytest

    durations = Durations()
    code = pytest.main([*PLAIN, f"--hypothesis-seed={copy.seed}", *arguments], plugins=[durations])
    if log is not None:
        log.write_text(json.dumps(durations.passed()), encoding="utf-8")
    os._exit(int(code))


class Report(Protocol):
    """What pytest tells about a part of a test."""

    nodeid: str
    duration: float
    outcome: str


class Durations:
    """A plugin of pytest that notes how long each test took, and which did not pass."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.other: set[str] = set()

    def pytest_runtest_logreport(self, report: Report) -> None:
        """Called by pytest for each part of a test."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.outcome != "passed":
            self.other.add(report.nodeid)

    def passed(self) -> dict[str, float]:
        """The seconds of each test that passed."""
        return {test: seconds for test, seconds in self.seconds.items() if test not in self.other}


if __name__ == "__main__":
    sys.exit(main())
