"""What happens to a file under people's hands: full disks, read-only and damaged files, files that
go away in mid-run.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import cast

import attrs
import pytest
from sqlalchemy.event import listen, remove
from sqlalchemy.pool import Pool

from lyncops.errors import JournalError, RunCutOffError
from lyncops.runs.database_file import DatabaseFile, Identity
from lyncops.runs.events import AttemptEnded, AttemptPrepared, Event
from lyncops.runs.journal import Journal, open_journal
from lyncops.runs.lock import Process
from lyncops.runs.model import RunState
from tests.runs.scene import A, B, Office, failing_over, plan_of

PLAN = plan_of(failing_over(A), failing_over(B))
HERE = Process.current()
SHORT = timedelta(seconds=1)


@attrs.define
class At:
    """Something happens when an event of one kind is seen for the first time."""

    kind: type
    happen: Callable[[], None] | None

    def observe(self, event: Event) -> None:
        if isinstance(event, self.kind) and self.happen is not None:
            happen, self.happen = self.happen, None
            happen()


@contextmanager
def full_disk() -> Generator[None]:
    """SQLite's own word for it: the file may not grow."""

    def limit(connection: sqlite3.Connection, _entry: object, _proxy: object) -> None:
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    listen(Pool, "checkout", limit)
    try:
        yield
    finally:
        remove(Pool, "checkout", limit)


def test_a_full_disk_is_told_and_the_journal_stays_whole(office: Office) -> None:
    def until_full() -> None:
        for _ in range(40):  # until the pages that are there are used up
            office.scene.states.clear()
            office.scene.executions.clear()
            office.start(PLAN)

    before = office.start(PLAN)
    with full_disk(), pytest.raises(JournalError, match="the disk is full") as caught:
        until_full()
    assert "Free space" in caught.value.remedy
    assert all(count == 1 for count in office.scene.executions.values())
    assert office.journal().load(before.run_id) == before
    if isinstance(caught.value, RunCutOffError):
        assert office.runner().resume(caught.value.run_id).state is RunState.COMPLETED
    assert office.scene.executions in ({}, {A: 1, B: 1})


def test_a_damaged_file_is_told(office: Office) -> None:
    office.start(PLAN)
    office.close()
    path = office.folder / "journal.db"
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(JournalError, match=r"damaged|not a database") as caught:
        office.journal().runs()
    assert "sqlite3" in caught.value.remedy


def test_a_file_that_somebody_holds_locked_is_told(office: Office) -> None:
    office.journal()
    with sqlite3.connect(office.folder / "journal.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        journal = open_journal(office.url, SHORT)
        with pytest.raises(JournalError, match="has its file locked"):
            attrs.evolve(office.runner(), journal=journal).start(PLAN, operator="anna")
        journal.close()
    other.close()
    assert office.scene.sent == []


def gone(office: Office) -> None:
    (office.folder / "journal.db").unlink()


def wiped_out(office: Office) -> None:
    for path in office.folder.glob("journal.db*"):
        path.unlink()


def replaced(office: Office) -> None:
    wiped_out(office)
    (office.folder / "journal.db").touch()


@pytest.mark.parametrize("disappear", [gone, replaced])
@pytest.mark.parametrize("kind", [AttemptPrepared, AttemptEnded])
def test_a_run_whose_file_is_deleted_or_replaced_stops(
    office: Office, disappear: Callable[[Office], None], kind: type
) -> None:
    runner = office.runner(None, At(kind, lambda: disappear(office)), process=HERE)
    with pytest.raises(RunCutOffError, match="deleted or replaced") as caught:
        runner.start(PLAN, operator="anna")
    assert office.scene.executions == {A: 1}
    assert caught.value.is_unknown is (kind is AttemptPrepared)


@pytest.mark.parametrize("disappear", [gone, wiped_out, replaced])
def test_no_second_run_begins_beside_one_whose_file_was_deleted(
    office: Office, disappear: Callable[[Office], None]
) -> None:
    refused: list[JournalError] = []

    def begin_another() -> None:
        disappear(office)
        with pytest.raises(JournalError, match=r"was deleted .*while it was in use") as second:
            office.journal()
        refused.append(second.value)

    runner = office.runner(None, At(AttemptPrepared, begin_another), process=HERE)
    with pytest.raises(RunCutOffError):
        runner.start(PLAN, operator="anna")
    assert len(refused) == 1
    assert office.scene.executions == {A: 1}


def test_a_new_journal_begins_where_nobody_works_with_the_old_one(office: Office) -> None:
    office.start(PLAN)
    office.close()
    wiped_out(office)
    assert office.journal().runs() == ()


@pytest.mark.skipif(os.name != "posix", reason="only there can a file be deleted that is open")
def test_another_process_begins_no_run_beside_one_whose_files_were_all_deleted(
    office: Office,
) -> None:
    program = """
        import sys
        from lyncops.errors import JournalError
        from lyncops.runs.journal import open_journal
        try:
            open_journal(sys.argv[1])
        except JournalError as error:
            print(error)
    """
    command = [sys.executable, "-c", textwrap.dedent(program), office.url]
    office.start(PLAN)
    wiped_out(office)
    assert "is still using the old file" in subprocess.check_output(command, text=True)
    assert list(office.folder.iterdir()) == []
    office.close()
    assert subprocess.check_output(command, text=True) == ""


def test_a_journal_that_another_makes_at_the_same_moment_was_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    found = cast("Callable[[DatabaseFile], Identity | None]", vars(DatabaseFile)["_now"])
    others: list[Journal] = []

    def late(file: DatabaseFile) -> Identity | None:
        seen = found(file)
        if seen is None and not others:  # between this look and the next one
            monkeypatch.setattr(DatabaseFile, "_now", found)
            others.append(open_journal(url))
        return seen

    monkeypatch.setattr(DatabaseFile, "_now", late)
    ours = open_journal(url)
    assert ours.runs() == ()
    for each in (ours, *others):
        each.close()
    assert len(others) == 1


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0,
    reason="only root can become somebody who may not write",
)
def test_a_read_only_file_can_be_read_and_not_run_with() -> None:
    folder = Path(tempfile.mkdtemp(prefix="lyncops-read-only-"))
    try:
        office = Office(folder)
        run = office.start(PLAN)
        office.close()
        for path, mode in ((folder, 0o755), (folder / "journal.db", 0o644)):
            path.chmod(mode)
        program = f"""
            import os, sys
            from pathlib import Path
            import attrs
            import lyncops.plan.codec, lyncops.runs.sql_journal, psycopg
            from lyncops.errors import JournalError
            from lyncops.runs.journal import open_journal
            from tests.runs.scene import A, Office, failing_over, plan_of
            os.setgid(65534), os.setuid(65534)
            try:
                journal = open_journal({office.url!r})
                print(*[run.run_id for run in journal.runs()])
            except JournalError as error:
                print(error)
            try:
                Office(Path({str(folder)!r})).start(plan_of(failing_over(A)))
            except JournalError as error:
                print(error)
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program)],
            check=False,
            capture_output=True,
            text=True,
        )
        said = done.stdout.splitlines()
        assert len(said) == 2, done.stderr
        assert run.run_id in said[0] or "cannot be" in said[0]
        assert "cannot be" in said[1]
        assert "right to write the file and its folder" in said[1] or "may write there" in said[1]
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    "name", ["what? now", "100%", "%41", "a#b", "a&b=c", "späte Nacht", "file:x"]
)
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    office = Office(tmp_path / name)
    run = office.start(PLAN)
    assert run.state is RunState.COMPLETED
    assert office.journal().load(run.run_id) == run
    office.close()
    assert (tmp_path / name / "journal.db").exists()
