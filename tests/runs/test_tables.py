"""The tables by which runs are told, kept and judged: each entry by itself."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError, SQLAlchemyError

from lyncops import errors
from lyncops.runs.database_errors import failure, is_disconnect
from lyncops.runs.exit_codes import ExitCode, exit_code, exit_code_of
from lyncops.runs.model import RunState, StepState
from lyncops.runs.schema import EVENTS, LOCKS, METADATA, RUNS, bring_up_to_date, is_current

CODES = {
    "pending": 5,
    "running": 4,
    "paused_by_failed_step": 3,
    "paused_by_operator": 5,
    "pending_manual_step": 5,
    "unknown": 4,
    "completed": 0,
    "completed_with_exceptions": 7,
    "cancelled": 3,
    "timed_out": 3,
    "failed": 3,
}


def test_each_state_has_its_name_and_its_exit_code() -> None:
    assert {state.value: int(exit_code(state)) for state in RunState} == CODES


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.RunLockedError("x", run_id="r"), ExitCode.LOCKED),
        (errors.RunCutOffError("x", run_id="r", is_unknown=True), ExitCode.UNKNOWN),
        (errors.RunCutOffError("x", run_id="r", is_unknown=False), ExitCode.PAUSED),
        (errors.EndpointError("x"), ExitCode.REFUSED),
        (errors.AuthenticationFailedError("x"), ExitCode.WRONG_USE),
        (errors.UntrustedCertificateError("x"), ExitCode.WRONG_USE),
        (errors.MisconfiguredEndpointError("x"), ExitCode.WRONG_USE),
        (errors.OutcomeUnknownError("x", cmdlet="c", endpoint="e"), ExitCode.UNKNOWN),
        (errors.CmdletFailedError("x", cmdlet="c", endpoint="e"), ExitCode.FAILED),
        (errors.InvalidValueError("x"), ExitCode.WRONG_USE),
    ],
)
def test_each_error_has_its_exit_code(error: errors.LyncOpsError, code: ExitCode) -> None:
    assert exit_code_of(error) is code


def test_which_states_are_the_last_and_which_wait() -> None:
    assert {state for state in RunState if state.is_final} == {
        RunState.COMPLETED,
        RunState.COMPLETED_WITH_EXCEPTIONS,
        RunState.CANCELLED,
        RunState.FAILED,
    }
    assert {state for state in RunState if state.is_at_rest} == {
        RunState.PAUSED_BY_FAILED_STEP,
        RunState.PAUSED_BY_OPERATOR,
        RunState.PENDING_MANUAL_STEP,
        RunState.UNKNOWN,
        RunState.TIMED_OUT,
    }
    assert [state.value for state in StepState] == [
        "pending",
        "running",
        "waiting_for_person",
        "done",
        "already_true",
        "failed",
        "timed_out",
        "unknown",
        "given_up",
    ]
    assert {state for state in StepState if state.is_settled} == {
        StepState.DONE,
        StepState.ALREADY_TRUE,
        StepState.GIVEN_UP,
    }


class PgError(Exception):
    """As a driver of PostgreSQL raises it."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("words in some language")
        self.sqlstate = sqlstate


def of(cause: Exception, kind: type[DBAPIError] = ProgrammingError) -> DBAPIError:
    return kind("SELECT 1", {}, cause)


@pytest.mark.parametrize(
    ("sqlstate", "what", "remedy"),
    [
        ("42501", "denies this account a right", ""),
        ("25006", "is read-only", "standby"),
        ("28P01", "refuses the log-on", "PGPASSFILE"),
        ("28000", "refuses the log-on", "PGPASSFILE"),
        ("3D000", "does not exist", "Create it"),
        ("3F000", "schema does not exist", ""),
        ("53100", "disk is full", "Free space"),
        ("53300", "accepts no more connections", "max_connections"),
        ("55P03", "has its tables locked", "pg_stat_activity"),
        ("57014", "did not answer in time", "overloaded"),
        ("22000", "it does not work", "writable"),
    ],
)
def test_each_code_of_postgresql_is_told(sqlstate: str, what: str, remedy: str) -> None:
    error = of(PgError(sqlstate))
    assert not is_disconnect(error)
    told = failure("at x", error, 5)
    assert what in told.what
    assert "(words in some language)" in told.what
    assert remedy in told.remedy


@pytest.mark.parametrize("sqlstate", ["08000", "08006", "57P01", "57P02", "57P03", "25P03"])
def test_a_database_that_is_away_may_come_back(sqlstate: str) -> None:
    error = of(PgError(sqlstate))
    assert is_disconnect(error)
    assert "could not be reached within 2.5 seconds" in failure("at x", error, 2.5).what


def test_what_else_tells_that_it_is_away() -> None:
    nobody = of(PgError(None), OperationalError)
    assert is_disconnect(nobody)
    assert not is_disconnect(of(PgError(None)))
    for sqlstate in (None, "22000"):
        broken = of(PgError(sqlstate))
        broken.connection_invalidated = True
        assert is_disconnect(broken)
    assert not is_disconnect(SQLAlchemyError("none of a driver"))
    assert not is_disconnect(of(sqlite3.OperationalError("disk I/O error"), OperationalError))


TEXT = "TEXT NOT NULL"
COLUMNS = {
    "lyncops_schema": {"version": "INTEGER NOT NULL"},
    "lyncops_runs": {
        "run_id": "VARCHAR(64) NOT NULL",
        "format": "INTEGER NOT NULL",
        "created_at": "VARCHAR(40) NOT NULL",
        **dict.fromkeys(("operator", "reason", "content_id", "plan"), TEXT),
        "pools": "INTEGER NOT NULL",
        **dict.fromkeys(
            ("deployment", "procedure", "target", "mode", "state", "changed_at"), f"{TEXT} ''"
        ),
        "entries": "INTEGER NOT NULL 0",
        "tip": f"{TEXT} ''",
    },
    "lyncops_events": {
        "run_id": "VARCHAR(64) NOT NULL",
        "number": "INTEGER NOT NULL",
        "at": "VARCHAR(40) NOT NULL",
        "kind": "VARCHAR(40) NOT NULL",
        "body": TEXT,
        "previous_hash": f"{TEXT} ''",
        "entry_hash": f"{TEXT} ''",
    },
    "lyncops_locks": {
        "deployment": "VARCHAR(200) NOT NULL",
        "pool": "VARCHAR(255) NOT NULL",
        "run_id": "VARCHAR(64) NOT NULL",
        "token": "VARCHAR(64) NOT NULL",
        "owner": TEXT,
        "host": TEXT,
        "pid": "INTEGER NOT NULL",
        "reason": TEXT,
        "taken_at": "VARCHAR(40) NOT NULL",
        "heartbeat": "VARCHAR(40)",
        **dict.fromkeys(("machine_id", "boot_id", "pid_namespace", "started"), f"{TEXT} ''"),
        "beats": "INTEGER NOT NULL 0",
        "beat_at": "TIMESTAMP",
    },
}
"""What other versions of lyncops on the same journal rely on: a change here needs a new version of
the tables."""


def test_the_tables_are_those_that_other_versions_know() -> None:
    with sa.create_engine("sqlite://").begin() as connection:
        assert not is_current(connection)
        bring_up_to_date(connection)
        assert is_current(connection)
        there = sa.inspect(connection)
        found = {
            table: {
                column["name"]: " ".join(
                    (
                        str(column["type"]),
                        *(() if column["nullable"] else ("NOT NULL",)),
                        *(() if column["default"] is None else (str(column["default"]).strip(),)),
                    )
                )
                for column in there.get_columns(table)
            }
            for table in there.get_table_names()
        }
        keys = {table: there.get_pk_constraint(table)["constrained_columns"] for table in found}
        (index,) = there.get_indexes("lyncops_runs")
    assert found == {
        table: {name: kind.replace(" 0", " '0'") for name, kind in columns.items()}
        for table, columns in COLUMNS.items()
    }
    assert keys == {
        "lyncops_schema": [],
        "lyncops_runs": ["run_id"],
        "lyncops_events": ["run_id", "number"],
        "lyncops_locks": ["deployment", "pool"],
    }
    assert index["column_names"] == ["created_at", "run_id"]
    assert {RUNS.name, EVENTS.name, LOCKS.name} < set(METADATA.tables)
    assert EVENTS.c.number.autoincrement is False
    beat_at = LOCKS.c.beat_at.type
    assert isinstance(beat_at, sa.TIMESTAMP)
    assert beat_at.timezone
