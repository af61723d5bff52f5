"""The scripts of scripts/examples, each run as a user runs it, against a lab behind real WinRM."""

from __future__ import annotations

import csv
import json
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import attrs
import pytest

from lyncops.lab.lab import ENVIRONMENT_VARIABLE, Lab
from lyncops.values import Fqdn

SCRIPTS: Final = Path(__file__).parent.parent.parent / "scripts" / "examples"
RATE: Final = 3000.0
P1, P2 = "pool1.contoso.com", "pool2.contoso.com"
pytestmark = [pytest.mark.unmeasured, pytest.mark.timeout(300)]


@attrs.frozen
class Desk:
    """Where somebody starts scripts."""

    lab: Lab
    config: Path

    def run(self, script: str, *arguments: str, expect: int = 0) -> str:
        """Run a script with the configuration; another exit code than expected fails the test."""
        command = [sys.executable, str(SCRIPTS / script), str(self.config), *arguments]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, encoding="utf-8", timeout=250
        )
        assert done.returncode == expect, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def serving(self, pool: str) -> str | None:
        """The pool that serves the users of another."""
        return self.lab.world.summary().pools[Fqdn(pool)].served_by


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with Lab.start("two-sites", rate=RATE) as lab:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, lab.password)
        yield Desk(lab, lab.write_config(tmp_path))


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server on loopback, and what it received."""

    daemon_threads = True

    def __init__(self) -> None:
        self.mails: list[str] = []
        super().__init__(("127.0.0.1", 0), partial(_Mailbox, self.mails))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Mailbox(socketserver.StreamRequestHandler):
    """As much of an SMTP server as it takes to receive one mail (RFC 5321)."""

    def __init__(
        self,
        mails: list[str],
        request: socket.socket,
        client: tuple[str, int],
        server: socketserver.BaseServer,
    ) -> None:
        self._mails = mails
        super().__init__(request, client, server)

    def handle(self) -> None:
        self._say("220 mail.contoso.com")
        for line in iter(self.rfile.readline, b""):
            verb = line[:4].strip().upper()
            if verb == b"DATA":
                self._say("354 go on")
                mail = iter(self.rfile.readline, b".\r\n")
                self._mails.append(b"".join(mail).decode())
            self._say("221 bye" if verb == b"QUIT" else "250 mail.contoso.com")
            if verb == b"QUIT":
                return

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def mail_server() -> Generator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_the_readiness_comes_by_mail(desk: Desk) -> None:
    with mail_server() as server:
        to = ("--to", "lync@contoso.com", "--to", "boss@contoso.com")
        desk.run("readiness_mail.py", "--smtp", server.address, *to)
    (mail,) = server.mails
    assert "Subject: Lync recovery of two-sites: ready" in mail
    assert "To: lync@contoso.com, boss@contoso.com" in mail
    desk.lab.crash(P2)
    said = desk.run("readiness_mail.py", expect=2)
    assert said.startswith("Subject: Lync recovery of two-sites: not ready")
    assert f"{P1} (alive): not ready" in said


@pytest.mark.slow
def test_where_nobody_answers_the_mail_says_so(desk: Desk) -> None:
    desk.lab.crash("site:Site1")
    desk.lab.crash("site:Site2")
    said = desk.run("readiness_mail.py", expect=4)
    assert said.startswith("Subject: Lync recovery: nobody could say")


@pytest.mark.slow
def test_a_pool_is_emptied_for_patches_and_filled_again(desk: Desk) -> None:
    desk.run("evacuate_for_patching.py", P1)
    assert (desk.serving(P1), desk.serving(P2)) == (P2, P2)
    desk.run("evacuate_for_patching.py", P1, "--back")
    assert (desk.serving(P1), desk.serving(P2)) == (P1, P2)
    said = desk.run("evacuate_for_patching.py", "pool9.contoso.com", expect=1)
    assert "no partner that its users could go to: there is no such pool." in said


def test_a_failover_tells_people_and_programs(desk: Desk, tmp_path: Path) -> None:
    desk.lab.crash(P1)
    events = tmp_path / "events.jsonl"
    arguments = (P1, "--mode", "disaster", "--events", str(events))
    assert "data-loss-accepted" in desk.run("failover_with_observers.py", *arguments, expect=2)
    assert not events.exists()
    said = desk.run("failover_with_observers.py", *arguments, "--accept-data-loss")
    assert desk.serving(P1) == P2
    assert "pool-failover: done" in said
    told = [json.loads(line) for line in events.read_text("utf-8").splitlines()]
    states = [one["state"] for one in told if one["event"] == "RunChanged"]
    assert states == ["running", "completed"]
    assert {"step_id": "pool-failover", "event": "AttemptEnded"}.items() <= {
        key: value
        for one in told
        if one["event"] == "AttemptEnded" and one["step_id"] == "pool-failover"
        for key, value in one.items()
    }.items()


@pytest.mark.slow
def test_the_users_of_a_pool_come_as_rows(desk: Desk) -> None:
    rows = list(csv.reader(desk.run("users_of_pool.py", P1, "--ask", "2").splitlines()))
    assert rows[0] == ["address", "home pool", "served by"]
    assert rows[1] == ["sip:alice@contoso.com", P1, P1]
    assert len(rows) == 1 + 20_000
    desk.lab.world.faults.denied = frozenset({"Get-CsUser"})
    assert "Get-CsUser failed" in desk.run("users_of_pool.py", P1, expect=1)


def test_each_script_is_here() -> None:
    tested = Path(__file__).read_text("utf-8")
    assert [path.name for path in SCRIPTS.glob("*.py") if f'"{path.name}"' not in tested] == []
