"""Where a password comes from: an environment variable, a person, or the keyring.

Never a file, and never shown.
"""

from __future__ import annotations

import getpass
import importlib
import os
import sys
from types import ModuleType
from typing import Final, Protocol, cast

import attrs

from lyncops.errors import ConfigurationError

_PASSWORDS: Final = frozenset({"password", "passwd", "pass", "pwd", "secret", "passphrase"})
_INSTEAD: Final = (
    'Write password_env = "LYNCOPS_PASSWORD", password_prompt = true or password_keyring = "a'
    ' service name" instead.'
)


@attrs.frozen(slots=True)
class Secret:
    """A text that is shown only by `reveal`."""

    _value: str = attrs.field(repr=False)

    def reveal(self) -> str:
        """The text itself."""
        return self._value

    def __str__(self) -> str:
        return "***"


class PasswordSource(Protocol):
    """Knows where to get a user's password."""

    def password(self, username: str) -> Secret:
        """Get it.

        Raises:
            ConfigurationError: it is not there, or cannot be asked for here.
        """
        ...


@attrs.frozen(slots=True)
class FromEnvironment:
    """An environment variable holds it."""

    variable: str

    def password(self, username: str) -> Secret:
        """See `PasswordSource.password`."""
        value = os.environ.get(self.variable)
        if not value:
            raise ConfigurationError(
                f"The password of {username} is not there: password_env names the variable"
                f" {self.variable}, which is not set.",
                remedy=f"Set {self.variable} for this process, or use password_prompt = true.",
            )
        return Secret(value)


@attrs.frozen(slots=True)
class Given:
    """A password that the program already has, such as from its own vault."""

    secret: Secret

    def password(self, username: str) -> Secret:
        """See `PasswordSource.password`."""
        del username
        return self.secret


@attrs.frozen(slots=True)
class FromPrompt:
    """The person at the terminal types it."""

    def password(self, username: str) -> Secret:
        """See `PasswordSource.password`."""
        if not sys.stdin.isatty():
            raise ConfigurationError(
                f"The password of {username} cannot be asked for: password_prompt is true, but this"
                " is not a terminal.",
                remedy='Use password_env = "LYNCOPS_PASSWORD" where no one can type a password.',
            )
        value = getpass.getpass(f"Password of {username}: ")
        if not value:
            raise ConfigurationError(
                f"No password was typed for {username}.", remedy="Start again and type it."
            )
        return Secret(value)


class _Keyring(Protocol):
    def get_password(self, service_name: str, username: str) -> str | None: ...


@attrs.frozen(slots=True)
class FromKeyring:
    """The operating system's keyring holds it under a service name."""

    service: str

    def password(self, username: str) -> Secret:
        """See `PasswordSource.password`."""
        value = _keyring().get_password(self.service, username)
        if not value:
            raise ConfigurationError(
                f"The keyring has no password for {username} for the service {self.service!r}"
                " (password_keyring).",
                remedy=f"Store it: keyring set {self.service!r} {username!r}.",
            )
        return Secret(value)


def refuse_password(field: str) -> str | None:
    """Why a field of this name must not be in the file, None when it may be."""
    if field.lower() in _PASSWORDS:
        return (
            f"a password does not belong in a file that is copied, mailed and backed up. {_INSTEAD}"
        )
    return None


def _keyring() -> _Keyring:
    try:
        module: ModuleType = importlib.import_module("keyring")
    except ImportError as error:
        raise ConfigurationError(
            "password_keyring needs the package keyring, which is not installed.",
            remedy='Install it: pip install "lyncops[keyring]".',
        ) from error
    return cast("_Keyring", cast("object", module))
