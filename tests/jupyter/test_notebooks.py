"""The notebooks that operators get, run in a real kernel against the lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from lyncops.testing import Lab
from tests.jupyter.notebooks import NAMES, execute, of_cells, written
from tests.views.pages import Page

pytestmark = pytest.mark.unmeasured
P1 = "pool1.contoso.com"


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_kept_without_what_it_showed(name: str) -> None:
    for cell in written(name).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.slow
def test_running_all_of_the_failover_changes_nothing(desk: Path, lab: Lab) -> None:
    lab.crash(P1)
    done = execute(written("failover"), desk)
    assert not lab.world.executions
    shown = [Page(html).text for html in done.forms("text/html")]
    assert any("Possible now" in text for text in shown)
    assert any("Rehearsal: nothing was changed" in text for text in shown)
    assert any("GO is False" in text for text in done.forms("text/plain"))


def test_the_failover_is_run_when_the_operator_says_so(desk: Path, lab: Lab) -> None:
    lab.crash(P1)
    words = {"GO = False": "GO = True", 'REASON = ""': 'REASON = "the first site is dead"'}
    done = execute(written("failover"), desk, change=words)
    assert lab.executions("Invoke-CsPoolFailOver") == 1
    shown = [Page(html).text for html in done.forms("text/html")]
    assert any(text.startswith("run ") and "completed" in text for text in shown), shown
    assert any("Reason: the first site is dead" in text for text in shown)
    assert any(f"The users of {P1} are served by" in text for text in shown)


@pytest.mark.slow
def test_the_drill_shows_its_matrix(desk: Path, lab: Lab) -> None:
    done = execute(written("drill"), desk)
    assert not done.errors
    assert not lab.world.executions
    shown = [Page(html).text for html in done.forms("text/html")]
    assert any("loss of site" in text and "loses" in text for text in shown)


def test_bad_input_is_told_in_a_sentence_without_a_traceback(desk: Path) -> None:
    book = of_cells(
        "import lyncops\nclient = lyncops.connect('lyncops.toml')",
        "client.check('no pool')",
        "client.close()",
    )
    done = execute(book, desk, allow_errors=True)
    (error,) = done.errors
    assert error.startswith("InvalidValueError: 'no pool' is not a fully qualified domain name.")
    assert "Traceback" not in error
