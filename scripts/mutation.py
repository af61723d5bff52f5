"""How many small mistakes in a package its tests would notice: the mutation score, with each
mistake that went unnoticed.

python3 scripts/mutation.py --package checks --mutants 60
python3 scripts/mutation.py --package runs --mutants 200 --seed 10 --minutes 60 --log runs.jsonl
python3 scripts/mutation.py --package runs --log runs.jsonl --again --tests tests/runs/test_lock.py
python3 scripts/mutation.py --package runs --only lyncops/runs/lock.py:126

A sample of the package's mutants, chosen by the seed, is put one by one into a copy of the tree;
the tests that ran the changed statement when nothing was changed are run against each, the quickest
first, until one fails. Left out are the tests of the whole (tests/e2e: seconds each, and
unmeasured) and those of belief (hundreds of plans each): a mutant that only they would notice
counts as unnoticed. A test that may have failed for another reason is run again without the mutant:
scripts/trials.py. Mutants that change nothing that anybody could see are listed, each with the
reason, in scripts/equivalent_mutants.toml; they are tried, and counted apart.

Written here, since mutmut skips decorated code, which every value and every cmdlet of lyncops is,
and cosmic-ray writes its mutants into the tree itself.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import random
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import bootstrap
from mutants import Mutant
from trials import PATIENCE, Copy, Trial, Verdict

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
EQUIVALENT: Final = Path(__file__).with_name("equivalent_mutants.toml")


class Log:
    """Every trial in a file, a line of JSON each, so that a run that was ended goes on where it was
    and a mutant can be tried again after a test was added; the last word about a mutant counts.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.known: dict[tuple[str, str], Trial] = {}
        if file is not None and file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                self._learn(line)

    def _learn(self, line: str) -> None:
        told = json.loads(line)
        mutant = Mutant(
            path=Path(told["path"]),
            line=told["line"],
            lines=range(0),
            begin=0,
            end=0,
            before=told["before"],
            after=told["after"],
            number=told["number"],
        )
        trial = Trial(
            mutant, Verdict(told["verdict"]), told["failed"], told["tried"], told["reaching"]
        )
        self.known[name_of(mutant)] = trial

    def add(self, trial: Trial) -> None:
        """Write one down."""
        mutant = trial.mutant
        self.known[name_of(mutant)] = trial
        if self.file is None:
            return
        told = {
            "path": str(mutant.path),
            "line": mutant.line,
            "before": mutant.before,
            "after": mutant.after,
            "number": mutant.number,
            "verdict": trial.verdict.value,
            "failed": trial.failed,
            "tried": trial.tried,
            "reaching": trial.reaching,
        }
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(told, ensure_ascii=False) + "\n")

    def unresolved(self, folder: str) -> set[tuple[str, str]]:
        """The names of those in a folder that no test has noticed so far."""
        return {
            name
            for name, trial in self.known.items()
            if trial.mutant.path.is_relative_to(folder) and not trial.verdict.noticed
        }


class Choice(NamedTuple):
    """Which mutants are tried, and against which tests."""

    most: int
    end: float
    """When to stop, on the monotonic clock."""
    only: Sequence[str] = ()
    """FILE or FILE:LINE: all mutants there, in place of a sample."""
    again: bool = False
    """Those that the log has as not noticed, in place of a sample."""
    patience: float = PATIENCE
    """Seconds of tests for one mutant."""

    def of(self, found: Sequence[Mutant], folder: str, seed: int, log: Log) -> list[Mutant]:
        """These, in the order in which they are tried."""
        if self.only:
            return [
                mutant
                for mutant in found
                if {str(mutant.path), f"{mutant.path}:{mutant.line}"} & set(self.only)
            ]
        if self.again:
            unresolved = log.unresolved(folder)
            return [mutant for mutant in found if name_of(mutant) in unresolved]
        return random.Random(seed).sample(found, min(self.most, len(found)))  # noqa: S311 - a sample, no secret


def name_of(mutant: Mutant) -> tuple[str, str]:
    """What a mutant is still called when lines were added above it."""
    return str(mutant.path), mutant.change


def main() -> int:
    """Print the score of the packages asked for, and each mutant that no test noticed."""
    options = arguments().parse_args()
    bootstrap.run_inside(__file__, "test")
    log = Log(options.log)
    for name in options.package or sorted(PACKAGES):
        folder, tests = PACKAGES[name]
        choice = Choice(
            options.mutants,
            time.monotonic() + options.minutes * 60,
            options.only,
            options.again,
            options.patience,
        )
        kept = options.keep and options.keep / name
        with Copy.of(bootstrap.ROOT, options.seed, kept) as copy:
            trials = list(tried(copy, folder, options.tests or tests, choice, log))
        if options.again:  # the rest was tried before
            trials = [
                trial for trial in log.known.values() if trial.mutant.path.is_relative_to(folder)
            ]
        report(name, trials, equivalents(EQUIVALENT))
    return 0


def arguments() -> argparse.ArgumentParser:
    """What may be asked for."""
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
        "--patience",
        type=float,
        default=PATIENCE,
        help="seconds of tests, as they ran unchanged, that one mutant gets",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        help="a folder for the copies and their maps of tests: used again when they are there, so"
        " take another one after a change of code or tests",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=9,
        help="which ones: the same seed chooses the same of the same code",
    )
    parser.add_argument(
        "--log",
        type=Path,
        help="a file to which every trial is written; what stands there is not tried again",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="try those that the log has as not noticed, and no others",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        default=(),
        metavar="FILE[:LINE]",
        help="all mutants of a module or of a line, in place of a sample",
    )
    parser.add_argument(
        "--tests",
        nargs="+",
        metavar="PATH",
        help="the tests to run, in place of all of the package",
    )
    return parser


def equivalents(file: Path) -> dict[tuple[str, str], str]:
    """The mutants that change nothing that anybody could see, each with the reason."""
    told = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {
        (path, change): why for path, of_file in told.items() for change, why in of_file.items()
    }


def report(
    name: str, trials: Sequence[Trial], reasons: Mapping[tuple[str, str], str] | None = None
) -> None:
    """The score and what went unnoticed."""
    reasons = reasons or {}
    judged = [trial for trial in trials if trial.verdict is not Verdict.NOT_JUDGED]
    noticed = sum(trial.verdict.noticed for trial in judged)
    share = f"{100 * noticed / len(judged):.0f} %" if judged else "nothing was judged"
    print(f"\n{name}: {noticed} of {len(judged)} noticed, {share}")
    rest = [trial for trial in trials if not trial.verdict.noticed]
    same = [trial for trial in rest if name_of(trial.mutant) in reasons]
    if same:
        print(f"  of the others {len(same)} change nothing")
    if len(judged) < len(trials):
        print(f"  not judged, and not counted: {len(trials) - len(judged)}")
    for trial in rest:
        why = reasons.get(name_of(trial.mutant))
        print(f"  {trial}{'' if why is None else f'  = {why}'}", flush=True)


def tried(
    copy: Copy, folder: str, tests: Sequence[str], choice: Choice, log: Log
) -> Iterator[Trial]:
    """Try the chosen mutants of a folder, one by one, until it is done or the time is over."""
    for module in HEAVY:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    reach = copy.reached(folder, tests)
    found = [
        mutant
        for path in sorted((copy.tree / folder).rglob("*.py"))
        for mutant in copy.mutants(path)
    ]
    chosen = choice.of(found, folder, copy.seed, log)
    print(
        f"{folder}: {len(chosen)} of {len(found)} mutants, {len(reach.seconds)} tests", flush=True
    )
    for mutant in chosen:
        known = None if choice.only or choice.again else log.known.get(name_of(mutant))
        if known is None and time.monotonic() > choice.end:
            return
        trial = known or copy.attempt(mutant, reach, choice.patience)
        if known is None:
            log.add(trial)
        print(trial, flush=True)
        yield trial


if __name__ == "__main__":
    raise SystemExit(main())
