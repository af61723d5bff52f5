"""What scripts/mutation.py changes, and that it tells what tests notice from what they do not."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mutants import mutants
from mutation import EQUIVALENT, Choice, Log, equivalents
from trials import Trial, Verdict

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
import trials
from mutation import Choice, Log, report, tried
from trials import Copy

trials.SPARE = float(sys.argv[2])
log = Log(Path(sys.argv[3]))
with Copy.of(Path(sys.argv[1]), 1) as copy:
    chosen = Choice(100, time.monotonic() + 60)
    found = list(tried(copy, "toy", ["tests"], chosen, log))
report("toy", found, {("toy/ages.py", "18  ->  19"): "nobody is 18"})
"""
HALF = """
def half(number: int) -> int:
    return number // 2
"""
TEST_THAT_RACES = """
import threading
from pathlib import Path
from toy.ages import half

RUNS = Path({runs!r})

def test_it():
    thread = threading.Thread(target=bool)
    thread.start()
    thread.join()
    run = len(RUNS.read_text()) if RUNS.exists() else 0
    RUNS.write_text("x" * (run + 1))
    result = half(8)
    assert {claim}
"""
ENDLESS = """
def count(to: int) -> int:
    at = 0
    while at < to:
        at += 1
    return at
"""


def tried(folder: Path, code: str, test: str, *, spare: float = 20.0) -> list[str]:
    """What a trial of the mutants of this code by this test says in the end."""
    module = folder / "toy" / "ages.py"
    for path, text in ((module, code), (folder / "tests" / "test_ages.py", test)):
        path.parent.mkdir(parents=True)
        (path.parent / "__init__.py").touch()
        path.write_text(text, encoding="utf-8")
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST"))
    }
    log = folder.with_suffix(".jsonl")
    done = subprocess.run(
        [sys.executable, "-c", TRIAL, str(folder), str(spare), str(log)],
        cwd=SCRIPTS,
        env=plain,
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert module.read_text(encoding="utf-8") == code
    _, _, told = done.stdout.partition("\ntoy: ")
    return sorted(map(str.strip, told.splitlines()))


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


def test_mutants_that_look_the_same_have_numbers() -> None:
    names = [mutant.change for mutant in mutants(Path("x.py"), "x = [1, 1]")]
    assert names == ["1  ->  2", "1  ->  2  (#2)"]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_toy_is_tried_in_a_copy_and_what_no_test_noticed_is_listed(tmp_path: Path) -> None:
    told = tried(tmp_path / "tree", TOY, ITS_TEST)
    expected = """\
        4 of 8 noticed, 50 %
        UNNOTICED  toy/ages.py:4: 18  ->  19  (1 of 1 tests tried)  = nobody is 18
        UNNOTICED  toy/ages.py:11: age >= LIMIT  ->  age > LIMIT  (1 of 1 tests tried)
        UNNOTICED  toy/ages.py:15: return text + 'an end'  ->  return None  (no test reaches it)
        UNNOTICED  toy/ages.py:15: text + 'an end'  ->  text - 'an end'  (no test reaches it)
        of the others 1 change nothing"""
    assert told == sorted(map(str.strip, expected.splitlines()))
    log = Log(tmp_path / "tree.jsonl")
    assert len(log.known) == 8
    assert len(log.unresolved("toy")) == 4
    assert log.unresolved("another") == set()


NOT_JUDGED = [
    "not judged toy/ages.py:3: 2  ->  3  (tests/test_ages.py::test_it)",
    "not judged toy/ages.py:3: number // 2  ->  number * 2  (tests/test_ages.py::test_it)",
    "not judged toy/ages.py:3: return number // 2  ->  return None  (tests/test_ages.py::test_it)",
]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("claim", "said"),
    [
        pytest.param("result == 4", ["3 of 3 noticed, 100 %"], id="by the mutant"),
        pytest.param(
            "run == 0",
            ["0 of 0 noticed, nothing was judged", *NOT_JUDGED, "not judged, and not counted: 3"],
            id="without it too",
        ),
        pytest.param(
            "run % 3 != 1",  # with each mutant once, then neither without nor again with it
            ["0 of 0 noticed, nothing was judged", *NOT_JUDGED, "not judged, and not counted: 3"],
            id="once",
        ),
    ],
)
def test_a_failure_counts_only_where_it_is_the_mutant_s(
    claim: str, said: list[str], tmp_path: Path
) -> None:
    test = TEST_THAT_RACES.format(runs=str(tmp_path / "runs"), claim=claim)
    assert tried(tmp_path / "tree", HALF, test) == sorted(said)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_endless_loop_is_ended_and_passes_without_the_mutant(tmp_path: Path) -> None:
    test = (
        "from toy.ages import count\n\ndef test_it():\n    assert (count(0), count(3)) == (0, 3)\n"
    )
    told = tried(tmp_path / "tree", ENDLESS, test, spare=1.0)
    assert told == ["5 of 5 noticed, 100 %"]
    verdicts = {
        trial.mutant.change: trial.verdict for trial in Log(tmp_path / "tree.jsonl").known.values()
    }
    assert verdicts["at += 1  ->  at -= 1"] is Verdict.TIMED_OUT


def test_what_the_log_knows_is_not_tried_again_but_where_it_is_asked_for(tmp_path: Path) -> None:
    found = mutants(Path("toy/ages.py"), TOY)
    log = Log(tmp_path / "log.jsonl")
    for mutant, verdict in zip(found, itertools.cycle(Verdict), strict=False):
        log.add(Trial(mutant, verdict, "", 1, 1))
    read = Log(tmp_path / "log.jsonl")
    assert {name: trial.verdict for name, trial in read.known.items()} == {
        name: trial.verdict for name, trial in log.known.items()
    }
    # A line was added above: the names stay
    later = mutants(Path("toy/ages.py"), f"import sys\n{TOY}")
    again = Choice(3, 0.0, again=True).of(later, "toy", 1, read)
    assert again == [later[index] for index in (2, 3, 6, 7)]
    assert len(Choice(3, 0.0).of(later, "toy", 1, read)) == 3
    line = Choice(3, 0.0, only=["toy/ages.py:5"]).of(later, "toy", 1, read)
    assert [str(mutant) for mutant in line] == ["toy/ages.py:5: 18  ->  19"]


def test_what_is_said_to_change_nothing_is_in_the_code_and_has_a_reason() -> None:
    for (path, change), why in equivalents(EQUIVALENT).items():
        code = (SCRIPTS.parent / path).read_text(encoding="utf-8")
        assert change in {mutant.change for mutant in mutants(Path(path), code)}, (path, change)
        assert why
