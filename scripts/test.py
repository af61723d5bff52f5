"""Everything that must hold before a change is merged: ruff, mypy, basedpyright, and the tests.

python3 scripts/test.py                 what every change has to pass
python3 scripts/test.py --all           the slow tests too, many more examples, the coverage, and
                                        basedpyright over tests and scripts too
python3 scripts/test.py -k failback     what follows goes to pytest; coverage is shown, not judged
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import bootstrap

LEAST_COVERAGE = 94.0
ONLY_WITH = {
    "chromium": ("lyncops/jupyter/plot.py",),
    "kerberos": ("lyncops/remoting/kerberos.py",),
}
"""Modules that only tests with such a need can run."""
TREES = ("lyncops", "tests", "scripts", "ansible_collections")
CHECKS = {
    "ruff check": ("ruff", "check", "--quiet", "."),
    "ruff format": ("ruff", "format", "--check", "--quiet", "."),
    "mypy --strict": ("mypy", "--strict", "--no-error-summary", *TREES),
    "basedpyright": ("basedpyright", "--level", "warning", "lyncops"),
}
WITH_ALL = {"basedpyright": ("basedpyright", "--level", "warning")}
"""Run with --all in place of those above: every tree again, which takes a minute more."""


class Part(NamedTuple):
    """One part of the test run, and how it ended."""

    name: str
    passed: bool
    seconds: float
    remark: str = ""

    def __str__(self) -> str:
        return (
            f"{'ok    ' if self.passed else 'FAILED'} {self.name:<16} {self.seconds:6.1f} s "
            f" {self.remark}".rstrip()
        )


def main() -> int:
    """Run all parts; 0 when all of them passed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="the slow tests too, many more examples, and the coverage",
    )
    options, pytest_arguments = parser.parse_known_args()
    python = bootstrap.environment("test")
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(max_workers=1) as beside:
        # The tests wait for servers now and then: the checks have the processor meanwhile.
        chosen = CHECKS | (WITH_ALL if options.all else {})
        checks = [beside.submit(check, python, *each) for each in chosen.items()]
        report = Path(folder) / "coverage.json"
        # Measuring takes a third of the time again: a change need not wait for it.
        everything = ["--all", "--cov", f"--cov-report=json:{report}"] if options.all else []
        tests, closing_lines = run_tests(python, [*everything, *pytest_arguments])
        parts = [*(each.result() for each in checks), tests]
        if options.all:
            absent = without(closing_lines)
            parts.append(judge_coverage(report, judged=not pytest_arguments, absent=absent))
    print()
    for part in parts:
        print(part)
    print(*closing_lines, sep="\n", flush=True)
    return 0 if all(part.passed for part in parts) else 1


def check(python: Path, name: str, words: tuple[str, ...]) -> Part:
    """Run one of them; what it has to say is printed only when it fails."""
    begin = time.monotonic()
    done = subprocess.run(
        [str(python), "-m", *words],
        cwd=bootstrap.ROOT,
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    part = Part(name, done.returncode == 0, time.monotonic() - begin)
    print("" if part.passed else f"{done.stdout}{done.stderr}", part, sep="", flush=True)
    return part


def without(closing_lines: list[str]) -> set[str]:
    """The needs that were missing."""
    return {
        line.split(" without ")[1].split(";")[0]
        for line in closing_lines
        if line.startswith("not run: ")
    }


def run_tests(python: Path, arguments: list[str]) -> tuple[Part, list[str]]:
    """Run pytest, passing its output on line by line; returns its closing line too, after what was
    not run and why.

    It works in more processes than there are processors: many tests wait for servers.
    """
    waiting = 2 if "--all" in arguments else 1  # slow tests wait more
    processes = 2 * (os.cpu_count() or 1) + waiting
    command = [
        str(python),
        "-m",
        "pytest",
        "-n",
        f"{processes}",
        "--dist",
        "worksteal",
        *arguments,
    ]
    begin = time.monotonic()
    closing_line = "pytest said nothing"
    not_run: list[str] = []
    with subprocess.Popen(
        command,
        cwd=bootstrap.ROOT,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as tests:
        for line in tests.stdout or ():
            print(line, end="", flush=True)
            if line.startswith("not run: "):
                not_run.append(line.strip())
            closing_line = line.strip() or closing_line
    return Part("pytest", tests.returncode == 0, time.monotonic() - begin), [*not_run, closing_line]


def judge_coverage(report: Path, *, judged: bool, absent: set[str]) -> Part:
    """Compare the coverage with what is demanded: of the branches alone, and of lines and branches
    together.

    What only tests with an absent need can reach is left out, and the remark says so.
    """
    if not report.exists():
        return Part("coverage", passed=False, seconds=0, remark="no coverage was recorded")
    left_out = {name for need in absent for name in ONLY_WITH.get(need, ())}
    files: dict[str, dict[str, dict[str, int]]] = json.loads(report.read_text(encoding="utf-8"))[
        "files"
    ]
    seen = [
        each["summary"] for name, each in files.items() if name.replace(os.sep, "/") not in left_out
    ]
    covered, branches = (
        sum(each[key] for each in seen) for key in ("covered_branches", "num_branches")
    )
    lines, statements = (
        sum(each[key] for each in seen) for key in ("covered_lines", "num_statements")
    )
    share = 100 * covered / branches if branches else 100.0
    total = 100 * (covered + lines) / (branches + statements) if branches + statements else 100.0
    remark = f"branches {share:.2f} % ({covered} of {branches}), lines and branches {total:.2f} %; "
    remark += f"at least {LEAST_COVERAGE:.1f} % demanded" + ("" if judged else " of a whole run")
    if left_out:
        remark += f"; without {', '.join(sorted(left_out))}"
    return Part("coverage", not judged or min(share, total) >= LEAST_COVERAGE, 0, remark)


if __name__ == "__main__":
    sys.exit(main())
