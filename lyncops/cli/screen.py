"""Where a verb's words go: a rich terminal, plain lines, or JSON.

One of them, decided once when the process starts.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO

import attrs
from rich.console import Console
from rich.text import Text as RichText

from lyncops.cli.layout import FittingTable, FittingText
from lyncops.text.harmless import json_text
from lyncops.text.wrapping import wrapped
from lyncops.values import JsonValue
from lyncops.views.blocks import Block, Heading, Table, Text, plain_lines


@attrs.define(slots=True)
class Screen:
    """Writes to standard output.

    A reader that goes away (`lyncops runs list | head -1`) or a full disk never stops lyncops: what
    is left to say is dropped, and a run goes on.
    """

    json: bool = False
    out: TextIO = attrs.field(factory=lambda: sys.stdout)
    is_lost: bool = attrs.field(default=False, init=False)  # standard output could not be written

    @property
    def is_terminal(self) -> bool:
        """Whether a person sees the output and lines may be drawn over."""
        return not self.json and self.out.isatty()

    @property
    def can_ask(self) -> bool:
        """Whether a person is there to answer a question."""
        return self.is_terminal and sys.stdin.isatty()

    def console(self) -> Console:
        """The terminal."""
        return Console(
            file=self.out,
            highlight=False,
            soft_wrap=False,
            force_terminal=True if self._is_coloured else None,
        )

    @property
    def _is_coloured(self) -> bool:
        """Whether somebody wants colours where there is no terminal (https://force-color.org);
        NO_COLOR, which rich obeys, is stronger (https://no-color.org).
        """
        return not self.json and bool(os.environ.get("FORCE_COLOR"))

    def say(self, *blocks: Block) -> None:
        """Show these blocks to a person; with --json nothing is shown."""
        if self.json:
            return
        if self.is_terminal or self._is_coloured:
            console = self.console()
            for block in blocks:
                console.print(drawn(block), soft_wrap=isinstance(block, Text))
        else:
            self._write("".join(f"{line}\n" for block in blocks for line in plain_lines(block)))

    def tell(self, value: JsonValue, blocks: Iterable[Block]) -> None:
        """Answer with `value` where --json was given, else with the blocks."""
        if self.json:
            self._write(json_text(value, indent=2) + "\n")
        else:
            self.say(*blocks)

    def lead(self, blocks: Iterable[Block]) -> None:
        """Say at a terminal where the documentation says more; a file has no use for it."""
        if self.is_terminal:
            self.say(*blocks)

    def tell_line(self, value: JsonValue) -> None:
        """Answer with `value` on a line of its own (JSON Lines), where more will follow; without
        --json nothing is shown.
        """
        if self.json:
            self._write(json_text(value) + "\n")

    def pour(self, text: str) -> None:
        """Write a whole document as it is, on a terminal too."""
        self._write(text)

    def _write(self, text: str) -> None:
        try:
            self.out.write(text)
            self.out.flush()
        except BrokenPipeError:
            let_go(self.out)
        except OSError as error:
            # A full disk, most likely: a run continues, and the reader must know about the lost
            # output.
            let_go(self.out)
            self.is_lost = True
            say_unwritable(error)


def say_aside(text: str) -> None:
    """Write a sentence to standard error; on a terminal it breaks between words.

    If that fails, it is ignored: a run continues.
    """
    said = f"lyncops: {text}"
    try:
        if sys.stderr.isatty():
            said = "\n".join(wrapped(said, shutil.get_terminal_size().columns))
        print(said, file=sys.stderr, flush=True)
    except OSError:
        let_go(sys.stderr)


def say_unwritable(error: OSError) -> None:
    """Say that standard output is lost."""
    say_aside(f"Standard output cannot be written ({error.strerror}); the output is lost.")


def let_go(stream: TextIO) -> None:
    """Point a stream to nowhere, so that nothing after this fails, not even the interpreter's last
    flush.
    """
    with suppress(OSError, io.UnsupportedOperation):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def drawn(block: Block) -> RichText | FittingTable | FittingText:
    """The block as rich draws it."""
    match block:
        case Heading():
            return RichText(f"\n{block.text}", style="bold underline")
        case Text():
            return FittingText(block)
        case Table():
            return FittingTable(block)
