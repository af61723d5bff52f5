"""An operator before an independent server: a lyncops.toml, the command line in this process, and
Python.
"""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
from typing import NamedTuple, Protocol

import attrs

import lyncops
from lyncops.cli.main import main
from lyncops.client import Client
from lyncops.remoting.sessions import Sessions
from tests.independent.server import PASSWORD, USER


class Served(Protocol):
    """A server, as far as a lyncops.toml names it."""

    tls: bool
    ca: Path

    @property
    def port(self) -> int:
        """Its port on loopback."""
        ...


class Answer(NamedTuple):
    code: int
    out: str
    err: str


@attrs.frozen(kw_only=True)
class Desk:
    """Somebody with a shell and a lyncops.toml that points at the server."""

    config: Path

    def __call__(self, *arguments: str) -> Answer:
        """Type `lyncops ARGUMENTS`."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main(["--config", str(self.config), *arguments])
            except SystemExit as leaving:
                code = int(leaving.code or 0)
        answer = Answer(code, out.getvalue(), err.getvalue())
        assert "Traceback" not in answer.out + answer.err
        assert "has a defect" not in answer.out + answer.err
        assert PASSWORD not in answer.out + answer.err
        return answer

    def client(self) -> Client:
        """The Python interface."""
        return lyncops.connect(self.config)

    def sessions(self) -> Sessions:
        """The sessions alone, which run any cmdlet."""
        opened = self.client().connection.open_sessions()
        assert isinstance(opened, Sessions)
        return opened


def _endpoint(server: Served, host: str, path: str, auth: str) -> str:
    scheme = "https" if server.tls else "http"
    ca = f'ca = "{server.ca}"\n' if server.tls else ""
    url = f"{scheme}://{host}:{server.port}/{path}"
    return (
        f'[[endpoint]]\nurl = "{url}"\nauth = "{auth}"\nconnect_to ='
        f' "127.0.0.1:{server.port}"\n{ca}'
    )


def desk_for(
    folder: Path,
    *servers: Served,
    path: str = "OcsPowershell",
    auth: str = "",
    more: str = "",
    open_timeout: str = "2s",
    endpoint: str | tuple[str, ...] = "",
) -> Desk:
    """Write the configuration. `endpoint`: further lines of every [[endpoint]], or of each."""
    os.environ["LYNCOPS_PASSWORD"] = PASSWORD
    text = '[deployment]\nname = "contoso"\n'
    lines = (endpoint,) * len(servers) if isinstance(endpoint, str) else endpoint
    for number, (server, line) in enumerate(zip(servers, lines, strict=True), 1):
        text += (
            _endpoint(
                server, f"fe{number}.contoso.com", path, auth or ("basic" if server.tls else "ntlm")
            )
            + line
        )
    text += f"[credentials]\nusername = '{USER}'\npassword_env = \"LYNCOPS_PASSWORD\"\n"
    text += (
        '[retry]\nprobe_delay = "50ms"\nbackoff_first = "20ms"\nbackoff_limit = "50ms"\njitter ='
        ' "0s"\npoll_interval = "50ms"\n'
    )
    text += 'lost_contact = "1s"\n' + f'open_timeout = "{open_timeout}"\n{more}'
    config = folder / "lyncops.toml"
    config.write_text(text, encoding="utf-8")
    return Desk(config=config)
