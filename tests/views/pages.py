"""Reads HTML as strictly as a test wants it: every tag is closed, and nothing is a script."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final

UNWELCOME: Final = frozenset({"script", "iframe", "object", "embed", "img", "link", "form"})


class Page(HTMLParser):
    """What a fragment holds."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    @property
    def text(self) -> str:
        """All words, but for the style sheet."""
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in UNWELCOME, tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            if name in ("href", "src"):
                self.addresses.append(value or "")
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"{tag} was not open"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)
