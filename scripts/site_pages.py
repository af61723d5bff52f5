"""Pages of tables that the package knows best: cmdlets by version, exit codes, JSON schemas, and
what to do about each error and each check.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import schemas

from lyncops import errors
from lyncops.cmdlets.base import Cmdlet, Parameter
from lyncops.cmdlets.codec import cmdlet_classes
from lyncops.runs.exit_codes import ExitCode, exit_code, exit_code_of
from lyncops.runs.model import RunState
from lyncops.values import LyncVersion

_VERSIONS: Final = (LyncVersion.V2013, LyncVersion.V2015, LyncVersion.V2019)
_CMDLETS: Final = """\
# Cmdlets by version

Every cmdlet that lyncops can send, and the versions of the server that have it. *reads* changes
nothing; *changes* is only sent by a run, journalled first. Below a cmdlet are the parameters that
not every version of it has. Before anything is sent, lyncops refuses what the server's version does
not have.

This page is written by `scripts/docs.py` from `lyncops/cmdlets`.
"""
_MEANING: Final = {
    ExitCode.DONE: "done and verified, or nothing to do",
    ExitCode.WRONG_USE: "wrong use or configuration",
    ExitCode.REFUSED: "a precondition failed, nothing was changed",
    ExitCode.FAILED: "failed, the state is known",
    ExitCode.UNKNOWN: "outcome unknown: read the state before anything else",
    ExitCode.PAUSED: "paused: a manual step, or the operator",
    ExitCode.LOCKED: "another run holds one of the pools",
    ExitCode.DONE_WITH_EXCEPTIONS: "done, with exceptions that are listed",
}
_OF_QUESTIONS: Final = (
    ("status", "all is well", "something deserves attention", "users have no service"),
    ("readiness", "every pool is ready", "ready, with warnings", "some pool is not ready"),
    ("doctor", "every check passed", "warnings only", "some check failed"),
    ("check, plan", "possible, or nothing to do", "-", "a check refuses it"),
    ("drill", "everybody can be rescued", "with exceptions, or by hand", "a rescue is refused"),
)


def cmdlets_page() -> str:
    """All cmdlets with their versions."""
    return "\n".join((_CMDLETS, *_cmdlets())) + "\n"


def _cmdlets() -> Iterator[str]:
    yield f"| cmdlet | | {' | '.join(_VERSIONS)} |\n| --- | --- | {'--- | ' * len(_VERSIONS)}"
    kinds = ((name, kind) for name, kinds in cmdlet_classes().items() for kind in kinds[:1])
    for name, kind in sorted(kinds, key=lambda pair: pair[0]):
        effect = "changes" if kind.EFFECT == "change" else "reads"
        link = f"[{name}]({kind.reference_page().url})"
        yield f"| {link} | {effect} | {_marks(kind.VERSIONS)} |"
        for about in kind.parameters():
            if about.versions is not None and _marks(about.versions) != _marks(kind.VERSIONS):
                yield f"| &nbsp;&nbsp;`-{about.name}` | | {_marks(about.versions)} |"
            yield from _words(kind, about)


def _words(kind: type[Cmdlet[object]], about: Parameter) -> Iterator[str]:
    for word, versions in about.words.items():
        if _marks(versions) != _marks(kind.VERSIONS):
            yield f"| &nbsp;&nbsp;`-{about.name} {word}` | | {_marks(versions)} |"


def _marks(versions: frozenset[LyncVersion]) -> str:
    return " | ".join("yes" if version in versions else "-" for version in _VERSIONS)


def exit_codes() -> str:
    """The tables on the page about exit codes."""
    return "\n".join(("", *_codes(), *_states(), *_questions(), ""))


def _codes() -> Iterator[str]:
    yield "| code | meaning | errors |\n| --- | --- | --- |"
    for code in ExitCode:
        names = (f"`{one.__name__}`" for one in error_classes() if exit_code_of(one("")) is code)
        yield f"| {int(code)} | {_MEANING[code]} | {', '.join(names)} |"


def _states() -> Iterator[str]:
    yield "\n## Of a run, by its state\n\n`run`, `resume`, `runs show` and `runs watch`:\n"
    yield "| state | code |\n| --- | --- |"
    yield from (f"| `{state.value}` | {int(exit_code(state))} |" for state in RunState)


def _questions() -> Iterator[str]:
    yield "\n## Of verbs that answer a question\n\n4 where the topology could not be read.\n"
    yield "| verb | 0 | 7 | 2 |\n| --- | --- | --- | --- |"
    yield from (f"| `{verb}` | {' | '.join(words)} |" for verb, *words in _OF_QUESTIONS)


def error_classes() -> tuple[type[errors.LyncOpsError], ...]:
    """Every error that lyncops raises, in the order in which they are defined."""
    found = (one for _, one in inspect.getmembers(errors, inspect.isclass))
    ours = [one for one in found if issubclass(one, errors.LyncOpsError)]
    return tuple(sorted(ours, key=lambda one: inspect.getsourcelines(one)[1]))


def schema_links() -> str:
    """The table on the page about JSON."""
    rows = (
        f"| `{title.removeprefix('lyncops ')}` | [{name}](schemas/{name}.json) |"
        for name, title in sorted(
            ((name, str(schema["title"])) for name, schema in schemas.schemas().items()),
            key=lambda row: row[1],
        )
    )
    return "\n".join(("", "| answer of | schema |", "| --- | --- |", *rows, ""))


def write_site_pages(docs: Path) -> None:
    """Write the page that is generated as a whole."""
    (docs / "cmdlets.md").write_text(cmdlets_page(), encoding="utf-8")
