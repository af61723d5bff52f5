"""The notebooks in JupyterLab, in a real browser: what is only in HTML until somebody draws it."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path
from typing import Final

import pytest

from lyncops.testing import Lab
from tests.jupyter.browser import BOOK, Browser, chromium, jupyter_lab
from tests.jupyter.notebooks import FOLDER, NAMES
from tests.needs import CHROMIUM

pytestmark = [pytest.mark.slow, pytest.mark.unmeasured]
P1: Final = "pool1.contoso.com"
PICTURES: Final = "LYNCOPS_SCREENSHOTS"
"""The variable that names a folder in which the screenshots are kept."""
_HEIGHTS: Final = {"failover": 6400, "backup_service_watch": 2600, "rehearsal_in_the_lab": 9000}
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


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_run_and_read_in_jupyterlab(
    name: str, theme: str, desk: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
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
        if name != "backup_service_watch":
            assert browser.evaluate("document.querySelectorAll('.lyncops svg').length") >= 2
        _unfolds(browser)


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
