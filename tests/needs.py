"""What some tests need besides Python: where it is missing they are skipped, and the end of the run
says how to get it.

`LYNCOPS_DEMAND` names what must be there, by the names below with commas between, or `all`: a test
that misses it fails instead.
"""

from __future__ import annotations

import os
from typing import Final, NoReturn

import attrs
import pytest

DEMAND: Final = "LYNCOPS_DEMAND"


@attrs.frozen(slots=True)
class Need:
    """A program or a service. `how` says how to get it, in one line."""

    name: str
    how: str

    def missing(self) -> NoReturn:
        """Skip the test that asked, or fail it where the need is demanded."""
        reason = f"needs {self.name}: {self.how}"
        if {self.name, "all"} & set(os.environ.get(DEMAND, "").split(",")):
            pytest.fail(f"{DEMAND} demands it; {reason}")
        pytest.skip(reason)


BUILDER: Final = Need("builder", "pip install ansible-builder")
CHROMIUM: Final = Need("chromium", "apt-get install chromium; pip install 'lyncops[jupyter]'")
ENGINE: Final = Need(
    "engine",
    "set LYNCOPS_PWSH to a pwsh of PowerShell 7.2 or newer, or install one"
    " (https://aka.ms/powershell, or: dotnet tool install --global PowerShell)",
)
GRAFANA: Final = Need("grafana", "pip install grafana-foundation-sdk")
KERBEROS: Final = Need(
    "kerberos",
    "apt-get install krb5-kdc krb5-admin-server krb5-user faketime libkrb5-dev gcc python3-dev;"
    " pip install 'lyncops[kerberos]'",
)
MKDOCS: Final = Need("mkdocs", "pip install 'lyncops[docs]'")
PACKAGES: Final = Need("packages", "a package index that pip can reach")
POSTGRES: Final = Need("postgres", "apt-get install postgresql")
PROMTOOL: Final = Need("promtool", "apt-get install --no-install-recommends prometheus")
_ALL: Final = {
    each.name: each
    for each in (
        BUILDER,
        CHROMIUM,
        ENGINE,
        GRAFANA,
        KERBEROS,
        MKDOCS,
        PACKAGES,
        POSTGRES,
        PROMTOOL,
    )
}


def not_run(reasons: list[str]) -> list[str]:
    """One line for each need that was missing, from the reasons of the skipped tests."""
    lines: list[str] = []
    for name, need in _ALL.items():
        count = sum(f"needs {name}:" in reason for reason in reasons)
        if count:
            lines.append(
                f"not run: {count} test{'' if count == 1 else 's'} without {name}; to run them:"
                f" {need.how}"
            )
    return lines
