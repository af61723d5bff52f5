"""What a copy does not have of the real deployment, gathered while it is made."""

from __future__ import annotations

from typing import Final

import attrs

_FEW: Final = 3


@attrs.define(slots=True)
class Notes:
    """Sentences, in the order in which they were found.

    Where one is true of several names, it is said once, with `{}` in their place.
    """

    _assumed: dict[str, list[str]] = attrs.field(factory=dict[str, list[str]], init=False)
    _missing: dict[str, list[str]] = attrs.field(factory=dict[str, list[str]], init=False)

    def assume(self, sentence: str, *names: str) -> None:
        """Note what the snapshot leaves open, and what the copy has in its place."""
        self._assumed.setdefault(sentence, []).extend(names)

    def miss(self, sentence: str, *names: str) -> None:
        """Note what the copy cannot have."""
        self._missing.setdefault(sentence, []).extend(names)

    @property
    def assumed(self) -> tuple[str, ...]:
        """What was assumed."""
        return tuple(_sentence(*one) for one in self._assumed.items())

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing."""
        return tuple(_sentence(*one) for one in self._missing.items())


def first_few(names: tuple[str, ...]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return f"{', '.join(names[:_FEW])}{more}"


def _sentence(sentence: str, names: list[str]) -> str:
    return sentence.format(first_few(tuple(dict.fromkeys(names)))) if names else sentence
