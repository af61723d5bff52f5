from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple, cast

import pypsrp.wsman
import pytest

from lyncops.cmdlets.base import Cmdlet
from lyncops.cmdlets.kinds import format_timespan
from lyncops.lab.lab import Lab
from tests.wire.stub import RunspacePool, Untyped, command

FRONT_END = "fe4.contoso.com"


class Answer(NamedTuple):
    """What a server said to a command that unmodified pypsrp sent."""

    output: list[object]
    errors: list[str]  # the first part of each FullyQualifiedErrorId

    @property
    def is_bound(self) -> bool:
        """Whether PowerShell could make sense of the command line; what the cmdlet then did is
        another question.
        """
        return not set(self.errors) & {
            "NamedParameterNotFound",
            "AmbiguousParameterSet",
            "CannotConvertArgumentNoMessage",
            "MissingMandatoryParameter",
        }


Send = Callable[..., Answer]
SendCmdlet = Callable[[Cmdlet[object]], Answer]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab.start("two-sites", credssp=True) as one:
        yield one


@pytest.fixture(scope="module")
def session(lab: Lab) -> Iterator[Untyped]:
    """A runspace pool of unmodified pypsrp on a Front End of the second site."""
    host, _, port = lab.address(FRONT_END).partition(":")
    wsman: Untyped = pypsrp.wsman.WSMan(
        host,
        port=int(port),
        ssl=False,
        auth="credssp",  # with NTLM no server could ask another
        username=lab.username,
        password=lab.password,
        no_proxy=True,
    )
    with wsman, RunspacePool(wsman) as pool:
        command(pool, "Import-Module", Name="Lync").invoke()
        yield pool


@pytest.fixture
def send(session: Untyped) -> Send:
    """Sends a cmdlet with any parameters, as a script that trusts the procedure page would."""

    def run(name: str, **parameters: object) -> Answer:
        shell = command(session, name, **parameters)
        output: list[object] = list(shell.invoke())
        return Answer(
            output, [str(error.fq_error).partition(",")[0] for error in shell.streams.error]
        )

    return run


@pytest.fixture
def send_ours(send: Send) -> SendCmdlet:
    """Sends what lyncops would."""

    def run(cmdlet: Cmdlet[object]) -> Answer:
        return send(
            cmdlet.NAME, **{name: _plain(value) for name, value in cmdlet.arguments().items()}
        )

    return run


def _plain(value: object) -> object:
    """As pypsrp takes it."""
    match value:
        case timedelta():
            return format_timespan(value)
        case str():
            return str(value)
        case tuple():
            return list(cast("tuple[object, ...]", value))
        case _:
            return value
