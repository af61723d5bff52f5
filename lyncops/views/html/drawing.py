"""Draws columns of cards and the lines between them as SVG.

What a line means shows by its pattern and its end. Lines leave and reach a card at its sides, each
at a height of its own; between cards of one column they run beside it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import attrs

from lyncops.views.blocks import Tone
from lyncops.views.html.blocks import CLASSES
from lyncops.views.html.markup import Markup, element

_ROW: Final = 17
_PAD: Final = 9
_LANE: Final = 40  # beside the cards of a column
_GAP: Final = 86  # between columns
_BETWEEN: Final = 22  # cards
_LETTER: Final = 7.2  # as wide as one is, in bold
_LETTERS: Final = 46  # a longer text is cut; pointing at it shows all
_NARROWEST: Final = 190.0
_ARROW: Final = 9
_SAMPLE: Final = 46  # of a line in the legend


class LineKind(enum.Enum):
    """What a line means, in the words of the legend."""

    PAIR = "backup pair"
    SERVES = "its users are served by"
    NEXT_HOP = "next hop"
    FEDERATION = "federation route"
    XMPP = "XMPP federation route"

    @property
    def has_arrow(self) -> bool:
        """Whether it has a direction."""
        return self is not LineKind.PAIR


_WIDTHS: Final = {LineKind.SERVES: 3.2, LineKind.PAIR: 1.8}
_DASHES: Final = {
    LineKind.NEXT_HOP: "7 4",
    LineKind.FEDERATION: "1.5 4",
    LineKind.XMPP: "8 3 1.5 3",
}


@attrs.frozen(slots=True)
class Words:
    """One line of text on a card."""

    text: str
    tone: Tone = Tone.PLAIN


@attrs.frozen(slots=True, kw_only=True)
class Card:
    """A box. `faded`: it does not run, its border is broken. `marked`: its border is double."""

    key: str
    title: str
    lines: tuple[Words, ...]
    faded: bool = False
    marked: bool = False


@attrs.frozen(slots=True, kw_only=True)
class Column:
    """Cards under a heading. Lines can leave the heading too, by `key`."""

    key: str
    title: str
    lines: tuple[Words, ...]
    cards: tuple[Card, ...]


@attrs.frozen(slots=True, kw_only=True)
class Line:
    """From one card (or heading) to another, and what it says when one points at it."""

    kind: LineKind
    start: str
    end: str
    says: str


@attrs.frozen(slots=True, kw_only=True)
class _Place:
    """Where a card is."""

    column: int
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    def side(self, *, right: bool) -> float:
        return self.x + self.width if right else self.x


@attrs.frozen(slots=True)
class _End:
    """The end of a line at one side of a place."""

    key: str
    right: bool


def draw(columns: Sequence[Column], lines: Sequence[Line], *, about: str) -> Markup:
    """The picture. `about` is what it shows, for readers who do not see it."""
    width = _card_width(columns)
    places = dict(_places(columns, width))
    known = [line for line in lines if line.start in places and line.end in places]
    total = len(columns) * (width + 2 * _LANE) + (len(columns) - 1) * (_GAP - 2 * _LANE)
    bottom = max((place.y + place.height for place in places.values()), default=0) + _PAD
    kinds = [kind for kind in LineKind if any(line.kind is kind for line in known)]
    legend, height = _legend(kinds, total, bottom + 14)
    return element(
        "svg",
        *_lines(known, places),
        *(drawn for column in columns for drawn in _column(column, places)),
        *legend,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {total:g} {height:g}",
        width=total,
        height=height,
        role="img",
        aria_label=about,
    )


def _card_width(columns: Sequence[Column]) -> float:
    texts = [text for column in columns for text in _texts(column)]
    longest = max((min(len(text), _LETTERS) for text in texts), default=0)
    return max(_NARROWEST, longest * _LETTER + 2 * _PAD)


def _texts(column: Column) -> Iterator[str]:
    for part in _parts(column):
        yield part.title
        yield from (words.text for words in part.lines)


def _parts(column: Column) -> tuple[Card | Column, ...]:
    return (column, *column.cards)


def _places(columns: Sequence[Column], width: float) -> Iterator[tuple[str, _Place]]:
    heading = max((_height(column) for column in columns), default=0)
    for index, column in enumerate(columns):
        x = _LANE + index * (width + _GAP)
        y = float(_PAD)
        for part in _parts(column):
            height = heading if part is column else _height(part)
            yield part.key, _Place(column=index, x=x, y=y, width=width, height=height)
            y += height + _BETWEEN


def _height(part: Card | Column) -> float:
    return _ROW * (1 + len(part.lines)) + _PAD


def _column(column: Column, places: Mapping[str, _Place]) -> Iterator[Markup]:
    if column.key in places:
        yield from _text(column.title, column.lines, places[column.key])
    for card in column.cards:
        yield from _box(card, places[card.key])
        yield from _text(card.title, card.lines, places[card.key])


def _box(card: Card, place: _Place) -> Iterator[Markup]:
    look: dict[str, str | float] = {"fill": "var(--lo-paper)", "stroke": "var(--lo-ink)", "rx": 5}
    broken = "5 4" if card.faded else None
    for inset in (0, 3.5) if card.marked else (0,):
        yield element(
            "rect",
            x=place.x + inset,
            y=place.y + inset,
            width=place.width - 2 * inset,
            height=place.height - 2 * inset,
            stroke_width=1 if inset else 1.4,
            stroke_dasharray=broken,
            **look,
        )


def _text(title: str, lines: Iterable[Words], place: _Place) -> Iterator[Markup]:
    x, y = place.x + _PAD, place.y + _ROW
    yield _words(title, x, y, "lo-name")
    for words in lines:
        y += _ROW
        yield _words(words.text, x, y, CLASSES[words.tone])


def _words(text: str, x: float, y: float, class_: str | None) -> Markup:
    if len(text) <= _LETTERS:
        return element("text", text, x=x, y=y, class_=class_)
    cut = f"{text[: _LETTERS - 1]}\N{HORIZONTAL ELLIPSIS}"
    return element("text", cut, element("title", text), x=x, y=y, class_=class_)


def _lines(lines: Sequence[Line], places: Mapping[str, _Place]) -> Iterator[Markup]:
    ends = [_ends(line, places) for line in lines]
    heights = _heights(lines, ends, places)
    beside: dict[tuple[int, bool], int] = {}
    for index, line in enumerate(lines):
        start, end = ends[index]
        place = places[line.end]
        x1, x2 = places[line.start].side(right=start.right), place.side(right=end.right)
        y1, y2 = heights[index, True], heights[index, False]
        outward = 1 if end.right else -1
        tip = x2 + outward * _ARROW if line.kind.has_arrow else x2
        if places[line.start].column == place.column:
            lane = (place.column, end.right)
            beside[lane] = beside.get(lane, -1) + 1
            turn = x2 + outward * (15 + 7 * (beside[lane] % 4))
            path = f"M{x1:g} {y1:g}H{turn:g}V{y2:g}H{tip:g}"
        else:
            bend = outward * max(28, abs(tip - x1) / 2)
            path = f"M{x1:g} {y1:g}C{x1 - bend:g} {y1:g} {tip + bend:g} {y2:g} {tip:g} {y2:g}"
        yield element(
            "g",
            element("title", line.says),
            *_stroke(line.kind, path),
            *_tip(line.kind, x2, y2, -outward),
        )


def _ends(line: Line, places: Mapping[str, _Place]) -> tuple[_End, _End]:
    start, end = places[line.start], places[line.end]
    if start.column == end.column:
        right = line.kind not in (LineKind.NEXT_HOP, LineKind.SERVES)
        return _End(line.start, right), _End(line.end, right)
    forward = start.column < end.column
    return _End(line.start, forward), _End(line.end, not forward)


def _heights(
    lines: Sequence[Line], ends: Sequence[tuple[_End, _End]], places: Mapping[str, _Place]
) -> Mapping[tuple[int, bool], float]:
    """At which height each line leaves (True) and arrives (False), in the order of its ends."""
    at: dict[_End, list[tuple[float, int, bool]]] = {}
    for index, (start, end) in enumerate(ends):
        at.setdefault(start, []).append((places[lines[index].end].middle, index, True))
        at.setdefault(end, []).append((places[lines[index].start].middle, index, False))
    found: dict[tuple[int, bool], float] = {}
    for end, arrivals in at.items():
        place = places[end.key]
        for position, (_, index, leaves) in enumerate(sorted(arrivals), start=1):
            found[index, leaves] = place.y + place.height * position / (len(arrivals) + 1)
    return found


def _stroke(kind: LineKind, path: str) -> Iterator[Markup]:
    yield element(
        "path",
        d=path,
        fill="none",
        stroke="var(--lo-ink)",
        stroke_width=_WIDTHS.get(kind, 1.6),
        stroke_dasharray=_DASHES.get(kind),
        stroke_linecap="round" if kind in (LineKind.FEDERATION, LineKind.XMPP) else None,
        stroke_linejoin="round",
    )


def _tip(kind: LineKind, x: float, y: float, direction: int) -> Iterator[Markup]:
    """An arrow that points in this direction, where the line has one."""
    if kind.has_arrow:
        back = x - direction * _ARROW
        points = f"{x:g},{y:g} {back:g},{y - _ARROW / 2:g} {back:g},{y + _ARROW / 2:g}"
        yield element("polygon", points=points, fill="var(--lo-ink)")


def _legend(kinds: Sequence[LineKind], width: float, top: float) -> tuple[list[Markup], float]:
    """A sample of each kind of line with its meaning, and how far down it reaches."""
    drawn: list[Markup] = []
    x, y = float(_LANE), top
    for kind in kinds:
        needed = _SAMPLE + 8 + len(kind.value) * _LETTER + 22
        if x > _LANE and x + needed > width:
            x, y = float(_LANE), y + _ROW
        tip = x + _SAMPLE - (_ARROW if kind.has_arrow else 0)
        drawn += _stroke(kind, f"M{x:g} {y:g}H{tip:g}")
        drawn += _tip(kind, x + _SAMPLE, y, 1)
        drawn.append(_words(kind.value, x + _SAMPLE + 8, y + 4, "lo-faint"))
        x += needed
    return drawn, y + (_ROW if kinds else 0)
