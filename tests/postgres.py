"""A real PostgreSQL server on loopback, started by the tests and run as another user than root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Self

import attrs
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

ACCOUNTS: Final = ("postgres", "nobody")
_PLACES: Final = "/usr/lib/postgresql"
_SETTINGS: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "log_min_messages": "fatal",
}


def is_missing() -> bool:
    """Whether the tests cannot start a server here."""
    return find_spec("psycopg") is None or binaries() is None


def binaries() -> Path | None:
    """The folder of PostgreSQL's programs, the newest one."""
    found = sorted(
        Path(_PLACES).glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0,
    )
    named = shutil.which("initdb")
    return found[-1].parent if found else Path(named).resolve().parent if named else None


@attrs.define
class Postgres:
    """One server and its data. It can be stopped, started again, and frozen."""

    folder: Path
    programs: Path
    port: int
    account: str | None  # None: the tests themselves do not run as root

    @classmethod
    def create(cls) -> Self:
        """Make a cluster in a folder of its own and start it."""
        programs = binaries()
        assert programs is not None
        folder = Path(tempfile.mkdtemp(prefix="lyncops-postgres-"))
        account = next(iter(_existing(ACCOUNTS))) if os.geteuid() == 0 else None
        if account is not None:
            shutil.chown(folder, account)
        server = cls(folder, programs, _free_port(), account)
        server._run(
            "initdb",
            "-D",
            server.data,
            "-U",
            "lyncops",
            "-A",
            "trust",
            "-N",
            "-E",
            "UTF8",
            "--locale=C",
        )
        server.start()
        return server

    @property
    def data(self) -> str:
        return str(self.folder / "data")

    def url(self, database: str = "postgres", user: str = "lyncops") -> str:
        return f"postgresql+psycopg://{user}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        settings = {
            **_SETTINGS,
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
        }
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in settings.items())
        self._run(
            "pg_ctl",
            "-D",
            self.data,
            "-w",
            "-t",
            "60",
            "-l",
            str(self.folder / "log"),
            "-o",
            options,
            "start",
        )

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", self.data, "-w", "-t", "60", "-m", mode, "stop")

    def restart(self) -> None:
        self.stop()
        self.start()

    @contextmanager
    def frozen(self) -> Generator[None]:
        """Meanwhile the server accepts bytes and answers nothing."""
        processes = self._processes()
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    def database(self) -> str:
        """The url of a new, empty database."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def execute(self, *statements: str, url: str = "") -> list[tuple[object, ...]]:
        """Run statements, each in a transaction of its own; the rows of the last."""
        engine = sa.create_engine(
            url or self.url(), poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        rows: list[tuple[object, ...]] = []
        with engine.connect() as connection:
            for statement in statements:
                result = connection.exec_driver_sql(statement)
                rows = [tuple(row) for row in result] if result.returns_rows else []
        return rows

    def remove(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _processes(self) -> list[int]:
        """The server's processes that talk with clients: its first one and its children."""
        first = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.programs / program, *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            text=True,
            cwd=self.folder,
            user=self.account,
            group=pwd.getpwnam(self.account).pw_gid if self.account else None,
            extra_groups=[] if self.account else None,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            timeout=120,
        )
        assert done.returncode == 0, f"{program} ended with {done.returncode}: {done.stderr}"


def _existing(names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        with suppress(KeyError):
            pwd.getpwnam(name)
            yield name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
