"""An HTTP answer, read within bounds: of size, of packing, and of time."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Final, Self

from lyncops.remoting.bounds import BoundsError
from lyncops.remoting.line import Line

PIECE: Final = 16_384
_SLOWEST: Final = 4_096
"""Bytes a second below which an answer is one that never ends."""
_HARMLESS: Final = 16 * 1024 * 1024
_TIGHTEST: Final = 200
"""How many bytes one byte may unpack to, once more than _HARMLESS have come of it: no server packs
XML more tightly."""


def unpacked(pieces: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """The whole body.

    Raises:
        BoundsError: it is larger than `limit`, or packed in a way that not asked for.
    """
    whole = bytearray()
    for piece in _opened(pieces, encoding.strip().lower()):
        whole += piece
        if len(whole) > limit:
            raise BoundsError(f"an answer of more than {limit / 1024 / 1024:g} MB")
    return bytes(whole)


def _opened(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    if encoding in {"", "identity"}:
        yield from pieces
        return
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise BoundsError(f"an answer packed as {encoding[:20]!r}, which not asked for")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    packed = opened = 0
    for piece in pieces:
        packed += len(piece)
        rest = piece
        while rest:
            part = unpacker.decompress(rest, 64 * PIECE)
            rest = unpacker.unconsumed_tail
            opened += len(part)
            if opened > max(_HARMLESS, packed * _TIGHTEST):
                raise BoundsError(f"an answer that unpacks to more than {_TIGHTEST} times its size")
            yield part


class Patience:
    """Cuts the connection of an answer that takes too long, however busily it drips.

    A socket's own timeout begins again with every byte. This clock does not: the server has
    `seconds` to begin, and after that only the time that the bytes it has sent are worth.
    """

    def __init__(self, line: Line, seconds: float) -> None:
        self._line = line
        self.end = time.monotonic() + seconds
        """When it runs out, as far as is known: it only moves away."""
        self.ran_out = False

    def count(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same pieces, each of which buys some time."""
        for piece in pieces:
            self.end += len(piece) / _SLOWEST
            yield piece

    def run_out(self) -> None:
        """The time is over."""
        self.ran_out = True
        self._line.cut()

    def __enter__(self) -> Self:
        _WATCH.begin(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _WATCH.end(self)


class _Watch:
    """One thread that watches all answers: a thread for each took a tenth of a snapshot's time."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: set[Patience] = set()
        self._thread: threading.Thread | None = None
        self._wakes = 0.0

    def begin(self, one: Patience) -> None:
        with self._changed:
            self._watched.add(one)
            # A process that forked has none
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._work, name="lyncops-patience", daemon=True
                )
                self._thread.start()
            elif one.end < self._wakes:
                self._changed.notify_all()

    def end(self, one: Patience) -> None:
        with self._changed:
            self._watched.discard(one)

    def _work(self) -> None:
        with self._changed:
            while self._watched:
                now = time.monotonic()
                for one in [each for each in self._watched if each.end <= now]:
                    self._watched.discard(one)
                    one.run_out()
                self._wakes = min((each.end for each in self._watched), default=now)
                self._changed.wait(self._wakes - now)
            self._thread = None


_WATCH: Final = _Watch()
