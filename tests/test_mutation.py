"""What scripts/mutation.py changes, and that it tells what tests notice from what they do not."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from mutants import mutants

SCRIPTS = Path(__file__).parent.parent / "scripts"
TOY = """
from __future__ import annotations

LIMIT = 18


def grown(age: int, *, known: bool = True) -> bool:
    '''A docstring.'''
    if not known:
        return False
    return age >= LIMIT


def never_called(text: str) -> str:
    return text + "an end"
"""
ITS_TEST = """
from toy.ages import grown

def test_it():
    assert grown(30) is True
    assert grown(17) is False
    assert grown(30, known=False) is False
"""
TRIAL = """
import sys, time
from pathlib import Path
from mutation import Copy, report, tried

with Copy.of(Path(sys.argv[1]), 1) as copy:
    report("toy", list(tried(copy, "toy", ["tests"], 100, time.monotonic() + 60)))
"""


def changed(code: str) -> set[str]:
    """What code may become."""
    return {mutant.put_into(code).strip() for mutant in mutants(Path("x.py"), code)}


@pytest.mark.parametrize(
    ("code", "becomes"),
    [
        ("a < b <= c", {"(a <= b <= c)", "(a < b < c)"}),
        ("x = a is None", {"x = (a is not None)"}),
        ("a and b", {"(a or b)", "(a)", "(b)"}),
        ("x = not a", {"x = (a)"}),
        ("x = a - 1", {"x = (a + 1)", "x = a - (2)"}),
        ("x = True", {"x = (False)"}),
        ("x = 'key'", {"x = ('keyX')"}),
        ("x = a if b else c", {"x = a if (not b) else c"}),
        ("x = [a for a in b if a]", {"x = ([a for a in b])"}),
        ("x = any(a)", {"x = (all(a))"}),
        ("x = sorted(a)", {"x = (list(a))"}),
        ("x = sorted(a, key=b)", {"x = (sorted(a))"}),
        ("f(a, b=c)", {"(f(a))", "pass"}),
        ("def f():\n    return a", {"def f():\n    return None"}),
        ("def f():\n    raise E", {"def f():\n    pass"}),
        ("x += a", {"x -= a"}),
        ("while a:\n    break", {"while (not a):\n    break", "while a:\n    continue"}),
        (
            "x = ä if 'ö' in ü else 0",
            {
                "x = ä if ('ö' not in ü) else 0",
                "x = ä if ('öX') in ü else 0",
                "x = ä if 'ö' in ü else (1)",
            },
        ),
    ],
)
def test_code_becomes(code: str, becomes: set[str]) -> None:
    assert changed(code) == becomes


@pytest.mark.parametrize(
    "code",
    [
        '"""A docstring."""',
        "x: Literal['a', 'b']",
        "__all__ = ['a', 'b']",
        "x: list[int | None] = y",
        "T = TypeVar('T')",
        "x = cast('list[str]', y)",
        "@attrs.frozen(slots=True)\nclass A:\n    x: int",
        "if TYPE_CHECKING:\n    x = 1",
        "raise NotImplementedError",
        "x = 'Words of a message.'",
        "x = f'{a} is {1}'",
        "class A:\n    '''One.'''",
    ],
)
def test_what_breaks_nothing_that_can_be_tested_is_left_alone(code: str) -> None:
    assert changed(code) == set()


def test_a_statement_over_several_lines_keeps_the_numbers_of_what_follows() -> None:
    code = "x = (\n    a\n    < b\n)\ny = 1\n"
    first = next(iter(mutants(Path("x.py"), code)))
    assert (first.line, first.lines) == (2, range(1, 4))
    assert first.put_into(code).count("\n") == code.count("\n")


@pytest.mark.timeout(300)
def test_a_toy_is_tried_in_a_copy_and_what_no_test_noticed_is_listed(tmp_path: Path) -> None:
    module = tmp_path / "toy" / "ages.py"
    for path, text in ((module, TOY), (tmp_path / "tests" / "test_ages.py", ITS_TEST)):
        path.parent.mkdir()
        (path.parent / "__init__.py").touch()
        path.write_text(text, encoding="utf-8")
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST"))
    }
    command = [sys.executable, "-c", TRIAL, str(tmp_path)]
    done = subprocess.run(
        command,
        cwd=SCRIPTS,
        env=plain,
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert module.read_text(encoding="utf-8") == TOY
    _, _, told = done.stdout.partition("\ntoy: ")
    assert told.splitlines()[0] == "4 of 8 noticed, 50 %"
    expected = """\
        UNNOTICED  toy/ages.py:4: 18  ->  19  (1 of 1 tests tried)
        UNNOTICED  toy/ages.py:11: age >= LIMIT  ->  age > LIMIT  (1 of 1 tests tried)
        UNNOTICED  toy/ages.py:15: return text + 'an end'  ->  return None  (no test reaches it)
        UNNOTICED  toy/ages.py:15: text + 'an end'  ->  text - 'an end'  (no test reaches it)"""
    assert sorted(map(str.strip, told.splitlines()[1:])) == sorted(
        map(str.strip, textwrap.dedent(expected).splitlines())
    )
