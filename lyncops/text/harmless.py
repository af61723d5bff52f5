"""What servers and files say, made harmless for the reader: a text has no power over a
terminal, a page or a line.

A terminal obeys control characters and escape sequences: they set titles, hide text, clear the
screen, or go back to the beginning of a line and write another word there. Marks of direction show
a text in another order than it has. JSON keeps all of it, escaped.
"""

from __future__ import annotations

import json
import re
from typing import Final

from lyncops.values import JsonValue

_SEQUENCE: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, erasing (ECMA-48, 5.4)
    # OSC: titles, hyperlinks, the clipboard
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]{0,2000}(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]{0,2000}(?:\x1b\\|\x9c)"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]"  # any other, such as a reset
)
_SPACES: Final = re.compile("\r\n|[\t\n\v\f\r\x85\u2028\u2029]")
_UNSEEN: Final = (
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    # Marks of direction, what has no width
    "\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"  # tags
)
_REMOVED: Final = re.compile(f"[{_UNSEEN}]")
_HALVES: Final = re.compile("[\ud800-\udfff]")
_ESCAPED: Final = re.compile(f"[{_UNSEEN}\u2028\u2029\ud800-\udfff]")


def harmless(text: str) -> str:
    """The text on one line, without control characters, escape sequences and marks of direction."""
    if text.isprintable():
        return text
    without = _SEQUENCE.sub("", text)
    return _HALVES.sub("\ufffd", _REMOVED.sub("", _SPACES.sub(" ", without)))


def json_text(value: JsonValue, *, indent: int | None = None) -> str:
    """The value as JSON that a terminal may show: what could do harm is escaped, everything else
    stays readable.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return "\n".join(_ESCAPED.sub(_escape, line) for line in text.split("\n"))


def _escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
