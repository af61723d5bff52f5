"""JupyterLab in a headless Chromium, steered over the DevTools protocol: what an operator sees."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

import attrs
import pytest
import requests

from tests.needs import CHROMIUM

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_LONGEST: Final = 120.0
_SETTINGS: Final = {
    "themes": {"theme": "JupyterLab {theme}"},
    "notification": {"fetchNews": "false", "checkForUpdates": False},
}
BOOK: Final = "[...window.jupyterapp?.shell?.widgets('main') ?? []].find(w => w.content?.widgets)"
"""The notebook that is open, if one is."""
_OUTPUTS: Final = """
(book => {
  const cells = book.content.widgets.map(cell => cell.model.sharedModel);
  const code = cells.filter(cell => cell.cell_type === 'code');
  return {
    begun: code.filter(cell => cell.execution_count !== null).length,
    of: code.length,
    status: book.sessionContext.session?.kernel?.status ?? '',
    errors: code.flatMap(c => c.outputs.filter(o => o.output_type === 'error').map(o => o.evalue)),
  };
})
"""
_IS_OVER: Final = "(o => o.errors.length > 0 || (o.begun === o.of && o.status === 'idle'))"
_WHEN: Final = """
new Promise((resolve, reject) => {
  const end = settle => { watch.disconnect(); clearTimeout(limit); settle(); };
  const look = () => { if ({condition}) end(() => resolve(true)); };
  const watch = new MutationObserver(look);
  const limit = setTimeout(() => end(() => reject(new Error(`{what}`))), {limit});
  const all = {subtree: true, childList: true, attributes: true, characterData: true};
  watch.observe(document, all);
  look();
})
"""


@attrs.define
class Browser:
    """One page of a Chromium."""

    _socket: Any
    _last: int = 0

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": parameters}))
        while True:
            answer: dict[str, Any] = json.loads(self._socket.recv())
            if answer.get("id") == self._last:
                assert "error" not in answer, answer
                return cast("dict[str, Any]", answer["result"])

    def evaluate(self, script: str) -> Any:  # noqa: ANN401 -- whatever JavaScript answers
        """The value of an expression in the page; a promise is waited for."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, script: str, what: str) -> None:
        """Wait until an expression is true; the page looks whenever it has changed."""
        when = _WHEN.replace("{condition}", script).replace("{what}", f"not in time: {what}")
        self.evaluate(when.replace("{limit}", str(int(_LONGEST * 1000))))

    def run_all(self) -> dict[str, Any]:
        """Run all cells of the notebook, as the menu does; how it ended."""
        self.begin_all()
        return self.all_run()

    def begin_all(self) -> None:
        """Have all cells run, and do not wait for them."""
        self.evaluate(f"jupyterapp.shell.activateById(({BOOK}).id)")
        self.evaluate("jupyterapp.commands.execute('notebook:run-all-cells'); 1")

    def click(self, selector: str) -> None:
        """Press and release the mouse over the first element of a CSS selector."""
        place = self.evaluate(
            f"(r => ({{x: r.x + r.width / 2, y: r.y + r.height / 2}}))"
            f"(document.querySelector({selector!r}).getBoundingClientRect())"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def all_run(self) -> dict[str, Any]:
        """Wait until all cells were run; how it ended."""
        self.until(f"{_IS_OVER}({_OUTPUTS}({BOOK}))", "all cells were run")
        seen: dict[str, Any] = self.evaluate(f"{_OUTPUTS}({BOOK})")
        return seen

    def take_picture(self, path: Path) -> None:
        """What the page shows, as a PNG."""
        data: str = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))


@contextmanager
def program(command: Sequence[str], words: str, **options: Any) -> Generator[str]:  # noqa: ANN401
    """A program that runs while the block lasts; the line with `words` in which it says that it is
    ready.
    """
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **options
    ) as running:
        assert running.stderr is not None
        rest = threading.Thread(target=running.stderr.read)
        try:
            line = next((line for line in running.stderr if words in line), None)
            assert line is not None, f"{command[0]} ended without {words!r}"
            rest.start()
            yield line
        finally:
            running.terminate()
            running.wait(_LONGEST)
            if rest.ident is not None:
                rest.join(_LONGEST)


@contextmanager
def jupyter_lab(desk: Path, theme: str) -> Generator[str]:
    """JupyterLab with this folder and theme; its address, with the token."""
    homes = {
        name: str(desk.parent / name.lower())
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
        )
    }
    settings = Path(homes["JUPYTERLAB_SETTINGS_DIR"], "@jupyterlab", "apputils-extension")
    settings.mkdir(parents=True, exist_ok=True)
    for name, values in _SETTINGS.items():
        text = json.dumps(values).replace("{theme}", theme)
        (settings / f"{name}.jupyterlab-settings").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0"]
    command += ["--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={desk}"]
    where = {"cwd": desk, "env": {**os.environ, **homes}}
    with program(command, "To access the server", **where):
        runtime = Path(homes["JUPYTER_RUNTIME_DIR"])
        told = json.loads(next(runtime.glob("jpserver-*.json")).read_text(encoding="utf-8"))
        yield f"{told['url']}lab/tree/{{name}}.ipynb?token={told['token']}"


@contextmanager
def chromium(folder: Path, address: str, *, height: int) -> Generator[Browser]:
    """A Chromium with one page."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        CHROMIUM.missing()
    websocket: Any = pytest.importorskip("websocket")
    profile = folder / "chromium"
    command = [found, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += ["--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    with program(command, "DevTools listening on ws://") as line:
        address_of_devtools = line.partition("ws://")[2].partition("/")[0]
        pages = requests.get(f"http://{address_of_devtools}/json", timeout=_LONGEST).json()
        page = next(one for one in pages if one["type"] == "page")
        socket = websocket.create_connection(
            page["webSocketDebuggerUrl"], timeout=_LONGEST, suppress_origin=True
        )
        try:
            steered = Browser(socket)
            steered.call(
                "Emulation.setDeviceMetricsOverride",
                width=1400,
                height=height,
                deviceScaleFactor=1,
                mobile=False,
            )
            steered.call("Emulation.setFocusEmulationEnabled", enabled=True)
            steered.call("Page.navigate", url=address)
            yield steered
        finally:
            socket.close()
