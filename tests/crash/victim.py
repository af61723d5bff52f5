"""A client in a process of its own, which may be told to die at a write of its journal."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Final
from unittest.mock import patch

import attrs
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.event import listen

from tests.crash.points import Moment, Write
from tests.measuring import stop_measuring

_WRITES: Final = ("INSERT", "UPDATE", "DELETE")


@attrs.frozen(kw_only=True)
class Order:
    """What a client is to do: run a saved plan in a folder with a lyncops.toml; where it dies."""

    folder: Path
    plan: Path
    password: str
    dies_at: Write | None = None
    journal: str = ""

    @property
    def writes(self) -> Path:
        """The file that counts the writes of its journal."""
        return self.folder / "writes.json"


def act(order: Order) -> None:
    """Run the plan, in a process that has imported everything."""
    import lyncops
    from lyncops.lab.lab import ENVIRONMENT_VARIABLE
    from lyncops.plan.codec import plan_from_json
    from lyncops.runs import database

    stop_measuring()
    # It is killed, its computer is not: the disk need not be waited for
    database.PRAGMAS = ("journal_mode=WAL", "synchronous=OFF", "foreign_keys=ON")
    # Where the computer is busy, a cmdlet's lines would be written once more in one life
    # than in another: which write is the nth must not hang on that
    patch("lyncops.runs.lines.PAUSE", 3600.0).start()
    os.environ[ENVIRONMENT_VARIABLE] = order.password
    writes = _Writes(order)
    with lyncops.connect(order.folder / "lyncops.toml", journal=order.journal) as client:
        client.connection.journal.runs()  # its tables are made: what comes now are the run's writes
        writes.watch()
        client.run(plan_from_json(order.plan.read_text("utf-8")), operator="anna", reason="fire")
    order.writes.write_text(json.dumps(writes.number), "utf-8")


@attrs.define
class _Writes:
    """Counts the transactions that write more than a heartbeat, where SQLAlchemy shows them."""

    order: Order
    number: int = 0

    def watch(self) -> None:
        listen(Engine, "before_cursor_execute", self._notice)
        listen(Engine, "commit", self._before)
        listen(sa.pool.Pool, "checkin", self._after)

    def _notice(
        self, connection: sa.Connection, _cursor: object, statement: str, *_: object
    ) -> None:
        if statement.startswith(_WRITES) and not _is_heartbeat(statement):
            connection.info["writes"] = True

    def _before(self, connection: sa.Connection) -> None:
        if connection.info.get("writes"):
            self.number += 1
            self._die_at(Moment.BEFORE)

    def _after(self, _connection: object, record: sa.pool.ConnectionPoolEntry) -> None:
        if record.info.pop("writes", False):
            self._die_at(Moment.AFTER)

    def _die_at(self, moment: Moment) -> None:
        if self.order.dies_at == Write(self.number, moment):
            os.kill(os.getpid(), signal.SIGKILL)


def _is_heartbeat(statement: str) -> bool:
    return statement.startswith("UPDATE lyncops_locks") and "beats" in statement
