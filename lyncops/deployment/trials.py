"""Whether users can really sign in, talk and see each other at a pool: the trials and their
results.
"""

from __future__ import annotations

import enum
from typing import Final

import attrs

from lyncops.values import Fqdn, Unread


class Deed(enum.StrEnum):
    """What is tried (fact: test-users)."""

    SIGN_IN = "sign in"
    MESSAGE = "send a message"
    PRESENCE = "see the presence of the other"

    @property
    def users(self) -> int:
        """How many users it takes."""
        return 1 if self is Deed.SIGN_IN else 2


_NOT_ASKED: Final = Unread("the test users", "they were not asked for", asked=False)


def no_test_users() -> Unread:
    """What a reading says that did not ask for them."""
    return _NOT_ASKED


@attrs.frozen(slots=True)
class Trial:
    """One thing to try at the pool that serves, as these users (SIP addresses)."""

    deed: Deed
    pool: Fqdn
    users: tuple[str, ...]

    def __str__(self) -> str:
        """`alice@contoso.com can sign in at pool2.contoso.com`."""
        names = [user.removeprefix("sip:") for user in self.users]
        whom = (
            f" to {names[1]}"
            if self.deed is Deed.MESSAGE
            else f" ({names[1]})"
            if self.deed is Deed.PRESENCE
            else ""
        )
        return f"{names[0]} can {self.deed.value}{whom} at {self.pool}"


@attrs.frozen(slots=True, kw_only=True)
class Tried:
    """The result of a trial: whether it worked, or why that is not known, and the server's
    words.
    """

    trial: Trial
    works: bool | Unread
    words: str = ""


@attrs.frozen(slots=True, kw_only=True)
class PoolTestUsers:
    """The test users of a pool: two SIP addresses, or as many as are configured."""

    pool: Fqdn
    users: tuple[str, ...]
