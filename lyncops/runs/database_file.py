"""SQLite's file under people's hands: one that was deleted or replaced under a run must not become
two journals.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import Final

import attrs

from lyncops.runs.database_errors import moved_away, orphaned, still_in_use

# No link is followed, since anybody can put one into a shared folder.
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
_TRIES: Final = 5
Identity = tuple[int, int]


@attrs.define
class DatabaseFile:
    """The file of one open journal.

    While it is open, a mark in the computer's temporary folder says which file was meant: it is
    named after the path and the file's own number, and held by a lock that goes with the process.
    So a process that finds another file at that path, or none, sees that a process still works with
    the one before.
    """

    path: str
    place: str
    _identity: Identity | None = attrs.field(default=None, init=False)
    _mark: int | None = attrs.field(default=None, init=False)

    def require_no_other(self) -> None:
        """Before it is opened.

        Raises:
            JournalError: the file was deleted or replaced while a process had it open.
        """
        companions = [
            name for name in (f"{self.path}-wal", f"{self.path}-shm") if Path(name).exists()
        ]
        if companions and not Path(self.path).exists():
            raise orphaned(self.place, companions)
        self._require_unused()

    def remember(self) -> None:
        """It is open, and this is the one that is meant from now on.

        Raises:
            JournalError: see `require_no_other`; two processes may come at the same moment.
        """
        self._identity = self._now()
        if self._identity is not None and self._mark is None:
            self._mark = _marked(self._mark_path(self._identity))
        self._require_unused()

    def require_unmoved(self) -> None:
        """Before each write.

        Raises:
            JournalError: it was deleted or replaced since it was opened.
        """
        if self._identity is not None and self._now() != self._identity:
            raise moved_away(self.place)

    def close(self) -> None:
        """This process no longer uses it."""
        mark, self._mark = self._mark, None
        if mark is not None:
            os.close(mark)

    def _require_unused(self) -> None:
        marks = self._marks()  # before the file: another process may make both in between
        now = self._now()
        mine = None if now is None else self._mark_path(now)
        if any(_is_held(path) for path in marks if path != mine):
            raise still_in_use(self.place)

    def _now(self) -> Identity | None:
        try:
            found = Path(self.path).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @property
    def _prefix(self) -> str:
        return f"lyncops-{hashlib.sha256(os.path.realpath(self.path).encode()).hexdigest()[:24]}-"

    def _mark_path(self, identity: Identity) -> Path:
        return Path(tempfile.gettempdir()) / f"{self._prefix}{identity[0]}-{identity[1]}"

    def _marks(self) -> tuple[Path, ...]:
        try:
            return tuple(Path(tempfile.gettempdir()).glob(f"{self._prefix}*"))
        except OSError:
            return ()


def _marked(path: Path) -> int | None:
    """A hold on the mark; None where this computer cannot keep one: a full disk there must not stop
    a rescue.
    """
    for _ in range(_TRIES):
        try:
            mark = _opened(path)
        except OSError:
            return None
        try:
            _lock(mark, alone=False)
            if os.path.samestat(os.fstat(mark), path.stat()):
                return mark
        except OSError:
            # Somebody took it for an old one and removed it, or is looking at it right now: once
            # more
            pass
        os.close(mark)
    return None


def _is_held(path: Path) -> bool:
    """Whether a living process holds the mark; one without a holder is removed."""
    try:
        mark = os.open(path, _FLAGS)
    except OSError:
        return False
    try:
        _lock(mark, alone=True)
        path.unlink()
    except BlockingIOError:
        return True
    except OSError:
        pass  # it belongs to another account and has no holder
    finally:
        os.close(mark)
    return False


def _opened(path: Path) -> int:
    # First without creating it: a kernel may refuse to create what another account owns. Nothing is
    # ever written into it.
    try:
        return os.open(path, _FLAGS)
    except FileNotFoundError:
        return os.open(
            path, _FLAGS | os.O_CREAT, stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IROTH
        )


def _lock(mark: int, *, alone: bool) -> None:
    if sys.platform != "win32":  # there, a file that is open cannot be deleted
        import fcntl

        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
