"""The notebooks in JupyterLab, in a real browser: what is only in HTML until somebody draws it."""

from __future__ import annotations

import importlib.util
import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from lyncops.testing import Lab
from tests.jupyter.browser import BOOK, Browser, chromium, jupyter_lab
from tests.jupyter.notebooks import FOLDER, NAMES, of_cells
from tests.needs import CHROMIUM

pytestmark = pytest.mark.slow
P1: Final = "pool1.contoso.com"
PICTURES: Final = "LYNCOPS_SCREENSHOTS"
"""The variable that names a folder in which the screenshots are kept."""
_HEIGHTS: Final = {
    "backup_service_watch": 2600,
    "drill": 3600,
    "failover": 6400,
    "rehearsal_in_the_lab": 9000,
}
_CONTRAST: Final = """
[...document.querySelectorAll('.lyncops')].map(part => {
  const light = colour => {
    const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map(n => n / 255)
      .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(part).backgroundColor);
  const inks = [...part.querySelectorAll('p, td, th, span, h3, text, code')].map(word => {
    const look = getComputedStyle(word);
    return light(word.tagName === 'text' ? look.fill : look.color);
  });
  return Math.min(...inks.map(i => (Math.max(i, paper) + 0.05) / (Math.min(i, paper) + 0.05)));
})
"""


@pytest.fixture(autouse=True)
def _is_there() -> None:
    if importlib.util.find_spec("jupyterlab") is None or not shutil.which("chromium"):
        CHROMIUM.missing()


@pytest.mark.parametrize(
    ("name", "theme"), [*((name, "Light") for name in NAMES), (NAMES[0], "Dark")]
)
def test_a_notebook_is_run_and_read_in_jupyterlab(
    name: str, theme: str, desk: Path, lab: Lab
) -> None:
    if name == "failover":
        lab.crash(P1)
    text = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    text = text.replace("GO = False", "GO = True").replace("minutes=10", "seconds=8")
    (desk / f"{name}.ipynb").write_text(text.replace("seconds=15", "seconds=2"), encoding="utf-8")
    with (
        jupyter_lab(desk, theme) as address,
        chromium(desk.parent, address.format(name=name), height=_HEIGHTS[name]) as browser,
    ):
        browser.until(BOOK, "the notebook is open")
        browser.until(f"({BOOK}).sessionContext.session?.kernel?.status === 'idle'", "it can run")
        assert browser.run_all()["errors"] == []
        browser.until("document.querySelector('.lyncops')", "a value shows itself")
        _keep(browser, desk.parent / f"{name}-{theme.lower()}.png")
        dark = browser.evaluate("document.body.dataset.jpThemeLight") == "false"
        assert dark == (theme == "Dark")
        contrasts = browser.evaluate(_CONTRAST)
        assert contrasts
        assert min(contrasts) >= 4.5, contrasts
        if name in {"failover", "rehearsal_in_the_lab"}:
            assert browser.evaluate("document.querySelectorAll('.lyncops svg').length") >= 2
        _unfolds(browser)


def test_a_click_on_the_stop_button_interrupts_a_run_which_goes_on_later(
    desk: Path, lab: Lab
) -> None:
    """The button of the toolbar, hit by the mouse while a cmdlet runs at the server."""
    lab.delay(timedelta(seconds=1))
    cells = [
        "import lyncops\nclient = lyncops.connect('lyncops.toml')",
        f"plan = client.plan(lyncops.PoolFailover(pool='{P1}', mode='planned'))",
        "run = client.run(plan)\nrun",
        "print('stopped as', run.state)",
        "done = client.resume(run.run_id)\nprint('in the end', done.state)\nclient.close()",
    ]
    nbformat = pytest.importorskip("nbformat")
    notebook = of_cells(*cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, desk / "stop.ipynb")
    with (
        jupyter_lab(desk, "Light") as address,
        chromium(desk.parent, address.format(name="stop"), height=1600) as browser,
    ):
        browser.until(BOOK, "the notebook is open")
        browser.until(f"({BOOK}).sessionContext.session?.kernel?.status === 'idle'", "it can run")
        browser.begin_all()
        browser.until(_says("sending to"), "a cmdlet was sent")
        browser.click("[data-jp-item-name=interrupt]")
        browser.until(_says("Interrupted by the operator"), "the run was interrupted")
        _keep(browser, desk.parent / "stop-button.png")
        assert browser.all_run()["errors"] == []
        said = browser.evaluate("document.body.innerText")
    assert "stopped as unknown" in said or "stopped as paused_by_operator" in said
    assert "in the end completed" in said
    assert all(number == 1 for number in lab.world.executions.values()), lab.world.executions


def _says(words: str) -> str:
    return f"document.body.innerText.includes({words!r})"


def _unfolds(browser: Browser) -> None:
    """A click shows what is folded."""
    assert browser.evaluate(
        "(() => { const one = document.querySelector('.lyncops details:not([open])');"
        " one.querySelector('summary').click(); return one.open; })()"
    )


def _keep(browser: Browser, path: Path) -> None:
    browser.take_picture(path)
    if folder := os.environ.get(PICTURES):
        Path(folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder)
