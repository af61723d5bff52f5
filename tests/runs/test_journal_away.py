"""The journal's PostgreSQL goes away in the middle of runs: stopped, restarted, frozen, cut off
between a commit and its answer.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import attrs
import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from lyncops.errors import JournalError, RunCutOffError
from lyncops.runs.events import JournalEvent
from lyncops.runs.exit_codes import ExitCode, exit_code_of
from lyncops.runs.journal import open_journal
from lyncops.runs.model import RunState
from lyncops.runs.runner import Runner
from tests.postgres import Postgres
from tests.runs.scene import A, B, DyingJournal, Fuse, Office, by_hand, failing_over, plan_of

SHORT: Final = timedelta(seconds=2)
PLAN: Final = plan_of(failing_over(A), failing_over(B))


@attrs.define
class Happening(DyingJournal):
    """A journal around which something happens before each write of one kind."""

    happen: Callable[[JournalEvent], None] = lambda _event: None
    written: list[JournalEvent] = attrs.field(factory=list[JournalEvent])

    def append(self, event: JournalEvent, *, token: str) -> None:
        self.happen(event)
        self.inner.append(event, token=token)
        self.written.append(event)


@pytest.fixture
def office(postgres: Postgres, tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, database=postgres.database())
    yield office
    office.close()


def runner(
    office: Office,
    happen: Callable[[JournalEvent], None],
    url: str = "",
    timeout: timedelta = SHORT,
) -> Runner:
    journal = office.journal(url, timeout)
    return attrs.evolve(
        office.runner(), journal=Happening(inner=journal, fuse=Fuse(), happen=happen)
    )


def test_a_server_that_is_restarted_at_any_write_stops_no_run(
    office: Office, postgres: Postgres, request: pytest.FixtureRequest
) -> None:
    """Each run has one restart, before another of its writes: all of them with --all, otherwise
    every fourth.
    """
    whole = runner(office, lambda _event: None)
    whole.start(PLAN, operator="anna")
    assert isinstance(whole.journal, Happening)
    writes = len(whole.journal.written)
    assert writes >= 10
    for number in range(0, writes, 1 if request.config.getoption("--all") else 4):
        left = [number]

        def happen(_event: JournalEvent, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == -1:
                postgres.restart()

        office.scene.states.clear()
        office.scene.executions.clear()
        run = runner(office, happen, timeout=timedelta(seconds=30)).start(PLAN, operator="anna")
        assert run.state is RunState.COMPLETED
        assert office.journal().load(run.run_id) == run
        assert office.scene.executions == {A: 1, B: 1}
    assert office.journal().locks() == ()


@pytest.mark.parametrize(
    ("kind", "code", "told"),
    [
        (
            "StepChanged",
            ExitCode.PAUSED,
            "No command is running on a server; 0 of 2 steps are done.",
        ),
        (
            "AttemptPrepared",
            ExitCode.PAUSED,
            "No command is running on a server; 0 of 2 steps are done.",
        ),
        ("AttemptEnded", ExitCode.UNKNOWN, "`Invoke-CsPoolFailOver -PoolFqdn "),
        ("GoalRead", ExitCode.PAUSED, "2 of 2 steps are done."),
    ],
)
def test_a_server_that_stays_away_ends_the_run_by_what_is_known(
    office: Office, postgres: Postgres, kind: str, code: ExitCode, told: str
) -> None:
    def happen(event: JournalEvent) -> None:
        if type(event).__name__ == kind:
            postgres.stop()

    try:
        with pytest.raises(RunCutOffError) as caught:
            runner(office, happen).start(PLAN, operator="anna")
    finally:
        postgres.start()
    assert (exit_code_of(caught.value), caught.value.is_unknown) == (code, code is ExitCode.UNKNOWN)
    assert told in caught.value.what
    assert f"lyncops resume {caught.value.run_id}" in caught.value.remedy
    assert len(office.scene.sent) == (
        0 if kind in ("StepChanged", "AttemptPrepared") else 2 if kind == "GoalRead" else 1
    )
    if kind == "AttemptEnded":
        assert "It ended (succeeded), but that could not be recorded." in caught.value.what
    assert office.runner().resume(caught.value.run_id).state is RunState.COMPLETED
    assert office.scene.executions == {A: 1, B: 1}


def test_a_server_that_hangs_holds_a_run_no_longer_than_the_timeout(
    office: Office, postgres: Postgres
) -> None:
    frozen: list[float] = []
    with (
        pytest.raises(RunCutOffError) as caught,
        postgres_frozen_at(postgres, "AttemptEnded", frozen) as happen,
    ):
        runner(office, happen).start(PLAN, operator="anna")
    # Two seconds, and the time that this busy machine takes
    assert time.monotonic() - frozen[0] < 10
    assert caught.value.is_unknown
    assert office.runner().resume(caught.value.run_id).state is RunState.COMPLETED
    assert office.scene.executions == {A: 1, B: 1}


@contextmanager
def postgres_frozen_at(
    postgres: Postgres, kind: str, frozen: list[float]
) -> Generator[Callable[[JournalEvent], None]]:
    manager = postgres.frozen()

    def happen(event: JournalEvent) -> None:
        if type(event).__name__ == kind and not frozen:
            manager.__enter__()
            frozen.append(time.monotonic())

    try:
        yield happen
    finally:
        if frozen:
            manager.__exit__(None, None, None)


def test_a_server_that_hangs_is_told_when_a_journal_is_opened(
    office: Office, postgres: Postgres
) -> None:
    begin = time.monotonic()
    with (
        postgres.frozen(),
        pytest.raises(JournalError, match="could not be reached within 2 seconds"),
    ):
        open_journal(office.url, SHORT)
    assert time.monotonic() - begin < 10


def test_a_locked_table_holds_nobody_for_longer_than_the_timeout(office: Office) -> None:
    journal = open_journal(office.url, SHORT)
    engine = sa.create_engine(office.url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE lyncops_events IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(JournalError, match=r"has its tables locked|did not answer in time"):
            attrs.evolve(office.runner(), journal=journal).start(PLAN, operator="anna")
    assert office.scene.sent == []
    journal.close()


@attrs.define
class Relay:
    """A TCP connection to the server in whose middle something can go wrong."""

    port: int
    cut_commits: int = 0  # how many commits reach the server whose answer does not come back
    _listener: socket.socket = attrs.field(factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def own_port(self) -> int:
        return int(self._listener.getsockname()[1])

    def serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self.port))
        cut = threading.Event()
        answers = threading.Thread(target=_answer, args=(server, client, cut), daemon=True)
        answers.start()
        with client, server, suppress(OSError):
            while data := _received(client):
                if self.cut_commits and b"COMMIT" in data:
                    self.cut_commits -= 1
                    cut.set()
                server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)
            answers.join()

    def close(self) -> None:
        self._listener.close()


def _answer(server: socket.socket, client: socket.socket, cut: threading.Event) -> None:
    with suppress(OSError):
        while data := _received(server):
            if cut.is_set():  # it is done, and nobody hears of it
                client.shutdown(socket.SHUT_RDWR)
                return
            client.sendall(data)


def _received(line: socket.socket) -> bytes:
    try:
        return line.recv(65536)
    except OSError:
        return b""


@pytest.fixture
def relay(postgres: Postgres) -> Iterator[Relay]:
    relay = Relay(postgres.port)
    threading.Thread(target=relay.serve, daemon=True).start()
    yield relay
    relay.close()


def test_a_commit_whose_answer_is_lost_is_not_made_twice(
    office: Office, relay: Relay, postgres: Postgres
) -> None:
    url = office.url.replace(str(postgres.port), str(relay.own_port))
    written: list[str] = []

    def happen(event: JournalEvent) -> None:
        relay.cut_commits = 1
        written.append(type(event).__name__)

    run = runner(office, happen, url, timedelta(seconds=30)).start(PLAN, operator="anna")
    assert run.state is RunState.COMPLETED
    events = postgres.execute("SELECT kind FROM lyncops_events ORDER BY number", url=office.url)
    assert [kind for (kind,) in events] == written
    assert office.journal().load(run.run_id) == run
    assert office.scene.executions == {A: 1, B: 1}


def test_a_beginning_whose_answer_is_lost_is_one_run(
    office: Office, relay: Relay, postgres: Postgres
) -> None:
    url = office.url.replace(str(postgres.port), str(relay.own_port))
    begun = runner(office, lambda _event: None, url, timedelta(seconds=30))
    relay.cut_commits = 1
    paused = begun.start(plan_of(by_hand()), operator="anna")
    assert [run.run_id for run in office.journal().runs()] == [paused.run_id]
    relay.cut_commits = 1
    assert (
        runner(office, lambda _event: None, url, timedelta(seconds=30)).resume(paused.run_id).state
        is RunState.COMPLETED
    )


@pytest.mark.slow
def test_ctrl_c_ends_a_run_whose_journal_hangs(office: Office, postgres: Postgres) -> None:
    program = f"""
        import sys
        from datetime import timedelta
        from pathlib import Path
        import attrs
        from lyncops.errors import RunCutOffError
        from lyncops.runs.journal import open_journal
        from tests.runs.scene import A, Office, failing_over, plan_of

        class Says:
            def observe(self, event):
                if type(event).__name__ == "AttemptPrepared":
                    print("sent", flush=True)
                    sys.stdin.readline()

        office = Office(Path({str(office.folder)!r}), database={office.url!r})
        journal = open_journal({office.url!r}, timedelta(seconds=60))
        runner = attrs.evolve(office.runner(None, Says()), journal=journal)
        print("asking", flush=True)
        runner.start(plan_of(failing_over(A)), operator="bert")
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        while process.stdout.readline().strip() != "sent":
            pass
        with postgres.frozen():
            process.stdin.write("\n")
            process.stdin.flush()
            begin = time.monotonic()
            while process.poll() is None and time.monotonic() - begin < 45:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(2)
                except subprocess.TimeoutExpired:
                    continue
            took = time.monotonic() - begin
            process.kill()
    assert took < 30
