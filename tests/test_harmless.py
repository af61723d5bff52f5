from __future__ import annotations

import json
import unicodedata
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyncops.text.harmless import harmless, json_text

ATTACKS: Final = {
    "colour": ("\x1b[31mred\x1b[0m", "red"),
    "clear screen": ("a\x1b[2J\x1b[Hb", "ab"),
    "title": ("a\x1b]0;owned\x07b", "ab"),
    "title, ended by ST": ("a\x1b]2;owned\x1b\\b", "ab"),
    "hyperlink": ("\x1b]8;;http://x/\x1b\\here\x1b]8;;\x1b\\", "here"),
    "C1": ("a\x9b31mb\x9d0;t\x9cc\x85d", "abc d"),
    "device control": ("a\x1bP1;1|payload\x1b\\b", "ab"),
    "reset": ("a\x1bcb", "ab"),
    "carriage return": ("failed\rcompleted", "failed completed"),
    "forged line": ("failed\ncompleted", "failed completed"),
    "backspace": ("failed\b\b\b", "failed"),
    "override": ("abc\u202ecba\u202c", "abccba"),
    "isolate": ("a\u2066b\u2069", "ab"),
    "line separator": ("a\u2028b\u2029c", "a b c"),
    "half a character": ("a\ud83d", "a\ufffd"),
    "unended title": ("a\x1b]0;the rest stays", "a0;the rest stays"),
    "null and bell": ("a\x00\x07b", "ab"),
}
ANYTHING: Final = st.text(st.characters())
WITH_CONTROLS: Final = st.text(
    st.sampled_from(
        "\x00\x07\x08\t\n\r\x1b[]\\;m0P\x7f\x84\x85\x90\x9b\x9c\x9d\u200e\u202e\u2028\ufeffab ä"
    )
)


@pytest.mark.parametrize(("text", "shown"), ATTACKS.values(), ids=ATTACKS)
def test_attacks(text: str, shown: str) -> None:
    assert harmless(text) == shown


@given(ANYTHING | WITH_CONTROLS)
def test_nothing_is_left_that_a_terminal_obeys(text: str) -> None:
    shown = harmless(text)
    assert {unicodedata.category(letter) for letter in shown}.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
    assert {unicodedata.bidirectional(letter) for letter in shown}.isdisjoint(
        {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    )
    assert harmless(shown) == shown


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=40))
def test_words_of_every_language_stay(text: str) -> None:
    assert harmless(text) == text
    assert harmless(f"{text} \U0001f469\u200d\U0001f4bb") == f"{text} \U0001f469\u200d\U0001f4bb"


@given(
    st.dictionaries(ANYTHING | WITH_CONTROLS, ANYTHING | WITH_CONTROLS, max_size=3),
    st.sampled_from([None, 2]),
)
def test_json_keeps_everything_escaped(value: dict[str, str], indent: int | None) -> None:
    text = json_text({**value}, indent=indent)
    assert json.loads(text) == value
    assert harmless(text.replace("\n", "")) == text.replace("\n", "")
