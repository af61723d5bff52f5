"""Choosing objects by -Identity and -Filter, as the Cs cmdlets with XDS identities do."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from lyncops.lab.cmdlets.call import Call

T = TypeVar("T")


def chosen(
    call: Call, items: Iterable[T], names: Callable[[T], tuple[str, ...]], missing: str
) -> Iterator[T]:
    """The items that the call's -Identity or -Filter means; all without either.

    `names` gives the names by which an item can be called. When -Identity names none, the call
    fails with `missing`, whose `{0}` becomes the identity.
    """
    if call.given("Identity"):
        wanted = call.text("Identity").casefold()
        found = [item for item in items if wanted in (name.casefold() for name in names(item))]
        if not found:
            call.fail(
                missing.format(call.text("Identity")),
                category="ObjectNotFound",
                target=call.text("Identity"),
            )
        yield from found
    elif call.given("Filter"):
        pattern = call.text("Filter").casefold()
        yield from (
            item
            for item in items
            if any(fnmatch.fnmatchcase(name.casefold(), pattern) for name in names(item))
        )
    else:
        yield from items
