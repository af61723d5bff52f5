"""Another process says what to do to a running lab: JSON over loopback HTTP, with a token."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from lyncops.errors import LyncOpsError
from lyncops.lab.control.asking import CONTROL_FILE
from lyncops.lab.control.injections import Injector
from lyncops.lab.served import ServedSimulation
from lyncops.values import JsonValue


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, injector: Injector, token: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.injector = injector
        self.token = token


class _Handler(BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self) -> None:
        server = self.server
        if not isinstance(server, _Server):
            return
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {server.token}".encode()):
            self._answer(
                401,
                {
                    "error": "The token is wrong.",
                    "remedy": "Use the out folder of the lab that runs.",
                },
            )
            return
        try:
            asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
            name, arguments = asked["name"], [str(one) for one in asked["arguments"]]
        except (ValueError, KeyError, TypeError):
            self._answer(
                400,
                {"error": "The request is not understood.", "remedy": "Use `lyncops lab inject`."},
            )
            return
        try:
            self._answer(200, server.injector.inject(str(name), arguments))
        except LyncOpsError as error:
            self._answer(400, {"error": error.what, "remedy": error.remedy})

    def _answer(self, status: int, value: JsonValue) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are not logged."""


class ControlServer:
    """Lets `lyncops lab inject` reach a lab; writes the address and the token into a folder, and
    removes them at the end.
    """

    def __init__(self, served: ServedSimulation, folder: Path) -> None:
        token = secrets.token_urlsafe(24)
        self._server = _Server(Injector(served), token)
        self._path = folder / CONTROL_FILE
        folder.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._path.touch(mode=0o600)
        self._path.write_text(
            json.dumps(
                {"url": f"http://127.0.0.1:{self._server.server_address[1]}", "token": token}
            ),
            "utf-8",
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="lab-control", daemon=True
        )
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        self._path.unlink(missing_ok=True)
