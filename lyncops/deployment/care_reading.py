"""Asks each server for its own certificates and updates: no server reports those of another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from lyncops.cmdlets import Certificate, GetCsCertificate, GetCsServerPatchVersion
from lyncops.deployment.asking import Answer, Question
from lyncops.deployment.care import CertificateSeen, MachineCare
from lyncops.deployment.scope import Facet, Scope
from lyncops.remoting.interface import CmdletRunner
from lyncops.values import Fqdn, LyncVersion, OnMachine, RemoteObject, Unread

_DEADLINE: Final = timedelta(seconds=60)
_OLD: Final = "Get-CsServerPatchVersion exists from Skype for Business Server 2015 on"


class CareReading:
    """The questions to the machines of pools, each on the machine itself: asked when it is made,
    where `scope` wants it.
    """

    def __init__(
        self, sessions: CmdletRunner, machines: Mapping[Fqdn, LyncVersion | Unread], scope: Scope
    ) -> None:
        """Ask every machine to be read; `machines` says of which version each is."""
        wanted = machines if Facet.CARE in scope.facets else dict[Fqdn, LyncVersion | Unread]()
        self._certificates = {fqdn: _ask(sessions, fqdn) for fqdn in wanted}
        self._builds = {
            fqdn: _ask_builds(sessions, fqdn)
            for fqdn, version in wanted.items()
            if _tells_builds(version)
        }

    def answers(self) -> tuple[MachineCare, ...]:
        """What each machine said."""
        return tuple(
            MachineCare(
                machine=fqdn, certificates=_certificates(answer), builds=self._builds_of(fqdn)
            )
            for fqdn, answer in self._certificates.items()
        )

    def _builds_of(self, fqdn: Fqdn) -> tuple[str, ...] | Unread:
        answer = self._builds.get(fqdn)
        if answer is None:
            return Unread(f"the updates of {fqdn}", _OLD, asked=False)
        found = answer.get()
        return (
            found if isinstance(found, Unread) else tuple(sorted({_build(item) for item in found}))
        )


def _tells_builds(version: LyncVersion | Unread) -> bool:
    return version not in (LyncVersion.V2010, LyncVersion.V2013)


def _ask(sessions: CmdletRunner, fqdn: Fqdn) -> Answer[Certificate]:
    what = f"the certificates of {fqdn}"
    return Answer(
        sessions,
        Question(what=what, cmdlet=GetCsCertificate(), place=OnMachine(fqdn), deadline=_DEADLINE),
    )


def _ask_builds(sessions: CmdletRunner, fqdn: Fqdn) -> Answer[RemoteObject]:
    what = f"the updates of {fqdn}"
    return Answer(
        sessions,
        Question(
            what=what, cmdlet=GetCsServerPatchVersion(), place=OnMachine(fqdn), deadline=_DEADLINE
        ),
    )


def _certificates(answer: Answer[Certificate]) -> tuple[CertificateSeen, ...] | Unread:
    found = answer.get()
    if isinstance(found, Unread):
        return found
    return tuple(
        CertificateSeen(use=one.use or one.subject or "a certificate", until=one.not_after)
        for one in found
    )


def _build(item: RemoteObject) -> str:
    """The names of its properties are documented nowhere: what looks like them, or its text."""
    name, version = item.get("ComponentName", "Name"), item.get("Version", "ComponentVersion")
    return f"{name} {version}" if name and version else str(item)
