"""Windows has none of the calls that only POSIX systems have: no module uses one unguarded.

Nothing was tried on Windows itself; this reads the code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from pytest_mock import MockerFixture

from lyncops.runs.process import Process

PACKAGE = Path(__file__).resolve().parent.parent / "lyncops"
MODULES = frozenset(
    {"curses", "fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"}
)
NAMES = {
    "os": frozenset(
        {
            *("fork", "forkpty", "geteuid", "getuid", "getgid", "getegid", "getpgid", "getpgrp"),
            *("getloadavg", "killpg", "mkfifo", "nice", "openpty", "setsid", "setuid", "sysconf"),
            *("uname", "wait", "waitpid", "chown", "fchown", "lchown", "pread", "pwrite"),
        }
    ),
    "signal": frozenset(
        {
            *("SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT"),
            *("SIGSTOP", "SIGTSTP", "SIGUSR1", "SIGUSR2", "alarm", "pause", "setitimer"),
        }
    ),
    "socket": frozenset({"AF_UNIX"}),
    "time": frozenset({"tzset"}),
}
KILL = "os.kill"  # is there, but 0 ends the process that it only asks for elsewhere


@attrs.frozen
class Use:
    """Something that only POSIX systems have, and whether a question for the system is around."""

    line: int
    name: str
    guarded: bool


def uses(tree: ast.AST, *, guarded: bool = False) -> Iterator[Use]:
    for node in ast.iter_child_nodes(tree):
        inner = guarded or _asks_for_the_system(tree, node)
        name = _posix(node)
        if name:
            yield Use(getattr(node, "lineno", 0), name, inner)
        yield from uses(node, guarded=inner)


def _posix(node: ast.AST) -> str:
    match node:
        case ast.Import(names=names):
            found = [one.name for one in names if one.name.partition(".")[0] in MODULES]
            return found[0] if found else ""
        case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in MODULES:
            return module
        case ast.Attribute(value=ast.Name(id=module), attr=attr):
            name = f"{module}.{attr}"
            return name if attr in NAMES.get(module, ()) or name == KILL else ""
        case ast.Call(
            func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(name))]
        ):
            return name if name in MODULES else ""
        case _:
            return ""


def _asks_for_the_system(parent: ast.AST, node: ast.AST) -> bool:
    """`if sys.platform ...`, `if hasattr(os, ...)`, `try: ... except ImportError`, or behind a
    `return` under such an `if`.
    """
    match parent:
        case ast.If(test=test) if node is not test:
            return _is_question(test)
        case ast.IfExp(test=test) if node is not test:
            return _is_question(test)
        case ast.Try(handlers=handlers):
            caught = " ".join(ast.dump(one.type) for one in handlers if one.type is not None)
            return any(name in caught for name in ("ImportError", "AttributeError"))
        case ast.FunctionDef(body=body) if node in body:
            before = [one for one in body if one.lineno < getattr(node, "lineno", 0)]
            return any(
                isinstance(one, ast.If) and _is_question(one.test) and _leaves(one)
                for one in before
            )
        case _:
            return False


def _is_question(test: ast.expr) -> bool:
    said = ast.unparse(test)
    return any(words in said for words in ("sys.platform", "os.name", "hasattr(", "is_windows"))


def _leaves(branch: ast.If) -> bool:
    return isinstance(branch.body[-1], ast.Return | ast.Raise)


def test_on_windows_no_process_is_asked_by_ending_it(mocker: MockerFixture) -> None:
    """`os.kill` with 0 asks on POSIX systems whether a process lives, and ends it on Windows."""
    here = Process.current()
    assert here.lives() in (True, None)
    ending = mocker.patch("os.kill")
    mocker.patch("sys.platform", "win32")
    assert here.lives() is None
    ending.assert_not_called()


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: file.stem)
def test_no_module_needs_what_windows_lacks(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert [use for use in uses(tree) if not use.guarded] == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import fcntl", 1),
        ("import os\nos.kill(1, 0)", 1),
        ("import signal\nx = signal.SIGKILL", 1),
        ("import os, sys\nif sys.platform != 'win32':\n    os.kill(1, 0)", 0),
        ("def f():\n    if sys.platform == 'win32':\n        return 1\n    return os.getuid()", 0),
        ("try:\n    import pwd\nexcept ImportError:\n    pwd = None", 0),
    ],
)
def test_the_reading_of_the_code_finds_them(code: str, expected: int) -> None:
    assert sum(not use.guarded for use in uses(ast.parse(code))) == expected
