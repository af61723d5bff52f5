"""JupyterLab in a headless Chromium, steered over the DevTools protocol: what an operator sees."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator
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
        """Wait until an expression is true."""
        wait_for(lambda: self.evaluate(f"!!({script})"), what)

    def run_all(self) -> dict[str, Any]:
        """Run all cells of the notebook, as the menu does; how it ended."""
        self.evaluate(f"jupyterapp.shell.activateById(({BOOK}).id)")
        self.evaluate("jupyterapp.commands.execute('notebook:run-all-cells'); 1")
        seen: dict[str, Any] = {}

        def is_over() -> bool:
            seen.update(self.evaluate(f"{_OUTPUTS}({BOOK})"))
            done = seen["begun"] == seen["of"] and seen["status"] == "idle"
            return bool(seen["errors"]) or done

        wait_for(is_over, "all cells were run")
        return seen

    def take_picture(self, path: Path) -> None:
        """What the page shows, as a PNG."""
        data: str = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))


def wait_for(holds: Callable[[], object], what: str) -> None:
    """Look again and again until it holds."""
    deadline = time.monotonic() + _LONGEST
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.2)
    raise AssertionError(f"not in {_LONGEST:.0f} s: {what}")


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
    with (desk.parent / "jupyterlab.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=desk, env={**os.environ, **homes}, stdout=log, stderr=log
        )
    runtime = Path(homes["JUPYTER_RUNTIME_DIR"])
    try:
        wait_for(lambda: list(runtime.glob("jpserver-*.json")), "JupyterLab started")
        told = json.loads(next(runtime.glob("jpserver-*.json")).read_text(encoding="utf-8"))
        yield f"{told['url']}lab/tree/{{name}}.ipynb?token={told['token']}"
    finally:
        server.terminate()
        server.wait(_LONGEST)


@contextmanager
def chromium(folder: Path, address: str, *, height: int) -> Generator[Browser]:
    """A Chromium with one page."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        CHROMIUM.missing()
    websocket: Any = pytest.importorskip("websocket")
    profile = folder / "chromium"
    command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += ["--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    port = profile / "DevToolsActivePort"
    try:
        wait_for(lambda: port.exists() and port.read_text(encoding="utf-8"), "Chromium started")
        devtools = f"http://127.0.0.1:{port.read_text(encoding='utf-8').splitlines()[0]}/json"
        pages = requests.get(devtools, timeout=_LONGEST).json()
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
    finally:
        browser.terminate()
        browser.wait(_LONGEST)
