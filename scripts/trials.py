"""A copy of the tree in which mutants are tried: which tests reach one, and what these say of it.

A test that fails does not show by itself that it noticed the mutant: on a busy machine, or with one
server fewer, it might have failed anyhow. So the one that failed is run again: without the mutant
it must pass, else nothing is judged. A test of sockets, processes or threads must also fail a
second time with the mutant. What uses none of these and was not ended by a time limit fails by what
the code says alone, and is not run again.
"""

from __future__ import annotations

import contextlib
import enum
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Generator, Sequence
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from mutants import Mutant, mutants

NOT_COPIED: Final = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".*_cache", ".hypothesis"
)
PLAIN: Final = (
    "-o",
    "addopts=",
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
# By the clock: one that waits for ever takes none of the processor
SPARE: Final = 20.0
SLOWER_BY_THE_CLOCK: Final = 10
UNCHANGED: Final = 7200.0  # seconds for all tests, once
TIMED_OUT: Final = -1
WRONG_USE: Final = 4  # pytest's exit code where it finds no test of that name, or cannot begin
RACING: Final = frozenset(
    {
        "os.fork",
        "os.posix_spawn",
        "socket.bind",
        "socket.connect",
        "subprocess.Popen",
    }
)
"""Python's audit events after which the order of things is no longer the test's alone; before 3.12
it has none for a thread."""


class Verdict(enum.Enum):
    """What came of a mutant."""

    NOTICED = "noticed"
    TIMED_OUT = "timed out"
    """Noticed too: a test that passes without it ran on and on."""
    UNNOTICED = "UNNOTICED"
    NOT_JUDGED = "not judged"
    """A test failed, but it did so without the mutant as well, or not again with it."""

    @property
    def noticed(self) -> bool:
        """Whether a test failed for it."""
        return self in {Verdict.NOTICED, Verdict.TIMED_OUT}


class Trial(NamedTuple):
    """A mutant and what came of it."""

    mutant: Mutant
    verdict: Verdict
    failed: str
    """The test that did; nothing where none did, or where the tests could not even begin."""
    tried: int
    reaching: int

    def __str__(self) -> str:
        return f"{self.verdict.value:<10} {self.mutant}{self._why()}"

    def _why(self) -> str:
        match self.verdict:
            case Verdict.NOT_JUDGED:
                return f"  ({self.failed})"
            case Verdict.UNNOTICED if not self.reaching:
                return "  (no test reaches it)"
            case Verdict.UNNOTICED:
                return f"  ({self.tried} of {self.reaching} tests tried)"
            case _:
                return ""


class Reach(NamedTuple):
    """What ran when nothing was changed."""

    seconds: dict[str, float]
    """Of each test that passed."""
    racing: frozenset[str]
    """The tests that used sockets, processes or threads."""
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

    def time(self, tests: Sequence[str]) -> float:
        """The seconds that these tests took together."""
        return sum(self.seconds.get(test, 0.0) for test in tests)


class Ended(NamedTuple):
    """How a run of pytest ended."""

    code: int
    """Pytest's own; TIMED_OUT where the time was over."""
    last: str = ""
    """The test that began last: with `-x` the one that failed."""


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
                half = copy.tree.with_name("half")  # never taken for the whole
                shutil.rmtree(half, ignore_errors=True)
                shutil.copytree(tree, half, ignore=NOT_COPIED)
                half.rename(copy.tree)
            copy.restore()
            yield copy
            return
        with tempfile.TemporaryDirectory(
            prefix="lyncops-mutation-", ignore_cleanup_errors=True
        ) as folder:
            copy = cls(Path(folder).resolve() / "tree", seed)
            shutil.copytree(tree, copy.tree, ignore=NOT_COPIED)
            yield copy

    @property
    def begun(self) -> Path:
        """Where the name of the test stands that began last."""
        return self.tree.with_name("begun")

    def restore(self) -> None:
        """Take out the mutant that a run left in which was killed."""
        for kept in self.tree.rglob("*.py.kept"):
            kept.replace(kept.with_suffix(""))

    def mutants(self, path: Path) -> list[Mutant]:
        """Every change of a module."""
        return mutants(path.relative_to(self.tree), path.read_text(encoding="utf-8"))

    def reached(self, folder: str, tests: Sequence[str]) -> Reach:
        """Run the tests once, unchanged, and note which lines of the folder each of them runs.

        Raises:
            SystemExit: they could not be run at all.
        """
        log, data = self.tree.with_name("durations.json"), self.tree.with_name("coverage")
        code = 0
        if not log.exists():
            measured = [*tests, f"--cov={folder}", "--cov-context=test", "--cov-report="]
            code = self.run(measured, UNCHANGED, UNCHANGED, log, data).code
        if not log.exists():
            sys.exit(
                f"The tests could not be run at all (pytest ended with {code}): {', '.join(tests)}"
            )
        noted = json.loads(log.read_text(encoding="utf-8"))
        return Reach(noted["seconds"], frozenset(noted["racing"]), self._contexts(data))

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

    def attempt(self, mutant: Mutant, reach: Reach, patience: float = PATIENCE) -> Trial:
        """Put one mutant into the copy, run its tests, and take it out again."""
        reaching = reach.tests(mutant)
        affordable: list[str] = []
        spent = 0.0
        for test in reaching:
            spent += reach.seconds[test]
            if affordable and spent > patience:
                break
            affordable.append(test)
        ended = Ended(0)
        with changed(self.tree / mutant.path, mutant):
            for part in (affordable[:FIRST], affordable[FIRST:]):
                if part and not ended.code:
                    ended = self.try_tests(part, reach)
        verdict = self._judged(mutant, ended, reach)
        return Trial(mutant, verdict, ended.last, len(affordable), len(reaching))

    def try_tests(self, tests: Sequence[str], reach: Reach) -> Ended:
        """Run these tests, within some times what they took unchanged, until one fails."""
        spent, slowest = reach.time(tests), max(reach.seconds.get(test, 0.0) for test in tests)
        patience = SPARE + SLOWER_BY_THE_CLOCK * slowest
        ended = self.run(
            [*tests, "-x", "-o", f"timeout={patience:.0f}"],
            30.0 + SLOWER * spent,
            2 * SPARE + SLOWER_BY_THE_CLOCK * (spent + slowest),
        )
        if ended.code == WRONG_USE and not ended.last:
            # The mutant renamed a test, as one of a parameter: they are found by their files
            files = sorted({test.partition("::")[0] for test in tests})
            of_files = reach.time([each for each in reach.seconds if each.startswith(tuple(files))])
            ended = self.run(
                [*files, "-x", "-o", f"timeout={patience:.0f}"],
                30.0 + SLOWER * of_files,
                2 * SPARE + SLOWER_BY_THE_CLOCK * (of_files + slowest),
            )
        return ended

    def _judged(self, mutant: Mutant, ended: Ended, reach: Reach) -> Verdict:
        """Whether it is the mutant that made a test fail."""
        if not ended.code:
            return Verdict.UNNOTICED
        seen = Verdict.TIMED_OUT if ended.code == TIMED_OUT else Verdict.NOTICED
        if not ended.last:
            return seen  # the code could not even be imported
        if ended.last not in reach.seconds:
            return Verdict.NOT_JUDGED  # it never passed
        if seen is Verdict.NOTICED and ended.last not in reach.racing:
            return seen
        if self.try_tests([ended.last], reach).code:
            return Verdict.NOT_JUDGED
        if seen is Verdict.NOTICED:
            with changed(self.tree / mutant.path, mutant):
                if not self.try_tests([ended.last], reach).code:
                    return Verdict.NOT_JUDGED
        return seen

    def run(
        self,
        arguments: Sequence[str],
        processor: float,
        clock: float,
        log: Path | None = None,
        data: Path | None = None,
    ) -> Ended:
        """Run pytest in a process parted from this one, where the heavy libraries are imported;
        what it says is dropped.

        One that takes more than these seconds of the processor, or by the clock, is ended with all
        that it began: TIMED_OUT.
        """
        shutil.rmtree(self.tree / ".hypothesis" / "examples", ignore_errors=True)  # other mutants'
        begun = self.begun
        begun.unlink(missing_ok=True)
        process = ForkProcess(target=_pytest, args=(self, arguments, log, data, processor))
        process.start()
        process.join(clock)
        code = process.exitcode
        if process.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                # What it left running, and itself if it is not done
                os.killpg(process.pid, signal.SIGKILL)
        process.join()
        last, _, overdue = (begun.read_text(encoding="utf-8") if begun.exists() else "").partition(
            "\n"
        )
        is_over = code is None or code == -signal.SIGXCPU or (code and overdue)
        return Ended(TIMED_OUT if code is None or is_over else code, last)


@contextlib.contextmanager
def changed(file: Path, mutant: Mutant) -> Generator[None]:
    """The file with the change in it; afterwards it is as it was, with its time, so that what was
    compiled of it holds.
    """
    kept = file.with_suffix(".py.kept")
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
    copy: Copy, arguments: Sequence[str], log: Path | None, data: Path | None, processor: float
) -> None:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (int(processor) + 1, int(processor) + 10))
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

    notes = Notes(copy.begun)
    if log is not None:
        notes.listen()
    code = pytest.main([*PLAIN, f"--hypothesis-seed={copy.seed}", *arguments], plugins=[notes])
    if log is not None and notes.seconds:
        log.write_text(json.dumps(notes.passed()), encoding="utf-8")
    os._exit(int(code))


class Report(Protocol):
    """What pytest tells about a part of a test."""

    nodeid: str
    duration: float
    outcome: str
    longreprtext: str


class Notes:
    """A plugin of pytest that notes how long each test took, which used sockets, processes or
    threads, and which did not pass; and in a file which began last.
    """

    def __init__(self, begun: Path) -> None:
        self.begun = begun
        self.current = ""
        self.seconds: dict[str, float] = {}
        self.racing: set[str] = set()
        self.other: set[str] = set()

    def listen(self) -> None:
        """Learn from now on which tests race."""
        import pytest

        start = threading.Thread.start

        def noted(thread: threading.Thread) -> None:
            self.racing.add(self.current)
            start(thread)

        def heard(event: str, _: object) -> None:
            if event in RACING:
                self.racing.add(self.current)

        pytest.MonkeyPatch().setattr(threading.Thread, "start", noted)
        sys.addaudithook(heard)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Called by pytest as a test begins."""
        self.current = nodeid
        self.begun.write_text(nodeid, encoding="utf-8")

    def pytest_runtest_logreport(self, report: Report) -> None:
        """Called by pytest for each part of a test."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.outcome == "passed":
            return
        self.other.add(report.nodeid)
        if report.outcome == "failed" and "Timeout (>" in report.longreprtext:
            self.begun.write_text(f"{report.nodeid}\novertime", encoding="utf-8")

    def passed(self) -> dict[str, object]:
        """The seconds of each test that passed, and which of them raced."""
        seconds = {
            test: seconds for test, seconds in self.seconds.items() if test not in self.other
        }
        return {"seconds": seconds, "racing": sorted(self.racing & seconds.keys())}
