"""The journal's tables, and how those of an older lyncops become those of this one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final, cast

import sqlalchemy as sa

from lyncops.errors import JournalError

VERSION: Final = 3
"""The version of the tables. Version 1 had no table that says so."""

METADATA: Final = sa.MetaData()
_schema: Final = sa.Table(
    "lyncops_schema", METADATA, sa.Column("version", sa.Integer, nullable=False)
)
RUNS: Final = sa.Table(
    "lyncops_runs",
    METADATA,
    sa.Column("run_id", sa.String(64), primary_key=True),
    sa.Column("format", sa.Integer, nullable=False),
    sa.Column("created_at", sa.String(40), nullable=False),
    sa.Column("operator", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("content_id", sa.Text, nullable=False),
    sa.Column("plan", sa.Text, nullable=False),
    # How many locks the run has while it is worked on
    sa.Column("pools", sa.Integer, nullable=False),
    # What a list shows, so that no plan and no event has to be read for it.
    sa.Column("deployment", sa.Text, nullable=False, server_default=""),
    sa.Column("procedure", sa.Text, nullable=False, server_default=""),
    sa.Column("target", sa.Text, nullable=False, server_default=""),
    sa.Column("mode", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False, server_default=""),
    sa.Column("changed_at", sa.Text, nullable=False, server_default=""),
    # How many entries were written, and the hash of the last one: see lyncops.runs.chain
    sa.Column("entries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tip", sa.Text, nullable=False, server_default=""),
)
sa.Index("lyncops_runs_by_age", RUNS.c.created_at, RUNS.c.run_id)
EVENTS: Final = sa.Table(
    "lyncops_events",
    METADATA,
    sa.Column("run_id", sa.String(64), sa.ForeignKey("lyncops_runs.run_id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("previous_hash", sa.Text, nullable=False, server_default=""),
    sa.Column("entry_hash", sa.Text, nullable=False, server_default=""),
)
LOCKS: Final = sa.Table(
    "lyncops_locks",
    METADATA,
    sa.Column("deployment", sa.String(200), primary_key=True),
    sa.Column("pool", sa.String(255), primary_key=True),
    sa.Column("run_id", sa.String(64), nullable=False),
    sa.Column("token", sa.String(64), nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("taken_at", sa.String(40), nullable=False),
    sa.Column("heartbeat", sa.String(40), nullable=True),
    sa.Column("machine_id", sa.Text, nullable=False, server_default=""),
    sa.Column("boot_id", sa.Text, nullable=False, server_default=""),
    sa.Column("pid_namespace", sa.Text, nullable=False, server_default=""),
    sa.Column("started", sa.Text, nullable=False, server_default=""),
    sa.Column("beats", sa.Integer, nullable=False, server_default="0"),
    # By the database's clock, where it has one
    sa.Column("beat_at", sa.TIMESTAMP(timezone=True), nullable=True),
)

_QUEUE: Final = 0x6C796E63  # any number that no other program is likely to have


def is_current(connection: sa.Connection) -> bool:
    """Whether the tables are there, and those of this version.

    Raises:
        JournalError: they are a newer lyncops'.
    """
    version = _version(connection)
    if version > VERSION:
        raise JournalError(
            f"The journal was written by a newer lyncops (its tables have version {version}; this"
            f" lyncops supports up to {VERSION}).",
            remedy="Use that version, or a newer one.",
        )
    return version == VERSION


def bring_up_to_date(connection: sa.Connection) -> None:
    """Create the tables, or change those of an older version, one version after the other.

    All or nothing.

    Two clients that do this at once queue: SQLite by its write transaction, PostgreSQL by an
    advisory lock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_QUEUE)))
    if is_current(connection):
        return
    if not (version := _version(connection)):
        METADATA.create_all(connection)
        connection.execute(sa.insert(_schema).values(version=VERSION))
        return
    for step in range(version, VERSION):
        _STEPS[step](connection)
    connection.execute(sa.update(_schema).values(version=VERSION))


def _version(connection: sa.Connection) -> int:
    """The version of the tables, 0 where there are none."""
    tables = sa.inspect(connection)
    if tables.has_table(_schema.name):
        return int(connection.execute(sa.select(sa.func.max(_schema.c.version))).scalar() or 0)
    return 1 if tables.has_table(RUNS.name) else 0


def _from_1(connection: sa.Connection) -> None:
    """The tables say their version; locks know their process better; a list of runs needs
    no plans.
    """
    text = "TEXT NOT NULL DEFAULT ''"
    new = {
        LOCKS: {
            **dict.fromkeys(("machine_id", "boot_id", "pid_namespace", "started"), text),
            "beats": "INTEGER NOT NULL DEFAULT 0",
            "beat_at": "TIMESTAMP WITH TIME ZONE",
        },
        RUNS: dict.fromkeys(
            ("deployment", "procedure", "target", "mode", "state", "changed_at"), text
        ),
    }
    for table, columns in new.items():
        for name, kind in columns.items():
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {name} {kind}")
    for index in RUNS.indexes:
        index.create(connection)
    _schema.create(connection)
    connection.execute(sa.insert(_schema).values(version=1))
    for run_id, plan in connection.execute(sa.select(RUNS.c.run_id, RUNS.c.plan)).all():
        values = {**_overview(str(plan)), **_last_state(connection, str(run_id))}
        connection.execute(sa.update(RUNS).where(RUNS.c.run_id == run_id).values(**values))


def _from_2(connection: sa.Connection) -> None:
    """Entries have hashes. Those that are there have none: nobody knows whether they are as they
    were written.
    """
    text = "TEXT NOT NULL DEFAULT ''"
    for table, name, kind in (
        (EVENTS, "previous_hash", text),
        (EVENTS, "entry_hash", text),
        (RUNS, "entries", "INTEGER NOT NULL DEFAULT 0"),
        (RUNS, "tip", text),
    ):
        connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {name} {kind}")
    if connection.dialect.name == "postgresql":
        _grant_the_tip(connection)


def _grant_the_tip(connection: sa.Connection) -> None:
    """Whoever may write a run's state may write its newest entry's hash: else the operators of a
    shared journal could write nothing after an update.
    """
    granted = connection.execute(
        sa.text(
            "SELECT DISTINCT grantee FROM information_schema.column_privileges WHERE table_schema ="
            " current_schema() AND table_name = :runs AND column_name = 'state' AND"
            " privilege_type = 'UPDATE' AND grantee <> current_user"
        ),
        {"runs": RUNS.name},
    )
    quote = connection.dialect.identifier_preparer.quote_identifier
    for (grantee,) in granted.all():
        who = "PUBLIC" if grantee == "PUBLIC" else quote(str(grantee))
        connection.exec_driver_sql(f"GRANT UPDATE (entries, tip) ON {RUNS.name} TO {who}")


def _overview(plan: str) -> Mapping[str, str]:
    """What a list shows of a plan; of one that cannot be read, what can be."""
    values = _object(_object(_parsed(plan)).get("plan"))
    return {
        name: str(values.get(name) or "") for name in ("deployment", "procedure", "target", "mode")
    }


def _last_state(connection: sa.Connection, run_id: str) -> Mapping[str, str]:
    mine = sa.and_(EVENTS.c.run_id == run_id, EVENTS.c.kind == "RunChanged")
    newest = (
        sa.select(EVENTS.c.body, EVENTS.c.at).where(mine).order_by(EVENTS.c.number.desc()).limit(1)
    )
    row = connection.execute(newest).one_or_none()
    if row is None:
        return {"state": "pending"}
    return {
        "state": str(_object(_parsed(str(row.body))).get("state") or ""),
        "changed_at": str(row.at),
    }


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


_STEPS: Final[Mapping[int, Callable[[sa.Connection], None]]] = {1: _from_1, 2: _from_2}
"""What leads from a version to the next one. Never changed once it was released: old journals go
through all of them."""
